#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/base/secret.h"

namespace kms::http {

class JsonValue;

/// A parsed request body. Every octet of the tree and of the parser's scratch space lies in memory that is wiped when the
/// body goes. One thread; the JsonValues it gives are valid while it lives.
class JsonBody {
 public:
  JsonBody();
  JsonBody(JsonBody&&) noexcept;
  JsonBody& operator=(JsonBody&&) noexcept;
  ~JsonBody();

  /// Nothing when the text is not one JSON value. No text at all, and only spaces, count as `null`.
  static std::optional<JsonBody> parse(std::string_view text);

  JsonValue root() const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

/// A place in a body. Asking a value for what it is not gives nothing; a missing member is a `null`, as Go clients mean it.
class JsonValue {
 public:
  JsonValue() = default;

  bool is_null() const;
  bool is_object() const;
  bool is_array() const;
  bool is_string() const;

  /// Names are compared without regard to case (some clients send "KeyRingID", "Tags").
  JsonValue member(std::string_view name) const;
  std::vector<JsonValue> items() const;
  std::size_t size() const;
  std::optional<std::string_view> text() const;
  std::optional<bool> boolean() const;
  /// Integers only; 3.0 counts as 3.
  std::optional<std::int64_t> integer() const;

 private:
  friend class JsonBody;
  explicit JsonValue(const void* value) : value_(value) {}
  const void* value_ = nullptr;
};

}  // namespace kms::http
