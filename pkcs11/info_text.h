#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "hsm/base/bytes.h"
#include "pkcs11/exported.h"

namespace p11 {

inline constexpr std::string_view kManufacturer = "Keymantle";
inline constexpr std::string_view kModel = "software HSM";
inline constexpr std::string_view kLibrary = "Keymantle PKCS#11";
inline constexpr CK_VERSION kVersion = {0, 1};

/// A field of fixed size: filled up with blanks, no null at the end. A longer text loses its tail, never half a UTF-8 character.
template <std::size_t N>
void pad(CK_UTF8CHAR (&field)[N], std::string_view text) {
  std::size_t size = std::min(N, text.size());
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80u) --size;
  std::fill(std::begin(field), std::end(field), CK_UTF8CHAR{' '});
  std::copy_n(text.begin(), size, field);
}

inline std::string unpad(std::span<const CK_UTF8CHAR> field) {
  std::string text(hsm::text_of(field));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace p11
