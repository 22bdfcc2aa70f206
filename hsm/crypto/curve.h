#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/model/ids.h"

namespace hsm::crypto {

/// A prime curve in short Weierstrass form with cofactor 1, so that a point on the curve is a point of the group.
struct Curve {
  const char* name;            ///< for libcrypto and as PrintableString in CKA_EC_PARAMS
  std::string_view also;       ///< another name in use; may be empty, like the third
  std::string_view third = {};
  std::string_view oid;        ///< contents octets of its OBJECT IDENTIFIER
  std::uint32_t bits;          ///< of the field; the order has as many
  constexpr std::size_t octets() const { return (bits + 7) / 8; }
};

std::span<const Curve> all_curves();

/// An Edwards or Montgomery curve (RFC 8032, RFC 7748): its keys are octets in little-endian order.
struct RawCurve {
  const char* name;         ///< for libcrypto: "ED25519"
  std::string_view text;    ///< as PrintableString in CKA_EC_PARAMS: "edwards25519"
  std::string_view oid;     ///< of RFC 8410
  std::string_view old_oid; ///< in use before RFC 8410; may be empty
  KeyType type;             ///< ec_edwards or ec_montgomery
  std::uint32_t bits;
  std::size_t octets;       ///< of a public key and of a private one
};
std::span<const RawCurve> all_raw_curves();
/// From CKA_EC_PARAMS, as curve_of(); only curves of `type`.
Result<const RawCurve*> raw_curve_of(ByteView ec_params, KeyType type);
/// nullptr when no raw curve has this OBJECT IDENTIFIER of RFC 8410.
const RawCurve* raw_curve_by_oid(ByteView oid);
Bytes ec_params_of(const RawCurve& curve);

/// From CKA_EC_PARAMS: an OBJECT IDENTIFIER, a PrintableString, or a name without DER around it; letters of either case.
/// curve_not_supported, or attribute_value_invalid for what is none of them.
Result<const Curve*> curve_of(ByteView ec_params);
/// True of a name without DER around it.
bool is_bare_name(ByteView ec_params);
/// CKA_EC_PARAMS of a curve: its OBJECT IDENTIFIER.
Bytes ec_params_of(const Curve& curve);

}  // namespace hsm::crypto
