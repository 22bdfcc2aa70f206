#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/model/attribute.h"
#include "hsm/model/attribute_blob.h"
#include "hsm/model/attribute_rules.h"

// The one interpreter of the attribute rules: create, generate, unwrap, derive, copy, set, get and find read the same rows.

namespace hsm {

/// Class and type of the object that a template describes. `implied` is what the mechanism makes: a template may leave it out but
/// not contradict it (template_inconsistent). template_incomplete when the class or a key's type is not said at all.
Result<ObjectKind> kind_of(const Template& given, const std::optional<ObjectKind>& implied);

/// What a new object has from its template: each given attribute checked and in canonical form, missing ones filled with their
/// defaults, ascending by type. Does not add what the engine sets (key material that was made, CKA_LOCAL, CKA_UNIQUE_ID ...).
Result<Template> new_object(On on, const ObjectKind& kind, const Template& given, UserType by, KeyUse use);

/// The attributes of `given` in canonical form if an object that has `now` may take them by copy or set: one-way attributes keep
/// their direction (attribute_read_only).
Result<Template> changed_attributes(On on, const ObjectKind& kind, const AttributeBlob& now, const Template& given, UserType by,
                                    KeyUse use);

/// Adds what CKA_UNWRAP_TEMPLATE or CKA_DERIVE_TEMPLATE demands to a caller's template; template_inconsistent when the caller says
/// otherwise.
Result<Template> with_demanded(const Template& given, const Template& demanded, KeyUse use);

/// How an attribute may be read: its rule, and whether the key is sensitive or unextractable.
enum class Reading : std::uint8_t { in_clear, from_secrets, refused, unknown };
Reading reading_of(const ObjectKind& kind, const AttributeBlob& attributes, std::uint64_t type);

/// What a search asks for, prepared once for many objects.
class Wanted {
 public:
  /// Values in canonical form. A value that no object can have, or an unknown attribute, matches nothing.
  Wanted(const Template& given, KeyUse use);

  /// Compares all but the secret attributes.
  bool matches(const AttributeBlob& attributes) const;
  /// Attributes that must be compared with opened secrets, where the object lets them be read.
  const Template& secrets() const { return secrets_; }
  bool impossible() const { return impossible_; }
  /// The octets asked for a label, id or unique id; nothing when it is not asked for.
  std::optional<ByteView> octets(Attr type) const;
  std::optional<std::uint64_t> number(Attr type) const;

 private:
  struct Item {
    std::uint64_t type;
    Bytes encoded;
  };
  const Item* item(Attr type) const;

  std::vector<Item> items_;
  Template secrets_;
  bool impossible_ = false;
};

}  // namespace hsm
