#pragma once

#include "hsm/base/result.h"
#include "hsm/model/attribute.h"

namespace hsm {

/// One given value in the form in which it is kept: the alternative of its kind, octets as Secret or Bytes, big integers without
/// leading zeros, sets and nested templates ascending. attribute_value_invalid when it is not of its kind.
Result<Attribute> canonical(const AttributeShape& shape, const Attribute& given, bool secret, KeyUse use);

}  // namespace hsm
