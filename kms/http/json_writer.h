#pragma once

#include <charconv>
#include <concepts>
#include <string_view>

#include "hsm/base/secret.h"

namespace kms::http {

/// Writes JSON text straight into wiped memory, without a tree in between. The caller keeps the order legal: begin, members, end.
class JsonWriter {
 public:
  explicit JsonWriter(hsm::WipedString& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// `name` is a literal of ours: it is not escaped.
  JsonWriter& name(std::string_view name) {
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    fresh_ = true;
    return *this;
  }

  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::integral auto value) {
    comma();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, static_cast<std::size_t>(end - digits));
    return *this;
  }
  JsonWriter& boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
    return *this;
  }
  JsonWriter& null() {
    comma();
    out_ += "null";
    return *this;
  }
  /// A string that cannot hold a character to escape (base64, a UUID, a time).
  JsonWriter& plain(std::string_view value) {
    comma();
    out_ += '"';
    out_ += value;
    out_ += '"';
    return *this;
  }
  /// Base64 of octets that may be secret: no table, no copy outside `out`.
  JsonWriter& base64(hsm::ByteView bytes);
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
  }

  JsonWriter& member(std::string_view n, std::string_view value) { return name(n).text(value); }
  JsonWriter& member(std::string_view n, const char* value) { return name(n).text(value); }
  JsonWriter& member(std::string_view n, const std::string& value) { return name(n).text(value); }
  JsonWriter& member(std::string_view n, bool value) { return name(n).boolean(value); }
  JsonWriter& member(std::string_view n, std::integral auto value) { return name(n).number(value); }

 private:
  JsonWriter& open(char c) {
    comma();
    out_ += c;
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char c) {
    out_ += c;
    fresh_ = false;
    return *this;
  }
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }

  hsm::WipedString& out_;
  bool fresh_ = true;
};

}  // namespace kms::http
