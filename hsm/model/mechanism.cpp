#include "hsm/model/mechanism.h"

#include <algorithm>
#include <array>

#include "hsm/model/attribute_rules.h"

namespace hsm {
namespace {

using Size = MechanismRow::Size;

// Keys are made with at least 2048 bits; older ones may be brought in and used.
constexpr Size kNewRsa{2048, 8192, Unit::bits};
constexpr Size kRsa{1024, 16384, Unit::bits};
constexpr Size kEc{224, 521, Unit::bits};
constexpr Size kAes{16, 32, Unit::bytes};
constexpr Size kMacKey{1, 16384, Unit::bytes};
constexpr Size kAnyPair{8, 16384, Unit::bits};
constexpr Size kDes{8, 8, Unit::bytes};
constexpr Size kDes2{16, 16, Unit::bytes};
constexpr Size kDes3{24, 24, Unit::bytes};
constexpr Size kAnyDes{8, 24, Unit::bytes};
constexpr Size kSeed{16, 16, Unit::bytes};
constexpr Size kXts{32, 64, Unit::bytes};
constexpr Size kKey256{32, 32, Unit::bytes};
constexpr Size kEdwards{255, 448, Unit::bits};
constexpr Size kGost{256, 256, Unit::bits};
constexpr Size kDh{1024, 8192, Unit::bits};
constexpr Size kDsa{1024, 3072, Unit::bits};
// A safe prime takes its time: longer ones are those of RFC 3526 and RFC 7919, which nobody has to make.
constexpr Size kNewDhDomain{1024, 2048, Unit::bits};
constexpr Size kMlKem{512, 1024, Unit::bits};
// Octets of the public key: the parameter sets have no other common measure (PKCS#11 3.2, 6.67 and 6.68).
constexpr Size kMlDsa{1312, 2592, Unit::bytes};
constexpr Size kSlhDsa{32, 64, Unit::bytes};
// RFC 4226, 4, R6, and as much as the hash takes without hashing it first.
constexpr Size kHotp{16, 64, Unit::bytes};
constexpr Size kSha1Key{20, 20, Unit::bytes};
constexpr Size kTlsMaster{48, 48, Unit::bytes};
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
constexpr MechanismRow cipher(Mech id, std::string_view name, KeyType key, Size size, Param param, bool multipart = true) {
  return {.id = id, .name = name, .key = key, .keyed = true, .size = size, .uses = kEncrypts | kWraps, .param = param,
          .multipart = multipart};
}
constexpr MechanismRow aes(Mech id, std::string_view name, Param param, bool multipart = true) {
  return cipher(id, name, KeyType::aes, kAes, param, multipart);
}
constexpr MechanismRow camellia(Mech id, std::string_view name, Param param) { return cipher(id, name, KeyType::camellia, kAes, param); }
constexpr MechanismRow aria(Mech id, std::string_view name, Param param) { return cipher(id, name, KeyType::aria, kAes, param); }
constexpr MechanismRow of_triple_des(MechanismRow row) {
  row.takes = Takes::triple_des;
  return row;
}
constexpr MechanismRow des3(Mech id, std::string_view name, Param param) {
  return of_triple_des(cipher(id, name, KeyType::des3, kDes3, param));
}
constexpr MechanismRow des(Mech id, std::string_view name, Param param) { return cipher(id, name, KeyType::des, kDes, param); }
constexpr MechanismRow seed(Mech id, std::string_view name, Param param) { return cipher(id, name, KeyType::seed, kSeed, param); }
/// PKCS#11 names these after single DES, other tokens take keys of Triple DES with them.
constexpr MechanismRow des_stream(Mech id, std::string_view name) {
  return {.id = id, .name = name, .key = KeyType::des, .keyed = true, .takes = Takes::any_des, .size = kAnyDes, .uses = kEncrypts,
          .param = Param::iv, .multipart = true};
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
  return {.id = id, .name = name, .key = KeyType::ec, .keyed = true, .takes = Takes::agreement, .size = kEc,
          .uses = uses_derive | kEncapsulates, .param = Param::ecdh1};
}
constexpr MechanismRow generator(Mech id, std::string_view name, KeyType key, Size size) {
  return {.id = id, .name = name, .key = key, .keyed = true, .size = size, .uses = uses_generate};
}
constexpr MechanismRow by_password(Mech id, std::string_view name, KeyType key, Size size) {
  auto row = generator(id, name, key, size);
  row.param = Param::pbe;
  return row;
}
constexpr MechanismRow pair_generator(Mech id, std::string_view name, KeyType key, Size size) {
  return {.id = id, .name = name, .key = key, .keyed = true, .size = size, .uses = uses_generate_pair};
}
constexpr MechanismRow domain_generator(Mech id, std::string_view name, KeyType key, Size size) {
  auto row = generator(id, name, key, size);
  row.makes_domain = true;
  return row;
}
constexpr MechanismRow derivation(Mech id, std::string_view name, Param param = Param::none, Size size = kMacKey) {
  return {.id = id, .name = name, .key = KeyType::generic_secret, .keyed = true, .takes = Takes::any_secret, .size = size,
          .uses = uses_derive, .param = param};
}
constexpr MechanismRow signature(Mech id, std::string_view name, KeyType key, Size size, Param param = Param::none,
                                 bool multipart = true) {
  return {.id = id, .name = name, .key = key, .keyed = true, .size = size, .uses = kSigns, .param = param, .multipart = multipart};
}
constexpr MechanismRow encryption(Mech id, std::string_view name, KeyType key, Size size, Param param) {
  return {.id = id, .name = name, .key = key, .keyed = true, .size = size, .uses = uses_derive, .param = param};
}
constexpr MechanismRow key_wrap(Mech id, std::string_view name, KeyType key, Size size, Param param) {
  return {.id = id, .name = name, .key = key, .keyed = true, .size = size, .uses = kWraps, .param = param};
}

constexpr MechanismRow tls_derivation(Mech id, std::string_view name, Size size, Param param) {
  return {.id = id, .name = name, .key = KeyType::generic_secret, .keyed = true, .size = size, .uses = uses_derive, .param = param};
}

constexpr auto kMechanisms = std::to_array<MechanismRow>({
    {.id = Mech::rsa_pkcs_key_pair_gen, .name = "CKM_RSA_PKCS_KEY_PAIR_GEN", .key = KeyType::rsa, .keyed = true,
     .size = kNewRsa, .uses = uses_generate_pair},
    {.id = Mech::rsa_pkcs, .name = "CKM_RSA_PKCS", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kSigns | kRecovers | kEncrypts | kWraps},
    {.id = Mech::rsa_x_509, .name = "CKM_RSA_X_509", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kSigns | kRecovers | kEncrypts},
    rsa_signature(Mech::md5_rsa_pkcs, "CKM_MD5_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha1_rsa_pkcs, "CKM_SHA1_RSA_PKCS", Param::none),
    {.id = Mech::rsa_pkcs_oaep, .name = "CKM_RSA_PKCS_OAEP", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kEncrypts | kWraps | kEncapsulates, .param = Param::oaep},
    {.id = Mech::rsa_pkcs_pss, .name = "CKM_RSA_PKCS_PSS", .key = KeyType::rsa, .keyed = true, .size = kRsa,
     .uses = kSigns, .param = Param::pss},
    rsa_signature(Mech::sha1_rsa_pkcs_pss, "CKM_SHA1_RSA_PKCS_PSS", Param::pss),
    pair_generator(Mech::ml_kem_key_pair_gen, "CKM_ML_KEM_KEY_PAIR_GEN", KeyType::ml_kem, kMlKem),
    pair_generator(Mech::dsa_key_pair_gen, "CKM_DSA_KEY_PAIR_GEN", KeyType::dsa, kDsa),
    signature(Mech::dsa, "CKM_DSA", KeyType::dsa, kDsa, Param::none, false),
    signature(Mech::dsa_sha1, "CKM_DSA_SHA1", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha224, "CKM_DSA_SHA224", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha256, "CKM_DSA_SHA256", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha384, "CKM_DSA_SHA384", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha512, "CKM_DSA_SHA512", KeyType::dsa, kDsa),
    {.id = Mech::ml_kem, .name = "CKM_ML_KEM", .key = KeyType::ml_kem, .keyed = true, .size = kMlKem, .uses = kEncapsulates},
    signature(Mech::dsa_sha3_224, "CKM_DSA_SHA3_224", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha3_256, "CKM_DSA_SHA3_256", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha3_384, "CKM_DSA_SHA3_384", KeyType::dsa, kDsa),
    signature(Mech::dsa_sha3_512, "CKM_DSA_SHA3_512", KeyType::dsa, kDsa),
    pair_generator(Mech::ml_dsa_key_pair_gen, "CKM_ML_DSA_KEY_PAIR_GEN", KeyType::ml_dsa, kMlDsa),
    signature(Mech::ml_dsa, "CKM_ML_DSA", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa, "CKM_HASH_ML_DSA", KeyType::ml_dsa, kMlDsa, Param::hash_sign_context, false),
    pair_generator(Mech::dh_pkcs_key_pair_gen, "CKM_DH_PKCS_KEY_PAIR_GEN", KeyType::dh, kDh),
    {.id = Mech::dh_pkcs_derive, .name = "CKM_DH_PKCS_DERIVE", .key = KeyType::dh, .keyed = true, .size = kDh, .uses = uses_derive,
     .param = Param::raw},
    signature(Mech::hash_ml_dsa_sha224, "CKM_HASH_ML_DSA_SHA224", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha256, "CKM_HASH_ML_DSA_SHA256", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha384, "CKM_HASH_ML_DSA_SHA384", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha512, "CKM_HASH_ML_DSA_SHA512", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha3_224, "CKM_HASH_ML_DSA_SHA3_224", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha3_256, "CKM_HASH_ML_DSA_SHA3_256", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha3_384, "CKM_HASH_ML_DSA_SHA3_384", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_sha3_512, "CKM_HASH_ML_DSA_SHA3_512", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_shake128, "CKM_HASH_ML_DSA_SHAKE128", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    signature(Mech::hash_ml_dsa_shake256, "CKM_HASH_ML_DSA_SHAKE256", KeyType::ml_dsa, kMlDsa, Param::sign_context),
    pair_generator(Mech::slh_dsa_key_pair_gen, "CKM_SLH_DSA_KEY_PAIR_GEN", KeyType::slh_dsa, kSlhDsa),
    signature(Mech::slh_dsa, "CKM_SLH_DSA", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa, "CKM_HASH_SLH_DSA", KeyType::slh_dsa, kSlhDsa, Param::hash_sign_context, false),
    signature(Mech::hash_slh_dsa_sha224, "CKM_HASH_SLH_DSA_SHA224", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha256, "CKM_HASH_SLH_DSA_SHA256", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha384, "CKM_HASH_SLH_DSA_SHA384", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha512, "CKM_HASH_SLH_DSA_SHA512", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha3_224, "CKM_HASH_SLH_DSA_SHA3_224", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha3_256, "CKM_HASH_SLH_DSA_SHA3_256", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha3_384, "CKM_HASH_SLH_DSA_SHA3_384", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_sha3_512, "CKM_HASH_SLH_DSA_SHA3_512", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_shake128, "CKM_HASH_SLH_DSA_SHAKE128", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
    signature(Mech::hash_slh_dsa_shake256, "CKM_HASH_SLH_DSA_SHAKE256", KeyType::slh_dsa, kSlhDsa, Param::sign_context),
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
    derivation(Mech::sha512_224_key_derivation, "CKM_SHA512_224_KEY_DERIVATION"),
    digest(Mech::sha512_256, "CKM_SHA512_256"),
    mac(Mech::sha512_256_hmac, "CKM_SHA512_256_HMAC"),
    mac_general(Mech::sha512_256_hmac_general, "CKM_SHA512_256_HMAC_GENERAL"),
    derivation(Mech::sha512_256_key_derivation, "CKM_SHA512_256_KEY_DERIVATION"),
    tls_derivation(Mech::tls12_extended_master_key_derive, "CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE", kTlsMaster, Param::tls_extended_master),
    tls_derivation(Mech::tls12_extended_master_key_derive_dh, "CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH", kMacKey, Param::tls_extended_master),
    rsa_signature(Mech::sha3_256_rsa_pkcs, "CKM_SHA3_256_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_384_rsa_pkcs, "CKM_SHA3_384_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_512_rsa_pkcs, "CKM_SHA3_512_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_256_rsa_pkcs_pss, "CKM_SHA3_256_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha3_384_rsa_pkcs_pss, "CKM_SHA3_384_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha3_512_rsa_pkcs_pss, "CKM_SHA3_512_RSA_PKCS_PSS", Param::pss),
    rsa_signature(Mech::sha3_224_rsa_pkcs, "CKM_SHA3_224_RSA_PKCS", Param::none),
    rsa_signature(Mech::sha3_224_rsa_pkcs_pss, "CKM_SHA3_224_RSA_PKCS_PSS", Param::pss),
    generator(Mech::des_key_gen, "CKM_DES_KEY_GEN", KeyType::des, kDes),
    des(Mech::des_ecb, "CKM_DES_ECB", Param::none),
    des(Mech::des_cbc, "CKM_DES_CBC", Param::iv),
    signature(Mech::des_mac, "CKM_DES_MAC", KeyType::des, kDes),
    signature(Mech::des_mac_general, "CKM_DES_MAC_GENERAL", KeyType::des, kDes, Param::mac_general),
    des(Mech::des_cbc_pad, "CKM_DES_CBC_PAD", Param::iv),
    generator(Mech::des2_key_gen, "CKM_DES2_KEY_GEN", KeyType::des2, kDes2),
    generator(Mech::des3_key_gen, "CKM_DES3_KEY_GEN", KeyType::des3, kDes3),
    des3(Mech::des3_ecb, "CKM_DES3_ECB", Param::none),
    des3(Mech::des3_cbc, "CKM_DES3_CBC", Param::iv),
    of_triple_des(signature(Mech::des3_mac, "CKM_DES3_MAC", KeyType::des3, kDes3)),
    of_triple_des(signature(Mech::des3_mac_general, "CKM_DES3_MAC_GENERAL", KeyType::des3, kDes3, Param::mac_general)),
    des3(Mech::des3_cbc_pad, "CKM_DES3_CBC_PAD", Param::iv),
    of_triple_des(signature(Mech::des3_cmac_general, "CKM_DES3_CMAC_GENERAL", KeyType::des3, kDes3, Param::mac_general)),
    of_triple_des(signature(Mech::des3_cmac, "CKM_DES3_CMAC", KeyType::des3, kDes3)),
    des_stream(Mech::des_ofb64, "CKM_DES_OFB64"),
    des_stream(Mech::des_cfb64, "CKM_DES_CFB64"),
    des_stream(Mech::des_cfb8, "CKM_DES_CFB8"),
    digest(Mech::md5, "CKM_MD5"),
    mac(Mech::md5_hmac, "CKM_MD5_HMAC"),
    mac_general(Mech::md5_hmac_general, "CKM_MD5_HMAC_GENERAL"),
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
    generator(Mech::hotp_key_gen, "CKM_HOTP_KEY_GEN", KeyType::hotp, kHotp),
    signature(Mech::hotp, "CKM_HOTP", KeyType::hotp, kHotp, Param::otp),
    digest(Mech::sha3_256, "CKM_SHA3_256"),
    mac(Mech::sha3_256_hmac, "CKM_SHA3_256_HMAC"),
    mac_general(Mech::sha3_256_hmac_general, "CKM_SHA3_256_HMAC_GENERAL"),
    generator(Mech::sha3_256_key_gen, "CKM_SHA3_256_KEY_GEN", KeyType::sha3_256_hmac, kMacKey),
    digest(Mech::sha3_224, "CKM_SHA3_224"),
    mac(Mech::sha3_224_hmac, "CKM_SHA3_224_HMAC"),
    mac_general(Mech::sha3_224_hmac_general, "CKM_SHA3_224_HMAC_GENERAL"),
    generator(Mech::sha3_224_key_gen, "CKM_SHA3_224_KEY_GEN", KeyType::sha3_224_hmac, kMacKey),
    digest(Mech::sha3_384, "CKM_SHA3_384"),
    mac(Mech::sha3_384_hmac, "CKM_SHA3_384_HMAC"),
    mac_general(Mech::sha3_384_hmac_general, "CKM_SHA3_384_HMAC_GENERAL"),
    generator(Mech::sha3_384_key_gen, "CKM_SHA3_384_KEY_GEN", KeyType::sha3_384_hmac, kMacKey),
    digest(Mech::sha3_512, "CKM_SHA3_512"),
    mac(Mech::sha3_512_hmac, "CKM_SHA3_512_HMAC"),
    mac_general(Mech::sha3_512_hmac_general, "CKM_SHA3_512_HMAC_GENERAL"),
    generator(Mech::sha3_512_key_gen, "CKM_SHA3_512_KEY_GEN", KeyType::sha3_512_hmac, kMacKey),
    {.id = Mech::generic_secret_key_gen, .name = "CKM_GENERIC_SECRET_KEY_GEN", .key = KeyType::generic_secret, .keyed = true,
     .size = kSecret, .uses = uses_generate},
    derivation(Mech::concatenate_base_and_key, "CKM_CONCATENATE_BASE_AND_KEY", Param::key),
    derivation(Mech::concatenate_base_and_data, "CKM_CONCATENATE_BASE_AND_DATA", Param::string_data),
    derivation(Mech::concatenate_data_and_base, "CKM_CONCATENATE_DATA_AND_BASE", Param::string_data),
    derivation(Mech::xor_base_and_data, "CKM_XOR_BASE_AND_DATA", Param::string_data),
    derivation(Mech::extract_key_from_key, "CKM_EXTRACT_KEY_FROM_KEY", Param::extract),
    tls_derivation(Mech::tls_master_key_derive, "CKM_TLS_MASTER_KEY_DERIVE", kTlsMaster, Param::tls_master),
    tls_derivation(Mech::tls_key_and_mac_derive, "CKM_TLS_KEY_AND_MAC_DERIVE", kTlsMaster, Param::tls_key_block),
    tls_derivation(Mech::tls_master_key_derive_dh, "CKM_TLS_MASTER_KEY_DERIVE_DH", kMacKey, Param::tls_master),
    derivation(Mech::md5_key_derivation, "CKM_MD5_KEY_DERIVATION"),
    derivation(Mech::sha1_key_derivation, "CKM_SHA1_KEY_DERIVATION"),
    derivation(Mech::sha256_key_derivation, "CKM_SHA256_KEY_DERIVATION"),
    derivation(Mech::sha384_key_derivation, "CKM_SHA384_KEY_DERIVATION"),
    derivation(Mech::sha512_key_derivation, "CKM_SHA512_KEY_DERIVATION"),
    derivation(Mech::sha224_key_derivation, "CKM_SHA224_KEY_DERIVATION"),
    derivation(Mech::sha3_256_key_derivation, "CKM_SHA3_256_KEY_DERIVATION"),
    derivation(Mech::sha3_224_key_derivation, "CKM_SHA3_224_KEY_DERIVATION"),
    derivation(Mech::sha3_384_key_derivation, "CKM_SHA3_384_KEY_DERIVATION"),
    derivation(Mech::sha3_512_key_derivation, "CKM_SHA3_512_KEY_DERIVATION"),
    derivation(Mech::shake_128_key_derivation, "CKM_SHAKE_128_KEY_DERIVATION"),
    derivation(Mech::shake_256_key_derivation, "CKM_SHAKE_256_KEY_DERIVATION"),
    by_password(Mech::pbe_sha1_des3_ede_cbc, "CKM_PBE_SHA1_DES3_EDE_CBC", KeyType::des3, kDes3),
    by_password(Mech::pbe_sha1_des2_ede_cbc, "CKM_PBE_SHA1_DES2_EDE_CBC", KeyType::des2, kDes2),
    derivation(Mech::sp800_108_counter_kdf, "CKM_SP800_108_COUNTER_KDF", Param::kbkdf, kSecret),
    derivation(Mech::sp800_108_feedback_kdf, "CKM_SP800_108_FEEDBACK_KDF", Param::kbkdf_feedback, kSecret),
    derivation(Mech::sp800_108_double_pipeline_kdf, "CKM_SP800_108_DOUBLE_PIPELINE_KDF", Param::kbkdf, kSecret),
    {.id = Mech::pkcs5_pbkd2, .name = "CKM_PKCS5_PBKD2", .key = KeyType::generic_secret, .keyed = true, .size = kMacKey,
     .uses = uses_generate, .param = Param::pbkdf2},
    by_password(Mech::pba_sha1_with_sha1_hmac, "CKM_PBA_SHA1_WITH_SHA1_HMAC", KeyType::generic_secret, kSha1Key),
    mac(Mech::tls12_mac, "CKM_TLS12_MAC", Param::tls_mac),
    tls_derivation(Mech::tls12_kdf, "CKM_TLS12_KDF", kMacKey, Param::tls_kdf),
    tls_derivation(Mech::tls12_master_key_derive, "CKM_TLS12_MASTER_KEY_DERIVE", kTlsMaster, Param::tls_master),
    tls_derivation(Mech::tls12_key_and_mac_derive, "CKM_TLS12_KEY_AND_MAC_DERIVE", kTlsMaster, Param::tls_key_block),
    tls_derivation(Mech::tls12_master_key_derive_dh, "CKM_TLS12_MASTER_KEY_DERIVE_DH", kMacKey, Param::tls_master),
    tls_derivation(Mech::tls12_key_safe_derive, "CKM_TLS12_KEY_SAFE_DERIVE", kTlsMaster, Param::tls_key_block),
    mac(Mech::tls_mac, "CKM_TLS_MAC", Param::tls_mac),
    tls_derivation(Mech::tls_kdf, "CKM_TLS_KDF", kMacKey, Param::tls_kdf),
    generator(Mech::camellia_key_gen, "CKM_CAMELLIA_KEY_GEN", KeyType::camellia, kAes),
    camellia(Mech::camellia_ecb, "CKM_CAMELLIA_ECB", Param::none),
    camellia(Mech::camellia_cbc, "CKM_CAMELLIA_CBC", Param::iv),
    signature(Mech::camellia_mac, "CKM_CAMELLIA_MAC", KeyType::camellia, kAes),
    signature(Mech::camellia_mac_general, "CKM_CAMELLIA_MAC_GENERAL", KeyType::camellia, kAes, Param::mac_general),
    camellia(Mech::camellia_cbc_pad, "CKM_CAMELLIA_CBC_PAD", Param::iv),
    encryption(Mech::camellia_ecb_encrypt_data, "CKM_CAMELLIA_ECB_ENCRYPT_DATA", KeyType::camellia, kAes, Param::string_data),
    encryption(Mech::camellia_cbc_encrypt_data, "CKM_CAMELLIA_CBC_ENCRYPT_DATA", KeyType::camellia, kAes, Param::cbc_data),
    camellia(Mech::camellia_ctr, "CKM_CAMELLIA_CTR", Param::ctr),
    generator(Mech::aria_key_gen, "CKM_ARIA_KEY_GEN", KeyType::aria, kAes),
    aria(Mech::aria_ecb, "CKM_ARIA_ECB", Param::none),
    aria(Mech::aria_cbc, "CKM_ARIA_CBC", Param::iv),
    signature(Mech::aria_mac, "CKM_ARIA_MAC", KeyType::aria, kAes),
    signature(Mech::aria_mac_general, "CKM_ARIA_MAC_GENERAL", KeyType::aria, kAes, Param::mac_general),
    aria(Mech::aria_cbc_pad, "CKM_ARIA_CBC_PAD", Param::iv),
    encryption(Mech::aria_ecb_encrypt_data, "CKM_ARIA_ECB_ENCRYPT_DATA", KeyType::aria, kAes, Param::string_data),
    encryption(Mech::aria_cbc_encrypt_data, "CKM_ARIA_CBC_ENCRYPT_DATA", KeyType::aria, kAes, Param::cbc_data),
    generator(Mech::seed_key_gen, "CKM_SEED_KEY_GEN", KeyType::seed, kSeed),
    seed(Mech::seed_ecb, "CKM_SEED_ECB", Param::none),
    seed(Mech::seed_cbc, "CKM_SEED_CBC", Param::iv),
    signature(Mech::seed_mac, "CKM_SEED_MAC", KeyType::seed, kSeed),
    signature(Mech::seed_mac_general, "CKM_SEED_MAC_GENERAL", KeyType::seed, kSeed, Param::mac_general),
    seed(Mech::seed_cbc_pad, "CKM_SEED_CBC_PAD", Param::iv),
    encryption(Mech::seed_ecb_encrypt_data, "CKM_SEED_ECB_ENCRYPT_DATA", KeyType::seed, kSeed, Param::string_data),
    encryption(Mech::seed_cbc_encrypt_data, "CKM_SEED_CBC_ENCRYPT_DATA", KeyType::seed, kSeed, Param::cbc_data),
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
    key_wrap(Mech::ecdh_aes_key_wrap, "CKM_ECDH_AES_KEY_WRAP", KeyType::ec, kEc, Param::ecdh_aes),
    key_wrap(Mech::rsa_aes_key_wrap, "CKM_RSA_AES_KEY_WRAP", KeyType::rsa, kRsa, Param::rsa_aes),
    pair_generator(Mech::ec_edwards_key_pair_gen, "CKM_EC_EDWARDS_KEY_PAIR_GEN", KeyType::ec_edwards, kEdwards),
    pair_generator(Mech::ec_montgomery_key_pair_gen, "CKM_EC_MONTGOMERY_KEY_PAIR_GEN", KeyType::ec_montgomery, kEdwards),
    signature(Mech::eddsa, "CKM_EDDSA", KeyType::ec_edwards, kEdwards, Param::eddsa),
    {.id = Mech::aes_xts, .name = "CKM_AES_XTS", .key = KeyType::aes_xts, .keyed = true, .size = kXts, .uses = kEncrypts | kWraps,
     .param = Param::iv, .multipart = true},
    generator(Mech::aes_xts_key_gen, "CKM_AES_XTS_KEY_GEN", KeyType::aes_xts, kXts),
    {.id = Mech::aes_key_gen, .name = "CKM_AES_KEY_GEN", .key = KeyType::aes, .keyed = true, .size = kAes,
     .uses = uses_generate},
    aes(Mech::aes_ecb, "CKM_AES_ECB", Param::none),
    aes(Mech::aes_cbc, "CKM_AES_CBC", Param::iv),
    aes_mac(Mech::aes_mac, "CKM_AES_MAC", Param::none),
    aes_mac(Mech::aes_mac_general, "CKM_AES_MAC_GENERAL", Param::mac_general),
    aes(Mech::aes_cbc_pad, "CKM_AES_CBC_PAD", Param::iv),
    aes(Mech::aes_ctr, "CKM_AES_CTR", Param::ctr),
    aead(Mech::aes_gcm, "CKM_AES_GCM", Param::gcm, MessageForm::gcm),
    aead(Mech::aes_ccm, "CKM_AES_CCM", Param::ccm, MessageForm::ccm),
    aes(Mech::aes_cts, "CKM_AES_CTS", Param::iv),
    aes_mac(Mech::aes_cmac, "CKM_AES_CMAC", Param::none),
    aes_mac(Mech::aes_cmac_general, "CKM_AES_CMAC_GENERAL", Param::mac_general),
    aes_mac(Mech::aes_xcbc_mac, "CKM_AES_XCBC_MAC", Param::none),
    aes_mac(Mech::aes_xcbc_mac_96, "CKM_AES_XCBC_MAC_96", Param::none),
    aes_mac(Mech::aes_gmac, "CKM_AES_GMAC", Param::gcm),
    encryption(Mech::des_ecb_encrypt_data, "CKM_DES_ECB_ENCRYPT_DATA", KeyType::des, kDes, Param::string_data),
    encryption(Mech::des_cbc_encrypt_data, "CKM_DES_CBC_ENCRYPT_DATA", KeyType::des, kDes, Param::des_cbc_data),
    of_triple_des(encryption(Mech::des3_ecb_encrypt_data, "CKM_DES3_ECB_ENCRYPT_DATA", KeyType::des3, kDes3, Param::string_data)),
    of_triple_des(encryption(Mech::des3_cbc_encrypt_data, "CKM_DES3_CBC_ENCRYPT_DATA", KeyType::des3, kDes3, Param::des_cbc_data)),
    encryption(Mech::aes_ecb_encrypt_data, "CKM_AES_ECB_ENCRYPT_DATA", KeyType::aes, kAes, Param::string_data),
    encryption(Mech::aes_cbc_encrypt_data, "CKM_AES_CBC_ENCRYPT_DATA", KeyType::aes, kAes, Param::cbc_data),
    pair_generator(Mech::gostr3410_key_pair_gen, "CKM_GOSTR3410_KEY_PAIR_GEN", KeyType::gostr3410, kGost),
    signature(Mech::gostr3410, "CKM_GOSTR3410", KeyType::gostr3410, kGost, Param::none, false),
    signature(Mech::gostr3410_with_gostr3411, "CKM_GOSTR3410_WITH_GOSTR3411", KeyType::gostr3410, kGost, Param::raw),
    {.id = Mech::gostr3411, .name = "CKM_GOSTR3411", .uses = uses_digest, .param = Param::raw, .multipart = true},
    {.id = Mech::gostr3411_hmac, .name = "CKM_GOSTR3411_HMAC", .key = KeyType::generic_secret, .keyed = true, .size = kMacKey,
     .uses = kSigns, .param = Param::raw, .multipart = true},
    generator(Mech::chacha20_key_gen, "CKM_CHACHA20_KEY_GEN", KeyType::chacha20, kKey256),
    {.id = Mech::chacha20, .name = "CKM_CHACHA20", .key = KeyType::chacha20, .keyed = true, .size = kKey256,
     .uses = kEncrypts | kWraps, .param = Param::chacha20, .multipart = true},
    generator(Mech::poly1305_key_gen, "CKM_POLY1305_KEY_GEN", KeyType::poly1305, kKey256),
    signature(Mech::poly1305, "CKM_POLY1305", KeyType::poly1305, kKey256),
    pair_generator(Mech::ec_key_pair_gen_w_extra_bits, "CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS", KeyType::ec, kEc),
    domain_generator(Mech::dsa_parameter_gen, "CKM_DSA_PARAMETER_GEN", KeyType::dsa, kDsa),
    domain_generator(Mech::dh_pkcs_parameter_gen, "CKM_DH_PKCS_PARAMETER_GEN", KeyType::dh, kNewDhDomain),
    aes_stream(Mech::aes_ofb, "CKM_AES_OFB"),
    aes_stream(Mech::aes_cfb8, "CKM_AES_CFB8"),
    aes_stream(Mech::aes_cfb128, "CKM_AES_CFB128"),
    aes_stream(Mech::aes_cfb1, "CKM_AES_CFB1"),
    aes(Mech::aes_key_wrap, "CKM_AES_KEY_WRAP", Param::optional_iv, false),
    aes(Mech::aes_key_wrap_pad, "CKM_AES_KEY_WRAP_PAD", Param::optional_iv, false),
    aes(Mech::aes_key_wrap_kwp, "CKM_AES_KEY_WRAP_KWP", Param::optional_iv, false),
    aes(Mech::aes_key_wrap_pkcs7, "CKM_AES_KEY_WRAP_PKCS7", Param::optional_iv, false),
    generator(Mech::sha_1_key_gen, "CKM_SHA_1_KEY_GEN", KeyType::sha1_hmac, kMacKey),
    generator(Mech::sha224_key_gen, "CKM_SHA224_KEY_GEN", KeyType::sha224_hmac, kMacKey),
    generator(Mech::sha256_key_gen, "CKM_SHA256_KEY_GEN", KeyType::sha256_hmac, kMacKey),
    generator(Mech::sha384_key_gen, "CKM_SHA384_KEY_GEN", KeyType::sha384_hmac, kMacKey),
    generator(Mech::sha512_key_gen, "CKM_SHA512_KEY_GEN", KeyType::sha512_hmac, kMacKey),
    generator(Mech::sha512_224_key_gen, "CKM_SHA512_224_KEY_GEN", KeyType::sha512_224_hmac, kMacKey),
    generator(Mech::sha512_256_key_gen, "CKM_SHA512_256_KEY_GEN", KeyType::sha512_256_hmac, kMacKey),
    digest(Mech::blake2b_512, "CKM_BLAKE2B_512"),
    mac(Mech::blake2b_512_hmac, "CKM_BLAKE2B_512_HMAC"),
    mac_general(Mech::blake2b_512_hmac_general, "CKM_BLAKE2B_512_HMAC_GENERAL"),
    derivation(Mech::blake2b_512_key_derive, "CKM_BLAKE2B_512_KEY_DERIVE"),
    generator(Mech::blake2b_512_key_gen, "CKM_BLAKE2B_512_KEY_GEN", KeyType::blake2b_512_hmac, kMacKey),
    {.id = Mech::chacha20_poly1305, .name = "CKM_CHACHA20_POLY1305", .key = KeyType::chacha20, .keyed = true, .size = kKey256,
     .uses = kEncrypts, .param = Param::aead, .multipart = true, .message = MessageForm::chacha20_poly1305},
    derivation(Mech::hkdf_derive, "CKM_HKDF_DERIVE", Param::hkdf),
    derivation(Mech::hkdf_data, "CKM_HKDF_DATA", Param::hkdf),
    generator(Mech::hkdf_key_gen, "CKM_HKDF_KEY_GEN", KeyType::hkdf, kMacKey),
    derivation(Mech::ike2_prf_plus_derive, "CKM_IKE2_PRF_PLUS_DERIVE", Param::ike2_prf_plus),
    derivation(Mech::ike_prf_derive, "CKM_IKE_PRF_DERIVE", Param::ike_prf),
    derivation(Mech::ike1_prf_derive, "CKM_IKE1_PRF_DERIVE", Param::ike1_prf),
    derivation(Mech::ike1_extended_derive, "CKM_IKE1_EXTENDED_DERIVE", Param::ike1_extended),
    key_wrap(Mech::ecdh_x_aes_key_wrap, "CKM_ECDH_X_AES_KEY_WRAP", KeyType::ec_montgomery, kEdwards, Param::ecdh_aes),
    key_wrap(Mech::ecdh_cof_aes_key_wrap, "CKM_ECDH_COF_AES_KEY_WRAP", KeyType::ec, kEc, Param::ecdh_aes),
    {.id = Mech::pub_key_from_priv_key, .name = "CKM_PUB_KEY_FROM_PRIV_KEY", .key = KeyType::rsa, .keyed = true,
     .takes = Takes::any_private, .size = kAnyPair, .uses = uses_derive},
    derivation(Mech::keymantle_ssh_kdf, "CKM_KEYMANTLE_SSH_KDF", Param::ssh_kdf),
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

bool takes_key(const MechanismRow& row, ObjectClass object_class, KeyType type) {
  if (!row.keyed || row.key == type) return true;
  switch (row.takes) {
    case Takes::triple_des:
      return type == KeyType::des2;
    case Takes::any_des:
      return type == KeyType::des || type == KeyType::des2 || type == KeyType::des3;
    case Takes::own:
      return row.key == KeyType::generic_secret && holds_generic_secret(type);
    case Takes::any_secret:
      return object_class == ObjectClass::secret_key;
    case Takes::agreement:
      return type == KeyType::ec_montgomery;
    case Takes::any_private:
      return object_class == ObjectClass::private_key;
  }
  return false;
}

Result<Mechanism> message_mechanism(const MechanismRow& row, const MessageParams& params, Bytes iv, ByteView associated) {
  const auto type = static_cast<std::uint64_t>(row.id);
  if (params.form != row.message) return fail(Rv::mechanism_param_invalid, "the parameter is not that of this mechanism's messages");
  switch (params.form) {
    case MessageForm::gcm:
      return Mechanism{type, GcmParams{std::move(iv), bytes_of(associated), params.tag_bits}};
    case MessageForm::ccm:
      return Mechanism{type, CcmParams{params.data_length, std::move(iv), bytes_of(associated), params.tag_bits / 8}};
    case MessageForm::chacha20_poly1305:
      return Mechanism{type, AeadParams{std::move(iv), bytes_of(associated)}};
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
