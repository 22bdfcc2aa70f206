#pragma once

#include "hsm/engine/object.h"
#include "hsm/model/policy_checks.h"

namespace hsm::engine {

/// Of the object that every token has and nobody made: its policy. No stored object has this number.
inline constexpr std::uint64_t kPolicyNumber = 0;

/// A hardware feature (PKCS#11 3.1, 4.3: found only by a search that asks for that class) that says the token's profile
/// and which checks it makes.
ObjectPtr policy_object(PolicyProfile profile);

/// The profile that C_SetAttributeValue asks for; attribute_read_only for other attributes, attribute_value_invalid for
/// no profile.
Result<PolicyProfile> profile_in(const Template& given);

}  // namespace hsm::engine
