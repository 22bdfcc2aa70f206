#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "hsm/engine/object.h"
#include "hsm/model/policy_checks.h"

namespace hsm::engine {

/// The objects that every token has without being stored: which profiles it keeps (CKO_PROFILE) and which mechanisms it has
/// (CKO_MECHANISM). Public, and as good as the code: nobody makes, changes, copies or destroys one. There are no CKO_VALIDATION objects:
/// nobody has validated this HSM.
std::vector<ObjectPtr> make_built_in_objects(const std::function<std::uint64_t()>& next_number);

/// PKCS#11 2.40, 4.12: a search finds such objects only when it asks for their class, so that older applications do not meet them.
bool is_built_in(const Object& object);
/// A mechanism that a token of this profile does not list is no object of it either.
bool is_of(PolicyProfile profile, const Object& built_in);

}  // namespace hsm::engine
