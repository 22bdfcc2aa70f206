#include "hsm/crypto/digest.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/number.h"

namespace hsm::crypto {
namespace {

Error inconsistent() { return fail(Rv::attribute_value_invalid, "the numbers of the RSA key do not fit each other"); }

Status check_public(const BIGNUM* modulus, const BIGNUM* exponent) {
  const auto bits = static_cast<std::uint64_t>(BN_num_bits(modulus));
  if (bits < kLeastRsaBits || bits > kMostRsaBits)
    return fail(Rv::attribute_value_invalid, "the RSA modulus is shorter or longer than this token supports");
  if (!BN_is_odd(modulus) || !BN_is_odd(exponent) || BN_is_one(exponent) || BN_cmp(exponent, modulus) >= 0)
    return fail(Rv::attribute_value_invalid, "the RSA modulus or public exponent cannot be one");
  return Done{};
}

Params build(OSSL_PARAM_BLD* builder) {
  Params params(OSSL_PARAM_BLD_to_param(builder));
  must(params != nullptr, "cannot describe a key");
  return params;
}

void push(OSSL_PARAM_BLD* builder, const char* name, const BIGNUM* number) {
  must(OSSL_PARAM_BLD_push_BN(builder, name, number), "cannot describe a key");
}

struct RsaNumbers {
  BigNumber n, e, d;
  BigNumber p, q, dp, dq, qinv;  ///< all or none
};

/// d inverts e: one exponentiation of a fixed base.
bool inverts(const RsaNumbers& key, const BIGNUM* e) {
  const BigNumberContext scratch(BN_CTX_new());
  const BigNumber base(BN_new()), power(BN_new()), back(BN_new());
  must(scratch != nullptr && base != nullptr && power != nullptr && back != nullptr && BN_set_word(base.get(), 2) > 0,
       "no memory for a number");
  must(BN_mod_exp(power.get(), base.get(), e, key.n.get(), scratch.get()) > 0 &&
           BN_mod_exp_mont_consttime(back.get(), power.get(), key.d.get(), key.n.get(), scratch.get(), nullptr) > 0,
       "cannot check an RSA key");
  return BN_cmp(back.get(), base.get()) == 0;
}

/// The numbers of the Chinese remainder theorem belong to n, e and d.
bool crt_fits(const RsaNumbers& key) {
  const BigNumberContext scratch(BN_CTX_new());
  const BigNumber t(BN_secure_new()), less(BN_secure_new()), one(BN_new());
  must(scratch != nullptr && t != nullptr && less != nullptr && one != nullptr && BN_one(one.get()) > 0,
       "no memory for a number");
  const auto product = [&](const BigNumber& a, const BigNumber& b) {
    must(BN_mul(t.get(), a.get(), b.get(), scratch.get()), "cannot check an RSA key");
  };
  const auto half_fits = [&](const BigNumber& prime, const BigNumber& exponent) {
    must(BN_sub(less.get(), prime.get(), one.get()), "cannot check an RSA key");
    BN_set_flags(less.get(), BN_FLG_CONSTTIME);
    must(BN_mod_mul(t.get(), exponent.get(), key.e.get(), less.get(), scratch.get()), "cannot check an RSA key");
    if (!BN_is_one(t.get())) return false;
    must(BN_mod(t.get(), key.d.get(), less.get(), scratch.get()), "cannot check an RSA key");
    return BN_cmp(t.get(), exponent.get()) == 0;
  };
  if (BN_is_zero(key.p.get()) || BN_is_zero(key.q.get()) || BN_is_one(key.p.get()) || BN_is_one(key.q.get())) return false;
  if (!BN_is_odd(key.p.get()) || !BN_is_odd(key.q.get())) return false;
  product(key.p, key.q);
  if (BN_cmp(t.get(), key.n.get()) != 0) return false;
  if (!half_fits(key.p, key.dp) || !half_fits(key.q, key.dq)) return false;
  must(BN_mod_mul(t.get(), key.qinv.get(), key.q.get(), key.p.get(), scratch.get()), "cannot check an RSA key");
  return BN_is_one(t.get());
}

/// Templates may leave out the public exponent of a private key: the usual ones are tried.
bool find_exponent(RsaNumbers& key) {
  for (const BN_ULONG usual : {65537u, 3u, 17u, 5u, 7u, 257u, 37u, 41u}) {
    BigNumber e(BN_new());
    must(e != nullptr && BN_set_word(e.get(), usual) > 0, "no memory for a number");
    if (!inverts(key, e.get())) continue;
    key.e = std::move(e);
    return true;
  }
  return false;
}

void read_crt(const Template& attributes, RsaNumbers& key) {
  struct Part {
    Attr attribute;
    BigNumber RsaNumbers::*number;
  };
  static constexpr Part kParts[] = {{Attr::prime_1, &RsaNumbers::p},      {Attr::prime_2, &RsaNumbers::q},
                                    {Attr::exponent_1, &RsaNumbers::dp},  {Attr::exponent_2, &RsaNumbers::dq},
                                    {Attr::coefficient, &RsaNumbers::qinv}};
  std::size_t given = 0;
  for (const auto& part : kParts) {
    const auto* value = find_secret(attributes, part.attribute);
    if (value == nullptr || value->empty()) continue;
    key.*part.number = secret_number_of(value->reveal(SecretAccess::use()));
    ++given;
  }
  // Fewer than all five numbers are of no use; n, e and d do the work then.
  if (given != std::size(kParts))
    for (const auto& part : kParts) (key.*part.number).reset();
}

}  // namespace

Result<KeyPtr> load_rsa_public(const Template& attributes) {
  const auto* modulus = find_bytes(attributes, Attr::modulus);
  const auto* exponent = find_bytes(attributes, Attr::public_exponent);
  if (modulus == nullptr || exponent == nullptr)
    return fail(Rv::template_incomplete, "an RSA public key needs CKA_MODULUS and CKA_PUBLIC_EXPONENT");
  const auto n = number_of(*modulus), e = number_of(*exponent);
  TRY(check_public(n.get(), e.get()));
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr, "no memory for a key");
  push(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  push(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  auto pkey = make_pkey("RSA", false, build(builder.get()).get());
  if (pkey == nullptr) return inconsistent();
  const auto bits = static_cast<std::uint64_t>(BN_num_bits(n.get()));
  return KeyPtr(std::make_shared<PairKey>(ObjectClass::public_key, KeyType::rsa, std::move(pkey), bits, nullptr, Secret()));
}

Result<KeyPtr> load_rsa_private(const Template& attributes) {
  const auto* modulus = find_bytes(attributes, Attr::modulus);
  const auto* private_exponent = find_secret(attributes, Attr::private_exponent);
  if (modulus == nullptr || private_exponent == nullptr)
    return fail(Rv::template_incomplete, "an RSA private key needs CKA_MODULUS and CKA_PRIVATE_EXPONENT");
  RsaNumbers key{number_of(*modulus), {}, secret_number_of(private_exponent->reveal(SecretAccess::use())), {}, {}, {}, {}, {}};
  if (!BN_is_odd(key.n.get()) || BN_is_zero(key.d.get()) || BN_cmp(key.d.get(), key.n.get()) >= 0) return inconsistent();
  const auto* exponent = find_bytes(attributes, Attr::public_exponent);
  if (exponent != nullptr && !exponent->empty()) {
    key.e = number_of(*exponent);
  } else if (!find_exponent(key)) {
    return fail(Rv::template_incomplete, "this RSA private key needs CKA_PUBLIC_EXPONENT");
  }
  TRY(check_public(key.n.get(), key.e.get()));
  read_crt(attributes, key);
  const bool fits = key.p != nullptr ? crt_fits(key) : inverts(key, key.e.get());
  if (!fits) return inconsistent();

  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr, "no memory for a key");
  push(builder.get(), OSSL_PKEY_PARAM_RSA_N, key.n.get());
  push(builder.get(), OSSL_PKEY_PARAM_RSA_E, key.e.get());
  push(builder.get(), OSSL_PKEY_PARAM_RSA_D, key.d.get());
  if (key.p != nullptr) {
    push(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR1, key.p.get());
    push(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR2, key.q.get());
    push(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT1, key.dp.get());
    push(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT2, key.dq.get());
    push(builder.get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key.qinv.get());
  }
  auto pkey = make_pkey("RSA", true, build(builder.get()).get());
  if (pkey == nullptr) return inconsistent();
  const auto bits = static_cast<std::uint64_t>(BN_num_bits(key.n.get()));
  const auto padded = secret_octets_of(key.d.get(), (bits + 7) / 8);
  Secret rejection(sha_256().size);
  digest_into(sha_256(), {padded.reveal(SecretAccess::use())}, rejection.fill(SecretAccess::use()).data());
  return KeyPtr(std::make_shared<PairKey>(ObjectClass::private_key, KeyType::rsa, std::move(pkey), bits, nullptr,
                                          std::move(rejection)));
}

}  // namespace hsm::crypto
