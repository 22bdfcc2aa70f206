#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <variant>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/ceremony/shares.h"
#include "hsm/store/keystore.h"

// The life of a master key as a type. The functions below are all there is that changes it; they do no I/O: whoever holds the state
// mounts the keystore, and takes the next state only when that succeeded. A refusal leaves the state as it was.
//
//            | generate | confirm | activate | discard | collect          | seal   | check
//   Empty    | Staged   | -       | -        | -       | -                | -      | -
//   Staged   | -        | Staged  | Active   | Empty   | -                | -      | yes
//   Sealed   | -        | -       | -        | -       | Sealed or Active | -      | yes
//   Active   | -        | -       | -        | -       | -                | Sealed | yes

namespace hsm::ceremony {

using store::VerificationPattern;

/// A whole master key and what people compare it by.
struct MasterKey {
  Secret key;  ///< 32 octets
  VerificationPattern pattern{};

  static MasterKey generate();
  /// Refuses other lengths.
  static Result<MasterKey> from(Secret key);
};

/// No master key, and none is expected.
struct Empty {};
/// Made and split, not in use: each custodian's share must come back once before it is.
struct Staged {
  MasterKey key;
  std::vector<Share> shares;
  std::set<std::uint8_t> confirmed;
};
/// The keystore needs this key; it is not in memory. Shares come one after the other.
struct Sealed {
  VerificationPattern pattern{};
  std::vector<Share> collected;
};
/// In use; the keystore holds what it needs of the key.
struct Active {
  VerificationPattern pattern{};
  std::uint8_t threshold = 0, shares = 0;  ///< of the split it came from; 0 when it came from no shares
};
using MasterKeyState = std::variant<Empty, Staged, Sealed, Active>;
std::string_view name_of(const MasterKeyState& state);

/// Empty -> Staged, with a fresh key split by `terms`.
Result<Staged> generate(const MasterKeyState& state, const SplitTerms& terms);
/// A custodian's share came back: it must be exactly the one that was handed out. Staged -> Staged.
Status confirm(MasterKeyState& state, const Share& share);
/// The key to mount the keystore with; then Active. `pattern` comes from the ceremony's record, not from this machine. Refused until every
/// share was confirmed.
Result<const MasterKey*> activate(const MasterKeyState& state, ByteView pattern);
/// Staged -> Empty: the key and its shares are forgotten.
Result<Empty> discard(const MasterKeyState& state);
/// One more share for unsealing; the key once they are enough and give the pattern that the keystore needs. Refusals name the share by
/// its index. A set that is complete and wrong is forgotten, so that collecting starts again.
Result<std::optional<MasterKey>> collect(MasterKeyState& state, Share share);
/// Active -> Sealed.
Result<Sealed> seal(const MasterKeyState& state);
/// Whether a share is one of this key's, in any state that has a key.
Status check(const MasterKeyState& state, const Share& share);

/// The pattern that a state is about; nothing for Empty.
std::optional<VerificationPattern> pattern_of(const MasterKeyState& state);

}  // namespace hsm::ceremony
