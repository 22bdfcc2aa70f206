#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/store/keystore.h"

// The master key's life as a type (docs/design.md, "Ceremony"). A transition takes a state and gives the next one; a refused
// transition gives the reason, and the state that was passed is gone with its secrets unless the function says that it keeps it.

namespace hsm::ceremony {

struct Share;  // shares.h

using store::VerificationPattern;

/// A whole master key and what people compare it by.
struct MasterKey {
  Secret key;  ///< 32 octets
  VerificationPattern pattern{};

  static MasterKey generate();
  /// Refuses other lengths and keys that are all zero.
  static Result<MasterKey> from(Secret key);
};

struct Empty {};                          ///< no master key, and none is expected
struct Sealed {                           ///< the keystore has one; it is not in memory
  VerificationPattern pattern{};
};
struct Collecting {                       ///< some of the shares are here
  std::vector<Share> shares;
  std::optional<VerificationPattern> expected;  ///< of the keystore, when there is one
};
struct Staged { MasterKey key; };         ///< whole and checked, not in use yet
struct Active { MasterKey key; };         ///< in use

using MasterKeyState = std::variant<Empty, Sealed, Collecting, Staged, Active>;
std::string_view name_of(const MasterKeyState& state);

/// Empty -> Staged, with a fresh key.
Result<MasterKeyState> generate(MasterKeyState state);
/// Staged -> Active. `pattern` comes from the ceremony's record, not from this machine: it must be the staged key's.
Result<MasterKeyState> commit(MasterKeyState state, const VerificationPattern& pattern);
/// Active -> Sealed: the key leaves the memory.
Result<MasterKeyState> seal(MasterKeyState state);
/// Collecting or Staged -> where it came from.
Result<MasterKeyState> clear(MasterKeyState state);

}  // namespace hsm::ceremony
