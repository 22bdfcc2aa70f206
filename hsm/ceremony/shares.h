#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"

// Threshold shares of a master key (Shamir over GF(256)) and the file a custodian keeps one in. Pure functions: whoever
// calls them reads and writes the files.

namespace hsm::ceremony {

inline constexpr unsigned kLeastThreshold = 2;
inline constexpr unsigned kMostShares = 16;
inline constexpr std::size_t kMasterKeySize = 32;

/// What a share says of itself in the clear.
struct ShareInfo {
  std::array<std::uint8_t, 16> unit{};  ///< the keystore it was made for
  std::array<std::uint8_t, 16> set{};   ///< made at random for each split
  std::uint32_t epoch = 0;
  std::uint8_t threshold = 0, count = 0, index = 0;
  std::array<std::uint8_t, 16> pattern{};  ///< the first half of the key's verification pattern
  bool rehearsal = false;  ///< its file was protected at the cost of a rehearsal: not for a key that matters
  friend bool operator==(const ShareInfo&, const ShareInfo&) = default;
};

struct Share {
  ShareInfo info;
  Secret payload;
};

/// Splits a master key into `count` shares, any `threshold` of which give it back. Before anything is returned several
/// subsets have been put together again and compared with the key.
struct SplitTerms {
  std::uint8_t threshold = 2, count = 3;
  std::uint32_t epoch = 1;
  std::array<std::uint8_t, 16> unit{};
};
Result<std::vector<Share>> split(const Secret& master_key, const SplitTerms& terms);

/// Puts a master key together and compares it with the pattern that all shares carry. Shares beyond the threshold are
/// checked; where there are enough to tell, the refusal names the index of the wrong one. Refuses too few, duplicates and
/// shares of another set, each by its index.
Result<Secret> combine(std::span<const Share> shares);

/// Whether these may be combined; what combine() checks before it calculates. `complete` is false while more are needed.
struct Collected {
  std::size_t given = 0, needed = 0;
  bool complete() const { return given >= needed; }
};
Result<Collected> check_collection(std::span<const Share> shares);

/// What Argon2id costs for a share file. `rehearsal` is written into the header and refused by whoever insists on the real one.
struct FileCost {
  crypto::Argon2Cost argon2;
  bool rehearsal = false;
  static FileCost standard() { return {{.memory_kib = 1u << 20, .passes = 4, .lanes = 4}, false}; }
  static FileCost for_rehearsal() { return {{.memory_kib = 16384, .passes = 1, .lanes = 1}, true}; }
};

/// A share file (grammar in share_file.cpp).
Result<Bytes> write_share(const Share& share, const Secret& passphrase, const FileCost& cost);
/// Costs beyond the limits are refused before they are paid; pin_incorrect for a passphrase that does not open, or a file that
/// was changed (which of both cannot be told).
Result<Share> read_share(ByteView file, const Secret& passphrase);
/// The header alone: nothing vouches for it yet.
Result<ShareInfo> read_share_info(ByteView file);

}  // namespace hsm::ceremony
