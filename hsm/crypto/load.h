#pragma once

#include "hsm/crypto/key.h"

namespace hsm::crypto {

Result<KeyPtr> load_rsa_public(const Template& attributes);
Result<KeyPtr> load_rsa_private(const Template& attributes);
Result<KeyPtr> load_ec_public(const Template& attributes);
Result<KeyPtr> load_ec_private(const Template& attributes);

Result<KeyPtr> load_raw_public(const Template& attributes, KeyType type);
Result<KeyPtr> load_raw_private(const Template& attributes, KeyType type);
Result<KeyPtr> load_dh(const Template& attributes, ObjectClass half);
Result<KeyPtr> load_dsa(const Template& attributes, ObjectClass half);

/// An EVP_PKEY from parameters; empty when libcrypto does not accept them.
Pkey make_pkey(const char* type, bool is_private, OSSL_PARAM* params);
/// The same with a selection of its parts (EVP_PKEY_PUBLIC_KEY ...).
Pkey make_pkey_of(const char* type, int selection, OSSL_PARAM* params);
/// The public value of a Diffie-Hellman partner in the domain of `own`; empty unless 1 < value < p - 1.
Pkey make_dh_public(const PairKey& own, ByteView value);
/// A new pair; `params` may be nullptr.
Pkey run_keygen(const char* type, const OSSL_PARAM* params);
Result<GeneratedPair> generate_raw(const Template& wanted, KeyType type);
Result<GeneratedPair> generate_dh(const Template& wanted);
Result<GeneratedPair> generate_dsa(const Template& wanted);
/// CKA_EC_PARAMS of a template.
Result<const Curve*> curve_in(const Template& attributes);
Result<const RawCurve*> raw_curve_in(const Template& attributes, KeyType type);
/// The curve of a key that was loaded for one.
const RawCurve& raw_curve_of(const PairKey& key);
/// The public key of a private one.
Bytes raw_public(const RawCurve& curve, const Secret& value);
/// A public key; empty when its octets cannot be one.
Pkey make_raw_public(const RawCurve& curve, ByteView octets);
/// The order of a curve.
BigNumber order_of(const Curve& curve);
/// The uncompressed public point of a private value.
Bytes public_point(const Curve& curve, const Secret& scalar);

inline constexpr std::uint64_t kLeastRsaBits = 1024, kMostRsaBits = 16384;

}  // namespace hsm::crypto
