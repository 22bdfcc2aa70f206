#include <algorithm>
#include <array>

#include "hsm/crypto/derive.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/operation.h"

// Key encapsulation (PKCS#11 3.2, 5.18.8). A KEM of its own (ML-KEM) adds a row with its three functions.

namespace hsm::crypto {
namespace {

struct Kem {
  Mech id;
  Result<std::uint64_t> (*ciphertext_size)(const Mechanism& mechanism, const Template& public_key);
  Result<Encapsulated> (*encapsulate)(const Mechanism& mechanism, const Template& public_key, std::uint64_t length);
  Result<Secret> (*decapsulate)(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext,
                                std::uint64_t length);
};

// ---- RSA: a fresh secret, wrapped (6.1.8)

constexpr std::uint64_t kSecret = 32;

Result<std::uint64_t> rsa_size(const Mechanism& mechanism, const Template& public_key) {
  return wrapped_size(mechanism, *TRY(load_key(public_key)), kSecret);
}

Result<Encapsulated> rsa_encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  if (length > kMostDerived) return fail(Rv::key_size_range, "the encapsulated key would be too long");
  auto secret = random_secret(length == 0 ? kSecret : length);
  auto wrapped = TRY(wrap(mechanism, *TRY(load_key(public_key)), secret));
  return Encapsulated{std::move(wrapped), std::move(secret)};
}

Result<Secret> rsa_decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext, std::uint64_t) {
  return unwrap(mechanism, private_key, ciphertext);
}

// ---- ECDH with an ephemeral pair, whose public point is the ciphertext (6.3.19)

Result<Mechanism> with_peer(const Mechanism& mechanism, ByteView point) {
  const auto* params = std::get_if<Ecdh1Params>(&mechanism.params);
  if (params == nullptr || !params->public_data.empty())
    return fail(Rv::mechanism_param_invalid, "encapsulation by ECDH takes CK_ECDH1_DERIVE_PARAMS without public data");
  return Mechanism{mechanism.type, Ecdh1Params{params->kdf, params->shared_data, bytes_of(point)}};
}

bool is_montgomery(const Template& key) {
  return find_number(key, Attr::key_type) == static_cast<std::uint64_t>(KeyType::ec_montgomery);
}

/// The point of a public key without its OCTET STRING.
Result<Bytes> point_of(const Template& public_key) {
  const auto* given = find_bytes(public_key, Attr::ec_point);
  if (is_montgomery(public_key)) {
    const auto octets = given == nullptr ? std::nullopt : bare_point(*given, TRY(raw_curve_in(public_key, KeyType::ec_montgomery))->octets);
    if (!octets) return fail(Rv::key_type_inconsistent, "the mechanism needs a public key with a point");
    return bytes_of(*octets);
  }
  const auto point = given == nullptr ? std::nullopt : uncompressed_point(*TRY(curve_in(public_key)), *given);
  if (!point) return fail(Rv::key_type_inconsistent, "the mechanism needs a public key with a point");
  return bytes_of(*point);
}

Result<std::uint64_t> ecdh_size(const Mechanism&, const Template& public_key) {
  return TRY(point_of(public_key)).size();
}

Result<Encapsulated> ecdh_encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  const auto peer = TRY(with_peer(mechanism, TRY(point_of(public_key))));
  Template curve;
  curve.push_back(attribute(Attr::ec_params, *find_bytes(public_key, Attr::ec_params)));
  const bool montgomery = is_montgomery(public_key);
  const auto generates = montgomery ? Mech::ec_montgomery_key_pair_gen : Mech::ec_key_pair_gen;
  const auto type = montgomery ? KeyType::ec_montgomery : KeyType::ec;
  auto pair = TRY(generate_pair({static_cast<std::uint64_t>(generates), {}}, curve));
  auto& ephemeral = pair.private_part;
  ephemeral.push_back(attribute(Attr::object_class, ObjectClass::private_key));
  ephemeral.push_back(attribute(Attr::key_type, type));
  auto secret = TRY(derive(peer, *TRY(load_key(ephemeral)), length));
  pair.public_part.push_back(attribute(Attr::ec_params, *find_bytes(public_key, Attr::ec_params)));
  pair.public_part.push_back(attribute(Attr::key_type, type));
  return Encapsulated{TRY(point_of(pair.public_part)), std::move(secret)};
}

Result<Secret> ecdh_decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext,
                                std::uint64_t length) {
  auto secret = derive(TRY(with_peer(mechanism, ciphertext)), private_key, length);
  if (!secret && secret.error().rv == Rv::mechanism_param_invalid)
    return fail(Rv::wrapped_key_invalid, "the ciphertext is no point that gives a secret");
  return secret;
}

// ---- ML-KEM (FIPS 203; 6.66), of libcrypto 3.5 and later

constexpr std::size_t kMlKemSecret = 32;

struct KemSizes {
  std::size_t ciphertext = 0, secret = 0;
};

Result<const PairKey*> ml_kem_key(const Mechanism& mechanism, const Key& key) {
  if (!std::holds_alternative<std::monostate>(mechanism.params)) return fail(Rv::mechanism_param_invalid, "CKM_ML_KEM takes no parameter");
  const auto* pair = pair_of(key);
  if (pair == nullptr || pair->type() != KeyType::ml_kem) return fail(Rv::key_type_inconsistent, "the mechanism needs an ML-KEM key");
  return pair;
}

KeyContext kem_context(const PairKey& key, int (*init)(EVP_PKEY_CTX*, const OSSL_PARAM*)) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::get().context(), key.pkey(), nullptr));
  must(context != nullptr && init(context.get(), nullptr) > 0, "cannot start a key encapsulation");
  return context;
}

Result<std::uint64_t> ml_kem_size(const Mechanism& mechanism, const Template& public_key) {
  const auto key = TRY(load_key(public_key));
  const auto context = kem_context(*TRY(ml_kem_key(mechanism, *key)), EVP_PKEY_encapsulate_init);
  KemSizes sizes;
  must(EVP_PKEY_encapsulate(context.get(), nullptr, &sizes.ciphertext, nullptr, &sizes.secret), "cannot encapsulate");
  return sizes.ciphertext;
}

Result<Encapsulated> ml_kem_encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  const auto key = TRY(load_key(public_key));
  const auto context = kem_context(*TRY(ml_kem_key(mechanism, *key)), EVP_PKEY_encapsulate_init);
  Bytes ciphertext(TRY(ml_kem_size(mechanism, public_key)));
  Secret secret(kMlKemSecret);
  auto ciphertext_size = ciphertext.size(), secret_size = secret.size();
  must(EVP_PKEY_encapsulate(context.get(), ciphertext.data(), &ciphertext_size, secret.fill(SecretAccess::use()).data(), &secret_size),
       "cannot encapsulate");
  auto key_value = TRY(leading(std::move(secret), length));
  return Encapsulated{std::move(ciphertext), std::move(key_value)};
}

Result<Secret> ml_kem_decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext, std::uint64_t length) {
  const auto context = kem_context(*TRY(ml_kem_key(mechanism, private_key)), EVP_PKEY_decapsulate_init);
  const QuietErrors quiet;
  Secret secret(kMlKemSecret);
  auto size = secret.size();
  if (EVP_PKEY_decapsulate(context.get(), secret.fill(SecretAccess::use()).data(), &size, ciphertext.data(), ciphertext.size()) <= 0)
    return fail(Rv::wrapped_key_len_range, "the ciphertext has not the length of this parameter set");
  return leading(std::move(secret), length);
}

constexpr auto kKems = std::to_array<Kem>({
    {Mech::rsa_pkcs_oaep, rsa_size, rsa_encapsulate, rsa_decapsulate},
    {Mech::ml_kem, ml_kem_size, ml_kem_encapsulate, ml_kem_decapsulate},
    {Mech::ecdh1_derive, ecdh_size, ecdh_encapsulate, ecdh_decapsulate},
    {Mech::ecdh1_cofactor_derive, ecdh_size, ecdh_encapsulate, ecdh_decapsulate},
});

Result<const Kem*> kem(const Mechanism& mechanism) {
  const auto at = std::ranges::find(kKems, static_cast<Mech>(mechanism.type), &Kem::id);
  if (at == kKems.end()) return fail(Rv::mechanism_invalid, "nothing is encapsulated by this mechanism");
  return &*at;
}

}  // namespace

Result<std::uint64_t> encapsulated_size(const Mechanism& mechanism, const Template& public_key) {
  return TRY(kem(mechanism))->ciphertext_size(mechanism, public_key);
}

Result<Encapsulated> encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  return TRY(kem(mechanism))->encapsulate(mechanism, public_key, length);
}

Result<Secret> decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext,
                           std::uint64_t length) {
  return TRY(kem(mechanism))->decapsulate(mechanism, private_key, ciphertext, length);
}

}  // namespace hsm::crypto
