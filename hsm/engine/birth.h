#pragma once

#include <span>

#include "hsm/base/result.h"
#include "hsm/engine/object.h"
#include "hsm/model/attribute.h"
#include "hsm/model/attribute_blob.h"
#include "hsm/model/attribute_rules.h"
#include "hsm/model/template.h"

// What nobody may give: the attributes that the engine sets when an object is made, one function per way of making it. All check
// the finished key material (attribute_value_invalid, template_inconsistent) and leave `attributes` complete.

namespace hsm::engine {

Status born_by_create(Template& attributes, const ObjectKind& kind);
/// `known_outside` of a value that somebody can compute again, from a password: such a key was never secret here alone.
Status born_by_generation(Template& attributes, const ObjectKind& kind, std::uint64_t mechanism, bool known_outside = false);
Status born_by_unwrap(Template& attributes, const ObjectKind& kind);
Status born_by_derivation(Template& attributes, const ObjectKind& kind, const Object& base_key, std::span<const ObjectPtr> others);
/// Only gives the copy a name of its own and carries the key's history on.
Status born_by_copy(Template& attributes, const ObjectKind& kind, const AttributeBlob& original);

/// What the attributes of an object that is made say.
inline bool on_token(const Template& attributes) { return find_bool(attributes, Attr::token).value_or(false); }
inline bool private_object(const Template& attributes) { return find_bool(attributes, Attr::private_).value_or(false); }

/// Adds key material that crypto made, as the rules of `kind` keep it; attributes that the kind does not have are left out.
Status add_material(Template& attributes, const ObjectKind& kind, Template material);

}  // namespace hsm::engine
