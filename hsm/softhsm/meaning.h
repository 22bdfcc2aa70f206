#pragma once

#include "hsm/softhsm/object_file.h"

// What the attributes of a decrypted object say together.

namespace hsm::softhsm {

/// SoftHSM2 keeps keys for X25519 and X448 under the type of Edwards' curves: gives them theirs. It takes DES keys of any parity, which
/// does not change what they do: gives them the right one.
void correct_key(StoredObject& object);

/// Attributes by which the object is known again in a token that has it, none of them secret: class, type, label, id, and what no other
/// object has, as the octets of a certificate, the public half of a key pair or the check value of a secret key.
std::vector<StoredAttribute> identity_of(const StoredObject& object);

}  // namespace hsm::softhsm
