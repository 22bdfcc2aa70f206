#pragma once

#include <openssl/types.h>

#include "hsm/crypto/handle.h"

namespace hsm::crypto {

/// A library context with libcrypto's default provider, in which the host's ENGINEs are never asked for keys. An ENGINE may be the
/// process's default for RSA or EC: libp11's is, after `openssl -engine pkcs11`, and then it calls us. libcrypto looks for one by the
/// name of the key type, whatever the library context; here each type's first name is its dotted OID, by which no ENGINE is found.
/// Their random nonces come from random_batches.h. Made once in a process and never freed: a forked child makes its own.
OSSL_LIB_CTX* new_engine_free_context();

/// A context to generate or make keys of a type ("RSA", "EC" ...) without asking an ENGINE; empty where libcrypto lacks the type.
KeyContext key_context_of(const char* type);

}  // namespace hsm::crypto
