#pragma once

#include "hsm/base/secret.h"

namespace kms::client {

/// Padded base64 of a secret, as a secret; no table and no branch depends on the bytes.
hsm::Secret to_base64(const hsm::Secret& bytes);

}  // namespace kms::client
