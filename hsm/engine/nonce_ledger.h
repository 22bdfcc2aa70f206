#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"

namespace hsm::engine {

/// The IVs that were made here for one key and its copies, so that none comes twice. Lives as long as this process knows the key: what
/// other processes and times made is not in it, so counters, which start at zero, are for session keys (message_iv.h). Thread-safe.
class NonceLedger {
 public:
  /// Each fills all but the first `fixed_bits` bits of `iv`. key_exhausted when there is no further one.
  ///
  /// At random: at most 2^((n - 32) / 2) of n free bits and never more than 2^32, so that two are alike with a probability below 2^-32
  /// (SP 800-38D, 8); mechanism_param_invalid for fewer than 64 free bits.
  Status random(Bytes& iv, std::uint64_t fixed_bits);
  /// By a counter from zero on, one for each value of the fixed bits.
  Status counter(Bytes& iv, std::uint64_t fixed_bits);
  /// The free bits given, XOR a counter from zero on. mechanism_param_invalid when `iv` is not what was given at first.
  Status counter_xor(Bytes& iv, std::uint64_t fixed_bits);

 private:
  static constexpr std::size_t kMostFixedParts = 1024;

  std::mutex mutex_;  ///< guards what follows
  std::uint64_t made_at_random_ = 0;
  std::map<Bytes, std::uint64_t> counters_;  ///< the next value, by the fixed part
  std::optional<Bytes> xored_;
  std::uint64_t xor_counter_ = 0;
};

}  // namespace hsm::engine
