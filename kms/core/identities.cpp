#include "kms/core/identities.h"

#include <charconv>

#include <fmt/format.h>

#include "kms/core/lift.h"
#include "kms/core/uuid.h"
#include "kms/p11/secret_access.h"

namespace kms {
namespace {

constexpr std::string_view kPrefix = "km_";
constexpr std::size_t kIdLength = 16;
constexpr std::size_t kApiKeyLength = 3 + 16 + 1 + 43;
constexpr std::size_t kMostVerified = 10000;
constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT","kid":"keymantle"})";

Error unknown() { return refuse(Fault::unauthenticated, "the token or API key is not valid"); }

/// The claims are ours (their MAC is checked first) and ids hold no quotes: the member's text ends at `end`.
std::optional<std::string_view> claim(std::string_view json, std::string_view before, char end) {
  const auto at = json.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  json.remove_prefix(at + before.size());
  return json.substr(0, json.find(end));
}

bool is_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

Identities::Identities(p11::Token& token, db::Database& database, std::function<Time()> now, Seconds lifetime)
    : token_(token), database_(database), now_(std::move(now)), lifetime_(lifetime),
      api_key_mac_(hsm::bytes_of("keymantle-api-key-mac")), jwt_mac_(hsm::bytes_of("keymantle-jwt-mac")) {}

Status Identities::start() {
  for (const auto* key : {&api_key_mac_, &jwt_mac_}) {
    if (TRY(lift(token_.exists(*key)))) continue;
    TRY(lift(token_.generate_mac_key({key->id(), std::string(hsm::text_of(key->id()))})));
  }
  for (auto& identity : database_.identities()) remember(std::move(identity));
  return Done{};
}

void Identities::remember(Identity identity) {
  const std::unique_lock lock(mutex_);
  auto id = identity.iam_id;
  identities_[id] = std::make_shared<const Identity>(std::move(identity));
}

std::shared_ptr<const Identity> Identities::find(const std::string& iam_id) const {
  const std::shared_lock lock(mutex_);
  const auto found = identities_.find(iam_id);
  return found == identities_.end() ? nullptr : found->second;
}

Result<Bytes> Identities::api_key_mac(ByteView salt, const Secret& api_key) {
  const auto text = SecretAccess::bytes(api_key);
  hsm::WipedBytes input(salt.begin(), salt.end());
  input.insert(input.end(), text.begin(), text.end());
  return lift(token_.mac(api_key_mac_, input));
}

Result<Secret> Identities::add_api_key(db::Change& change, const std::string& iam_id) {
  const auto id = hsm::to_base64url(TRY(lift(token_.random(12))));
  auto drawn = TRY(lift(token_.random(32)));
  auto secret = hsm::to_base64url(drawn);
  auto text = fmt::format("{}{}.{}", kPrefix, id, secret);
  auto api_key = Secret::copy_of(hsm::view(text));
  for (auto* passed : {&secret, &text}) hsm::wipe({static_cast<std::uint8_t*>(static_cast<void*>(passed->data())), passed->size()});
  hsm::wipe(drawn);
  auto salt = TRY(lift(token_.random(16)));
  auto mac = TRY(api_key_mac(salt, api_key));
  change.insert_api_key({id, iam_id, std::move(salt), std::move(mac)});
  return api_key;
}

Result<NewIdentity> Identities::create(Identity identity) {
  if (identity.iam_id.empty()) {
    identity.iam_id = (identity.service ? "iam-ServiceId-" : "IBMid-") + TRY(random_uuid(token_));
  }
  if (!is_id(identity.iam_id)) return refuse(Fault::invalid_field, "an identity is letters, digits, - _ .").in_field("iam_id");
  if (find(identity.iam_id) != nullptr) return refuse(Fault::identity_exists, "this identity exists").about(identity.iam_id);
  identity.created = now_();
  const auto change = database_.begin();
  change->put_identity(identity);
  auto api_key = TRY(add_api_key(*change, identity.iam_id));
  change->commit();
  remember(identity);
  return NewIdentity{std::move(identity), std::move(api_key)};
}

Result<Secret> Identities::create_api_key(const std::string& iam_id) {
  if (find(iam_id) == nullptr) return refuse(Fault::unauthenticated, "no such identity").about(iam_id);
  const auto change = database_.begin();
  auto api_key = TRY(add_api_key(*change, iam_id));
  change->commit();
  return api_key;
}

Status Identities::revoke_api_keys(const std::string& iam_id) {
  const auto change = database_.begin();
  change->remove_api_keys(iam_id);
  change->commit();
  return Done{};
}

Status Identities::set_grants(const std::string& iam_id, std::vector<Grant> grants) {
  const auto change = database_.begin();
  auto identity = change->identity(iam_id);
  if (!identity) return refuse(Fault::unauthenticated, "no such identity").about(iam_id);
  identity->grants = std::move(grants);
  change->put_identity(*identity);
  change->commit();
  remember(std::move(*identity));
  return Done{};
}

Result<AccessToken> Identities::exchange(const Secret& api_key) {
  const auto text = hsm::text_of(SecretAccess::bytes(api_key));
  if (text.size() != kApiKeyLength || !text.starts_with(kPrefix)) return unknown();
  const auto row = database_.api_key(std::string(text.substr(kPrefix.size(), kIdLength)));
  if (!row) return unknown();
  if (!hsm::equal_in_constant_time(TRY(api_key_mac(row->salt, api_key)), row->mac)) return unknown();
  const auto identity = find(row->iam_id);
  if (identity == nullptr) return unknown();

  const auto now = std::chrono::floor<Seconds>(now_());
  const auto issued = now.time_since_epoch().count();
  const auto expires = issued + lifetime_.count();
  const auto claims = fmt::format(
      R"({{"iam_id":"{}","id":"{}","sub":"{}","sub_type":"{}","account":{{"bss":"{}"}},"iat":{},"exp":{},"iss":"keymantle","scope":"ibm openid","jti":"{}"}})",
      identity->iam_id, identity->iam_id, identity->iam_id, identity->service ? "ServiceId" : "User",
      is_id(identity->account) ? identity->account : "", issued, expires, TRY(random_uuid(token_)));
  const auto signed_text = hsm::to_base64url(hsm::view(kHeader)) + "." + hsm::to_base64url(hsm::view(claims));
  const auto signature = hsm::to_base64url(TRY(lift(token_.mac(jwt_mac_, hsm::view(signed_text)))));
  AccessToken token;
  token.jwt.assign(signed_text.begin(), signed_text.end());
  token.jwt.append(1, '.').append(signature.begin(), signature.end());
  token.lifetime = lifetime_;
  token.expires = Time(now) + lifetime_;
  return token;
}

Result<Caller> Identities::authenticate(std::string_view jwt) {
  const auto slot = std::hash<std::string_view>()(jwt);
  std::string iam_id;
  Time expires{};
  {
    const std::shared_lock lock(verified_mutex_);
    const auto found = verified_.find(slot);
    if (found != verified_.end() && std::string_view(found->second.jwt) == jwt) {
      iam_id = found->second.iam_id;
      expires = found->second.expires;
    }
  }
  if (iam_id.empty()) {
    const auto dot = jwt.rfind('.');
    if (dot == std::string_view::npos || jwt.size() > 8192) return unknown();
    const auto signature = hsm::from_base64url(jwt.substr(dot + 1));
    if (!signature) return unknown();
    const auto expected = TRY(lift(token_.mac(jwt_mac_, hsm::view(jwt.substr(0, dot)))));
    if (!hsm::equal_in_constant_time(expected, *signature)) return unknown();
    const auto middle = jwt.find('.');
    const auto claims = hsm::from_base64url(jwt.substr(middle + 1, dot - middle - 1));
    if (middle == dot || !claims) return unknown();
    const auto json = hsm::text_of(*claims);
    const auto who = claim(json, "\"iam_id\":\"", '"');
    const auto until = claim(json, "\"exp\":", ',');
    std::int64_t seconds = 0;
    if (!who || !until || std::from_chars(until->data(), until->data() + until->size(), seconds).ec != std::errc()) return unknown();
    iam_id = std::string(*who);
    expires = Time(Seconds(seconds));
    const std::unique_lock lock(verified_mutex_);
    if (verified_.size() >= kMostVerified) verified_.clear();
    verified_[slot] = {hsm::WipedString(jwt.begin(), jwt.end()), iam_id, expires};
  }
  if (now_() >= expires) return refuse(Fault::unauthenticated, "the access token has expired");
  const auto identity = find(iam_id);
  if (identity == nullptr) return unknown();
  return Caller{identity->iam_id, identity->name, identity->account, identity->service, expires};
}

}  // namespace kms
