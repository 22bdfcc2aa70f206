#include "hsm/model/mechanism.h"

#include <algorithm>
#include <array>

namespace hsm {
namespace {

using Size = MechanismRow::Size;

// Keys are made with at least 2048 bits; older ones may be brought in and used.
constexpr Size kNewRsa{2048, 8192, Unit::bits};
constexpr Size kRsa{1024, 16384, Unit::bits};
constexpr Size kEc{224, 521, Unit::bits};
constexpr Size kAes{16, 32, Unit::bytes};
constexpr Size kMacKey{1, 4096, Unit::bytes};
// PKCS#11 3.1, 6.8.2 counts these in bits.
constexpr Size kSecret{8, 32768, Unit::bits};

constexpr std::uint32_t kSigns = uses_sign | uses_verify;
constexpr std::uint32_t kRecovers = uses_sign_recover | uses_verify_recover;
constexpr std::uint32_t kEncrypts = uses_encrypt | uses_decrypt;
constexpr std::uint32_t kWraps = uses_wrap | uses_unwrap;
constexpr std::uint32_t kEncapsulates = uses_encapsulate | uses_decapsulate;

constexpr MechanismRow rsa_signature(Mech id, std::string_view name, Param param) {
  return {.id = id, .name = name, .key = KeyType::rsa, .keyed = true, .size = kRsa, .uses = kSigns, .param = param,
          .multipart = true};
}
constexpr MechanismRow ecdsa(Mech id, std::string_view name) {
  return {.id = id, .name = name, .key = KeyType::ec, .keyed = true, .size = kEc, .uses = kSigns, .multipart = true};
}
constexpr MechanismRow digest(Mech id, std::string_view name) {
  return {.id = id, .name = name, .uses = uses_digest, .multipart = true};
}
constexpr MechanismRow mac(Mech id, std::string_view name, Param param = Param::none) {
  return {.id = id, .name = name, .key = KeyType::generic_secret, .keyed = true, .size = kMacKey, .uses = kSigns,
          .param = param, .multipart = true};
}
constexpr MechanismRow mac_general(Mech id, std::string_view name) { return mac(id, name, Param::mac_general); }
constexpr MechanismRow aes(Mech id, std::string_view name, Param param, bool multipart = true) {
  return {.id = id, .name = name, .key = KeyType::aes, .keyed = true, .size = kAes, .uses = kEncrypts | kWraps,
          .param = param, .multipart = multipart};
}
constexpr MechanismRow aead(Mech id, std::string_view name, Param param, MessageForm message) {
  auto row = aes(id, name, param);
  row.message = message;
  return row;
}
constexpr MechanismRow aes_stream(Mech id, std::string_view name) {
  return {.id = id, .name = name, .key = KeyType::aes, .keyed = true, .size = kAes, .uses = kEncrypts, .param = Param::iv,
          .multipart = true};
}
constexpr MechanismRow aes_mac(Mech id, std::string_view name, Param param) {
  return {.id = id, .name = name, .key = KeyType::aes, .keyed = true, .size = kAes, .uses = kSigns, .param = param,
          .multipart = true};
}
constexpr MechanismRow agreement(Mech id, std::string_view name) {
  return {.id = id, .name = name, .key = KeyType::ec, .keyed = true, .size = kEc, .uses = uses_derive | kEncapsulates,
          .param = Param::ecdh1};
}

constexpr auto kMechanisms = std::to_array<MechanismRow>({
    {.id = Mech::rsa_pkcs_key_pair_gen, .name = "CKM_RSA_PKCS_KEY_PAIR_GEN", .key = KeyType::rsa, .keyed = true,
     .size = kNewRsa, .uses = uses_generate_pair},
    {.id = Mech::rsa_pkcs, .name = "CKM_RSA_PKCS", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kSigns | kRecovers | kEncrypts | kWraps},
    {.id = Mech::rsa_x_509, .name = "CKM_RSA_X_509", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kSigns | kRecovers | kEncrypts},
    rsa_signature(Mech::sha1_rsa_pkcs, "CKM_SHA1_RSA_PKCS", Param::none),
    {.id = Mech::rsa_pkcs_oaep, .name = "CKM_RSA_PKCS_OAEP", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kEncrypts | kWraps | kEncapsulates, .param = Param::oaep},
    {.id = Mech::rsa_pkcs_pss, .name = "CKM_RSA_PKCS_PSS", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kSigns, .param = Param::pss},
    rsa_signature(Mech::sha1_rsa_pkcs_pss, "CKM_SHA1_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha256_rsa_pkcs, "CKM_SHA256_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha384_rsa_pkcs, "CKM_SHA384_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha512_rsa_pkcs, "CKM_SHA512_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha256_rsa_pkcs_pss, "CKM_SHA256_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha384_rsa_pkcs_pss, "CKM_SHA384_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha512_rsa_pkcs_pss, "CKM_SHA512_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha224_rsa_pkcs, "CKM_SHA224_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha224_rsa_pkcs_pss, "CKM_SHA224_RSA_PKCS_PSS", Param::pss),
    digest(Mech::sha512_224, "CKM_SHA512_224"),
    mac(Mech::sha512_224_hmac, "CKM_SHA512_224_HMAC"),
    mac_general(Mech::sha512_224_hmac_general, "CKM_SHA512_224_HMAC_GENERAL"),
    digest(Mech::sha512_256, "CKM_SHA512_256"),
    mac(Mech::sha512_256_hmac, "CKM_SHA512_256_HMAC"),
    mac_general(Mech::sha512_256_hmac_general, "CKM_SHA512_256_HMAC_GENERAL"),
    rsa_signature(Mech::sha3_256_rsa_pkcs, "CKM_SHA3_256_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_384_rsa_pkcs, "CKM_SHA3_384_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_512_rsa_pkcs, "CKM_SHA3_512_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_256_rsa_pkcs_pss, "CKM_SHA3_256_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha3_384_rsa_pkcs_pss, "CKM_SHA3_384_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha3_512_rsa_pkcs_pss, "CKM_SHA3_512_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha3_224_rsa_pkcs, "CKM_SHA3_224_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_224_rsa_pkcs_pss, "CKM_SHA3_224_RSA_PKCS_PSS", Param::pss),
    digest(Mech::sha_1, "CKM_SHA_1"),
    mac(Mech::sha_1_hmac, "CKM_SHA_1_HMAC"),
    mac_general(Mech::sha_1_hmac_general, "CKM_SHA_1_HMAC_GENERAL"),
    digest(Mech::sha256, "CKM_SHA256"),
    mac(Mech::sha256_hmac, "CKM_SHA256_HMAC"),
    mac_general(Mech::sha256_hmac_general, "CKM_SHA256_HMAC_GENERAL"),
    digest(Mech::sha224, "CKM_SHA224"),
    mac(Mech::sha224_hmac, "CKM_SHA224_HMAC"),
    mac_general(Mech::sha224_hmac_general, "CKM_SHA224_HMAC_GENERAL"),
    digest(Mech::sha384, "CKM_SHA384"),
    mac(Mech::sha384_hmac, "CKM_SHA384_HMAC"),
    mac_general(Mech::sha384_hmac_general, "CKM_SHA384_HMAC_GENERAL"),
    digest(Mech::sha512, "CKM_SHA512"),
    mac(Mech::sha512_hmac, "CKM_SHA512_HMAC"),
    mac_general(Mech::sha512_hmac_general, "CKM_SHA512_HMAC_GENERAL"),
    digest(Mech::sha3_256, "CKM_SHA3_256"),
    mac(Mech::sha3_256_hmac, "CKM_SHA3_256_HMAC"),
    mac_general(Mech::sha3_256_hmac_general, "CKM_SHA3_256_HMAC_GENERAL"),
    digest(Mech::sha3_224, "CKM_SHA3_224"),
    mac(Mech::sha3_224_hmac, "CKM_SHA3_224_HMAC"),
    mac_general(Mech::sha3_224_hmac_general, "CKM_SHA3_224_HMAC_GENERAL"),
    digest(Mech::sha3_384, "CKM_SHA3_384"),
    mac(Mech::sha3_384_hmac, "CKM_SHA3_384_HMAC"),
    mac_general(Mech::sha3_384_hmac_general, "CKM_SHA3_384_HMAC_GENERAL"),
    digest(Mech::sha3_512, "CKM_SHA3_512"),
    mac(Mech::sha3_512_hmac, "CKM_SHA3_512_HMAC"),
    mac_general(Mech::sha3_512_hmac_general, "CKM_SHA3_512_HMAC_GENERAL"),
    {.id = Mech::generic_secret_key_gen, .name = "CKM_GENERIC_SECRET_KEY_GEN", .key = KeyType::generic_secret, .keyed = true,
     .size = kSecret, .uses = uses_generate},
    {.id = Mech::ec_key_pair_gen, .name = "CKM_EC_KEY_PAIR_GEN", .key = KeyType::ec, .keyed = true, .size = kEc,
     .uses = uses_generate_pair},
    {.id = Mech::ecdsa, .name = "CKM_ECDSA", .key = KeyType::ec, .keyed = true, .size = kEc, .uses = kSigns},
    ecdsa(Mech::ecdsa_sha1, "CKM_ECDSA_SHA1"),
    ecdsa(Mech::ecdsa_sha224, "CKM_ECDSA_SHA224"),
    ecdsa(Mech::ecdsa_sha256, "CKM_ECDSA_SHA256"),
    ecdsa(Mech::ecdsa_sha384, "CKM_ECDSA_SHA384"),
    ecdsa(Mech::ecdsa_sha512, "CKM_ECDSA_SHA512"),
    ecdsa(Mech::ecdsa_sha3_224, "CKM_ECDSA_SHA3_224"),
    ecdsa(Mech::ecdsa_sha3_256, "CKM_ECDSA_SHA3_256"),
    ecdsa(Mech::ecdsa_sha3_384, "CKM_ECDSA_SHA3_384"),
    ecdsa(Mech::ecdsa_sha3_512, "CKM_ECDSA_SHA3_512"),
    agreement(Mech::ecdh1_derive, "CKM_ECDH1_DERIVE"),
    agreement(Mech::ecdh1_cofactor_derive, "CKM_ECDH1_COFACTOR_DERIVE"),
    {.id = Mech::aes_key_gen, .name = "CKM_AES_KEY_GEN", .key = KeyType::aes, .keyed = true, .size = kAes,
     .uses = uses_generate},
    aes(Mech::aes_ecb, "CKM_AES_ECB", Param::none),
    aes(Mech::aes_cbc, "CKM_AES_CBC", Param::iv),
    aes(Mech::aes_cbc_pad, "CKM_AES_CBC_PAD", Param::iv),
    aes(Mech::aes_ctr, "CKM_AES_CTR", Param::ctr),
    aead(Mech::aes_gcm, "CKM_AES_GCM", Param::gcm, MessageForm::gcm),
    aes_mac(Mech::aes_cmac, "CKM_AES_CMAC", Param::none),
    aes_mac(Mech::aes_cmac_general, "CKM_AES_CMAC_GENERAL", Param::mac_general),
    aes_stream(Mech::aes_ofb, "CKM_AES_OFB"),
    aes_stream(Mech::aes_cfb8, "CKM_AES_CFB8"),
    aes_stream(Mech::aes_cfb128, "CKM_AES_CFB128"),
    aes(Mech::aes_key_wrap, "CKM_AES_KEY_WRAP", Param::optional_iv, false),
    aes(Mech::aes_key_wrap_pad, "CKM_AES_KEY_WRAP_PAD", Param::optional_iv, false),
    aes(Mech::aes_key_wrap_kwp, "CKM_AES_KEY_WRAP_KWP", Param::optional_iv, false),
});

template <std::size_t N>
constexpr bool strictly_ascending(const std::array<MechanismRow, N>& rows) {
  return std::ranges::adjacent_find(rows, [](const auto& a, const auto& b) { return a.id >= b.id; }) == rows.end();
}
constexpr bool well_named(const MechanismRow& row) { return row.name.starts_with("CKM_") && row.name.size() > 4; }
constexpr bool sized_where_keyed(const MechanismRow& row) {
  const bool sized = row.size.unit != Unit::none && row.size.least > 0 && row.size.least <= row.size.most;
  return row.keyed ? sized : row.size.unit == Unit::none;
}
constexpr bool generators_only_generate(const MechanismRow& row) {
  constexpr std::uint32_t kGenerates = uses_generate | uses_generate_pair;
  return (row.uses & kGenerates) == 0 || row.uses == uses_generate || row.uses == uses_generate_pair;
}
constexpr bool digests_take_no_key(const MechanismRow& row) { return ((row.uses & uses_digest) != 0) == !row.keyed; }
constexpr bool both_ways(const MechanismRow& row) {
  const auto pairs = [&](std::uint32_t a, std::uint32_t b) { return ((row.uses & a) != 0) == ((row.uses & b) != 0); };
  return pairs(uses_encrypt, uses_decrypt) && pairs(uses_sign, uses_verify) && pairs(uses_wrap, uses_unwrap) &&
         pairs(uses_sign_recover, uses_verify_recover) && pairs(uses_encapsulate, uses_decapsulate);
}

constexpr bool messages_are_encrypted(const MechanismRow& row) {
  return row.message == MessageForm::none || ((row.uses & kEncrypts) == kEncrypts && row.multipart);
}

static_assert(strictly_ascending(kMechanisms));
static_assert(std::ranges::all_of(kMechanisms, well_named));
static_assert(std::ranges::all_of(kMechanisms, sized_where_keyed));
static_assert(std::ranges::all_of(kMechanisms, generators_only_generate));
static_assert(std::ranges::all_of(kMechanisms, digests_take_no_key));
static_assert(std::ranges::all_of(kMechanisms, both_ways));
static_assert(std::ranges::all_of(kMechanisms, messages_are_encrypted));

}  // namespace

std::span<const MechanismRow> all_mechanisms() { return kMechanisms; }

Result<Mechanism> message_mechanism(const MechanismRow& row, const MessageParams& params, Bytes iv, ByteView associated) {
  const auto type = static_cast<std::uint64_t>(row.id);
  if (params.form != row.message) return fail(Rv::mechanism_param_invalid, "the parameter is not that of this mechanism's messages");
  switch (params.form) {
    case MessageForm::gcm:
      return Mechanism{type, GcmParams{std::move(iv), bytes_of(associated), params.tag_bits}};
    case MessageForm::none:
      break;
  }
  return fail(Rv::mechanism_param_invalid, "the mechanism has no messages");
}

Result<const MechanismRow*> find_mechanism(std::uint64_t id) {
  const auto it = std::ranges::lower_bound(kMechanisms, static_cast<Mech>(id), {}, &MechanismRow::id);
  if (it == kMechanisms.end() || it->id != static_cast<Mech>(id))
    return fail(Rv::mechanism_invalid, "not a mechanism of this token");
  return &*it;
}

}  // namespace hsm
