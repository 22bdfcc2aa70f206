#pragma once

#include "hsm/model/mechanism.h"
#include "pkcs11/entry.h"

namespace p11 {

/// A deep copy of a caller's mechanism: the mechanism table says which structure its parameter is. arguments_bad for a null
/// pointer, mechanism_param_invalid for a structure of another size or a length without a pointer. A mechanism that we do not know
/// keeps its number and no parameter, so that the engine can refuse it.
Result<hsm::Mechanism> read_mechanism(const CK_MECHANISM* mechanism);

}  // namespace p11
