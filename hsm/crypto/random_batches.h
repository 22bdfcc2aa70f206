#pragma once

#include <openssl/core.h>
#include <openssl/types.h>

namespace hsm::crypto {

/// The name of a generator that draws many octets at once from another library context's CTR_DRBG and gives them out as libcrypto asks
/// for them. That one asks the system at each call whether the process was forked; a signature with a random nonce would cost a system call.
inline constexpr const char* kBatchesName = "KEYMANTLE-BATCHES";

/// What a provider gives for OSSL_OP_RAND.
const OSSL_ALGORITHM* random_batches();
/// The library context to draw from, for as long as the process lives; to be called once, before random_batches() is used.
void draw_batches_from(OSSL_LIB_CTX* source);

}  // namespace hsm::crypto
