#include <algorithm>
#include <array>

#include "hsm/engine/policy.h"

// NIST SP 800-57 part 1, revision 5, table 2: what a key of so many bits is worth.

namespace hsm::engine::policy {
namespace {

struct Level {
  std::uint64_t least_bits;
  unsigned strength;
};
using Levels = std::array<Level, 5>;
constexpr Levels kSecret = {{{256, 256}, {192, 192}, {128, 128}, {112, 112}, {80, 80}}};
constexpr Levels kModulus = {{{15360, 256}, {7680, 192}, {3072, 128}, {2048, 112}, {1024, 80}}};
constexpr Levels kMlKem = {{{1024, 256}, {768, 192}, {512, 128}, {512, 128}, {512, 128}}};
constexpr Levels kCurve = {{{512, 256}, {384, 192}, {250, 128}, {224, 112}, {160, 80}}};

const Levels& levels_of(KeyType type) {
  switch (type) {
    case KeyType::rsa:
    case KeyType::dsa:
    case KeyType::dh:
    case KeyType::x9_42_dh:
      return kModulus;
    case KeyType::ec:
    case KeyType::ec_edwards:
    case KeyType::ec_montgomery:
      return kCurve;
    case KeyType::ml_kem:
      return kMlKem;
    default:
      return kSecret;
  }
}

}  // namespace

bool is_broken_key(KeyType type) { return type == KeyType::des || type == KeyType::des2; }

unsigned strength_of(const crypto::Key& key) {
  // The effective strengths of Triple DES with three and two keys.
  if (key.type() == KeyType::des3) return 112;
  if (key.type() == KeyType::des2) return 80;
  // Two AES keys, one of which only makes the tweak.
  const auto bits = key.type() == KeyType::aes_xts ? key.bits() / 2 : key.bits();
  for (const auto& level : levels_of(key.type()))
    if (bits >= level.least_bits) return level.strength;
  return 0;
}

}  // namespace hsm::engine::policy
