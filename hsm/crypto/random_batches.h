#pragma once

#include <openssl/core.h>
#include <openssl/types.h>

namespace hsm::crypto {

/// The name of a generator that draws many octets at once from a CTR_DRBG (AES-256) of its own, one in each thread, and gives them out as
/// libcrypto asks for them. Used alone, that DRBG asks the system at each call whether the process was forked, a system call for each random
/// nonce; and libcrypto's own ones lock one that they have in common, for which threads wait, and a child for ever if another thread of
/// its parent held the lock at the fork.
inline constexpr const char* kBatchesName = "KEYMANTLE-BATCHES";

/// What a provider gives for OSSL_OP_RAND.
const OSSL_ALGORITHM* random_batches();
/// The library context whose CTR_DRBG it is, for as long as the process lives; to be called before a generator is made.
void draw_batches_from(OSSL_LIB_CTX* source);

}  // namespace hsm::crypto
