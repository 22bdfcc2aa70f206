#include <algorithm>
#include <array>

#include "hsm/engine/policy.h"

// NIST SP 800-57 part 1, revision 5: what a key of so many bits is worth (table 2), and a hash that makes keys or masks (table 3).

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
    case KeyType::gostr3410:
      return kCurve;
    case KeyType::ml_kem:
      return kMlKem;
    default:
      return kSecret;
  }
}

/// Hashes that are worth less than any key, where no collision matters: in a mask generator or a key derivation.
struct HashRow {
  Mech hash;
  unsigned strength;
};
constexpr auto kWeakHashes = std::to_array<HashRow>({{Mech::sha_1, 128},
                                                     {Mech::sha224, 192},
                                                     {Mech::sha3_224, 192},
                                                     {Mech::sha512_224, 192}});

unsigned strength_of(std::uint64_t hash) {
  const auto row = std::ranges::find(kWeakHashes, static_cast<Mech>(hash), &HashRow::hash);
  return row == kWeakHashes.end() ? kSecret.front().strength : row->strength;
}

unsigned level(const Levels& levels, std::uint64_t bits) {
  for (const auto& level : levels)
    if (bits >= level.least_bits) return level.strength;
  return 0;
}

/// Bits of the AES key under which an envelope's content is; nothing where the mechanism makes none.
std::optional<std::uint64_t> inner_bits(const Mechanism& mechanism) {
  if (const auto* rsa = std::get_if<RsaAesParams>(&mechanism.params)) return rsa->aes_bits;
  if (const auto* ecdh = std::get_if<EcdhAesParams>(&mechanism.params)) return ecdh->aes_bits;
  return std::nullopt;
}

}  // namespace

unsigned strength_of(const Mechanism& mechanism, const crypto::Key& wrapping_key) {
  auto strength = strength_of(wrapping_key);
  if (const auto bits = inner_bits(mechanism)) strength = std::min(strength, level(kSecret, *bits));
  for (const auto hash : hashes_inside(mechanism)) strength = std::min(strength, strength_of(hash));
  return strength;
}

bool is_broken_key(KeyType type) { return type == KeyType::des || type == KeyType::des2; }

unsigned strength_of(const crypto::Key& key) {
  // The effective strengths of Triple DES with three and two keys.
  if (key.type() == KeyType::des3) return 112;
  if (key.type() == KeyType::des2) return 80;
  // Two AES keys, one of which only makes the tweak.
  const auto bits = key.type() == KeyType::aes_xts ? key.bits() / 2 : key.bits();
  return level(levels_of(key.type()), bits);
}

}  // namespace hsm::engine::policy
