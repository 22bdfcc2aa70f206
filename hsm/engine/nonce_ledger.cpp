#include "hsm/engine/nonce_ledger.h"

#include <algorithm>

#include "hsm/crypto/crypto.h"

namespace hsm::engine {
namespace {

constexpr std::uint64_t kLeastRandomBits = 64;
constexpr std::uint64_t kMostAtRandom = std::uint64_t{1} << 32;

std::uint64_t free_bits(const Bytes& iv, std::uint64_t fixed_bits) { return 8 * iv.size() - fixed_bits; }

/// The bits of octet `i` that are fixed.
std::uint8_t fixed_mask(std::size_t i, std::uint64_t fixed_bits) {
  const auto bits = fixed_bits > 8 * i ? std::min<std::uint64_t>(8, fixed_bits - 8 * i) : 0;
  return static_cast<std::uint8_t>(0xFF00U >> bits);
}

void clear_free_bits(Bytes& iv, std::uint64_t fixed_bits) {
  for (std::size_t i = 0; i < iv.size(); ++i) iv[i] &= fixed_mask(i, fixed_bits);
}

/// XORs a number into the end of the IV, big-endian.
void add_number(Bytes& iv, std::uint64_t number) {
  for (auto at = iv.rbegin(); at != iv.rend() && number != 0; ++at, number >>= 8)
    *at ^= static_cast<std::uint8_t>(number);
}

Status check_counter(std::uint64_t value, std::uint64_t bits) {
  if (bits < 64 && value >> bits != 0) return fail(Rv::key_exhausted, "the key has used up the counter of its IVs");
  return Done{};
}

}  // namespace

Status NonceLedger::random(Bytes& iv, std::uint64_t fixed_bits) {
  const auto bits = free_bits(iv, fixed_bits);
  if (bits < kLeastRandomBits) return fail(Rv::mechanism_param_invalid, "too few bits are left for a random IV");
  const auto most = bits >= 96 ? kMostAtRandom : std::uint64_t{1} << (bits - 32) / 2;
  {
    const std::scoped_lock lock(mutex_);
    if (made_at_random_ >= most) return fail(Rv::key_exhausted, "the key has used up its random IVs");
    ++made_at_random_;
  }
  Bytes fresh(iv.size());
  TRY(crypto::random(fresh));
  for (std::size_t i = 0; i < iv.size(); ++i) {
    const auto fixed = fixed_mask(i, fixed_bits);
    iv[i] = static_cast<std::uint8_t>((iv[i] & fixed) | (fresh[i] & ~fixed));
  }
  return Done{};
}

Status NonceLedger::counter(Bytes& iv, std::uint64_t fixed_bits) {
  clear_free_bits(iv, fixed_bits);
  const std::scoped_lock lock(mutex_);
  if (counters_.size() >= kMostFixedParts && !counters_.contains(iv))
    return fail(Rv::device_memory, "the key has had counters for too many fixed parts of IVs");
  auto& next = counters_[iv];
  TRY(check_counter(next, free_bits(iv, fixed_bits)));
  add_number(iv, next++);
  return Done{};
}

Status NonceLedger::counter_xor(Bytes& iv, std::uint64_t fixed_bits) {
  const std::scoped_lock lock(mutex_);
  if (!xored_) xored_ = iv;
  if (*xored_ != iv) return fail(Rv::mechanism_param_invalid, "the IV that the counter is added to must stay the same");
  TRY(check_counter(xor_counter_, free_bits(iv, fixed_bits)));
  add_number(iv, xor_counter_++);
  return Done{};
}

}  // namespace hsm::engine
