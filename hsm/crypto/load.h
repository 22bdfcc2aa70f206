#pragma once

#include "hsm/crypto/key.h"

namespace hsm::crypto {

Result<KeyPtr> load_rsa_public(const Template& attributes);
Result<KeyPtr> load_rsa_private(const Template& attributes);
Result<KeyPtr> load_ec_public(const Template& attributes);
Result<KeyPtr> load_ec_private(const Template& attributes);

/// An EVP_PKEY from parameters; empty when libcrypto does not accept them.
Pkey make_pkey(const char* type, bool is_private, OSSL_PARAM* params);
/// CKA_EC_PARAMS of a template.
Result<const Curve*> curve_in(const Template& attributes);
/// The order of a curve.
BigNumber order_of(const Curve& curve);
/// The uncompressed public point of a private value.
Bytes public_point(const Curve& curve, const Secret& scalar);

inline constexpr std::uint64_t kLeastRsaBits = 1024, kMostRsaBits = 16384;

}  // namespace hsm::crypto
