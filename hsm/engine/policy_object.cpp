#include "hsm/engine/policy_object.h"

#include <array>

namespace hsm::engine {
namespace {

Attribute numbers_of(Attr type, PolicyProfile profile, Extent extent) {
  MechanismSet numbers;
  for (const auto& check : policy_checks())
    if (check.extent(profile) == extent) numbers.push_back(static_cast<std::uint64_t>(check.check));
  return {static_cast<std::uint64_t>(type), std::move(numbers)};
}

ObjectPtr make(PolicyProfile profile) {
  Template attributes;
  put(attributes, attribute(Attr::object_class, ObjectClass::hw_feature));
  put(attributes, attribute(Attr::modifiable, true));
  put(attributes, attribute(Attr::hw_feature_type, kPolicyFeature));
  put(attributes, attribute(Attr::keymantle_policy_profile, static_cast<std::uint64_t>(profile)));
  put(attributes, numbers_of(Attr::keymantle_checks_on, profile, Extent::on));
  put(attributes, numbers_of(Attr::keymantle_checks_in_part, profile, Extent::in_part));
  return std::make_shared<const Object>(kPolicyNumber, kNoHandle, std::move(attributes));
}

}  // namespace

ObjectPtr policy_object(PolicyProfile profile) {
  static const std::array<ObjectPtr, 2> kObjects = {make(PolicyProfile::compatible), make(PolicyProfile::strict)};
  return kObjects[profile == PolicyProfile::strict ? 1 : 0];
}

Result<PolicyProfile> profile_in(const Template& given) {
  if (given.size() != 1 || given[0].type != static_cast<std::uint64_t>(Attr::keymantle_policy_profile))
    return fail(Rv::attribute_read_only, "of a policy only the profile can be set");
  const auto number = find_number(given, Attr::keymantle_policy_profile);
  for (const auto profile : {PolicyProfile::compatible, PolicyProfile::strict})
    if (number == static_cast<std::uint64_t>(profile)) return profile;
  return fail(Rv::attribute_value_invalid, "a profile is 1 (compatible) or 2 (strict)");
}

}  // namespace hsm::engine
