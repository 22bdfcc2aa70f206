#include <fmt/core.h>

#include "kms/client/client.h"
#include "kms/client/json.h"

namespace kms::client {
namespace json = boost::json;

namespace {

json::object with_aad(const Aad& aad) {
  json::object object(wiping_storage());
  if (aad.empty()) return object;
  json::array items(object.storage());
  for (const auto& item : aad) items.emplace_back(item);
  object["aad"] = std::move(items);
  return object;
}

std::string version_at(const json::object& answer, std::string_view name) {
  const auto* version = object_at(answer, name);
  return version == nullptr ? std::string() : text_at(*version, "id");
}

Call action(const std::string& key, std::string_view verb, json::object body) {
  return {.method = "POST",
          .path = fmt::format("/keys/{}/actions/{}", percent_encode(key), verb),
          .body = to_text(json::value(std::move(body)))};
}

}  // namespace

Result<Wrapped> Client::wrap_body(const std::string& key, hsm::WipedString body) {
  const auto text = TRY(session_.call({.method = "POST",
                                       .path = fmt::format("/keys/{}/actions/wrap", percent_encode(key)),
                                       .body = std::move(body)}));
  const auto answer = TRY(parse_object(std::string_view(text)));
  Wrapped wrapped;
  wrapped.wdek = text_at(answer, "ciphertext");
  wrapped.key_version = version_at(answer, "keyVersion");
  wrapped.plaintext = secret_at(answer, "plaintext");
  return wrapped;
}

Result<Wrapped> Client::wrap(const std::string& key, const Aad& aad) {
  return wrap_body(key, to_text(json::value(with_aad(aad))));
}

Result<Wrapped> Client::wrap(const std::string& key, const hsm::Secret& plaintext, const Aad& aad) {
  auto object = with_aad(aad);
  put_secret(object, "plaintext", plaintext);
  return wrap_body(key, to_text(json::value(std::move(object))));
}

Result<Unwrapped> Client::unwrap(const std::string& key, const std::string& wdek, const Aad& aad) {
  auto object = with_aad(aad);
  object["ciphertext"] = wdek;
  const auto text = TRY(session_.call(action(key, "unwrap", std::move(object))));
  const auto answer = TRY(parse_object(std::string_view(text)));
  Unwrapped unwrapped;
  unwrapped.plaintext = secret_at(answer, "plaintext");
  unwrapped.key_version = version_at(answer, "keyVersion");
  if (auto renewed = text_at(answer, "ciphertext"); !renewed.empty()) {
    unwrapped.rewrapped = std::move(renewed);
    unwrapped.rewrapped_version = version_at(answer, "rewrappedKeyVersion");
  }
  return unwrapped;
}

Result<Rewrapped> Client::rewrap(const std::string& key, const std::string& wdek, const Aad& aad) {
  auto object = with_aad(aad);
  object["ciphertext"] = wdek;
  const auto text = TRY(session_.call(action(key, "rewrap", std::move(object))));
  const auto answer = TRY(parse_object(std::string_view(text)));
  return Rewrapped{.wdek = text_at(answer, "ciphertext"),
                   .old_version = version_at(answer, "keyVersion"),
                   .new_version = version_at(answer, "rewrappedKeyVersion")};
}

}  // namespace kms::client
