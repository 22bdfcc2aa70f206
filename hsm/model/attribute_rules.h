#pragma once

#include <compare>
#include <cstdint>
#include <span>

#include "hsm/base/result.h"
#include "hsm/model/attribute.h"
#include "hsm/model/ids.h"

namespace hsm {

/// The ways in which an attribute gets a value, as bits.
enum On : std::uint32_t {
  on_create = 1u << 0, on_generate = 1u << 1, on_unwrap = 1u << 2, on_derive = 1u << 3, on_copy = 1u << 4, on_set = 1u << 5,
};
inline constexpr std::uint32_t kAnyMake = on_create | on_generate | on_unwrap | on_derive;
inline constexpr std::uint32_t kAnyTime = kAnyMake | on_copy | on_set;

/// How a boolean may change after the object was made.
enum class Change : std::uint8_t { freely, only_to_true, only_to_false };

/// What an attribute is when nobody gave it. `absent`: the object does not have it, or the engine computes it.
enum class Default : std::uint8_t { absent, no, yes, empty, zero };

/// Who may set it. `so`: anybody may give false, only the security officer true. `engine`: nobody gives it.
enum class SetBy : std::uint8_t { caller, so, engine };

/// One attribute of one class of objects: the footnotes of the standard's tables as columns.
struct AttributeRule {
  Attr id;
  std::uint32_t must = 0;  ///< On bits: has to be given
  std::uint32_t may = 0;   ///< On bits: may be given
  Change change = Change::freely;
  Default otherwise = Default::absent;
  bool secret = false;     ///< kept as a Secret; readable only while the key is neither sensitive nor unextractable
  SetBy set_by = SetBy::caller;
};

/// What decides which rules hold for an object: its class, and within it its key type or certificate type (0 where there is none).
struct ObjectKind {
  ObjectClass object_class = ObjectClass::data;
  std::uint64_t type = 0;

  bool is_key() const {
    return object_class == ObjectClass::public_key || object_class == ObjectClass::private_key ||
           object_class == ObjectClass::secret_key || object_class == ObjectClass::otp_key;
  }
  /// One value that is the key: a secret key or that of one-time passwords.
  bool is_symmetric() const { return object_class == ObjectClass::secret_key || object_class == ObjectClass::otp_key; }
  /// Has CKA_SENSITIVE and CKA_EXTRACTABLE.
  bool is_guarded() const { return object_class == ObjectClass::private_key || is_symmetric(); }
  /// Has a CKA_KEY_TYPE.
  bool has_key_type() const { return is_key() || object_class == ObjectClass::domain_parameters; }
  KeyType key_type() const { return static_cast<KeyType>(type); }
  friend auto operator<=>(const ObjectKind&, const ObjectKind&) = default;
};
inline ObjectKind kind(ObjectClass object_class, KeyType type) { return {object_class, static_cast<std::uint64_t>(type)}; }

/// The rules of one kind of object, ascending by attribute. Points to what lives as long as the process.
class Rules {
 public:
  explicit Rules(std::span<const AttributeRule> rows) : rows_(rows) {}

  const AttributeRule* find(std::uint64_t type) const;
  std::span<const AttributeRule> rows() const { return rows_; }
  /// Calls `visit` with each row.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& rule : rows_) visit(rule);
  }

 private:
  std::span<const AttributeRule> rows_;
};

/// Generic secrets, HKDF keys and the HMAC key types: octets of any length.
bool holds_generic_secret(KeyType type);

/// attribute_value_invalid for a class or type that this HSM does not keep.
Result<Rules> rules_of(const ObjectKind& kind);

}  // namespace hsm
