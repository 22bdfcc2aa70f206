#pragma once

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/hash.h"
#include "hsm/crypto/key.h"

namespace hsm::crypto {

/// What derive() is asked. `length` is 0 when the caller did not say; `others` are the keys that the parameter names.
struct Derivation {
  const Mechanism& mechanism;
  const Key& base;
  std::uint64_t length;
  std::span<const KeyPtr> others;
};
inline constexpr std::uint64_t kMostDerived = 65536;

Result<Secret> derive_ecdh(const Derivation& wanted);
Result<Secret> derive_dh(const Derivation& wanted);
Result<Secret> derive_hkdf(const Derivation& wanted);
Result<Secret> derive_kbkdf(const Derivation& wanted);
Result<Secret> derive_tls_master(const Derivation& wanted);
Result<Secret> derive_tls_export(const Derivation& wanted);  // TLS_KDF
Result<Secret> derive_ike2_prf_plus(const Derivation& wanted);
Result<Secret> derive_ike_prf(const Derivation& wanted);
Result<Secret> derive_ike1_prf(const Derivation& wanted);
Result<Secret> derive_ike1_extended(const Derivation& wanted);
Result<Secret> derive_ssh(const Derivation& wanted);
Result<Secret> derive_by_hash(const Derivation& wanted);
Result<Secret> derive_by_joining(const Derivation& wanted);     // CONCATENATE_*, XOR, EXTRACT
Result<Secret> derive_by_encryption(const Derivation& wanted);  // *_ENCRYPT_DATA

/// ANSI X9.63: HASH(Z || u32 counter || shared data) ...
Secret expand_x9_63(const Hash& hash, const Secret& shared, ByteView shared_data, std::uint64_t length);
/// The first `length` octets (all when 0); key_size_range when there are fewer.
Result<Secret> leading(Secret value, std::uint64_t length);
/// The last `length` octets (all when 0): how PKCS#11 shortens what a key agreement gives (3.1, 6.3.17).
Result<Secret> trailing(Secret value, std::uint64_t length);

}  // namespace hsm::crypto
