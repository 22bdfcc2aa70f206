#pragma once

#include "hsm/base/secret.h"

namespace kms {

/// The KMS's passkey to the bytes of a Secret: for its boundary to a PKCS#11 module and its boundary to HTTP clients.
/// Every place that looks inside a Secret is found by searching for this name.
struct SecretAccess {
  static hsm::ByteView bytes(const hsm::Secret& secret) { return secret.reveal(hsm::KeyUse{}); }
  static std::span<std::uint8_t> room(hsm::Secret& secret) { return secret.fill(hsm::KeyUse{}); }
};

}  // namespace kms
