#include "hsm/model/attribute_blob.h"

#include <algorithm>
#include <cstring>

#include "hsm/base/codec.h"

// The grammar is that of hsm/base/codec.h for a Template:
//
//   blob  = u32 count, count * (u64 type, value)
//   value = u8 alternative, octets        alternatives in the order of Attribute::Value

namespace hsm {
namespace {

enum Alternative : std::uint8_t { is_nothing = 0, is_bool, is_number, is_bytes, is_secret, is_template, is_mechanisms };
constexpr int kMostNesting = 3;

[[noreturn, gnu::cold]] void beyond_the_end() { throw Malformed("an attribute beyond the end"); }

[[gnu::always_inline]] inline ByteView cut(ByteView& rest, std::size_t size) {
  if (size > rest.size()) beyond_the_end();
  const auto head = rest.first(size);
  rest = rest.subspan(size);
  return head;
}

template <class T>
T integer(ByteView raw) {
  T value;
  std::memcpy(&value, raw.data(), sizeof(T));
  return value;
}

/// Moves behind one value.
void skip_value(ByteView& rest, int depth) {
  switch (cut(rest, 1)[0]) {
    case is_nothing:
      return;
    case is_bool:
      cut(rest, 1);
      return;
    case is_number:
      cut(rest, 8);
      return;
    case is_bytes:
      cut(rest, integer<std::uint32_t>(cut(rest, 4)));
      return;
    case is_template:
      if (depth == kMostNesting) throw Malformed("templates nested too deeply");
      for (auto count = integer<std::uint32_t>(cut(rest, 4)); count > 0; --count) {
        cut(rest, 8);
        skip_value(rest, depth + 1);
      }
      return;
    case is_mechanisms:
      cut(rest, std::size_t{8} * integer<std::uint32_t>(cut(rest, 4)));
      return;
    default:
      throw Malformed("an alternative that no public attribute has");
  }
}

}  // namespace

std::uint32_t AttributeBlob::skip_count(ByteView& rest) {
  return rest.empty() ? 0 : integer<std::uint32_t>(cut(rest, 4));
}

std::uint64_t AttributeBlob::take_type(ByteView& rest) { return integer<std::uint64_t>(cut(rest, 8)); }

ByteView AttributeBlob::take_value(ByteView& rest) {
  const auto start = rest;
  skip_value(rest, 0);
  return start.first(start.size() - rest.size());
}

void AttributeBlob::check() const {
  ByteView rest = encoded_;
  std::optional<std::uint64_t> before;
  for (auto count = skip_count(rest); count > 0; --count) {
    const auto type = take_type(rest);
    if (before && type <= *before) throw Malformed("attributes out of order");
    before = type;
    take_value(rest);
  }
  if (!rest.empty()) throw Malformed("octets behind the last attribute");
}

Bytes AttributeBlob::encode(const Template& attributes) {
  Writer writer;
  const auto is_public = [](const Attribute& a) { return !std::holds_alternative<Secret>(a.value); };
  writer.put(static_cast<std::uint32_t>(std::ranges::count_if(attributes, is_public)));
  for (const auto& attribute : attributes)
    if (is_public(attribute)) writer.put(attribute);
  return {writer.bytes().begin(), writer.bytes().end()};
}

Template AttributeBlob::decode() const {
  return encoded_.empty() ? Template() : hsm::decode<Template>(encoded_);
}

ByteView AttributeBlob::encoded_value(std::uint64_t type) const {
  ByteView rest = encoded_;
  for (auto count = skip_count(rest); count > 0; --count) {
    const auto here = take_type(rest);
    const auto value = take_value(rest);
    if (here == type) return value;
    if (here > type) break;
  }
  return {};
}

std::optional<Attribute::Value> AttributeBlob::value(std::uint64_t type) const {
  const auto encoded = encoded_value(type);
  if (encoded.empty()) return std::nullopt;
  return hsm::decode<Attribute::Value>(encoded);
}

std::optional<bool> AttributeBlob::boolean(Attr type) const {
  return boolean_in(encoded_value(static_cast<std::uint64_t>(type)));
}

std::optional<std::uint64_t> AttributeBlob::number(Attr type) const {
  return number_in(encoded_value(static_cast<std::uint64_t>(type)));
}

ByteView AttributeBlob::octets(Attr type) const { return octets_in(encoded_value(static_cast<std::uint64_t>(type))); }

ObjectKind AttributeBlob::kind() const {
  ObjectKind kind;
  kind.object_class = static_cast<ObjectClass>(number(Attr::object_class).value_or(0));
  if (kind.has_key_type()) kind.type = number(Attr::key_type).value_or(0);
  if (kind.object_class == ObjectClass::certificate) kind.type = number(Attr::certificate_type).value_or(0);
  return kind;
}

std::optional<bool> boolean_in(ByteView encoded_value) {
  if (encoded_value.size() != 2 || encoded_value[0] != is_bool) return std::nullopt;
  return encoded_value[1] == 1;
}

std::optional<std::uint64_t> number_in(ByteView encoded_value) {
  if (encoded_value.size() != 9 || encoded_value[0] != is_number) return std::nullopt;
  return integer<std::uint64_t>(encoded_value.subspan(1));
}

ByteView octets_in(ByteView encoded_value) {
  if (encoded_value.size() < 5 || encoded_value[0] != is_bytes) return {};
  return encoded_value.subspan(5);
}

Bytes encoded_value_of(const Attribute::Value& value) {
  const auto encoded = hsm::encode(value);
  return {encoded.begin(), encoded.end()};
}

}  // namespace hsm
