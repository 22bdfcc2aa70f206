#include "pkcs11/attributes.h"

#include <cstring>

#include "pkcs11/out_buffer.h"

namespace p11 {
namespace {

using hsm::Attribute;
using hsm::Bytes;
using hsm::Kind;
using hsm::Template;

constexpr CK_ULONG kMostAttributes = 1024;
constexpr CK_ULONG kMostOctets = CK_ULONG{32} << 20;
constexpr int kMostNested = 3;

Result<Template> read_nested(const CK_ATTRIBUTE* attributes, CK_ULONG count, int depth);

hsm::Error bad_value(const char* where) {
  return fail(Rv::attribute_value_invalid, "a length or value that the attribute's kind does not have").about(where);
}

/// Copies `count` items out of memory that need not be aligned for them.
template <class T>
std::vector<T> copy_items(hsm::ByteView from) {
  std::vector<T> items(from.size() / sizeof(T));
  if (!items.empty()) std::memcpy(items.data(), from.data(), items.size() * sizeof(T));
  return items;
}

Result<Attribute::Value> read_value(const hsm::AttributeShape& shape, hsm::ByteView from, int depth) {
  const auto* name = shape.name.data();
  switch (shape.kind) {
    case Kind::boolean:
      if (from.size() != sizeof(CK_BBOOL) || from[0] > CK_TRUE) return bad_value(name);
      return Attribute::Value(from[0] == CK_TRUE);
    case Kind::number:
      if (from.size() != sizeof(CK_ULONG)) return bad_value(name);
      return Attribute::Value(std::uint64_t{copy_items<CK_ULONG>(from)[0]});
    case Kind::date:
      if (!from.empty() && from.size() != sizeof(CK_DATE)) return bad_value(name);
      return Attribute::Value(hsm::bytes_of(from));
    case Kind::templates: {
      if (from.size() % sizeof(CK_ATTRIBUTE) != 0 || depth == kMostNested) return bad_value(name);
      const auto inner = copy_items<CK_ATTRIBUTE>(from);
      return Attribute::Value(TRY(read_nested(inner.data(), inner.size(), depth + 1)));
    }
    case Kind::mechanisms:
      if (from.size() % sizeof(CK_MECHANISM_TYPE) != 0) return bad_value(name);
      return Attribute::Value(copy_items<std::uint64_t>(from));
    case Kind::bytes:
    case Kind::text:
    case Kind::big_integer:
      if (shape.may_be_secret) return Attribute::Value(hsm::Secret::copy_of(from));
      return Attribute::Value(hsm::bytes_of(from));
  }
  return bad_value(name);
}

Result<Attribute> read_attribute(const CK_ATTRIBUTE& given, int depth) {
  if (given.pValue == nullptr && given.ulValueLen != 0) return bad_value("a length without a value");
  if (given.ulValueLen > kMostOctets) return bad_value("beyond the limit");
  const auto from = TRY(octets(given.pValue, given.ulValueLen));
  const auto* shape = hsm::shape_of(given.type);
  if (shape == nullptr) return Attribute{given.type, Attribute::Value(hsm::bytes_of(from))};
  return Attribute{given.type, TRY(read_value(*shape, from, depth))};
}

bool same_value(const CK_ATTRIBUTE& a, const CK_ATTRIBUTE& b) {
  return a.ulValueLen == b.ulValueLen &&
         (a.ulValueLen == 0 || (a.pValue != nullptr && b.pValue != nullptr && std::memcmp(a.pValue, b.pValue, a.ulValueLen) == 0));
}

Result<Template> read_nested(const CK_ATTRIBUTE* attributes, CK_ULONG count, int depth) {
  if (attributes == nullptr && count != 0) return fail(Rv::arguments_bad, "a template without a pointer");
  if (count > kMostAttributes) return fail(Rv::arguments_bad, "more attributes than there are");
  Template result;
  result.reserve(count);
  const std::span all(attributes, count);
  for (const auto& given : all) {
    const auto first = std::ranges::find(all, given.type, &CK_ATTRIBUTE::type);
    if (&*first == &given) {
      result.push_back(TRY(read_attribute(given, depth)));
    } else if (!same_value(*first, given)) {
      return fail(Rv::template_inconsistent, "an attribute is given twice with different values");
    }
  }
  return result;
}

}  // namespace

Result<Template> read_template(const CK_ATTRIBUTE* attributes, CK_ULONG count) {
  return read_nested(attributes, count, 0);
}

Result<std::vector<std::uint64_t>> read_types(const CK_ATTRIBUTE* attributes, CK_ULONG count) {
  if (attributes == nullptr) return fail(Rv::arguments_bad, "no template");
  if (count > kMostAttributes) return fail(Rv::arguments_bad, "more attributes than there are");
  std::vector<std::uint64_t> types(count);
  std::ranges::transform(std::span(attributes, count), types.begin(), &CK_ATTRIBUTE::type);
  return types;
}

}  // namespace p11
