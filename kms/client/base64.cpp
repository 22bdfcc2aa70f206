#include "kms/client/base64.h"

#include "kms/client/secret_access.h"

namespace kms::client {

namespace {

/// All ones when `value` lies in [low, high), otherwise zero.
constexpr std::uint32_t within(std::uint32_t value, std::uint32_t low, std::uint32_t high) {
  const std::uint32_t at_least = ~((value - low) >> 31) & 1;
  const std::uint32_t below = ((value - high) >> 31) & 1;
  return 0U - (at_least & below);
}

constexpr std::uint8_t digit(std::uint32_t six_bits) {
  const std::uint32_t v = six_bits;
  return static_cast<std::uint8_t>((within(v, 0, 26) & (v + 'A')) | (within(v, 26, 52) & (v - 26 + 'a')) |
                                   (within(v, 52, 62) & (v - 52 + '0')) | (within(v, 62, 63) & '+') |
                                   (within(v, 63, 64) & '/'));
}
static_assert(digit(0) == 'A' && digit(25) == 'Z' && digit(26) == 'a' && digit(51) == 'z');
static_assert(digit(52) == '0' && digit(61) == '9' && digit(62) == '+' && digit(63) == '/');

}  // namespace

hsm::Secret to_base64(const hsm::Secret& bytes) {
  const auto in = SecretAccess::bytes(bytes);
  hsm::Secret text((in.size() + 2) / 3 * 4);
  const auto out = SecretAccess::room(text);
  std::size_t at = 0;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    const auto octet = [&](std::size_t k) -> std::uint32_t { return k < in.size() ? in[k] : 0; };
    const std::uint32_t group = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
    out[at++] = digit(group >> 18 & 63);
    out[at++] = digit(group >> 12 & 63);
    out[at++] = i + 1 < in.size() ? digit(group >> 6 & 63) : std::uint8_t{'='};
    out[at++] = i + 2 < in.size() ? digit(group & 63) : std::uint8_t{'='};
  }
  return text;
}

}  // namespace kms::client
