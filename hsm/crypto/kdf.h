#pragma once

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "hsm/crypto/handle.h"
#include "hsm/crypto/library.h"

namespace hsm::crypto {

/// `length` octets of one of libcrypto's key derivations, by its name. The settings have been checked: that it refuses them is a bug.
Secret run_kdf(const char* name, const OSSL_PARAM* settings, std::uint64_t length);

}  // namespace hsm::crypto
