#include "kms/http/fields.h"

namespace kms::http {
namespace {

Error wrong(std::string_view name, hsm::Literal why) {
  return refuse(Fault::invalid_field, why).in_field(std::string(name));
}
Error wrong_parameter(std::string_view name, hsm::Literal why) {
  return refuse(Fault::invalid_query_parameter, why).in_field(std::string(name));
}

Result<std::optional<Bytes>> bytes_field(JsonValue object, std::string_view name) {
  const auto text = TRY(text_field(object, name));
  if (!text || text->empty()) return std::optional<Bytes>();
  auto bytes = hsm::from_base64(*text);
  if (!bytes) return wrong(name, "this is not padded base64");
  return bytes;
}

}  // namespace

Result<std::optional<std::string>> text_field(JsonValue object, std::string_view name) {
  const auto value = object.member(name);
  if (value.is_null()) return std::optional<std::string>();
  const auto text = value.text();
  if (!text) return wrong(name, "this must be a string");
  return std::optional<std::string>(*text);
}

Result<std::optional<bool>> bool_field(JsonValue object, std::string_view name) {
  const auto value = object.member(name);
  if (value.is_null()) return std::optional<bool>();
  const auto boolean = value.boolean();
  if (!boolean) return wrong(name, "this must be true or false");
  return boolean;
}

Result<std::optional<std::uint32_t>> number_field(JsonValue object, std::string_view name) {
  const auto value = object.member(name);
  if (value.is_null()) return std::optional<std::uint32_t>();
  const auto number = value.integer();
  if (!number || *number < 0 || *number > 0xffffffffLL) return wrong(name, "this must be a whole number in its range");
  return std::optional<std::uint32_t>(static_cast<std::uint32_t>(*number));
}

Result<std::optional<Time>> time_field(JsonValue object, std::string_view name) {
  const auto text = TRY(text_field(object, name));
  if (!text || text->empty()) return std::optional<Time>();
  const auto time = parse_rfc3339(*text);
  if (!time) return wrong(name, "this must be an RFC 3339 time such as 2030-01-01T00:00:00Z");
  return time;
}

Result<std::vector<std::string>> texts_field(JsonValue object, std::string_view name) {
  std::vector<std::string> texts;
  const auto value = object.member(name);
  if (value.is_null()) return texts;
  if (!value.is_array()) return wrong(name, "this must be an array of strings");
  for (const auto item : value.items()) {
    const auto text = item.text();
    if (!text) return wrong(name, "this must be an array of strings");
    texts.emplace_back(*text);
  }
  return texts;
}

Result<std::optional<Secret>> secret_field(JsonValue object, std::string_view name, Empty empty) {
  const auto value = object.member(name);
  if (value.is_null()) return std::optional<Secret>();
  const auto text = value.text();
  if (!text) return wrong(name, "this must be a string");
  if (text->empty()) {
    if (empty == Empty::absent) return std::optional<Secret>();
    return wrong(name, "this must not be empty");
  }
  auto secret = Secret::from_base64(*text);
  if (!secret) return wrong(name, "this is not padded base64");
  return std::optional<Secret>(std::move(secret).value());
}

Result<std::optional<Import>> import_fields(JsonValue object) {
  auto payload = TRY(secret_field(object, "payload", Empty::absent));
  auto nonce = TRY(bytes_field(object, "encryptedNonce"));
  auto iv = TRY(bytes_field(object, "iv"));
  auto algorithm = TRY(text_field(object, "encryptionAlgorithm"));
  if (nonce.has_value() != iv.has_value()) {
    return wrong(nonce ? "iv" : "encryptedNonce", "encryptedNonce and iv belong together");
  }
  if (!payload) {
    if (nonce) return wrong("payload", "encryptedNonce and iv need a payload");
    return std::optional<Import>();
  }
  Import import{.material = std::move(*payload), .sealed = {}};
  if (nonce) {
    import.sealed = SealedImport{.nonce = std::move(*nonce), .iv = std::move(*iv), .algorithm = algorithm.value_or("")};
  }
  return std::optional<Import>(std::move(import));
}

Result<JsonValue> only_resource(const JsonBody& body) {
  const auto root = body.root();
  if (!root.is_object()) return refuse(Fault::bad_body, "the body must be an object with metadata and resources");
  const auto metadata = root.member("metadata");
  const auto resources = root.member("resources");
  if (!metadata.is_object()) return refuse(Fault::bad_body, "metadata is missing").in_field("metadata");
  if (!resources.is_array()) return refuse(Fault::bad_body, "resources is missing").in_field("resources");
  const auto total = metadata.member("collectionTotal").integer();
  if (!total) return refuse(Fault::bad_body, "collectionTotal is missing").in_field("collectionTotal");
  if (*total != static_cast<std::int64_t>(resources.size())) {
    return refuse(Fault::collection_total_mismatch, "collectionTotal is not the number of resources")
        .in_field("collectionTotal");
  }
  const auto items = resources.items();
  if (items.size() != 1 || !items.front().is_object()) {
    return refuse(Fault::bad_body, "resources must hold exactly one object").in_field("resources");
  }
  return items.front();
}

Result<JsonValue> bare_object(const JsonBody& body) {
  const auto root = body.root();
  if (!root.is_null() && !root.is_object()) return refuse(Fault::bad_body, "the body must be an object");
  return root;
}

Result<std::optional<bool>> bool_parameter(const Query& query, std::string_view name) {
  const auto text = query.value(name);
  if (!text || text->empty()) return std::optional<bool>();
  const auto value = to_boolean(*text);
  if (!value) return wrong_parameter(name, "this must be true or false");
  return value;
}

Result<bool> bool_parameter(const Query& query, std::string_view name, bool otherwise) {
  return TRY(bool_parameter(query, name)).value_or(otherwise);
}

Result<PageRequest> page_parameters(const Query& query) {
  constexpr std::uint64_t kMost = 5000;
  PageRequest page;
  if (const auto text = query.value("limit"); text && !text->empty()) {
    const auto limit = to_number(*text);
    if (!limit || *limit < 1 || *limit > kMost) return wrong_parameter("limit", "this must be a number from 1 to 5000");
    page.limit = static_cast<std::uint32_t>(*limit);
  }
  if (const auto text = query.value("offset"); text && !text->empty()) {
    const auto offset = to_number(*text);
    if (!offset || *offset > 0x7fffffff) return wrong_parameter("offset", "this must be a number from 0 up");
    page.offset = static_cast<std::uint32_t>(*offset);
  }
  return page;
}

Result<std::optional<std::uint64_t>> total_if_wanted(const Query& query, std::uint64_t total) {
  if (!TRY(bool_parameter(query, "totalCount", false))) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(total);
}

Return preferred(std::string_view prefer) {
  if (prefer.find("return=minimal") != std::string_view::npos) return Return::minimal;
  if (prefer.find("return=representation") != std::string_view::npos) return Return::representation;
  return Return::unsaid;
}

}  // namespace kms::http
