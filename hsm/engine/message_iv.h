#pragma once

#include "hsm/base/result.h"
#include "hsm/engine/object.h"
#include "hsm/model/mechanism.h"

namespace hsm::engine {

/// The IV of a message under `key`, as its parameter asks (PKCS#11 3.2, 6.13.2): given, or made here so that none comes twice.
/// CKG_GENERATE makes it at random. mechanism_param_invalid for more fixed bits than the IV has, an unknown generator, and counters
/// for a token key, which would start again at zero in the next process.
Result<Bytes> message_iv(const Object& key, const MessageParams& params);

}  // namespace hsm::engine
