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
    {0x0056, reveals_octets},                      // CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE: the version in the pre-master secret
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
    {0x0390, is_broken},                           // CKM_MD5_KEY_DERIVATION
    {0x03A8, from_password},                       // CKM_PBE_SHA1_DES3_EDE_CBC
    {0x03A9, from_password | is_broken},           // CKM_PBE_SHA1_DES2_EDE_CBC
    {0x03B0, from_password},                       // CKM_PKCS5_PBKD2
    {0x03C0, from_password},                       // CKM_PBA_SHA1_WITH_SHA1_HMAC
    {0x03E0, reveals_octets},                      // CKM_TLS12_MASTER_KEY_DERIVE: the same
    {0x03E1, reveals_octets},                      // CKM_TLS12_KEY_AND_MAC_DERIVE: as IVs, what with other sizes is a key
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
    {0x2109, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP
    {0x210A, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP_PAD
    {0x210B, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP_KWP
    {0x210C, keeps_keys | authenticates},          // CKM_AES_KEY_WRAP_PKCS7
    {0x4021, authenticates},                       // CKM_CHACHA20_POLY1305
    {0x4031, reveals_octets},                      // CKM_IKE1_EXTENDED_DERIVE: a short key is the beginning of its base
    {0x4038, keeps_keys | authenticates},          // CKM_ECDH_X_AES_KEY_WRAP
    {0x4039, keeps_keys | authenticates},          // CKM_ECDH_COF_AES_KEY_WRAP
});
static_assert(std::ranges::is_sorted(kTraits, std::ranges::less_equal{}, &TraitRow::mechanism));

/// Hashes by the numbers that mask generators and key derivations have for them.
struct HashRow {
  Mech hash;
  Mgf mgf;
  Kdf kdf;
};
constexpr auto kHashes = std::to_array<HashRow>({
    {Mech::sha_1, Mgf::sha1, Kdf::sha1}, {Mech::sha224, Mgf::sha224, Kdf::sha224}, {Mech::sha256, Mgf::sha256, Kdf::sha256},
    {Mech::sha384, Mgf::sha384, Kdf::sha384}, {Mech::sha512, Mgf::sha512, Kdf::sha512},
    {Mech::sha3_224, Mgf::sha3_224, Kdf::sha3_224}, {Mech::sha3_256, Mgf::sha3_256, Kdf::sha3_256},
    {Mech::sha3_384, Mgf::sha3_384, Kdf::sha3_384}, {Mech::sha3_512, Mgf::sha3_512, Kdf::sha3_512},
});

template <class Number>
void add_hash(MechanismSet& hashes, std::uint64_t number, Number HashRow::*column) {
  const auto row = std::ranges::find(kHashes, static_cast<Number>(number), column);
  if (row != kHashes.end()) hashes.push_back(static_cast<std::uint64_t>(row->hash));
}

constexpr std::uint32_t refused_uses(std::uint32_t traits, Mech id) {
  if ((traits & is_broken) != 0) return ~0u;
  const std::uint32_t derives = (traits & reveals_octets) != 0 ? std::uint32_t{uses_derive} : 0u;
  constexpr std::uint32_t kProtects = uses_encrypt | uses_sign | uses_wrap | uses_generate;
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

MechanismSet hashes_inside(const Mechanism& mechanism) {
  MechanismSet hashes;
  if (const auto* pss = std::get_if<PssParams>(&mechanism.params)) {
    hashes.push_back(pss->hash);
    add_hash(hashes, pss->mgf, &HashRow::mgf);
  } else if (const auto* oaep = std::get_if<OaepParams>(&mechanism.params)) {
    hashes.push_back(oaep->hash);
    add_hash(hashes, oaep->mgf, &HashRow::mgf);
  } else if (const auto* envelope = std::get_if<RsaAesParams>(&mechanism.params)) {
    hashes.push_back(envelope->oaep.hash);
    add_hash(hashes, envelope->oaep.mgf, &HashRow::mgf);
  } else if (const auto* ecdh = std::get_if<Ecdh1Params>(&mechanism.params)) {
    add_hash(hashes, ecdh->kdf, &HashRow::kdf);
  } else if (const auto* wrapping = std::get_if<EcdhAesParams>(&mechanism.params)) {
    add_hash(hashes, wrapping->kdf, &HashRow::kdf);
  } else if (const auto* hkdf = std::get_if<HkdfParams>(&mechanism.params)) {
    hashes.push_back(hkdf->hash);
  } else if (const auto* master = std::get_if<TlsMasterParams>(&mechanism.params)) {
    hashes.push_back(master->hash);
  } else if (const auto* block = std::get_if<TlsKeyBlockParams>(&mechanism.params)) {
    hashes.push_back(block->hash);
  } else if (const auto* exporter = std::get_if<TlsKdfParams>(&mechanism.params)) {
    hashes.push_back(exporter->hash);
  } else if (const auto* finished = std::get_if<TlsMacParams>(&mechanism.params)) {
    hashes.push_back(finished->hash);
  } else if (const auto* ssh = std::get_if<SshKdfParams>(&mechanism.params)) {
    hashes.push_back(ssh->hash);
  }
  return hashes;
}

Uses offered(PolicyProfile profile, const MechanismRow& row) {
  if (!is_on(profile, Check::derived_keys) || !is_on(profile, Check::pkcs1_oracle)) return static_cast<Uses>(row.uses);
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
