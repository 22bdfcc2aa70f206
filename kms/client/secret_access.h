#pragma once

#include "hsm/base/secret.h"

namespace kms {

// The same definition as in kms/p11/secret_access.h, which this side of the API may not include.
struct SecretAccess {
  static hsm::ByteView bytes(const hsm::Secret& secret) { return secret.reveal(hsm::KeyUse{}); }
  static std::span<std::uint8_t> room(hsm::Secret& secret) { return secret.fill(hsm::KeyUse{}); }
};

}  // namespace kms
