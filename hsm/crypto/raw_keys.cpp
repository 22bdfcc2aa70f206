#include "hsm/crypto/load.h"

// Keys of Edwards and Montgomery curves (PKCS#11 3.2, 6.3.5 to 6.3.8): octets in little-endian order, both halves of the same length.

namespace hsm::crypto {
namespace {

Pkey make_raw(const RawCurve& curve, bool is_private, const char* part, ByteView octets) {
  OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(part, const_cast<std::uint8_t*>(octets.data()), octets.size()),
                         OSSL_PARAM_construct_end()};
  return make_pkey(curve.name, is_private, params);
}

Pkey make_raw_private(const RawCurve& curve, const Secret& value) {
  return make_raw(curve, true, OSSL_PKEY_PARAM_PRIV_KEY, value.reveal(SecretAccess::use()));
}

Bytes public_octets(const RawCurve& curve, const EVP_PKEY* pkey) {
  Bytes octets(curve.octets);
  auto size = octets.size();
  must(EVP_PKEY_get_raw_public_key(pkey, octets.data(), &size) > 0 && size == octets.size(), "cannot read a public key");
  return octets;
}

KeyPtr key_of(ObjectClass half, const RawCurve& curve, Pkey pkey) {
  return std::make_shared<PairKey>(half, curve.type, std::move(pkey), curve.bits, nullptr, Secret());
}

}  // namespace

Result<const RawCurve*> raw_curve_in(const Template& attributes, KeyType type) {
  const auto* params = find_bytes(attributes, Attr::ec_params);
  if (params == nullptr) return fail(Rv::template_incomplete, "the key needs CKA_EC_PARAMS");
  return raw_curve_of(*params, type);
}

const RawCurve& raw_curve_of(const PairKey& key) {
  for (const auto& curve : all_raw_curves())
    if (EVP_PKEY_is_a(key.pkey(), curve.name) != 0) return curve;
  throw LibraryFailure("a key of no known curve");
}

Pkey make_raw_public(const RawCurve& curve, ByteView octets) {
  return make_raw(curve, false, OSSL_PKEY_PARAM_PUB_KEY, octets);
}

Bytes raw_public(const RawCurve& curve, const Secret& value) {
  const auto pkey = make_raw_private(curve, value);
  must(pkey != nullptr, "cannot calculate a public key");
  return public_octets(curve, pkey.get());
}

Result<KeyPtr> load_raw_public(const Template& attributes, KeyType type) {
  const auto* curve = TRY(raw_curve_in(attributes, type));
  const auto* given = find_bytes(attributes, Attr::ec_point);
  if (given == nullptr) return fail(Rv::template_incomplete, "the public key needs CKA_EC_POINT");
  const auto octets = bare_point(*given, curve->octets);
  if (!octets) return fail(Rv::attribute_value_invalid, "CKA_EC_POINT is not a public key of this curve");
  auto pkey = make_raw_public(*curve, *octets);
  if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "CKA_EC_POINT is not a public key of this curve");
  return key_of(ObjectClass::public_key, *curve, std::move(pkey));
}

Result<KeyPtr> load_raw_private(const Template& attributes, KeyType type) {
  const auto* curve = TRY(raw_curve_in(attributes, type));
  const auto* value = find_secret(attributes, Attr::value);
  if (value == nullptr) return fail(Rv::template_incomplete, "the private key needs CKA_VALUE");
  if (value->size() != curve->octets) return fail(Rv::attribute_value_invalid, "CKA_VALUE has not the length of a key of this curve");
  auto pkey = make_raw_private(*curve, *value);
  if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "the private key cannot be one");
  return key_of(ObjectClass::private_key, *curve, std::move(pkey));
}

Result<GeneratedPair> generate_raw(const Template& wanted, KeyType type) {
  const auto* curve = TRY(raw_curve_in(wanted, type));
  const auto pkey = run_keygen(curve->name, nullptr);
  Secret value(curve->octets);
  auto size = value.size();
  must(EVP_PKEY_get_raw_private_key(pkey.get(), value.fill(SecretAccess::use()).data(), &size) > 0 && size == value.size(),
       "cannot read a private key");
  GeneratedPair pair;
  pair.public_part.push_back(attribute(Attr::ec_point, public_octets(*curve, pkey.get())));
  pair.private_part.push_back(attribute(Attr::ec_params, *find_bytes(wanted, Attr::ec_params)));
  pair.private_part.push_back(attribute(Attr::value, std::move(value)));
  return pair;
}

}  // namespace hsm::crypto
