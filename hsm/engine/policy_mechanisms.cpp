#include <algorithm>
#include <array>

#include "hsm/engine/policy.h"

// What the rules need to know of mechanisms. By number: most of them have no name in the engine, which does not know them.

namespace hsm::engine::policy {
namespace {

struct TraitRow {
  std::uint64_t mechanism;
  std::uint32_t traits;
};
constexpr auto kTraits = std::to_array<TraitRow>({
    {0x0001, takes_padding_off},                   // CKM_RSA_PKCS
    {0x0003, raw_rsa},                             // CKM_RSA_X_509
    {0x0005, is_broken},                           // CKM_MD5_RSA_PKCS
    {0x0009, keeps_keys | authenticates},          // CKM_RSA_PKCS_OAEP
    {0x0056, reveals_octets | derives_by_mac},     // CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE: the version in the pre-master secret
    {0x0057, derives_by_mac},                      // CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH
    {0x0120, is_broken},                           // CKM_DES_KEY_GEN
    {0x0121, is_broken},                           // CKM_DES_ECB
    {0x0122, is_broken},                           // CKM_DES_CBC
    {0x0123, is_broken},                           // CKM_DES_MAC
    {0x0124, is_broken},                           // CKM_DES_MAC_GENERAL
    {0x0125, is_broken | takes_padding_off},       // CKM_DES_CBC_PAD
    {0x0130, is_broken},                           // CKM_DES2_KEY_GEN
    {0x0131, is_legacy},                           // CKM_DES3_KEY_GEN
    {0x0132, is_legacy},                           // CKM_DES3_ECB
    {0x0133, is_legacy},                           // CKM_DES3_CBC
    {0x0134, is_legacy},                           // CKM_DES3_MAC
    {0x0135, is_legacy},                           // CKM_DES3_MAC_GENERAL
    {0x0136, is_legacy | takes_padding_off},       // CKM_DES3_CBC_PAD
    {0x0137, is_legacy},                           // CKM_DES3_CMAC_GENERAL
    {0x0138, is_legacy},                           // CKM_DES3_CMAC
    {0x0150, is_broken},                           // CKM_DES_OFB64
    {0x0152, is_broken},                           // CKM_DES_CFB64
    {0x0153, is_broken},                           // CKM_DES_CFB8
    {0x0210, is_broken},                           // CKM_MD5
    {0x0211, is_broken},                           // CKM_MD5_HMAC
    {0x0212, is_broken},                           // CKM_MD5_HMAC_GENERAL
    {0x0360, reveals_octets},                      // CKM_CONCATENATE_BASE_AND_KEY
    {0x0362, reveals_octets},                      // CKM_CONCATENATE_BASE_AND_DATA
    {0x0363, reveals_octets},                      // CKM_CONCATENATE_DATA_AND_BASE
    {0x0364, reveals_octets},                      // CKM_XOR_BASE_AND_DATA
    {0x0365, reveals_octets},                      // CKM_EXTRACT_KEY_FROM_KEY
    {0x0375, is_broken},                           // CKM_TLS_MASTER_KEY_DERIVE
    {0x0376, is_broken},                           // CKM_TLS_KEY_AND_MAC_DERIVE
    {0x0377, is_broken},                           // CKM_TLS_MASTER_KEY_DERIVE_DH
    {0x0378, is_broken},                           // CKM_TLS_PRF
    {0x0390, is_broken},                           // CKM_MD5_KEY_DERIVATION
    {0x03A8, from_password},                       // CKM_PBE_SHA1_DES3_EDE_CBC
    {0x03A9, from_password | is_broken},           // CKM_PBE_SHA1_DES2_EDE_CBC
    {0x03AC, derives_by_mac},                      // CKM_SP800_108_COUNTER_KDF
    {0x03AD, derives_by_mac},                      // CKM_SP800_108_FEEDBACK_KDF
    {0x03AE, derives_by_mac},                      // CKM_SP800_108_DOUBLE_PIPELINE_KDF
    {0x03B0, from_password},                       // CKM_PKCS5_PBKD2
    {0x03C0, from_password},                       // CKM_PBA_SHA1_WITH_SHA1_HMAC
    {0x03D9, derives_by_mac},                      // CKM_TLS12_KDF
    {0x03E0, reveals_octets | derives_by_mac},     // CKM_TLS12_MASTER_KEY_DERIVE: the same
    {0x03E1, reveals_octets | derives_by_mac},     // CKM_TLS12_KEY_AND_MAC_DERIVE: as IVs, what with other sizes is a key
    {0x03E2, derives_by_mac},                      // CKM_TLS12_MASTER_KEY_DERIVE_DH
    {0x03E3, derives_by_mac},                      // CKM_TLS12_KEY_SAFE_DERIVE
    {0x03E5, derives_by_mac},                      // CKM_TLS_KDF
    {0x0555, takes_padding_off},                   // CKM_CAMELLIA_CBC_PAD
    {0x0556, reveals_octets | encrypts_data},      // CKM_CAMELLIA_ECB_ENCRYPT_DATA
    {0x0557, reveals_octets | encrypts_data},      // CKM_CAMELLIA_CBC_ENCRYPT_DATA
    {0x0565, takes_padding_off},                   // CKM_ARIA_CBC_PAD
    {0x0566, reveals_octets | encrypts_data},      // CKM_ARIA_ECB_ENCRYPT_DATA
    {0x0567, reveals_octets | encrypts_data},      // CKM_ARIA_CBC_ENCRYPT_DATA
    {0x0655, takes_padding_off},                   // CKM_SEED_CBC_PAD
    {0x0656, reveals_octets | encrypts_data},      // CKM_SEED_ECB_ENCRYPT_DATA
    {0x0657, reveals_octets | encrypts_data},      // CKM_SEED_CBC_ENCRYPT_DATA
    {0x1053, keeps_keys | authenticates},          // CKM_ECDH_AES_KEY_WRAP
    {0x1054, keeps_keys | authenticates},          // CKM_RSA_AES_KEY_WRAP
    {0x1085, takes_padding_off},                   // CKM_AES_CBC_PAD
    {0x1087, authenticates},                       // CKM_AES_GCM
    {0x1088, authenticates},                       // CKM_AES_CCM
    {0x1100, is_broken | reveals_octets | encrypts_data},  // CKM_DES_ECB_ENCRYPT_DATA
    {0x1101, is_broken | reveals_octets | encrypts_data},  // CKM_DES_CBC_ENCRYPT_DATA
    {0x1102, reveals_octets | encrypts_data},      // CKM_DES3_ECB_ENCRYPT_DATA
    {0x1103, reveals_octets | encrypts_data},      // CKM_DES3_CBC_ENCRYPT_DATA
    {0x1104, reveals_octets | encrypts_data},      // CKM_AES_ECB_ENCRYPT_DATA
    {0x1105, reveals_octets | encrypts_data},      // CKM_AES_CBC_ENCRYPT_DATA
    {0x1200, is_legacy},                        // CKM_GOSTR3410_KEY_PAIR_GEN
    {0x1201, is_legacy},                        // CKM_GOSTR3410
    {0x1202, is_legacy},                        // CKM_GOSTR3410_WITH_GOSTR3411
    {0x1210, is_legacy},                        // CKM_GOSTR3411
    {0x1211, is_legacy},                        // CKM_GOSTR3411_HMAC
    {0x2109, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP
    {0x210A, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP_PAD
    {0x210B, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP_KWP
    {0x210C, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP_PKCS7
    {0x4021, authenticates},                       // CKM_CHACHA20_POLY1305
    {0x402A, derives_by_mac},                      // CKM_HKDF_DERIVE
    {0x402B, derives_by_mac},                      // CKM_HKDF_DATA
    {0x402E, derives_by_mac},                      // CKM_IKE2_PRF_PLUS_DERIVE
    {0x402F, derives_by_mac},                      // CKM_IKE_PRF_DERIVE
    {0x4030, derives_by_mac},                      // CKM_IKE1_PRF_DERIVE
    {0x4031, reveals_octets | derives_by_mac},     // CKM_IKE1_EXTENDED_DERIVE: a short key is the beginning of its base
    {0x4038, keeps_keys | authenticates},          // CKM_ECDH_X_AES_KEY_WRAP
    {0x4039, keeps_keys | authenticates},          // CKM_ECDH_COF_AES_KEY_WRAP
});
static_assert(std::ranges::is_sorted(kTraits, std::ranges::less_equal{}, &TraitRow::mechanism));

/// Hashes by the numbers that pseudo-random functions, mask generators and key derivations have for them.
struct HashRow {
  Mech hash;
  Mech prf;
  Mgf mgf{};  ///< zero where there is none
  Kdf kdf{};
};
constexpr auto kHashes = std::to_array<HashRow>({
    {Mech::sha_1, Mech::sha_1_hmac, Mgf::sha1, Kdf::sha1},
    {Mech::sha224, Mech::sha224_hmac, Mgf::sha224, Kdf::sha224},
    {Mech::sha256, Mech::sha256_hmac, Mgf::sha256, Kdf::sha256},
    {Mech::sha384, Mech::sha384_hmac, Mgf::sha384, Kdf::sha384},
    {Mech::sha512, Mech::sha512_hmac, Mgf::sha512, Kdf::sha512},
    {Mech::sha512_224, Mech::sha512_224_hmac},
    {Mech::sha512_256, Mech::sha512_256_hmac},
    {Mech::sha3_224, Mech::sha3_224_hmac, Mgf::sha3_224, Kdf::sha3_224},
    {Mech::sha3_256, Mech::sha3_256_hmac, Mgf::sha3_256, Kdf::sha3_256},
    {Mech::sha3_384, Mech::sha3_384_hmac, Mgf::sha3_384, Kdf::sha3_384},
    {Mech::sha3_512, Mech::sha3_512_hmac, Mgf::sha3_512, Kdf::sha3_512},
    {Mech::blake2b_512, Mech::blake2b_512_hmac},
});

/// Collects the hashes that a parameter names: one overload for each structure that names any.
struct HashesInside {
  MechanismSet found;

  void operator()(const PssParams& p) { hash(p.hash), by(&HashRow::mgf, p.mgf); }
  void operator()(const OaepParams& p) { hash(p.hash), by(&HashRow::mgf, p.mgf); }
  void operator()(const RsaAesParams& p) { (*this)(p.oaep); }
  void operator()(const Ecdh1Params& p) { by(&HashRow::kdf, p.kdf); }
  void operator()(const EcdhAesParams& p) { by(&HashRow::kdf, p.kdf); }
  void operator()(const HkdfParams& p) { hash(p.hash); }
  void operator()(const SignContextParams& p) { hash(p.hash); }
  void operator()(const KbkdfParams& p) { prf(p.prf); }
  void operator()(const TlsMasterParams& p) { hash(p.hash); }
  void operator()(const TlsKeyBlockParams& p) { hash(p.hash); }
  void operator()(const TlsKdfParams& p) { hash(p.hash); }
  void operator()(const TlsMacParams& p) { hash(p.hash); }
  void operator()(const Ike2PrfPlusParams& p) { prf(p.prf); }
  void operator()(const IkePrfParams& p) { prf(p.prf); }
  void operator()(const Ike1PrfParams& p) { prf(p.prf); }
  void operator()(const Ike1ExtendedParams& p) { prf(p.prf); }
  void operator()(const SshKdfParams& p) { hash(p.hash); }
  template <class Other>
  void operator()(const Other&) {}

 private:
  void hash(std::uint64_t number) {
    if (number != 0) found.push_back(number);
  }
  template <class Number>
  bool by(Number HashRow::*column, std::uint64_t number) {
    const auto row = std::ranges::find(kHashes, static_cast<Number>(number), column);
    if (row != kHashes.end() && number != 0) hash(static_cast<std::uint64_t>(row->hash));
    return row != kHashes.end();
  }
  /// One that is made of no hash counts by itself.
  void prf(std::uint64_t number) {
    if (!by(&HashRow::prf, number)) hash(number);
  }
};

constexpr std::uint32_t refused_uses(std::uint32_t traits, Mech id) {
  if ((traits & is_broken) != 0) return ~0u;
  const std::uint32_t derives = (traits & reveals_octets) != 0 ? std::uint32_t{uses_derive} : 0u;
  constexpr std::uint32_t kProtects = uses_encrypt | uses_sign | uses_wrap | uses_generate | uses_generate_pair;
  const std::uint32_t protects = (traits & is_legacy) != 0 ? kProtects : 0u;
  const std::uint32_t makes = (traits & from_password) != 0 ? std::uint32_t{uses_generate} : 0u;
  return derives | protects | makes | (id == Mech::rsa_pkcs ? std::uint32_t{uses_unwrap} : 0u);
}

std::uint32_t traits_of(std::uint64_t mechanism) {
  const auto row = std::ranges::lower_bound(kTraits, mechanism, {}, &TraitRow::mechanism);
  return row != kTraits.end() && row->mechanism == mechanism ? row->traits : 0;
}

}  // namespace

bool has(std::uint64_t mechanism, MechanismTrait trait) { return (traits_of(mechanism) & trait) != 0; }

bool signs_freely(const Object& key) {
  if (!key.has(can_sign)) return false;
  if (!key.has(restricts_mechanisms)) return true;
  return std::ranges::any_of(all_mechanisms(), [&](const MechanismRow& row) {
    return (row.uses & uses_sign) != 0 && row.param != Param::tls_mac && key.allows(static_cast<std::uint64_t>(row.id));
  });
}

MechanismSet hashes_inside(const Mechanism& mechanism) {
  HashesInside hashes;
  std::visit(hashes, mechanism.params);
  return std::move(hashes.found);
}

Uses offered(PolicyProfile profile, const MechanismRow& row) {
  if (!enforces(profile, Check::derived_keys) || !enforces(profile, Check::pkcs1_oracle)) return static_cast<Uses>(row.uses);
  return static_cast<Uses>(row.uses & ~refused_uses(traits_of(static_cast<std::uint64_t>(row.id)), row.id));
}

Result<const MechanismRow*> known(std::uint64_t mechanism) {
  const auto* row = TRY(find_mechanism(mechanism));
  if (!crypto::available(*row)) return fail(Rv::mechanism_invalid, "this libcrypto does not have the mechanism");
  return row;
}

Status well_formed(const Mechanism& mechanism) {
  if (const auto* malformed = std::get_if<MalformedParams>(&mechanism.params))
    return fail(Rv::mechanism_param_invalid, "the mechanism's parameter").about(malformed->why);
  return Done{};
}

Result<const MechanismRow*> usable(PolicyProfile profile, const Mechanism& mechanism, Uses use) {
  const auto* row = TRY(known(mechanism.type));
  if ((row->uses & use) == 0) return fail(Rv::mechanism_invalid, "the mechanism is not for this use");
  if ((offered(profile, *row) & use) == 0)
    return fail(Rv::mechanism_invalid, "the token's strict policy refuses this mechanism for this use");
  TRY(well_formed(mechanism));
  return row;
}

}  // namespace hsm::engine::policy
