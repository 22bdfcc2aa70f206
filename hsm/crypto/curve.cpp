#include "hsm/crypto/curve.h"

#include <algorithm>
#include <array>

#include "hsm/crypto/der.h"

namespace hsm::crypto {
namespace {

using namespace std::string_view_literals;

constexpr auto kCurves = std::to_array<Curve>({
    {.name = "P-256", .also = "prime256v1"sv, .third = "secp256r1"sv, .oid = "\x2A\x86\x48\xCE\x3D\x03\x01\x07"sv, .bits = 256},
    {.name = "P-384", .also = "secp384r1"sv, .oid = "\x2B\x81\x04\x00\x22"sv, .bits = 384},
    {.name = "P-521", .also = "secp521r1"sv, .oid = "\x2B\x81\x04\x00\x23"sv, .bits = 521},
    {.name = "P-224", .also = "secp224r1"sv, .oid = "\x2B\x81\x04\x00\x21"sv, .bits = 224},
    {.name = "secp256k1", .also = ""sv, .oid = "\x2B\x81\x04\x00\x0A"sv, .bits = 256},
    {.name = "brainpoolP224r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x05"sv, .bits = 224},
    {.name = "brainpoolP256r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x07"sv, .bits = 256},
    {.name = "brainpoolP320r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x09"sv, .bits = 320},
    {.name = "brainpoolP384r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0B"sv, .bits = 384},
    {.name = "brainpoolP512r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0D"sv, .bits = 512},
    {.name = "brainpoolP224t1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x06"sv, .bits = 224},
    {.name = "brainpoolP256t1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x08"sv, .bits = 256},
    {.name = "brainpoolP320t1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0A"sv, .bits = 320},
    {.name = "brainpoolP384t1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0C"sv, .bits = 384},
    {.name = "brainpoolP512t1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0E"sv, .bits = 512},
});

constexpr auto kRawCurves = std::to_array<RawCurve>({
    {.name = "ED25519", .text = "edwards25519"sv, .oid = "\x2B\x65\x70"sv,
     .old_oid = "\x2B\x06\x01\x04\x01\xDA\x47\x0F\x01"sv, .type = KeyType::ec_edwards, .bits = 255, .octets = 32},
    {.name = "ED448", .text = "edwards448"sv, .oid = "\x2B\x65\x71"sv, .old_oid = ""sv, .type = KeyType::ec_edwards,
     .bits = 448, .octets = 57},
    {.name = "X25519", .text = "curve25519"sv, .oid = "\x2B\x65\x6E"sv,
     .old_oid = "\x2B\x06\x01\x04\x01\x97\x55\x01\x05\x01"sv, .type = KeyType::ec_montgomery, .bits = 255, .octets = 32},
    {.name = "X448", .text = "curve448"sv, .oid = "\x2B\x65\x6F"sv, .old_oid = ""sv, .type = KeyType::ec_montgomery,
     .bits = 448, .octets = 56},
});

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The curve of a table that CKA_EC_PARAMS names: `is(curve, text)` by name, `has(curve, oid)` by OBJECT IDENTIFIER.
template <class Table, class Is, class Has>
auto named_in(const Table& table, ByteView ec_params, Is is, Has has) -> Result<const typename Table::value_type*> {
  const auto element = der::only_element(ec_params);
  const auto text = text_of(element ? element->value : ec_params);
  const bool by_name = !element || element->tag == der::kPrintableString;
  for (const auto& curve : table) {
    if (text.empty()) break;
    if (by_name && is(curve, text)) return &curve;
    if (element && element->tag == der::kOid && has(curve, text)) return &curve;
  }
  if (element && (by_name || element->tag == der::kOid))
    return fail(Rv::curve_not_supported, "CKA_EC_PARAMS names a curve that this token does not have");
  return fail(Rv::attribute_value_invalid, "CKA_EC_PARAMS is neither an OBJECT IDENTIFIER nor a curve's name");
}

Bytes oid_element(std::string_view oid) {
  der::Writer<Bytes> writer;
  writer.element(der::kOid, view(oid));
  return writer.take();
}

}  // namespace

std::span<const Curve> all_curves() { return kCurves; }
std::span<const RawCurve> all_raw_curves() { return kRawCurves; }

Result<const Curve*> curve_of(ByteView ec_params) {
  return named_in(
      kCurves, ec_params, [](const Curve& c, std::string_view text) {
        return std::ranges::any_of(std::to_array({std::string_view(c.name), c.also, c.third}),
                                   [&](std::string_view name) { return !name.empty() && equal_but_for_case(text, name); });
      },
      [](const Curve& c, std::string_view oid) { return oid == c.oid; });
}

Result<const RawCurve*> raw_curve_of(ByteView ec_params, KeyType type) {
  return named_in(
      kRawCurves, ec_params,
      [&](const RawCurve& c, std::string_view text) {
        return c.type == type && (equal_but_for_case(text, c.text) || equal_but_for_case(text, c.name));
      },
      [&](const RawCurve& c, std::string_view oid) { return c.type == type && (oid == c.oid || oid == c.old_oid); });
}

const RawCurve* raw_curve_by_oid(ByteView oid) {
  const auto it = std::ranges::find(kRawCurves, text_of(oid), &RawCurve::oid);
  return it == kRawCurves.end() ? nullptr : &*it;
}

// No curve's name happens to be a DER element: its second letter would have to be its length.
bool is_bare_name(ByteView ec_params) { return !der::only_element(ec_params); }

Bytes ec_params_of(const Curve& curve) { return oid_element(curve.oid); }
Bytes ec_params_of(const RawCurve& curve) { return oid_element(curve.oid); }

}  // namespace hsm::crypto
