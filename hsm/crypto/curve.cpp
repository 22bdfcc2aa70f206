#include "hsm/crypto/curve.h"

#include <algorithm>
#include <array>

#include "hsm/crypto/der.h"

namespace hsm::crypto {
namespace {

using namespace std::string_view_literals;

constexpr auto kCurves = std::to_array<Curve>({
    {.name = "P-256", .also = "prime256v1"sv, .oid = "\x2A\x86\x48\xCE\x3D\x03\x01\x07"sv, .bits = 256},
    {.name = "P-384", .also = "secp384r1"sv, .oid = "\x2B\x81\x04\x00\x22"sv, .bits = 384},
    {.name = "P-521", .also = "secp521r1"sv, .oid = "\x2B\x81\x04\x00\x23"sv, .bits = 521},
    {.name = "P-224", .also = "secp224r1"sv, .oid = "\x2B\x81\x04\x00\x21"sv, .bits = 224},
    {.name = "secp256k1", .also = ""sv, .oid = "\x2B\x81\x04\x00\x0A"sv, .bits = 256},
    {.name = "brainpoolP224r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x05"sv, .bits = 224},
    {.name = "brainpoolP256r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x07"sv, .bits = 256},
    {.name = "brainpoolP320r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x09"sv, .bits = 320},
    {.name = "brainpoolP384r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0B"sv, .bits = 384},
    {.name = "brainpoolP512r1", .also = ""sv, .oid = "\x2B\x24\x03\x03\x02\x08\x01\x01\x0D"sv, .bits = 512},
});

}  // namespace

std::span<const Curve> all_curves() { return kCurves; }

Result<const Curve*> curve_of(ByteView ec_params) {
  der::Reader reader(ec_params);
  const auto element = reader.next();
  if (!element || !reader.at_end()) return fail(Rv::attribute_value_invalid, "CKA_EC_PARAMS is not DER");
  const auto text = text_of(element->value);
  const Curve* found = nullptr;
  for (const auto& curve : kCurves) {
    const bool named = element->tag == der::kPrintableString && (text == curve.name || (!text.empty() && text == curve.also));
    if (named || (element->tag == der::kOid && text == curve.oid)) found = &curve;
  }
  if (found != nullptr) return found;
  if (element->tag == der::kPrintableString || element->tag == der::kOid)
    return fail(Rv::curve_not_supported, "CKA_EC_PARAMS names a curve that this token does not have");
  return fail(Rv::attribute_value_invalid, "CKA_EC_PARAMS is neither an OBJECT IDENTIFIER nor a curve's name");
}

Bytes ec_params_of(const Curve& curve) {
  der::Writer<Bytes> writer;
  writer.element(der::kOid, view(curve.oid));
  return writer.take();
}

}  // namespace hsm::crypto
