#pragma once

#include <cstdint>

// GF(256) with x^8 + x^4 + x^3 + x + 1, the field of AES. No tables and no branches: the operands are shares.

namespace hsm::ceremony::field {

constexpr std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned x = a, y = b, product = 0;
  for (int bit = 0; bit < 8; ++bit) {
    product ^= (0u - (y & 1)) & x;
    x = (x << 1) ^ ((0u - (x >> 7)) & 0x11B);
    y >>= 1;
  }
  return static_cast<std::uint8_t>(product);
}

/// a^254, the inverse of all but zero.
constexpr std::uint8_t inverse(std::uint8_t a) {
  std::uint8_t power = a;
  for (int bit = 0; bit < 6; ++bit) power = multiply(multiply(power, power), a);
  return multiply(power, power);
}

static_assert(multiply(0x57, 0x83) == 0xC1);  // FIPS 197, 4.2
static_assert(multiply(0x53, inverse(0x53)) == 1 && multiply(0xFF, inverse(0xFF)) == 1 && inverse(1) == 1);

}  // namespace hsm::ceremony::field
