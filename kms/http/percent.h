#pragma once

#include <string_view>

namespace kms::http {

/// The value of a hexadecimal digit, or -1.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Appends the decoded text to a string of any allocator (forms hold secrets, paths do not). False for a broken escape or a NUL.
template <class Text>
bool percent_decode_to(Text& out, std::string_view text, char plus) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+') {
      c = plus;
    }
    if (c == '\0') return false;
    out += c;
  }
  return true;
}

}  // namespace kms::http
