#pragma once

#include "hsm/crypto/crypto.h"

namespace hsm::crypto {

/// CKM_RSA_AES_KEY_WRAP and CKM_ECDH_AES_KEY_WRAP with its relatives (PKCS#11 3.2, 6.1.27, 6.3.22 to 6.3.24): the value under AES key
/// wrap with padding by a temporary AES key, behind that key under RSA-OAEP or behind the transport key's public point.
bool is_envelope(const Mechanism& mechanism);
Result<Bytes> wrap_envelope(const Mechanism& mechanism, const Key& wrapping_key, const Secret& value);
Result<Secret> unwrap_envelope(const Mechanism& mechanism, const Key& unwrapping_key, ByteView wrapped);
Result<std::uint64_t> envelope_size(const Mechanism& mechanism, const Key& wrapping_key, std::uint64_t length);

}  // namespace hsm::crypto
