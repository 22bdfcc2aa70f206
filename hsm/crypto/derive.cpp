#include <algorithm>
#include <array>

#include "hsm/crypto/derive.h"
#include "hsm/crypto/digest.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/operation.h"

// C_DeriveKey: which mechanism goes where, and the key agreements. CKM_ECDH1_COFACTOR_DERIVE is CKM_ECDH1_DERIVE, as all curves have
// the cofactor 1 (and X25519 and X448 clear theirs).

namespace hsm::crypto {
namespace {

struct Deriver {
  Mech id;
  Result<Secret> (*derive)(const Derivation&);
};
// What is not a hash's own number (those are in hash.cpp).
constexpr auto kDerivers = std::to_array<Deriver>({
    {Mech::ecdh1_derive, derive_ecdh},
    {Mech::ecdh1_cofactor_derive, derive_ecdh},
    {Mech::dh_pkcs_derive, derive_dh},
    {Mech::hkdf_derive, derive_hkdf},
    {Mech::hkdf_data, derive_hkdf},
    {Mech::sp800_108_counter_kdf, derive_kbkdf},
    {Mech::sp800_108_feedback_kdf, derive_kbkdf},
    {Mech::sp800_108_double_pipeline_kdf, derive_kbkdf},
    {Mech::tls_master_key_derive, derive_tls_master},
    {Mech::tls_master_key_derive_dh, derive_tls_master},
    {Mech::tls12_master_key_derive, derive_tls_master},
    {Mech::tls12_master_key_derive_dh, derive_tls_master},
    {Mech::tls12_extended_master_key_derive, derive_tls_master},
    {Mech::tls12_extended_master_key_derive_dh, derive_tls_master},
    {Mech::tls12_kdf, derive_tls_export},
    {Mech::tls_kdf, derive_tls_export},
    {Mech::ike2_prf_plus_derive, derive_ike2_prf_plus},
    {Mech::ike_prf_derive, derive_ike_prf},
    {Mech::ike1_prf_derive, derive_ike1_prf},
    {Mech::ike1_extended_derive, derive_ike1_extended},
    {Mech::keymantle_ssh_kdf, derive_ssh},
    {Mech::concatenate_base_and_key, derive_by_joining},
    {Mech::concatenate_base_and_data, derive_by_joining},
    {Mech::concatenate_data_and_base, derive_by_joining},
    {Mech::xor_base_and_data, derive_by_joining},
    {Mech::extract_key_from_key, derive_by_joining},
    {Mech::aes_ecb_encrypt_data, derive_by_encryption},
    {Mech::aes_cbc_encrypt_data, derive_by_encryption},
    {Mech::camellia_ecb_encrypt_data, derive_by_encryption},
    {Mech::camellia_cbc_encrypt_data, derive_by_encryption},
    {Mech::aria_ecb_encrypt_data, derive_by_encryption},
    {Mech::aria_cbc_encrypt_data, derive_by_encryption},
    {Mech::des_ecb_encrypt_data, derive_by_encryption},
    {Mech::des_cbc_encrypt_data, derive_by_encryption},
    {Mech::seed_ecb_encrypt_data, derive_by_encryption},
    {Mech::seed_cbc_encrypt_data, derive_by_encryption},
    {Mech::des3_ecb_encrypt_data, derive_by_encryption},
    {Mech::des3_cbc_encrypt_data, derive_by_encryption},
    {Mech::shake_128_key_derivation, derive_by_hash},
    {Mech::shake_256_key_derivation, derive_by_hash},
});

/// What two keys agree on, as long as a coordinate. `validate` asks libcrypto for the full validation of the peer's key.
Result<Secret> agree(EVP_PKEY* own, EVP_PKEY* peer, std::size_t size, bool validate = true) {
  const QuietErrors quiet;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::get().context(), own, nullptr));
  must(context != nullptr && EVP_PKEY_derive_init(context.get()) > 0, "cannot start a key agreement");
  unsigned pad = 1;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad), OSSL_PARAM_construct_end()};
  if (EVP_PKEY_is_a(own, "DH") != 0) must(EVP_PKEY_CTX_set_params(context.get(), params), "cannot start a key agreement");
  Secret shared(size);
  if (EVP_PKEY_derive_set_peer_ex(context.get(), peer, validate ? 1 : 0) <= 0 ||
      EVP_PKEY_derive(context.get(), shared.fill(SecretAccess::use()).data(), &size) <= 0 || size != shared.size())
    return fail(Rv::mechanism_param_invalid, "the public value does not give a shared secret");
  return shared;
}

/// The x coordinate of the shared point, or what X25519 and X448 give.
Result<Secret> agree_on_curve(const PairKey& own, ByteView public_data) {
  if (own.type() == KeyType::ec_montgomery) {
    const auto& curve = raw_curve_of(own);
    const auto octets = bare_point(public_data, curve.octets);
    if (!octets) return fail(Rv::mechanism_param_invalid, "the public data is not a public key of this curve");
    const auto peer = make_raw_public(curve, *octets);
    if (peer == nullptr) return fail(Rv::mechanism_param_invalid, "the public data is not a public key of this curve");
    return agree(own.pkey(), peer.get(), curve.octets);
  }
  const auto point = uncompressed_point(own.curve(), public_data);
  if (!point) return fail(Rv::mechanism_param_invalid, "the public data is not an uncompressed point of this curve");
  const auto peer = make_ec_peer(own, *point);
  if (peer == nullptr) return fail(Rv::mechanism_param_invalid, "the public point is not on the curve");
  // SP 800-56A, 5.6.2.3.4: the point is not at infinity, in range and on the curve. What the full validation has beyond that, the
  // point's order, is given by the cofactor 1, and would take as long as the agreement.
  return agree(own.pkey(), peer.get(), own.curve().octets(), false);
}

}  // namespace

Result<Secret> derive(const Mechanism& mechanism, const Key& base_key, std::uint64_t length, std::span<const KeyPtr> others) {
  if (length > kMostDerived) return fail(Rv::key_size_range, "the derived key would be too long");
  const Derivation wanted{mechanism, base_key, length, others};
  for (const auto& row : kDerivers)
    if (static_cast<std::uint64_t>(row.id) == mechanism.type) return row.derive(wanted);
  if (hash_of(mechanism.type, &Hash::key_derivation) != nullptr) return derive_by_hash(wanted);
  return fail(Rv::mechanism_invalid, "nothing is derived by this mechanism");
}

Secret expand_x9_63(const Hash& hash, const Secret& shared, ByteView shared_data, std::uint64_t length) {
  Secret out(length);
  auto rest = out.fill(SecretAccess::use());
  std::array<std::uint8_t, kMostHash> block;
  for (std::uint32_t counter = 1; !rest.empty(); ++counter) {
    const std::array<std::uint8_t, 4> number = {
        static_cast<std::uint8_t>(counter >> 24), static_cast<std::uint8_t>(counter >> 16),
        static_cast<std::uint8_t>(counter >> 8), static_cast<std::uint8_t>(counter)};
    digest_into(hash, {shared.reveal(SecretAccess::use()), number, shared_data}, block.data());
    const auto size = std::min(rest.size(), hash.size);
    std::copy_n(block.begin(), size, rest.begin());
    rest = rest.subspan(size);
  }
  wipe(block);
  return out;
}

Result<Secret> leading(Secret value, std::uint64_t length) {
  if (length > value.size()) return fail(Rv::key_size_range, "what was derived is shorter than the key wanted");
  if (length != 0) value.shrink(length);
  return value;
}

Result<Secret> trailing(Secret value, std::uint64_t length) {
  if (length > value.size()) return fail(Rv::key_size_range, "the shared secret is shorter than the key wanted");
  if (length == 0 || length == value.size()) return value;
  return Secret::copy_of(value.reveal(SecretAccess::use()).last(length));
}

Result<Secret> derive_ecdh(const Derivation& wanted) {
  const auto* params = std::get_if<Ecdh1Params>(&wanted.mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "ECDH needs CK_ECDH1_DERIVE_PARAMS");
  const bool plain = params->kdf == static_cast<std::uint64_t>(Kdf::null);
  const auto* hash = hash_of(static_cast<Kdf>(params->kdf));
  if (!plain && hash == nullptr) return fail(Rv::mechanism_param_invalid, "ECDH with an unknown key derivation function");
  if (plain && !params->shared_data.empty()) return fail(Rv::mechanism_param_invalid, "CKD_NULL takes no shared data");
  const auto* own = pair_of(wanted.base);
  if (own == nullptr || !own->is_private() || (own->type() != KeyType::ec && own->type() != KeyType::ec_montgomery))
    return fail(Rv::key_type_inconsistent, "ECDH needs the private key of a curve for it");
  auto shared = TRY(agree_on_curve(*own, params->public_data));
  if (plain) return trailing(std::move(shared), wanted.length);
  return expand_x9_63(*hash, shared, params->shared_data, wanted.length != 0 ? wanted.length : hash->size);
}

Result<Secret> derive_dh(const Derivation& wanted) {
  const auto* params = std::get_if<RawParams>(&wanted.mechanism.params);
  if (params == nullptr || params->octets.empty())
    return fail(Rv::mechanism_param_invalid, "CKM_DH_PKCS_DERIVE needs the other party's public value");
  const auto* own = pair_of(wanted.base);
  if (own == nullptr || !own->is_private() || own->type() != KeyType::dh)
    return fail(Rv::key_type_inconsistent, "the mechanism needs a Diffie-Hellman private key");
  const auto peer = make_dh_public(*own, params->octets);
  if (peer == nullptr) return fail(Rv::mechanism_param_invalid, "the public value is not between 1 and the prime less one");
  return trailing(TRY(agree(own->pkey(), peer.get(), own->modulus_size())), wanted.length);
}

}  // namespace hsm::crypto
