#pragma once

#include "hsm/base/bytes.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/handle.h"

namespace hsm::crypto {

/// A BIGNUM from big-endian octets.
BigNumber number_of(ByteView octets);
/// The same for what is secret: libcrypto then calculates with it in constant time.
BigNumber secret_number_of(ByteView octets);
/// Big-endian, as short as possible, or padded to `size`.
Bytes octets_of(const BIGNUM* number);
Bytes octets_of(const BIGNUM* number, std::size_t size);
/// Padded to `size`.
Secret secret_octets_of(const BIGNUM* number, std::size_t size);
/// A number out of a key.
BigNumber number_from(const EVP_PKEY* key, const char* name);

}  // namespace hsm::crypto
