#include <fmt/core.h>

#include "kms/client/client.h"
#include "kms/client/envelope.h"
#include "kms/client/secret_access.h"

namespace kms::client {
namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 200;
const std::pair<std::string, std::string> kWhole{"Prefer", "return=representation"};

std::string key_path(const std::string& key) { return "/keys/" + percent_encode(key); }

/// The members that import and rotation share.
template <class Material>
void put_material(json::object& object, const Material& material) {
  if (material.payload.empty()) return;
  put_secret(object, "payload", material.payload);
  if (material.encrypted_nonce.empty()) return;
  object["encryptedNonce"] = material.encrypted_nonce;
  object["iv"] = material.iv;
  object["encryptionAlgorithm"] = material.encryption_algorithm;
}

}  // namespace

Result<Client> Client::open(Settings settings) { return Client(TRY(Session::open(std::move(settings)))); }

Result<Key> Client::create_key(const NewKey& wanted) {
  json::object resource(wiping_storage());
  resource["type"] = "application/vnd.ibm.kms.key+json";
  resource["name"] = wanted.name;
  resource["extractable"] = wanted.extractable;
  if (!wanted.description.empty()) resource["description"] = wanted.description;
  if (!wanted.aliases.empty()) {
    json::array aliases;
    for (const auto& alias : wanted.aliases) aliases.emplace_back(alias);
    resource["aliases"] = std::move(aliases);
  }
  put_material(resource, wanted);
  const auto body = TRY(session_.call({.method = "POST",
                                       .path = "/keys",
                                       .body = enveloped("key", std::move(resource)),
                                       .headers = {kWhole},
                                       .repeatable = false}));
  return key_from(TRY(resource_of(std::string_view(body))));
}

Result<std::vector<Key>> Client::list_keys(bool with_destroyed) {
  std::vector<Key> keys;
  for (;;) {
    const auto body = TRY(session_.call({.path = fmt::format("/keys?limit={}&offset={}{}", kPage, keys.size(),
                                                             with_destroyed ? "&state=0,1,2,3,5" : "")}));
    auto page = TRY(resources_of(std::string_view(body)));
    for (auto& resource : page) keys.push_back(key_from(std::move(resource)));
    if (page.size() < kPage) return keys;
  }
}

Result<Key> Client::key(const std::string& key) {
  const auto body = TRY(session_.call({.path = key_path(key) + "/metadata"}));
  return key_from(TRY(resource_of(std::string_view(body))));
}

Status Client::delete_key(const std::string& key, bool force) {
  TRY(session_.call({.method = "DELETE", .path = key_path(key) + (force ? "?force=true" : "")}));
  return hsm::Done{};
}

Status Client::act(const std::string& key, std::string_view action) {
  TRY(session_.call({.method = "POST", .path = fmt::format("{}/actions/{}", key_path(key), action), .repeatable = false}));
  return hsm::Done{};
}

Status Client::disable(const std::string& key) { return act(key, "disable"); }
Status Client::enable(const std::string& key) { return act(key, "enable"); }

Status Client::rotate(const std::string& key, const NewVersion& material) {
  json::object object(wiping_storage());
  put_material(object, material);
  TRY(session_.call({.method = "POST",
                     .path = key_path(key) + "/actions/rotate",
                     .body = to_text(json::value(std::move(object))),
                     .repeatable = false}));
  return hsm::Done{};
}

Result<std::vector<KeyVersion>> Client::versions(const std::string& key) {
  std::vector<KeyVersion> versions;
  for (;;) {
    const auto body = TRY(session_.call({.path = fmt::format("{}/versions?allKeyStates=true&limit={}&offset={}",
                                                             key_path(key), kPage, versions.size())}));
    const auto page = TRY(resources_of(std::string_view(body)));
    for (const auto& resource : page) versions.push_back(version_from(resource));
    if (page.size() < kPage) return versions;
  }
}

Result<ImportToken> Client::create_import_token(std::int64_t expiration_seconds, std::int64_t retrievals) {
  json::object object;
  object["expiration"] = expiration_seconds;
  object["maxAllowedRetrievals"] = retrievals;
  const auto body = TRY(session_.call({.method = "POST", .path = "/import_token", .body = to_text(object)}));
  return import_token_from(TRY(parse_object(std::string_view(body))));
}

Result<ImportToken> Client::import_token() {
  const auto body = TRY(session_.call({.path = "/import_token", .repeatable = false}));
  return import_token_from(TRY(parse_object(std::string_view(body))));
}

}  // namespace kms::client
