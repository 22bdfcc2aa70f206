#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/model/ids.h"

namespace hsm {

/// How an attribute's value is given, checked and printed. big_integer and date are octets with a rule of their own.
enum class Kind : std::uint8_t { boolean, number, bytes, text, big_integer, date, templates, mechanisms };

struct Attribute;
/// What a caller gives, or an object has. Each attribute at most once.
using Template = std::vector<Attribute>;
/// CKA_ALLOWED_MECHANISMS
using MechanismSet = std::vector<std::uint64_t>;

/// One attribute. The alternative follows from the attribute's Kind; octets of an attribute that is secret (CKA_VALUE
/// of a key, CKA_PRIVATE_EXPONENT ...) are a Secret, all other octets are Bytes.
struct Attribute {
  using Value = std::variant<std::monostate, bool, std::uint64_t, Bytes, Secret, Template, MechanismSet>;
  std::uint64_t type = 0;
  Value value;
  static constexpr auto fields = std::tuple{&Attribute::type, &Attribute::value};
};

/// What the C boundary must know of an attribute to convert it: nothing about its meaning.
struct AttributeShape {
  std::uint64_t type;
  std::string_view name;  ///< "CKA_LABEL"
  Kind kind;
  bool may_be_secret;     ///< octets given for it are kept as Secret
};
/// nullptr for an attribute that we do not know.
const AttributeShape* shape_of(std::uint64_t type);
std::span<const AttributeShape> all_shapes();

Attribute attribute(Attr type, bool value);
Attribute attribute(Attr type, std::uint64_t value);
Attribute attribute(Attr type, Bytes value);
Attribute attribute(Attr type, Secret value);
inline Attribute attribute(Attr type, ObjectClass value) { return attribute(type, static_cast<std::uint64_t>(value)); }
inline Attribute attribute(Attr type, KeyType value) { return attribute(type, static_cast<std::uint64_t>(value)); }

/// The attribute in a template, or nullptr.
const Attribute* find(const Template& attributes, Attr type);
/// Typed look-ups; empty when absent or of another alternative.
std::optional<bool> find_bool(const Template& attributes, Attr type);
std::optional<std::uint64_t> find_number(const Template& attributes, Attr type);
const Bytes* find_bytes(const Template& attributes, Attr type);
const Secret* find_secret(const Template& attributes, Attr type);

/// A deep copy; secrets are cloned.
Attribute clone(const Attribute& attribute, KeyUse use);
Template clone(const Template& attributes, KeyUse use);

/// Adds the attribute to a template that ascends by type, or replaces the one of its type.
void put(Template& attributes, Attribute attribute);

}  // namespace hsm
