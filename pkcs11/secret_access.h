#pragma once

#include "hsm/base/secret.h"

namespace p11 {

/// The C boundary's passkey: a readable attribute's octets leave through it, into the caller's memory.
struct SecretAccess {
  static hsm::KeyUse use() { return hsm::KeyUse{}; }
};

}  // namespace p11
