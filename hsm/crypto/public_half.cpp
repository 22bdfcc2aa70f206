#include "hsm/crypto/der.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/number.h"
#include "hsm/crypto/pq.h"

// CKM_PUB_KEY_FROM_PRIV_KEY (PKCS#11 3.2, 6.43.7).

namespace hsm::crypto {
namespace {

Status copy_of(Template& to, const Template& from, std::initializer_list<Attr> types) {
  for (const auto type : types) {
    const auto* octets = find_bytes(from, type);
    if (octets == nullptr || octets->empty()) return fail(Rv::key_type_inconsistent, "the private key lacks what its public half needs");
    to.push_back(attribute(type, *octets));
  }
  return Done{};
}

}  // namespace

Result<Template> public_half(const Template& private_key) {
  const auto type = find_number(private_key, Attr::key_type);
  if (!type) return fail(Rv::template_incomplete, "a key needs CKA_KEY_TYPE");
  const auto* value = find_secret(private_key, Attr::value);
  Template half;
  switch (static_cast<KeyType>(*type)) {
    case KeyType::rsa:
      TRY(copy_of(half, private_key, {Attr::modulus, Attr::public_exponent}));
      return half;
    case KeyType::ec: {
      TRY(copy_of(half, private_key, {Attr::ec_params}));
      der::Writer<Bytes> point;
      point.element(der::kOctetString, public_point(*TRY(curve_in(private_key)), *value));
      half.push_back(attribute(Attr::ec_point, point.take()));
      return half;
    }
    case KeyType::ec_edwards:
    case KeyType::ec_montgomery:
      TRY(copy_of(half, private_key, {Attr::ec_params}));
      half.push_back(attribute(Attr::ec_point, raw_public(*TRY(raw_curve_in(private_key, static_cast<KeyType>(*type))), *value)));
      return half;
    case KeyType::dh:
    case KeyType::dsa: {
      TRY(copy_of(half, private_key, {Attr::prime, Attr::base}));
      if (static_cast<KeyType>(*type) == KeyType::dsa) TRY(copy_of(half, private_key, {Attr::subprime}));
      const auto loaded = TRY(load_key(private_key));
      half.push_back(attribute(Attr::value, octets_of(number_from(pair_of(*loaded)->pkey(), OSSL_PKEY_PARAM_PUB_KEY).get())));
      return half;
    }
    case KeyType::gostr3410:
      return gost_public_half(private_key);
    case KeyType::ml_kem:
    case KeyType::ml_dsa:
    case KeyType::slh_dsa:
      return pq_public_half(private_key);
    default:
      return fail(Rv::key_type_inconsistent, "no public half is made for keys of this type");
  }
}

}  // namespace hsm::crypto
