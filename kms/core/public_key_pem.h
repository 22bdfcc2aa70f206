#pragma once

#include <string>

#include "kms/p11/token.h"

namespace kms {

/// PEM of an RSA SubjectPublicKeyInfo (RFC 5280, RFC 8017).
std::string public_key_pem(const p11::PublicKey& key);

}  // namespace kms
