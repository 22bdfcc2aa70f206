#pragma once

#include <cstdint>
#include <optional>

#include "hsm/base/bytes.h"
#include "hsm/model/attribute.h"
#include "hsm/model/attribute_rules.h"

namespace hsm {

/// The canonical encoding of attributes that are not secret, ascending by type, as it lies in the store. Read by scanning it: an
/// object of ten thousand costs its octets and nothing more. A view: the octets belong to somebody else and outlive it.
class AttributeBlob {
 public:
  AttributeBlob() = default;
  explicit AttributeBlob(ByteView encoded) : encoded_(encoded) {}
  /// The encoding of a template that ascends by type; its secrets are left out.
  static Bytes encode(const Template& attributes);

  /// Throws Malformed when the octets are not the encoding of a template without secrets that ascends by type.
  void check() const;
  Template decode() const;

  /// The encoded value (alternative and octets) of an attribute; empty when the object does not have it.
  ByteView encoded_value(std::uint64_t type) const;
  std::optional<Attribute::Value> value(std::uint64_t type) const;
  std::optional<bool> boolean(Attr type) const;
  /// The boolean, or false when absent.
  bool is(Attr type) const { return boolean(type).value_or(false); }
  std::optional<std::uint64_t> number(Attr type) const;
  ByteView octets(Attr type) const;
  bool contains(Attr type) const { return !encoded_value(static_cast<std::uint64_t>(type)).empty(); }

  ObjectKind kind() const;

  /// Calls `visit(type, encoded value)` for each attribute.
  template <class Visit>
  void each(Visit visit) const {
    ByteView rest = encoded_;
    for (auto count = skip_count(rest); count > 0; --count) {
      const auto type = take_type(rest);
      visit(type, take_value(rest));
    }
  }

 private:
  static std::uint32_t skip_count(ByteView& rest);
  static std::uint64_t take_type(ByteView& rest);
  static ByteView take_value(ByteView& rest);

  ByteView encoded_;
};

/// The boolean, number or octets in an encoded value; empty when it is of another alternative.
std::optional<bool> boolean_in(ByteView encoded_value);
std::optional<std::uint64_t> number_in(ByteView encoded_value);
ByteView octets_in(ByteView encoded_value);
/// The encoding of a value that is not secret.
Bytes encoded_value_of(const Attribute::Value& value);

}  // namespace hsm
