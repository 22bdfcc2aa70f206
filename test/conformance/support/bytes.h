// Byte strings as the tests hold and print them.
#pragma once

#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkcs11/cryptoki.h"

namespace conformance {

using ByteView = std::span<const CK_BYTE>;

// A byte string that prints as hexadecimal, so that a failed comparison can be read in the log.
class Bytes : public std::vector<CK_BYTE> {
 public:
  using std::vector<CK_BYTE>::vector;
  explicit Bytes(ByteView view) : std::vector<CK_BYTE>(view.begin(), view.end()) {}

  friend std::ostream& operator<<(std::ostream& out, const Bytes& bytes);
};

Bytes from_hex(std::string_view hex);  // throws std::invalid_argument on anything but digits (and spaces)
Bytes from_text(std::string_view text);
Bytes counting(std::size_t count);  // 0, 1, 2, ... : data that shows where it was cut
Bytes operator+(Bytes left, ByteView right);

// Cryptoki takes pointers to what it only reads without `const`, and some modules refuse a null pointer to nothing.
CK_BYTE_PTR readable(ByteView view);

}  // namespace conformance
