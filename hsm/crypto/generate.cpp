#include <openssl/rsa.h>

#include "hsm/crypto/der.h"
#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/number.h"
#include "hsm/crypto/pq.h"

namespace hsm::crypto {
namespace {

constexpr std::uint64_t kLeastGenerated = 2048, kMostGenerated = 8192;

Result<GeneratedPair> generate_rsa(const Template& wanted) {
  const auto bits = find_number(wanted, Attr::modulus_bits);
  if (!bits) return fail(Rv::template_incomplete, "an RSA key pair needs CKA_MODULUS_BITS");
  if (*bits < kLeastGenerated || *bits > kMostGenerated || *bits % 8 != 0)
    return fail(Rv::key_size_range, "RSA keys are generated with 2048 to 8192 bits");
  const auto* given = find_bytes(wanted, Attr::public_exponent);
  BigNumber e(BN_new());
  must(e != nullptr, "no memory for a number");
  if (given != nullptr && !given->empty()) {
    e = number_of(*given);
  } else {
    must(BN_set_word(e.get(), RSA_F4), "no memory for a number");
  }
  // FIPS 186-5, A.1.1: odd, above 2^16, below 2^256.
  if (!BN_is_odd(e.get()) || BN_num_bits(e.get()) < 17 || BN_num_bits(e.get()) > 256)
    return fail(Rv::attribute_value_invalid, "the public exponent is even, below 65537 or above 2^256");
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr && OSSL_PARAM_BLD_push_size_t(builder.get(), OSSL_PKEY_PARAM_RSA_BITS, *bits) > 0 &&
           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) > 0,
       "cannot describe a key");
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const auto pkey = run_keygen("RSA", params.get());

  const auto n = number_from(pkey.get(), OSSL_PKEY_PARAM_RSA_N);
  GeneratedPair pair;
  for (auto* part : {&pair.public_part, &pair.private_part}) {
    part->push_back(attribute(Attr::modulus, octets_of(n.get())));
    part->push_back(attribute(Attr::public_exponent, octets_of(e.get())));
  }
  struct Part {
    Attr attribute;
    const char* name;
    std::size_t size;
  };
  const auto whole = static_cast<std::size_t>(*bits / 8), half = whole / 2;
  for (const auto& part : {Part{Attr::private_exponent, OSSL_PKEY_PARAM_RSA_D, whole},
                           Part{Attr::prime_1, OSSL_PKEY_PARAM_RSA_FACTOR1, half},
                           Part{Attr::prime_2, OSSL_PKEY_PARAM_RSA_FACTOR2, half},
                           Part{Attr::exponent_1, OSSL_PKEY_PARAM_RSA_EXPONENT1, half},
                           Part{Attr::exponent_2, OSSL_PKEY_PARAM_RSA_EXPONENT2, half},
                           Part{Attr::coefficient, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, half}})
    pair.private_part.push_back(attribute(part.attribute, secret_octets_of(number_from(pkey.get(), part.name).get(), part.size)));
  return pair;
}

Result<GeneratedPair> generate_ec(const Template& wanted) {
  const auto* curve = TRY(curve_in(wanted));
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(curve->name), 0),
      OSSL_PARAM_construct_end()};
  const auto pkey = run_keygen("EC", params);
  const auto x = number_from(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  const auto y = number_from(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  const auto scalar = number_from(pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY);
  Bytes point{4};
  for (const auto* coordinate : {x.get(), y.get()}) {
    const auto octets = octets_of(coordinate, curve->octets());
    point.insert(point.end(), octets.begin(), octets.end());
  }
  der::Writer<Bytes> encoded;
  encoded.element(der::kOctetString, point);
  GeneratedPair pair;
  pair.public_part.push_back(attribute(Attr::ec_point, encoded.take()));
  pair.private_part.push_back(attribute(Attr::ec_params, *find_bytes(wanted, Attr::ec_params)));
  pair.private_part.push_back(attribute(Attr::value, secret_octets_of(scalar.get(), curve->octets())));
  return pair;
}

}  // namespace

Pkey run_keygen(const char* type, const OSSL_PARAM* params) {
  const auto context = key_context_of(type);
  must(context != nullptr && EVP_PKEY_keygen_init(context.get()) > 0 &&
           (params == nullptr || EVP_PKEY_CTX_set_params(context.get(), params) > 0),
       "cannot start a key generation");
  EVP_PKEY* pkey = nullptr;
  must(EVP_PKEY_generate(context.get(), &pkey), "cannot generate a key pair");
  return Pkey(pkey);
}

Result<Secret> generate_secret(KeyType type, std::uint64_t length) {
  TRY(check_secret_length(type, length, Rv::key_size_range));
  auto value = random_secret(length);
  fit_to_type(type, value);
  return value;
}

Result<GeneratedPair> generate_pair(const Mechanism& mechanism, const Template& wanted) {
  switch (static_cast<Mech>(mechanism.type)) {
    case Mech::rsa_pkcs_key_pair_gen: return generate_rsa(wanted);
    case Mech::ec_key_pair_gen:
    case Mech::ec_key_pair_gen_w_extra_bits: return generate_ec(wanted);
    case Mech::ec_edwards_key_pair_gen: return generate_raw(wanted, KeyType::ec_edwards);
    case Mech::ec_montgomery_key_pair_gen: return generate_raw(wanted, KeyType::ec_montgomery);
    case Mech::dh_pkcs_key_pair_gen: return generate_dh(wanted);
    case Mech::dsa_key_pair_gen: return generate_dsa(wanted);
    case Mech::gostr3410_key_pair_gen: return generate_gost(wanted);
    case Mech::ml_kem_key_pair_gen: return generate_pq(wanted, KeyType::ml_kem);
    case Mech::ml_dsa_key_pair_gen: return generate_pq(wanted, KeyType::ml_dsa);
    case Mech::slh_dsa_key_pair_gen: return generate_pq(wanted, KeyType::slh_dsa);
    default: return fail(Rv::mechanism_invalid, "no key pairs are generated by this mechanism");
  }
}

}  // namespace hsm::crypto
