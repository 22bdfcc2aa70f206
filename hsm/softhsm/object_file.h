#pragma once

#include <cstdint>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"

namespace hsm::softhsm {

/// One attribute as SoftHSM2 keeps it. `value` is in the form of C_CreateObject: a boolean's octet, a number in this machine's order
/// (CK_ULONG), octets, or numbers one after the other; octets of private objects are still encrypted.
struct StoredAttribute {
  enum class Kind : std::uint8_t { boolean = 1, number = 2, octets = 3, attributes = 4, mechanisms = 5 };
  std::uint64_t type = 0;
  Kind kind = Kind::octets;
  Secret value;
  std::vector<StoredAttribute> nested;  ///< of Kind::attributes, which has no value
};
using StoredObject = std::vector<StoredAttribute>;

/// Parses a file of SoftHSM2's file store; data_invalid, with what is wrong, for anything that is not one.
Result<StoredObject> parse_object(ByteView file);

const StoredAttribute* find(const StoredObject& object, std::uint64_t type);

}  // namespace hsm::softhsm
