#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"

namespace hsm::crypto {

/// A prime curve in short Weierstrass form with cofactor 1, so that a point on the curve is a point of the group.
struct Curve {
  const char* name;            ///< for libcrypto and as PrintableString in CKA_EC_PARAMS
  std::string_view also;       ///< another name in use
  std::string_view oid;        ///< contents octets of its OBJECT IDENTIFIER
  std::uint32_t bits;          ///< of the field; the order has as many
  constexpr std::size_t octets() const { return (bits + 7) / 8; }
};

std::span<const Curve> all_curves();
/// From CKA_EC_PARAMS: an OBJECT IDENTIFIER or a PrintableString. curve_not_supported, or attribute_value_invalid for what is
/// neither.
Result<const Curve*> curve_of(ByteView ec_params);
/// CKA_EC_PARAMS of a curve: its OBJECT IDENTIFIER.
Bytes ec_params_of(const Curve& curve);

}  // namespace hsm::crypto
