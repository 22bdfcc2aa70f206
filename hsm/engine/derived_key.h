#pragma once

#include <cstdint>
#include <span>

#include "hsm/engine/object.h"
#include "hsm/engine/policy.h"

namespace hsm::engine {

/// A secret key that is being derived: all but its value.
struct DerivedKey {
  ObjectKind kind;
  Template attributes;
  std::uint64_t length = 0;  ///< in octets; 0 where the mechanism has one of its own
};

/// The key that a template makes, as the attribute table and the policy want it. `wanted` is the caller's template with what the base
/// key's asks for; `source` the key whose protection it may not fall below (none for who encapsulates: he knows only a public key);
/// `others` are the keys that the mechanism takes besides.
Result<DerivedKey> derived_key(const Caller& caller, const policy::Source& source, std::span<const ObjectPtr> others, Template wanted);
/// Gives it its value, and what follows from that.
Status complete(const Caller& caller, DerivedKey& key, Secret value, const Object& base, std::span<const ObjectPtr> others);

/// Octets of a secret key that is made: what CKA_VALUE_LEN says, or the only length that its type allows.
std::uint64_t length_wanted(const Template& attributes, const ObjectKind& kind);

}  // namespace hsm::engine
