#include "hsm/crypto/der.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/number.h"

namespace hsm::crypto {
namespace {

CurveGroup group_of(const Curve& curve) {
  char name[32] = {};
  std::string_view(curve.name).copy(name, sizeof name - 1);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0), OSSL_PARAM_construct_end()};
  CurveGroup group(EC_GROUP_new_from_params(params, Library::get().context(), nullptr));
  must(group != nullptr, "libcrypto lacks a curve");
  return group;
}

Pkey make_ec(const Curve& curve, ByteView point, const BIGNUM* scalar) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  bool worked = builder != nullptr &&
                OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name, 0) > 0;
  if (!point.empty())
    worked = worked &&
             OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) > 0;
  if (scalar != nullptr)
    worked = worked && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) > 0;
  const Params params(worked ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  must(params != nullptr, "cannot describe a key");
  return make_pkey("EC", scalar != nullptr, params.get());
}

}  // namespace

BigNumber order_of(const Curve& curve) {
  const auto group = group_of(curve);
  BigNumber order(BN_dup(EC_GROUP_get0_order(group.get())));
  must(order != nullptr, "no memory for a number");
  return order;
}

Bytes public_point(const Curve& curve, const Secret& scalar) {
  const auto group = group_of(curve);
  const auto number = secret_number_of(scalar.reveal(SecretAccess::use()));
  const CurvePoint point(EC_POINT_new(group.get()));
  const BigNumberContext scratch(BN_CTX_new_ex(Library::get().context()));
  Bytes octets(1 + 2 * curve.octets());
  must(point != nullptr && scratch != nullptr &&
           EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, scratch.get()) > 0 &&
           EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets.data(), octets.size(),
                              scratch.get()) == octets.size(),
       "cannot calculate a public point");
  return octets;
}

Result<const Curve*> curve_in(const Template& attributes) {
  const auto* params = find_bytes(attributes, Attr::ec_params);
  if (params == nullptr) return fail(Rv::template_incomplete, "an EC key needs CKA_EC_PARAMS");
  return curve_of(*params);
}

std::optional<ByteView> bare_point(ByteView given, std::size_t size) {
  if (given.size() == size) return given;
  const auto element = der::only_element(given);
  if (!element) return {};
  auto inside = element->value;
  if (element->tag == der::kBitString && !inside.empty() && inside[0] == 0) {
    inside = inside.subspan(1);  // no unused bits
  } else if (element->tag != der::kOctetString) {
    return {};
  }
  return inside.size() == size ? std::optional(inside) : std::nullopt;
}

std::optional<ByteView> uncompressed_point(const Curve& curve, ByteView given) {
  const auto bare = bare_point(given, 1 + 2 * curve.octets());
  if (!bare || (*bare)[0] != 4) return {};
  return bare;
}

Pkey make_ec_peer(const PairKey& own, ByteView point) {
  const QuietErrors quiet;
  Pkey peer(EVP_PKEY_new());
  must(peer != nullptr && EVP_PKEY_copy_parameters(peer.get(), own.pkey()) > 0, "cannot make a key");
  if (EVP_PKEY_set1_encoded_public_key(peer.get(), point.data(), point.size()) <= 0) peer.reset();
  return peer;
}

Result<KeyPtr> load_ec_public(const Template& attributes) {
  const auto* curve = TRY(curve_in(attributes));
  const auto* given = find_bytes(attributes, Attr::ec_point);
  if (given == nullptr) return fail(Rv::template_incomplete, "an EC public key needs CKA_EC_POINT");
  const auto point = uncompressed_point(*curve, *given);
  if (!point) return fail(Rv::attribute_value_invalid, "CKA_EC_POINT is not an uncompressed point of this curve");
  auto pkey = make_ec(*curve, *point, nullptr);
  if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "CKA_EC_POINT is not on the curve");
  return KeyPtr(
      std::make_shared<PairKey>(ObjectClass::public_key, KeyType::ec, std::move(pkey), curve->bits, curve, Secret()));
}

Result<KeyPtr> load_ec_private(const Template& attributes) {
  const auto* curve = TRY(curve_in(attributes));
  const auto* value = find_secret(attributes, Attr::value);
  if (value == nullptr) return fail(Rv::template_incomplete, "an EC private key needs CKA_VALUE");
  const auto scalar = secret_number_of(value->reveal(SecretAccess::use()));
  const auto order = order_of(*curve);
  if (BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), order.get()) >= 0)
    return fail(Rv::attribute_value_invalid, "the private value is not between 1 and the order of the curve");
  auto pkey = make_ec(*curve, {}, scalar.get());
  if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "the EC private key cannot be one");
  return KeyPtr(
      std::make_shared<PairKey>(ObjectClass::private_key, KeyType::ec, std::move(pkey), curve->bits, curve, Secret()));
}

}  // namespace hsm::crypto
