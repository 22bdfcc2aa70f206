#include "hsm/model/template_values.h"

#include <algorithm>
#include <array>

namespace hsm {
namespace {

bool is_octets(Kind kind) {
  return kind == Kind::bytes || kind == Kind::text || kind == Kind::big_integer || kind == Kind::date;
}

/// "YYYYMMDD", or empty for "no date".
bool is_date(ByteView octets) {
  if (octets.empty()) return true;
  if (octets.size() != 8 || !std::ranges::all_of(octets, [](std::uint8_t c) { return c >= '0' && c <= '9'; })) return false;
  const auto number = [&](std::size_t at, std::size_t size) {
    int n = 0;
    for (const auto c : octets.subspan(at, size)) n = n * 10 + (c - '0');
    return n;
  };
  constexpr auto kDays = std::to_array({31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31});
  const int month = number(4, 2);
  const int day = number(6, 2);
  return month >= 1 && month <= 12 && day >= 1 && day <= kDays[static_cast<std::size_t>(month - 1)];
}

ByteView without_leading_zeros(ByteView octets) {
  while (octets.size() > 1 && octets[0] == 0) octets = octets.subspan(1);
  return octets;
}

Result<Attribute> canonical_octets(const AttributeShape& shape, const Attribute& given, bool secret, KeyUse use) {
  ByteView octets;
  if (const auto* bytes = std::get_if<Bytes>(&given.value)) {
    octets = *bytes;
  } else if (const auto* kept = std::get_if<Secret>(&given.value)) {
    octets = kept->reveal(use);
  } else {
    return fail(Rv::attribute_value_invalid, "octets are expected").about(std::string(shape.name));
  }
  if (shape.kind == Kind::date && !is_date(octets))
    return fail(Rv::attribute_value_invalid, "not a date").about(std::string(shape.name));
  if (secret) return Attribute{shape.type, Secret::copy_of(octets)};
  if (shape.kind == Kind::big_integer) octets = without_leading_zeros(octets);
  return Attribute{shape.type, bytes_of(octets)};
}

constexpr int kMostNested = 3;

int depth_of(const Template& attributes) {
  int deepest = 0;
  for (const auto& item : attributes)
    if (const auto* inner = std::get_if<Template>(&item.value)) deepest = std::max(deepest, depth_of(*inner));
  return deepest + 1;
}

/// A template inside an attribute: known attributes, each once, none of them secret; templates among them to a depth of three.
Result<Attribute> canonical_template(const AttributeShape& shape, const Template& given, KeyUse use) {
  if (depth_of(given) > kMostNested) return fail(Rv::attribute_value_invalid, "templates nested too deeply").about(std::string(shape.name));
  Template nested;
  for (const auto& item : given) {
    const auto* inner = shape_of(item.type);
    if (inner == nullptr || inner->may_be_secret)
      return fail(Rv::attribute_value_invalid, "an attribute that a template attribute cannot hold").about(std::string(shape.name));
    if (find(nested, static_cast<Attr>(item.type)) != nullptr)
      return fail(Rv::attribute_value_invalid, "an attribute twice in a template attribute").about(std::string(shape.name));
    put(nested, TRY(canonical(*inner, item, false, use)));
  }
  return Attribute{shape.type, std::move(nested)};
}

}  // namespace

Result<Attribute> canonical(const AttributeShape& shape, const Attribute& given, bool secret, KeyUse use) {
  if (is_octets(shape.kind)) return canonical_octets(shape, given, secret, use);
  if (shape.kind == Kind::boolean && std::holds_alternative<bool>(given.value)) return Attribute{shape.type, std::get<bool>(given.value)};
  if (shape.kind == Kind::number && std::holds_alternative<std::uint64_t>(given.value))
    return Attribute{shape.type, std::get<std::uint64_t>(given.value)};
  if (shape.kind == Kind::templates && std::holds_alternative<Template>(given.value))
    return canonical_template(shape, std::get<Template>(given.value), use);
  if (shape.kind == Kind::mechanisms && std::holds_alternative<MechanismSet>(given.value)) {
    auto set = std::get<MechanismSet>(given.value);
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end());  // clang 14 cannot read libstdc++'s std::ranges::unique
    return Attribute{shape.type, std::move(set)};
  }
  return fail(Rv::attribute_value_invalid, "the value is not of the attribute's kind").about(std::string(shape.name));
}

}  // namespace hsm
