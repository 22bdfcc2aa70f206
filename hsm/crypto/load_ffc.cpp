#include <openssl/dh.h>

#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/number.h"

// Diffie-Hellman and DSA keys: numbers of a finite field (PKCS#11 3.2, 6.2 and 6.4).

namespace hsm::crypto {
namespace {

struct Family {
  KeyType type;
  const char* name;       ///< for libcrypto
  bool has_subprime;
  std::uint64_t least, most;  ///< bits of the prime
};
constexpr Family kDh{KeyType::dh, "DH", false, 1024, 8192};
constexpr Family kDsa{KeyType::dsa, "DSA", true, 1024, 3072};

struct Domain {
  BigNumber p, q, g;
};

Result<Domain> domain_of(const Family& family, const Template& attributes) {
  const auto* p = find_bytes(attributes, Attr::prime);
  const auto* q = find_bytes(attributes, Attr::subprime);
  const auto* g = find_bytes(attributes, Attr::base);
  if (p == nullptr || g == nullptr || (family.has_subprime && q == nullptr))
    return fail(Rv::template_incomplete, "the key needs its domain parameters");
  Domain domain{number_of(*p), family.has_subprime ? number_of(*q) : BigNumber(), number_of(*g)};
  const auto bits = static_cast<std::uint64_t>(BN_num_bits(domain.p.get()));
  if (bits < family.least || bits > family.most) return fail(Rv::key_size_range, "the prime is too short or too long");
  if (!BN_is_odd(domain.p.get()) || BN_is_zero(domain.g.get()) || BN_is_one(domain.g.get()) ||
      BN_cmp(domain.g.get(), domain.p.get()) >= 0 || (domain.q != nullptr && BN_cmp(domain.q.get(), domain.p.get()) >= 0))
    return fail(Rv::domain_params_invalid, "the domain parameters cannot be some");
  return domain;
}

// A safe prime takes its time; longer ones are those of RFC 3526 and RFC 7919.
constexpr std::uint64_t kMostMadeForDh = 2048;

/// FIPS 186-4, 4.2: the sizes that go together.
Result<std::uint64_t> subprime_bits(std::uint64_t prime_bits, const std::optional<std::uint64_t>& wanted) {
  constexpr std::pair<std::uint64_t, std::uint64_t> kPairs[] = {{1024, 160}, {2048, 256}, {2048, 224}, {3072, 256}};
  for (const auto& [p, q] : kPairs)
    if (p == prime_bits && q == wanted.value_or(q)) return q;
  return fail(Rv::key_size_range, "DSA parameters have 1024 and 160, 2048 and 224 or 256, or 3072 and 256 bits");
}

Params describe(const Domain& domain, const BIGNUM* public_value, const BIGNUM* private_value) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  bool worked = builder != nullptr && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, domain.p.get()) > 0 &&
                OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, domain.g.get()) > 0;
  if (domain.q != nullptr) worked = worked && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_Q, domain.q.get()) > 0;
  if (public_value != nullptr)
    worked = worked && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, public_value) > 0;
  if (private_value != nullptr)
    worked = worked && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, private_value) > 0;
  Params params(worked ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  must(params != nullptr, "cannot describe a key");
  return params;
}

/// 1 < value < bound.
bool within(const BIGNUM* value, const BIGNUM* bound) {
  return !BN_is_zero(value) && !BN_is_one(value) && BN_cmp(value, bound) < 0;
}

/// Whether `value` is in the same half of the group as all powers of g. Where p is a safe prime, which nobody need have shown, that is
/// the whole check of its order; what libcrypto knows the order of it checks itself. A value of the other half tells a bit of the key.
bool may_be_power(const Domain& domain, const BIGNUM* value) {
  const BigNumberContext scratch(BN_CTX_new_ex(Library::get().context()));
  must(scratch != nullptr, "no memory for a number");
  if (BN_kronecker(domain.g.get(), domain.p.get(), scratch.get()) != 1) return true;
  return BN_kronecker(value, domain.p.get(), scratch.get()) == 1;
}

/// g^x mod p.
BigNumber public_value_of(const Domain& domain, const BIGNUM* x) {
  BigNumber y(BN_new());
  const BigNumberContext scratch(BN_CTX_new_ex(Library::get().context()));
  must(y != nullptr && scratch != nullptr &&
           BN_mod_exp_mont_consttime(y.get(), domain.g.get(), x, domain.p.get(), scratch.get(), nullptr) > 0,
       "cannot calculate a public value");
  return y;
}

Result<KeyPtr> load(const Family& family, const Template& attributes, ObjectClass half) {
  const auto domain = TRY(domain_of(family, attributes));
  Pkey pkey;
  if (half == ObjectClass::public_key) {
    const auto* value = find_bytes(attributes, Attr::value);
    if (value == nullptr) return fail(Rv::template_incomplete, "the public key needs CKA_VALUE");
    const auto y = number_of(*value);
    if (!within(y.get(), domain.p.get())) return fail(Rv::attribute_value_invalid, "the public value is not between 1 and the prime");
    pkey = make_pkey(family.name, false, describe(domain, y.get(), nullptr).get());
  } else {
    const auto* value = find_secret(attributes, Attr::value);
    if (value == nullptr) return fail(Rv::template_incomplete, "the private key needs CKA_VALUE");
    const auto x = secret_number_of(value->reveal(SecretAccess::use()));
    if (BN_is_zero(x.get()) || BN_cmp(x.get(), family.has_subprime ? domain.q.get() : domain.p.get()) >= 0)
      return fail(Rv::attribute_value_invalid, "the private value is not within its range");
    pkey = make_pkey(family.name, true, describe(domain, public_value_of(domain, x.get()).get(), x.get()).get());
  }
  if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "the numbers do not make a key");
  const auto bits = static_cast<std::uint64_t>(BN_num_bits(domain.p.get()));
  return KeyPtr(std::make_shared<PairKey>(half, family.type, std::move(pkey), bits, nullptr, Secret()));
}

Result<GeneratedPair> generate(const Family& family, const Template& wanted) {
  const auto domain = TRY(domain_of(family, wanted));
  const auto params = make_pkey_of(family.name, EVP_PKEY_KEY_PARAMETERS, describe(domain, nullptr, nullptr).get());
  if (params == nullptr) return fail(Rv::domain_params_invalid, "the domain parameters cannot be some");
  const QuietErrors quiet;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::get().context(), params.get(), nullptr));
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) <= 0 || EVP_PKEY_generate(context.get(), &made) <= 0)
    return fail(Rv::domain_params_invalid, "no key pair comes out of these domain parameters");
  const Pkey pkey(made);
  const auto x = number_from(pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY);
  GeneratedPair pair;
  pair.public_part.push_back(attribute(Attr::value, octets_of(number_from(pkey.get(), OSSL_PKEY_PARAM_PUB_KEY).get())));
  for (const auto part : {Attr::prime, Attr::subprime, Attr::base})
    if (const auto* number = find_bytes(wanted, part); number != nullptr && (part != Attr::subprime || family.has_subprime))
      pair.private_part.push_back(attribute(part, *number));
  const auto bits = static_cast<std::size_t>(BN_num_bits(x.get()));
  pair.private_part.push_back(attribute(Attr::value, secret_octets_of(x.get(), (bits + 7) / 8)));
  if (!family.has_subprime) pair.private_part.push_back(attribute(Attr::value_bits, std::uint64_t{bits}));
  return pair;
}

}  // namespace

Result<KeyPtr> load_dh(const Template& attributes, ObjectClass half) { return load(kDh, attributes, half); }
Result<KeyPtr> load_dsa(const Template& attributes, ObjectClass half) { return load(kDsa, attributes, half); }
Result<GeneratedPair> generate_dh(const Template& wanted) { return generate(kDh, wanted); }
Result<GeneratedPair> generate_dsa(const Template& wanted) { return generate(kDsa, wanted); }

Result<Template> generate_domain(const Mechanism& mechanism, const Template& wanted) {
  const bool dsa = mechanism.type == static_cast<std::uint64_t>(Mech::dsa_parameter_gen);
  if (!dsa && mechanism.type != static_cast<std::uint64_t>(Mech::dh_pkcs_parameter_gen))
    return fail(Rv::mechanism_invalid, "no domain parameters are generated by this mechanism");
  const auto bits = find_number(wanted, Attr::prime_bits).value_or(0);
  const auto subprime = dsa ? TRY(subprime_bits(bits, find_number(wanted, Attr::subprime_bits))) : 0;
  if (!dsa && (bits < kDh.least || bits > kMostMadeForDh || bits % 64 != 0))
    return fail(Rv::key_size_range, "DH parameters are made with 1024 to 2048 bits, a multiple of 64");
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  bool worked = builder != nullptr && OSSL_PARAM_BLD_push_size_t(builder.get(), OSSL_PKEY_PARAM_FFC_PBITS, bits) > 0;
  if (dsa) worked = worked && OSSL_PARAM_BLD_push_size_t(builder.get(), OSSL_PKEY_PARAM_FFC_QBITS, subprime) > 0;
  const Params params(worked ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  const auto context = key_context_of(dsa ? kDsa.name : kDh.name);
  must(params != nullptr && context != nullptr && EVP_PKEY_paramgen_init(context.get()) > 0 &&
           EVP_PKEY_CTX_set_params(context.get(), params.get()) > 0,
       "cannot start to make domain parameters");
  EVP_PKEY* made = nullptr;
  must(EVP_PKEY_generate(context.get(), &made), "cannot make domain parameters");
  const Pkey pkey(made);
  Template domain;
  domain.push_back(attribute(Attr::prime, octets_of(number_from(pkey.get(), OSSL_PKEY_PARAM_FFC_P).get())));
  domain.push_back(attribute(Attr::base, octets_of(number_from(pkey.get(), OSSL_PKEY_PARAM_FFC_G).get())));
  if (dsa) {
    domain.push_back(attribute(Attr::subprime, octets_of(number_from(pkey.get(), OSSL_PKEY_PARAM_FFC_Q).get())));
    domain.push_back(attribute(Attr::subprime_bits, std::uint64_t{subprime}));
  }
  return domain;
}

Result<Template> sizes_of_domain(KeyType type, const Template& domain) {
  const bool dsa = type == KeyType::dsa;
  const auto numbers = TRY(domain_of(dsa ? kDsa : kDh, domain));
  Template sizes;
  sizes.push_back(attribute(Attr::prime_bits, static_cast<std::uint64_t>(BN_num_bits(numbers.p.get()))));
  if (dsa) sizes.push_back(attribute(Attr::subprime_bits, static_cast<std::uint64_t>(BN_num_bits(numbers.q.get()))));
  return sizes;
}

Pkey make_dh_public(const PairKey& own, ByteView value) {
  Domain domain{number_from(own.pkey(), OSSL_PKEY_PARAM_FFC_P), {}, number_from(own.pkey(), OSSL_PKEY_PARAM_FFC_G)};
  const auto y = number_of(value);
  BigNumber last(BN_dup(domain.p.get()));
  must(last != nullptr && BN_sub_word(last.get(), 1) > 0, "no memory for a number");
  if (!within(y.get(), last.get()) || !may_be_power(domain, y.get())) return {};
  return make_pkey(kDh.name, false, describe(domain, y.get(), nullptr).get());
}

}  // namespace hsm::crypto
