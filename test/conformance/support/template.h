// Templates: lists of attributes that own their values.
#pragma once

#include <concepts>
#include <deque>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "bytes.h"

namespace conformance {

class Template;

struct Attribute {
  CK_ATTRIBUTE_TYPE type;
  Bytes value;
  std::vector<Template> nested;  // none, or the one template that is the value

  template <std::integral Number>
  Attribute(CK_ATTRIBUTE_TYPE t, Number number);
  Attribute(CK_ATTRIBUTE_TYPE t, std::string_view text);
  Attribute(CK_ATTRIBUTE_TYPE t, const char* text);
  Attribute(CK_ATTRIBUTE_TYPE t, ByteView bytes);
  Attribute(CK_ATTRIBUTE_TYPE t, const Bytes& bytes);
  Attribute(CK_ATTRIBUTE_TYPE t, const Template& inner);

 private:
  // bool and CK_BBOOL are one byte to Cryptoki, every other number is a CK_ULONG.
  template <std::integral Number>
  static Bytes bytes_of(Number number) {
    if constexpr (sizeof(Number) == 1) return Bytes{static_cast<CK_BYTE>(number)};
    const auto wide = static_cast<CK_ULONG>(number);
    return Bytes(ByteView(reinterpret_cast<const CK_BYTE*>(&wide), sizeof wide));
  }
};

// A value type; `raw()` points into it and lives as long as it is not changed.
class Template {
 public:
  Template() = default;
  Template(std::initializer_list<Attribute> attributes) : attributes_(attributes) {}

  Template with(const Attribute& attribute) const;  // replaces an attribute of the same type
  Template with(const Template& others) const;
  Template without(CK_ATTRIBUTE_TYPE type) const;

  CK_ATTRIBUTE_PTR raw();
  CK_ULONG size() const { return attributes_.size(); }

  const std::vector<Attribute>& attributes() const { return attributes_; }

 private:
  std::vector<Attribute> attributes_;
  std::vector<CK_ATTRIBUTE> raw_;
};

// Here, where Template is complete: clang asks for it in each of them.
template <std::integral Number>
Attribute::Attribute(CK_ATTRIBUTE_TYPE t, Number number) : type(t), value(bytes_of(number)) {}
inline Attribute::Attribute(CK_ATTRIBUTE_TYPE t, std::string_view text) : type(t), value(from_text(text)) {}
inline Attribute::Attribute(CK_ATTRIBUTE_TYPE t, const char* text) : Attribute(t, std::string_view(text)) {}
inline Attribute::Attribute(CK_ATTRIBUTE_TYPE t, ByteView bytes) : type(t), value(bytes) {}
inline Attribute::Attribute(CK_ATTRIBUTE_TYPE t, const Bytes& bytes) : type(t), value(bytes) {}
inline Attribute::Attribute(CK_ATTRIBUTE_TYPE t, const Template& inner) : type(t), nested{inner} {}

}  // namespace conformance
