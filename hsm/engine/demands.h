#pragma once

#include "hsm/base/result.h"
#include "hsm/engine/object.h"
#include "hsm/model/attribute.h"

namespace hsm::engine {

/// What the caller asks of a new key, with what the template attribute `demand` of the key that it comes from adds to it:
/// template_inconsistent when the caller says otherwise.
Result<Template> demanded_of(const Object& key, Attr demand, const Template& given);

/// A derived or encapsulated key is a generic secret unless the template says otherwise.
Template with_derived_kind(Template wanted);

}  // namespace hsm::engine
