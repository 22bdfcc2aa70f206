#pragma once

#include "hsm/model/attribute.h"
#include "pkcs11/entry.h"

namespace p11 {

/// A caller's template as values. Checks what only the boundary can: pointers, lengths by the attribute's kind, an attribute
/// given twice with different values. Attributes that we do not know keep their type, so that the engine can refuse them.
Result<hsm::Template> read_template(const CK_ATTRIBUTE* attributes, CK_ULONG count);

/// The types that C_GetAttributeValue asks for.
Result<std::vector<std::uint64_t>> read_types(const CK_ATTRIBUTE* attributes, CK_ULONG count);

/// Puts answers into the caller's template: lengths, values, CK_UNAVAILABLE_INFORMATION, arrays of attributes (PKCS#11 3.0, 5.7.5).
/// All of the template is filled in, whatever the refusal.
Status give_answers(const std::vector<hsm::request::AttributeAnswer>& answers, CK_ATTRIBUTE* attributes);

}  // namespace p11
