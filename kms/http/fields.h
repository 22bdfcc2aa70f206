#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms/http/exchange.h"

// Members of bodies and query parameters as values of the core: absent and null are the same, another kind is refused with
// the member's name.

namespace kms::http {

Result<std::optional<std::string>> text_field(JsonValue object, std::string_view name);
Result<std::optional<bool>> bool_field(JsonValue object, std::string_view name);
Result<std::optional<std::uint32_t>> number_field(JsonValue object, std::string_view name);
Result<std::optional<Time>> time_field(JsonValue object, std::string_view name);
Result<std::vector<std::string>> texts_field(JsonValue object, std::string_view name);
/// Base64 into locked memory; an empty text counts as absent only where `empty` says so.
enum class Empty { absent, refused };
Result<std::optional<Secret>> secret_field(JsonValue object, std::string_view name, Empty empty);

/// `payload` with `encryptedNonce`, `iv`, `encryptionAlgorithm`, as create and rotate have them.
Result<std::optional<Import>> import_fields(JsonValue object);

/// The one resource of an envelope.
Result<JsonValue> only_resource(const JsonBody& body);
/// A bare object; no body and null count as an empty one.
Result<JsonValue> bare_object(const JsonBody& body);

Result<bool> bool_parameter(const Query& query, std::string_view name, bool otherwise);
Result<std::optional<bool>> bool_parameter(const Query& query, std::string_view name);
/// `limit` (1 to 5000) and `offset`.
Result<PageRequest> page_parameters(const Query& query);
/// Whether `totalCount=true` was asked for.
Result<std::optional<std::uint64_t>> total_if_wanted(const Query& query, std::uint64_t total);

enum class Return { representation, minimal, unsaid };
Return preferred(std::string_view prefer);

}  // namespace kms::http
