#pragma once

#include "hsm/model/mechanism.h"
#include "pkcs11/entry.h"

namespace p11 {

/// A deep copy of a caller's mechanism: the mechanism table says which structure its parameter is. arguments_bad for a null
/// pointer. A mechanism that we do not know keeps its number and no parameter; a structure of another size or a length without a
/// pointer becomes MalformedParams: the engine refuses both, the latter with mechanism_param_invalid where it has the mechanism.
Result<hsm::Mechanism> read_mechanism(const CK_MECHANISM* mechanism);

}  // namespace p11
