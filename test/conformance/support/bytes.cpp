#include "bytes.h"

#include <iomanip>
#include <stdexcept>

namespace conformance {

std::ostream& operator<<(std::ostream& out, const Bytes& bytes) {
  constexpr std::size_t kShown = 80;
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size() && i < kShown; ++i) out << kDigits[bytes[i] >> 4] << kDigits[bytes[i] & 15];
  if (bytes.size() > kShown) out << "...";
  return out << " (" << bytes.size() << " bytes)";
}

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw std::invalid_argument("not a hexadecimal digit");
}

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  int high = -1;
  for (char c : hex) {
    if (c == ' ') continue;
    const int value = digit(c);
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<CK_BYTE>(high * 16 + value));
      high = -1;
    }
  }
  if (high >= 0) throw std::invalid_argument("an odd number of hexadecimal digits");
  return bytes;
}

Bytes from_text(std::string_view text) { return Bytes(text.begin(), text.end()); }

Bytes counting(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<CK_BYTE>(i);
  return bytes;
}

Bytes operator+(Bytes left, ByteView right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

CK_BYTE_PTR readable(ByteView view) {
  static CK_BYTE nothing = 0;
  return view.empty() ? &nothing : const_cast<CK_BYTE_PTR>(view.data());
}

}  // namespace conformance
