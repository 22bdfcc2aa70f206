#include <algorithm>
#include <array>

#include "hsm/crypto/digest.h"
#include "hsm/crypto/masks.h"
#include "hsm/crypto/rsa.h"

// Implicit rejection for PKCS#1 v1.5 decryption, as draft-irtf-cfrg-rsa-guidance (section 7) constructs it:
//
//   key     = HMAC-SHA-256(SHA-256(private exponent, padded to the modulus), ciphertext)
//   lengths = PRF(key, "length", 256), 128 candidates of 16 bits; the last one that fits is the length
//   message = PRF(key, "message", size of the modulus); its last `length` octets are the answer
//   PRF     = HMAC-SHA-256(key, u16 counter || label || u16 bits) ...
//
// Nothing here branches on, or reads memory at a place given by, what the padding contains.

namespace hsm::crypto {
namespace {

constexpr std::size_t kLeastPadding = 8;
constexpr std::size_t kPrefix = 2 + kLeastPadding + 1;

void prf(HmacState& mac, std::string_view label, std::size_t bits, std::span<std::uint8_t> out) {
  std::array<std::uint8_t, kMostHash> block;
  const std::array<std::uint8_t, 2> length = {static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
  for (unsigned counter = 0; !out.empty(); ++counter) {
    const std::array<std::uint8_t, 2> number = {static_cast<std::uint8_t>(counter >> 8), static_cast<std::uint8_t>(counter)};
    mac.start();
    mac.update(number);
    mac.update(view(label));
    mac.update(length);
    mac.finish(block.data());
    const auto size = std::min(out.size(), sha_256().size);
    std::copy_n(block.begin(), size, out.begin());
    out = out.subspan(size);
  }
  wipe(block);
}

/// The length of the answer to bad padding: of 128 candidates the last that is below the limit.
std::uint32_t synthetic_length(HmacState& mac, std::uint32_t limit) {
  std::array<std::uint8_t, 256> candidates;
  prf(mac, "length", 8 * candidates.size(), candidates);
  std::uint32_t bits = limit - 1;
  for (const unsigned shift : {1u, 2u, 4u, 8u}) bits |= bits >> shift;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < candidates.size(); i += 2) {
    const auto candidate = (static_cast<std::uint32_t>(candidates[i]) << 8 | candidates[i + 1]) & bits;
    length = choose(less(candidate, limit), candidate, length);
  }
  wipe(candidates);
  return length;
}

}  // namespace

std::size_t open_pkcs1(ByteView rejection, ByteView ciphertext, std::span<std::uint8_t> encoded, std::uint8_t* out) {
  const auto size = static_cast<std::uint32_t>(encoded.size());
  std::array<std::uint8_t, kMostHash> key;
  hmac_into(sha_256(), rejection, {ciphertext}, key.data());
  HmacState mac(sha_256(), ByteView(key).first(sha_256().size));
  wipe(key);
  WipedBytes synthetic(size);
  prf(mac, "message", 8 * std::size_t{size}, synthetic);
  const auto most = size - static_cast<std::uint32_t>(kPrefix);
  const auto made_length = synthetic_length(mac, most + 1);

  // 00 02, at least eight octets that are not zero, 00, message
  Mask good = equal(encoded[0], 0) & equal(encoded[1], 2);
  Mask found = 0;
  std::uint32_t zero_at = 0;
  for (std::uint32_t i = 2; i < size; ++i) {
    const auto zero = is_zero(encoded[i]);
    zero_at = choose(~found & zero, i, zero_at);
    found |= zero;
  }
  good &= found & ~less(zero_at, static_cast<std::uint32_t>(2 + kLeastPadding));
  const auto length = choose(good, size - 1 - zero_at, made_length);
  for (std::uint32_t i = 0; i < size; ++i)
    encoded[i] = static_cast<std::uint8_t>(choose(good, encoded[i], synthetic[i]));

  // The message moves to the front by powers of two, so that the places touched do not tell its length.
  const auto distance = size - length;
  for (std::uint32_t step = 1; step < size; step <<= 1) {
    const auto move = ~is_zero(distance & step);
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint32_t from = i + step < size ? encoded[i + step] : 0u;
      encoded[i] = static_cast<std::uint8_t>(choose(move, from, encoded[i]));
    }
  }
  std::copy_n(encoded.begin(), most, out);
  return length;
}

}  // namespace hsm::crypto
