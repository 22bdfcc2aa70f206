#include "kms/http/json_writer.h"

namespace kms::http {
namespace {

/// One of the 64 characters, chosen by arithmetic: a table lookup by a secret index shows in the cache.
constexpr char digit_of(unsigned value) {
  const auto less = [](unsigned a, unsigned b) { return (a - b) >> 31; };  // 1 when a < b
  unsigned c = 'A' + value;
  c += (1U - less(value, 26)) * ('a' - 'A' - 26U);
  c -= (1U - less(value, 52)) * (71U + 4U);
  c -= (1U - less(value, 62)) * 15U;
  c += (1U - less(value, 63)) * 3U;
  return static_cast<char>(c);
}
static_assert(digit_of(0) == 'A' && digit_of(25) == 'Z' && digit_of(26) == 'a' && digit_of(51) == 'z');
static_assert(digit_of(52) == '0' && digit_of(61) == '9' && digit_of(62) == '+' && digit_of(63) == '/');

}  // namespace

JsonWriter& JsonWriter::text(std::string_view value) {
  comma();
  out_ += '"';
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (u < 0x20) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out_ += "\\u00";
      out_ += kHex[u >> 4];
      out_ += kHex[u & 15];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::base64(hsm::ByteView bytes) {
  comma();
  out_.reserve(out_.size() + 2 + (bytes.size() + 2) / 3 * 4);
  out_ += '"';
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const unsigned group = (unsigned{bytes[i]} << 16) | (unsigned{bytes[i + 1]} << 8) | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out_ += digit_of((group >> shift) & 63U);
  }
  if (const auto rest = bytes.size() - i; rest > 0) {
    const unsigned group = (unsigned{bytes[i]} << 16) | (rest == 2 ? unsigned{bytes[i + 1]} << 8 : 0U);
    out_ += digit_of((group >> 18) & 63U);
    out_ += digit_of((group >> 12) & 63U);
    out_ += rest == 2 ? digit_of((group >> 6) & 63U) : '=';
    out_ += '=';
  }
  out_ += '"';
  return *this;
}

}  // namespace kms::http
