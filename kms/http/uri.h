#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kms::http {

/// Decodes %XX, and `+` as a space where `plus` says so (queries and forms, not paths). Nothing for a broken escape or a NUL.
enum class Plus { is_space, is_plus };
std::optional<std::string> percent_decode(std::string_view text, Plus plus);
/// Escapes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

/// The path cut at its slashes, each segment decoded by itself (a `%2F` inside a segment stays in it); empty segments
/// (a doubled or trailing slash) do not count. Nothing for a broken escape.
std::optional<std::vector<std::string>> split_path(std::string_view path);

/// A decoded query string. A name that comes several times, and one comma-joined value, mean the same list.
class Query {
 public:
  static std::optional<Query> parse(std::string_view text);

  /// The first value; nothing when the name is absent.
  std::optional<std::string_view> value(std::string_view name) const;
  std::vector<std::string_view> list(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

/// Base-10 without sign, blanks or leading `+`; nothing when it does not fit.
std::optional<std::uint64_t> to_number(std::string_view text);
/// What Go's strconv.ParseBool accepts.
std::optional<bool> to_boolean(std::string_view text);
/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);

}  // namespace kms::http
