// One key, one parameter and one message for every mechanism that a token lists: what is listed works, not only begins.
#include <algorithm>
#include <array>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

enum class KeyOf { nobody, aes, camellia, aria, seed, des, des3, xts, chacha20, poly1305, mac, tls_secret, any_secret, rsa, ec, edwards, montgomery, dh, dsa, gost, ml_dsa, slh_dsa, ml_kem };

struct Sample {
  Sample(CK_MECHANISM_TYPE t, KeyOf k, Mechanism (*m)(CK_MECHANISM_TYPE)) : name(name_of_mechanism(t)), type(t), key(k), make(m) {}
  std::string name;
  CK_MECHANISM_TYPE type;
  KeyOf key;
  Mechanism (*make)(CK_MECHANISM_TYPE);
};

Bytes random = counting(32), label = from_text("EXPORTER-families"), hash_of_session = counting(32);
CK_SSL3_RANDOM_DATA randoms{random.data(), 32, random.data(), 32};
Bytes iv = counting(16), nonce = counting(12), counter{1, 0, 0, 0}, data = counting(32), salt = counting(8), peer_point, peer_value;
CK_BYTE password[] = "correct horse";
CK_RSA_PKCS_OAEP_PARAMS oaep_params{CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, nullptr, 0};
CK_SP800_108_COUNTER_FORMAT counter_format{CK_FALSE, 32};
CK_PRF_DATA_PARAM counted[] = {{CK_SP800_108_ITERATION_VARIABLE, &counter_format, sizeof counter_format},
                               {CK_SP800_108_BYTE_ARRAY, data.data(), data.size()}};
CK_PRF_DATA_PARAM chained[] = {{CK_SP800_108_ITERATION_VARIABLE, nullptr, 0}, {CK_SP800_108_BYTE_ARRAY, data.data(), data.size()}};

Mechanism bare(CK_MECHANISM_TYPE type) { return type; }
Mechanism with_iv(CK_MECHANISM_TYPE type) { return {type, iv}; }
Mechanism with_counter(CK_MECHANISM_TYPE) { return Mechanism::ctr(iv); }
Mechanism with_length(CK_MECHANISM_TYPE type) { return Mechanism::mac_general(type, 12); }
Mechanism with_gcm(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_GCM_PARAMS{nonce.data(), nonce.size(), 96, nullptr, 0, 128});
}
Mechanism with_ccm(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_CCM_PARAMS{data.size(), nonce.data(), nonce.size(), nullptr, 0, 16});
}
Mechanism with_aead(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_SALSA20_CHACHA20_POLY1305_PARAMS{nonce.data(), nonce.size(), nullptr, 0});
}
Mechanism with_chacha20(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_CHACHA20_PARAMS{counter.data(), 32, nonce.data(), 96}); }
Mechanism with_oaep(CK_MECHANISM_TYPE) { return Mechanism::oaep(CKM_SHA_1, CKG_MGF1_SHA1); }
Mechanism with_point(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_ECDH1_DERIVE_PARAMS{CKD_NULL, 0, nullptr, peer_point.size(), peer_point.data()});
}
Mechanism with_value(CK_MECHANISM_TYPE type) { return {type, peer_value}; }
Mechanism with_data(CK_MECHANISM_TYPE type) { return Mechanism::encrypt_data(type, data); }
Mechanism with_cbc_data(CK_MECHANISM_TYPE type) {
  CK_AES_CBC_ENCRYPT_DATA_PARAMS params{{}, data.data(), data.size()};
  return Mechanism::of(type, params);
}
Mechanism with_bit(CK_MECHANISM_TYPE type) { return Mechanism::mac_general(type, 5); }
Mechanism with_hkdf(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_HKDF_PARAMS{CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_DATA, salt.data(), salt.size(), 0, data.data(), data.size()});
}
Mechanism with_counted(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_SP800_108_KDF_PARAMS{CKM_SHA256_HMAC, 2, counted, 0, nullptr}); }
Mechanism with_chained(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_SP800_108_KDF_PARAMS{CKM_SHA256_HMAC, 2, chained, 0, nullptr}); }
Mechanism with_feedback(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_SP800_108_FEEDBACK_KDF_PARAMS{CKM_SHA256_HMAC, 2, chained, iv.size(), iv.data(), 0, nullptr});
}
Mechanism with_password(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_PKCS5_PBKD2_PARAMS2{CKZ_SALT_SPECIFIED, salt.data(), salt.size(), 1000, CKP_PKCS5_PBKD2_HMAC_SHA256, nullptr, 0,
                                                    password, sizeof password - 1});
}
Mechanism with_rsa_aes(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_RSA_AES_KEY_WRAP_PARAMS{256, &oaep_params}); }
Mechanism with_ecdh_aes(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_ECDH_AES_KEY_WRAP_PARAMS{256, CKD_SHA256_KDF, 0, nullptr}); }
Mechanism with_hash_context(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_HASH_SIGN_ADDITIONAL_CONTEXT{CKH_HEDGE_PREFERRED, nullptr, 0, CKM_SHA256});
}
Mechanism with_short_iv(CK_MECHANISM_TYPE type) { return {type, counting(8)}; }
Mechanism with_short_length(CK_MECHANISM_TYPE type) { return Mechanism::mac_general(type, 8); }
Mechanism with_camellia_counter(CK_MECHANISM_TYPE type) {
  CK_CAMELLIA_CTR_PARAMS params{128, {}};
  return Mechanism::of(type, params);
}
Mechanism with_des_cbc_data(CK_MECHANISM_TYPE type) {
  CK_DES_CBC_ENCRYPT_DATA_PARAMS params{{}, data.data(), data.size()};
  return Mechanism::of(type, params);
}
Mechanism with_older_master(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_SSL3_MASTER_KEY_DERIVE_PARAMS{randoms, nullptr}); }
Mechanism with_master(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_TLS12_MASTER_KEY_DERIVE_PARAMS{randoms, nullptr, CKM_SHA256}); }
Mechanism with_extended_master(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS{CKM_SHA256, hash_of_session.data(), hash_of_session.size(), nullptr});
}
Mechanism with_tls_label(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_TLS_KDF_PARAMS{CKM_SHA256, label.data(), label.size(), randoms, nullptr, 0});
}
Mechanism with_tls_mac(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_TLS_MAC_PARAMS{CKM_SHA256, 12, 1}); }
Mechanism with_ike_seed(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_IKE2_PRF_PLUS_DERIVE_PARAMS{CKM_SHA256_HMAC, CK_FALSE, 0, data.data(), data.size()});
}
Mechanism with_ike_nonces(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_IKE_PRF_DERIVE_PARAMS{CKM_SHA256_HMAC, CK_TRUE, CK_FALSE, data.data(), data.size(), salt.data(), salt.size(), 0});
}
Mechanism with_ike_data(CK_MECHANISM_TYPE type) {
  return Mechanism::of(type, CK_IKE1_EXTENDED_DERIVE_PARAMS{CKM_SHA256_HMAC, CK_FALSE, 0, data.data(), data.size()});
}
template <CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf>
Mechanism with_salt(CK_MECHANISM_TYPE type) { return Mechanism::pss(type, hash, mgf, 20); }

#define HASHES(x) x(SHA224) x(SHA256) x(SHA384) x(SHA512) x(SHA3_224) x(SHA3_256) x(SHA3_384) x(SHA3_512)
#define OF_HASH(hash)                                                                                                       \
  {CKM_##hash, KeyOf::nobody, bare}, {CKM_##hash##_HMAC, KeyOf::mac, bare}, {CKM_##hash##_HMAC_GENERAL, KeyOf::mac, with_length}, \
  {CKM_##hash##_RSA_PKCS, KeyOf::rsa, bare}, {CKM_##hash##_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_##hash, CKG_MGF1_##hash>)},  \
  {CKM_ECDSA_##hash, KeyOf::ec, bare}, {CKM_DSA_##hash, KeyOf::dsa, bare}, {CKM_HASH_ML_DSA_##hash, KeyOf::ml_dsa, bare},        \
  {CKM_HASH_SLH_DSA_##hash, KeyOf::slh_dsa, bare}, {CKM_##hash##_KEY_DERIVATION, KeyOf::any_secret, bare}, {CKM_##hash##_KEY_GEN, KeyOf::nobody, bare},

const auto kSamples = std::to_array<Sample>({
    HASHES(OF_HASH)
    {CKM_SHA_1, KeyOf::nobody, bare}, {CKM_SHA512_224, KeyOf::nobody, bare}, {CKM_SHA512_256, KeyOf::nobody, bare},
    {CKM_SHA_1_HMAC, KeyOf::mac, bare}, {CKM_SHA512_224_HMAC, KeyOf::mac, bare}, {CKM_SHA512_256_HMAC, KeyOf::mac, bare},
    {CKM_SHA_1_HMAC_GENERAL, KeyOf::mac, with_length}, {CKM_SHA512_224_HMAC_GENERAL, KeyOf::mac, with_length},
    {CKM_SHA512_256_HMAC_GENERAL, KeyOf::mac, with_length}, {CKM_SHA1_RSA_PKCS, KeyOf::rsa, bare},
    {CKM_SHA1_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA_1, CKG_MGF1_SHA1>)}, {CKM_ECDSA_SHA1, KeyOf::ec, bare},
    {CKM_DSA_SHA1, KeyOf::dsa, bare}, {CKM_SHA1_KEY_DERIVATION, KeyOf::any_secret, bare}, {CKM_SHA_1_KEY_GEN, KeyOf::nobody, bare},
    {CKM_SHA512_224_KEY_DERIVATION, KeyOf::any_secret, bare}, {CKM_SHA512_256_KEY_DERIVATION, KeyOf::any_secret, bare},
    {CKM_SHA512_224_KEY_GEN, KeyOf::nobody, bare}, {CKM_SHA512_256_KEY_GEN, KeyOf::nobody, bare},
    {CKM_SHAKE_128_KEY_DERIVATION, KeyOf::any_secret, bare}, {CKM_SHAKE_256_KEY_DERIVATION, KeyOf::any_secret, bare},
    {CKM_RSA_PKCS_KEY_PAIR_GEN, KeyOf::rsa, bare}, {CKM_RSA_PKCS, KeyOf::rsa, bare}, {CKM_RSA_PKCS_OAEP, KeyOf::rsa, with_oaep},
    {CKM_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA256, CKG_MGF1_SHA256>)}, {CKM_RSA_AES_KEY_WRAP, KeyOf::rsa, with_rsa_aes},
    {CKM_EC_KEY_PAIR_GEN, KeyOf::ec, bare}, {CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, KeyOf::ec, bare}, {CKM_ECDSA, KeyOf::ec, bare},
    {CKM_ECDH1_DERIVE, KeyOf::ec, with_point}, {CKM_ECDH1_COFACTOR_DERIVE, KeyOf::ec, with_point},
    {CKM_ECDH_AES_KEY_WRAP, KeyOf::ec, with_ecdh_aes}, {CKM_ECDH_COF_AES_KEY_WRAP, KeyOf::ec, with_ecdh_aes},
    {CKM_EC_EDWARDS_KEY_PAIR_GEN, KeyOf::edwards, bare}, {CKM_EDDSA, KeyOf::edwards, bare},
    {CKM_EC_MONTGOMERY_KEY_PAIR_GEN, KeyOf::montgomery, bare}, {CKM_ECDH_X_AES_KEY_WRAP, KeyOf::montgomery, with_ecdh_aes},
    {CKM_DH_PKCS_KEY_PAIR_GEN, KeyOf::dh, bare}, {CKM_DH_PKCS_DERIVE, KeyOf::dh, with_value},
    {CKM_DSA_KEY_PAIR_GEN, KeyOf::dsa, bare}, {CKM_DSA, KeyOf::dsa, bare},
    {CKM_GOSTR3410_KEY_PAIR_GEN, KeyOf::gost, bare}, {CKM_GOSTR3410, KeyOf::gost, bare}, {CKM_GOSTR3410_WITH_GOSTR3411, KeyOf::gost, bare},
    {CKM_GOSTR3411, KeyOf::nobody, bare}, {CKM_GOSTR3411_HMAC, KeyOf::mac, bare},
    {CKM_DSA_PARAMETER_GEN, KeyOf::nobody, bare}, {CKM_DH_PKCS_PARAMETER_GEN, KeyOf::nobody, bare},
    {CKM_ML_DSA_KEY_PAIR_GEN, KeyOf::ml_dsa, bare}, {CKM_ML_DSA, KeyOf::ml_dsa, bare}, {CKM_HASH_ML_DSA, KeyOf::ml_dsa, with_hash_context},
    {CKM_HASH_ML_DSA_SHAKE128, KeyOf::ml_dsa, bare}, {CKM_HASH_ML_DSA_SHAKE256, KeyOf::ml_dsa, bare},
    {CKM_SLH_DSA_KEY_PAIR_GEN, KeyOf::slh_dsa, bare}, {CKM_SLH_DSA, KeyOf::slh_dsa, bare}, {CKM_HASH_SLH_DSA, KeyOf::slh_dsa, with_hash_context},
    {CKM_HASH_SLH_DSA_SHAKE128, KeyOf::slh_dsa, bare}, {CKM_HASH_SLH_DSA_SHAKE256, KeyOf::slh_dsa, bare},
    {CKM_ML_KEM_KEY_PAIR_GEN, KeyOf::ml_kem, bare},
    {CKM_AES_KEY_GEN, KeyOf::nobody, bare}, {CKM_AES_ECB, KeyOf::aes, bare}, {CKM_AES_CBC, KeyOf::aes, with_iv},
    {CKM_AES_CBC_PAD, KeyOf::aes, with_iv}, {CKM_AES_CTR, KeyOf::aes, with_counter}, {CKM_AES_GCM, KeyOf::aes, with_gcm},
    {CKM_AES_CCM, KeyOf::aes, with_ccm}, {CKM_AES_CTS, KeyOf::aes, with_iv}, {CKM_AES_OFB, KeyOf::aes, with_iv},
    {CKM_AES_CFB8, KeyOf::aes, with_iv}, {CKM_AES_CFB128, KeyOf::aes, with_iv}, {CKM_AES_CMAC, KeyOf::aes, bare},
    {CKM_AES_CMAC_GENERAL, KeyOf::aes, with_length}, {CKM_AES_MAC, KeyOf::aes, bare}, {CKM_AES_MAC_GENERAL, KeyOf::aes, with_length},
    {CKM_AES_GMAC, KeyOf::aes, with_gcm}, {CKM_AES_XCBC_MAC, KeyOf::aes, bare}, {CKM_AES_XCBC_MAC_96, KeyOf::aes, bare},
    {CKM_AES_KEY_WRAP, KeyOf::aes, bare}, {CKM_AES_KEY_WRAP_PAD, KeyOf::aes, bare}, {CKM_AES_KEY_WRAP_KWP, KeyOf::aes, bare},
    {CKM_AES_ECB_ENCRYPT_DATA, KeyOf::aes, with_data}, {CKM_AES_CBC_ENCRYPT_DATA, KeyOf::aes, with_cbc_data},
    {CKM_AES_XTS_KEY_GEN, KeyOf::nobody, bare}, {CKM_AES_XTS, KeyOf::xts, with_iv},
    {CKM_CHACHA20_KEY_GEN, KeyOf::nobody, bare}, {CKM_CHACHA20, KeyOf::chacha20, with_chacha20},
    {CKM_CHACHA20_POLY1305, KeyOf::chacha20, with_aead}, {CKM_POLY1305_KEY_GEN, KeyOf::nobody, bare}, {CKM_POLY1305, KeyOf::poly1305, bare},
    {CKM_GENERIC_SECRET_KEY_GEN, KeyOf::nobody, bare}, {CKM_HKDF_KEY_GEN, KeyOf::nobody, bare}, {CKM_HKDF_DERIVE, KeyOf::any_secret, with_hkdf},
    {CKM_PKCS5_PBKD2, KeyOf::nobody, with_password}, {CKM_SP800_108_COUNTER_KDF, KeyOf::any_secret, with_counted},
    {CKM_SP800_108_FEEDBACK_KDF, KeyOf::any_secret, with_feedback}, {CKM_SP800_108_DOUBLE_PIPELINE_KDF, KeyOf::any_secret, with_chained},
    {CKM_CONCATENATE_BASE_AND_DATA, KeyOf::any_secret, with_data}, {CKM_CONCATENATE_DATA_AND_BASE, KeyOf::any_secret, with_data},
    {CKM_XOR_BASE_AND_DATA, KeyOf::any_secret, with_data}, {CKM_EXTRACT_KEY_FROM_KEY, KeyOf::any_secret, with_bit},
    {CKM_AES_CFB1, KeyOf::aes, with_iv}, {CKM_AES_KEY_WRAP_PKCS7, KeyOf::aes, bare},
    {CKM_BLAKE2B_512, KeyOf::nobody, bare}, {CKM_BLAKE2B_512_HMAC, KeyOf::mac, bare}, {CKM_BLAKE2B_512_HMAC_GENERAL, KeyOf::mac, with_length},
    {CKM_BLAKE2B_512_KEY_DERIVE, KeyOf::any_secret, bare}, {CKM_BLAKE2B_512_KEY_GEN, KeyOf::nobody, bare},
    {CKM_DES3_KEY_GEN, KeyOf::nobody, bare}, {CKM_DES3_ECB, KeyOf::des3, bare}, {CKM_DES3_CBC, KeyOf::des3, with_short_iv},
    {CKM_DES3_CBC_PAD, KeyOf::des3, with_short_iv}, {CKM_DES3_MAC, KeyOf::des3, bare}, {CKM_DES3_MAC_GENERAL, KeyOf::des3, with_short_length},
    {CKM_DES3_CMAC, KeyOf::des3, bare}, {CKM_DES3_CMAC_GENERAL, KeyOf::des3, with_short_length},
    {CKM_DES3_ECB_ENCRYPT_DATA, KeyOf::des3, with_data}, {CKM_DES3_CBC_ENCRYPT_DATA, KeyOf::des3, with_des_cbc_data},
    {CKM_MD5, KeyOf::nobody, bare}, {CKM_MD5_HMAC, KeyOf::mac, bare}, {CKM_MD5_HMAC_GENERAL, KeyOf::mac, with_length},
    {CKM_MD5_RSA_PKCS, KeyOf::rsa, bare}, {CKM_MD5_KEY_DERIVATION, KeyOf::any_secret, bare},
    {CKM_DES_KEY_GEN, KeyOf::nobody, bare}, {CKM_DES2_KEY_GEN, KeyOf::nobody, bare}, {CKM_DES_ECB, KeyOf::des, bare},
    {CKM_DES_CBC, KeyOf::des, with_short_iv}, {CKM_DES_CBC_PAD, KeyOf::des, with_short_iv}, {CKM_DES_MAC, KeyOf::des, bare},
    {CKM_DES_MAC_GENERAL, KeyOf::des, with_short_length}, {CKM_DES_OFB64, KeyOf::des, with_short_iv}, {CKM_DES_CFB64, KeyOf::des, with_short_iv},
    {CKM_DES_CFB8, KeyOf::des, with_short_iv}, {CKM_DES_ECB_ENCRYPT_DATA, KeyOf::des, with_data},
    {CKM_DES_CBC_ENCRYPT_DATA, KeyOf::des, with_des_cbc_data},
    {CKM_SEED_KEY_GEN, KeyOf::nobody, bare}, {CKM_SEED_ECB, KeyOf::seed, bare}, {CKM_SEED_CBC, KeyOf::seed, with_iv},
    {CKM_SEED_CBC_PAD, KeyOf::seed, with_iv}, {CKM_SEED_MAC, KeyOf::seed, bare}, {CKM_SEED_MAC_GENERAL, KeyOf::seed, with_length},
    {CKM_SEED_ECB_ENCRYPT_DATA, KeyOf::seed, with_data}, {CKM_SEED_CBC_ENCRYPT_DATA, KeyOf::seed, with_cbc_data},
    {CKM_CAMELLIA_KEY_GEN, KeyOf::nobody, bare}, {CKM_CAMELLIA_ECB, KeyOf::camellia, bare}, {CKM_CAMELLIA_CBC, KeyOf::camellia, with_iv},
    {CKM_CAMELLIA_CBC_PAD, KeyOf::camellia, with_iv}, {CKM_CAMELLIA_CTR, KeyOf::camellia, with_camellia_counter},
    {CKM_CAMELLIA_MAC, KeyOf::camellia, bare}, {CKM_CAMELLIA_MAC_GENERAL, KeyOf::camellia, with_length},
    {CKM_CAMELLIA_ECB_ENCRYPT_DATA, KeyOf::camellia, with_data}, {CKM_CAMELLIA_CBC_ENCRYPT_DATA, KeyOf::camellia, with_cbc_data},
    {CKM_ARIA_KEY_GEN, KeyOf::nobody, bare}, {CKM_ARIA_ECB, KeyOf::aria, bare}, {CKM_ARIA_CBC, KeyOf::aria, with_iv},
    {CKM_ARIA_CBC_PAD, KeyOf::aria, with_iv}, {CKM_ARIA_MAC, KeyOf::aria, bare}, {CKM_ARIA_MAC_GENERAL, KeyOf::aria, with_length},
    {CKM_ARIA_ECB_ENCRYPT_DATA, KeyOf::aria, with_data}, {CKM_ARIA_CBC_ENCRYPT_DATA, KeyOf::aria, with_cbc_data},
    {CKM_TLS_MASTER_KEY_DERIVE, KeyOf::tls_secret, with_older_master}, {CKM_TLS_MASTER_KEY_DERIVE_DH, KeyOf::tls_secret, with_older_master},
    {CKM_TLS12_MASTER_KEY_DERIVE, KeyOf::tls_secret, with_master}, {CKM_TLS12_MASTER_KEY_DERIVE_DH, KeyOf::tls_secret, with_master},
    {CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, KeyOf::tls_secret, with_extended_master},
    {CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, KeyOf::tls_secret, with_extended_master},
    {CKM_TLS12_KDF, KeyOf::tls_secret, with_tls_label}, {CKM_TLS_KDF, KeyOf::tls_secret, with_tls_label},
    {CKM_TLS12_MAC, KeyOf::tls_secret, with_tls_mac}, {CKM_TLS_MAC, KeyOf::tls_secret, with_tls_mac},
    {CKM_IKE2_PRF_PLUS_DERIVE, KeyOf::any_secret, with_ike_seed}, {CKM_IKE_PRF_DERIVE, KeyOf::any_secret, with_ike_nonces},
    {CKM_IKE1_EXTENDED_DERIVE, KeyOf::any_secret, with_ike_data},
});

// Shown elsewhere: they take a second key, make data or a public key, sign no data, give something back by their parameter, or work on a block that only the caller can pad.
constexpr CK_MECHANISM_TYPE kShownElsewhere[] = {CKM_CONCATENATE_BASE_AND_KEY, CKM_HKDF_DATA, CKM_PUB_KEY_FROM_PRIV_KEY, CKM_RSA_X_509, CKM_ML_KEM,
                                               CKM_TLS_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_SAFE_DERIVE, CKM_IKE1_PRF_DERIVE, CKM_HOTP_KEY_GEN, CKM_HOTP,
                                               CKM_PBE_SHA1_DES3_EDE_CBC, CKM_PBE_SHA1_DES2_EDE_CBC, CKM_PBA_SHA1_WITH_SHA1_HMAC, 0x80004B01};

constexpr CK_FLAGS kSigns = CKF_SIGN | CKF_VERIFY, kEncrypts = CKF_ENCRYPT | CKF_DECRYPT, kWraps = CKF_WRAP | CKF_UNWRAP;

// Under the compatible policy: a strict token does not give readable keys out of unwrapping, nor does it offer every derivation.
struct Families : CompatibleSession {
  CK_FLAGS flags(CK_MECHANISM_TYPE type) {
    CK_MECHANISM_INFO info{};
    return p11().C_GetMechanismInfo(slot, type, &info) == CKR_OK ? info.flags : 0;
  }
  bool has(CK_MECHANISM_TYPE type) { return flags(type) != 0; }

  KeyPair pair(KeyOf whose, const Template& public_roles, const Template& private_roles) {
    const Template here{{CKA_TOKEN, false}};
    const auto make = [&](CK_MECHANISM_TYPE type, const Template& with) {
      return session.generate_pair(type, here.with(with).with(public_roles), here.with(private_roles)).must();
    };
    switch (whose) {
      case KeyOf::rsa: return make(CKM_RSA_PKCS_KEY_PAIR_GEN, {{CKA_MODULUS_BITS, 2048UL}, {CKA_PUBLIC_EXPONENT, from_hex("010001")}});
      case KeyOf::ec: return make(CKM_EC_KEY_PAIR_GEN, {{CKA_EC_PARAMS, from_hex("06082a8648ce3d030107")}});
      case KeyOf::edwards: return make(CKM_EC_EDWARDS_KEY_PAIR_GEN, {{CKA_EC_PARAMS, from_hex("06032b6570")}});
      case KeyOf::montgomery: return make(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {{CKA_EC_PARAMS, from_hex("06032b656e")}});
      case KeyOf::dh: return make(CKM_DH_PKCS_KEY_PAIR_GEN, {{CKA_PRIME, from_hex(kFfdhe2048)}, {CKA_BASE, from_hex("02")}});
      case KeyOf::dsa:
        return make(CKM_DSA_KEY_PAIR_GEN, {{CKA_PRIME, from_hex(kDsaPrime)}, {CKA_SUBPRIME, from_hex(kDsaSubprime)}, {CKA_BASE, from_hex(kDsaBase)}});
      case KeyOf::gost:
        return make(CKM_GOSTR3410_KEY_PAIR_GEN,
                    {{CKA_GOSTR3410_PARAMS, from_hex("06072a850302022301")}, {CKA_GOSTR3411_PARAMS, from_hex("06072a850302021e01")}});
      case KeyOf::ml_dsa: return make(CKM_ML_DSA_KEY_PAIR_GEN, {{CKA_PARAMETER_SET, CKP_ML_DSA_65}});
      case KeyOf::slh_dsa: return make(CKM_SLH_DSA_KEY_PAIR_GEN, {{CKA_PARAMETER_SET, CKP_SLH_DSA_SHA2_128F}});
      default: return make(CKM_ML_KEM_KEY_PAIR_GEN, {{CKA_PARAMETER_SET, CKP_ML_KEM_768}});
    }
  }
  // What is derived by encrypting is not derived from a key that encrypts.
  static bool encrypts_data(KeyOf whose) { return whose >= KeyOf::aes && whose <= KeyOf::des3; }
  static bool is_pair(KeyOf whose) { return whose >= KeyOf::rsa; }

  static Template secret_key_of(KeyOf whose) {
    const CK_KEY_TYPE type = whose == KeyOf::aes        ? CKK_AES
                             : whose == KeyOf::camellia ? CKK_CAMELLIA
                             : whose == KeyOf::aria     ? CKK_ARIA
                             : whose == KeyOf::seed     ? CKK_SEED
                             : whose == KeyOf::des      ? CKK_DES
                             : whose == KeyOf::des3     ? CKK_DES3
                             : whose == KeyOf::xts      ? CKK_AES_XTS
                             : whose == KeyOf::chacha20 ? CKK_CHACHA20
                             : whose == KeyOf::poly1305 ? CKK_POLY1305
                                                        : CKK_GENERIC_SECRET;
    const CK_ULONG size = whose == KeyOf::aes || whose == KeyOf::seed ? 16 : whose == KeyOf::mac ? 64 : whose == KeyOf::tls_secret ? 48 : 32;
    return secret_key(type, whose == KeyOf::des3 ? from_hex(kDes3) : whose == KeyOf::des ? from_hex(kDes3.substr(0, 16)) : counting(size));
  }
  KeyPair keys(KeyOf whose, std::initializer_list<CK_ATTRIBUTE_TYPE> public_roles, std::initializer_list<CK_ATTRIBUTE_TYPE> private_roles) {
    if (is_pair(whose)) return pair(whose, roles(public_roles), roles(private_roles));
    const auto key = session.create(secret_key_of(whose).with(roles(public_roles)).with(roles(private_roles))).must();
    return {key, key};
  }

  // A session goes on with what it made for the operation before, where the library below lets it.
  static constexpr int kTimes = 3;
  void encrypts(const Sample& row) {
    const auto with = keys(row.key, {CKA_ENCRYPT}, {CKA_DECRYPT});
    for (int time = 1; time <= kTimes; ++time) {
      const auto sealed = session.encrypt_once(row.make(row.type), with.public_key, data);
      BOOST_TEST(sealed.rv == CKR_OK);
      const auto opened = session.decrypt_once(row.make(row.type), with.private_key, sealed.bytes);
      BOOST_TEST(opened.rv == CKR_OK);
      BOOST_TEST(opened.bytes == data);
    }
  }
  void signs(const Sample& row) {
    const auto with = keys(row.key, {CKA_VERIFY}, {CKA_SIGN});
    Bytes signature;
    for (int time = 1; time <= kTimes; ++time) {
      const auto made = session.sign_once(row.make(row.type), with.private_key, data);
      BOOST_TEST(made.rv == CKR_OK);
      signature = made.bytes;
      BOOST_TEST(session.verify_once(row.make(row.type), with.public_key, data, signature) == CKR_OK);
    }
    BOOST_TEST(session.verify_once(row.make(row.type), with.public_key, Bytes{0xFF} + counting(31), signature) == CKR_SIGNATURE_INVALID);
  }
  void wraps(const Sample& row) {
    const auto with = keys(row.key, {CKA_WRAP}, {CKA_UNWRAP});
    const auto target = session.create(secret_key(CKK_GENERIC_SECRET, data).with(readable_key())).must();
    const auto wrapped = session.wrap(row.make(row.type), with.public_key, target);
    BOOST_TEST(wrapped.rv == CKR_OK);
    const auto back = session.unwrap(row.make(row.type), with.private_key, wrapped.bytes,
                                     secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with(readable_key()));
    BOOST_TEST(back.rv == CKR_OK);
    if (back.rv == CKR_OK) BOOST_TEST(session.bytes(back.value, CKA_VALUE) == data);
  }
  void derives(const Sample& row) {
    auto with = keys(row.key, {}, {CKA_DERIVE});
    if (encrypts_data(row.key))
      with.private_key = session.create(secret_key_of(row.key).with(roles({CKA_DERIVE})).with({CKA_ENCRYPT, false})).must();
    if (row.key == KeyOf::ec) peer_point = ec_point();
    if (row.key == KeyOf::dh) peer_value = session.bytes(with.public_key, CKA_VALUE);
    const CK_ULONG length = row.key == KeyOf::tls_secret ? 48 : 16;
    const Template wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with({CKA_VALUE_LEN, length});
    BOOST_TEST(session.derive(row.make(row.type), with.private_key, wanted).rv == CKR_OK);
  }
  void generates(const Sample& row) {
    if (row.type == CKM_DSA_PARAMETER_GEN || row.type == CKM_DH_PKCS_PARAMETER_GEN) {
      BOOST_TEST(session.generate(row.type, {{CKA_PRIME_BITS, 1024UL}}).rv == CKR_OK);
      return;
    }
    const bool fixed = row.type == CKM_DES_KEY_GEN || row.type == CKM_DES2_KEY_GEN || row.type == CKM_SEED_KEY_GEN || row.type == CKM_DES3_KEY_GEN || row.type == CKM_CHACHA20_KEY_GEN || row.type == CKM_POLY1305_KEY_GEN;
    BOOST_TEST(session.generate(row.make(row.type), fixed ? Template{{CKA_TOKEN, false}} : new_secret_key(32)).rv == CKR_OK);
  }

  void try_out(const Sample& row, CK_FLAGS can) {
    if ((can & CKF_DIGEST) != 0) {
      BOOST_TEST(session.digest_init(row.make(row.type)) == CKR_OK);
      BOOST_TEST(session.digest(data).rv == CKR_OK);
    }
    if ((can & kEncrypts) == kEncrypts) encrypts(row);
    if ((can & kSigns) == kSigns) signs(row);
    if ((can & kWraps) == kWraps) wraps(row);
    if ((can & CKF_DERIVE) != 0) derives(row);
    if ((can & CKF_GENERATE) != 0) generates(row);
    if ((can & CKF_GENERATE_KEY_PAIR) != 0) pair(row.key, {}, {});
  }

  static constexpr std::string_view kDes3 = "0123456789abcdef23456789abcdef01456789abcdef0123";
  static constexpr std::string_view kFfdhe2048 =
      "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
      "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
      "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
      "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff";
  static constexpr std::string_view kDsaPrime =
      "fee4803f643888136b6fe2461ffc1f7fa47d50bdf71c546500e7bba355959c6166e372015cc5292908f0625c652c1ea83126b10ac0640666afe4277e3fc7"
      "31cd7ed46a8ccf96605645c54b418bac6310ba966f8c3aa33c57a5d816c17eb33a65d43e1ce9a64d4ac54b11f40dd8f4e4010bd675e1ced0fc62a6077c2c"
      "2f568c07358c1ea5ca61354c2aa001f02571875e9940c7f3b069fe1d7bd4991610f5f53706d4654adaa06f4589b3cd0710468fc9c08e0cee79a5492306aa"
      "343065d675d677930f9e8cbdadfbb2ab799da728ee62992c40daefe81eab3ae32e335d8d489b3fb85f289455b7b36ad086902a597d346d379d9e116333aa"
      "44fb32143fbc71b7";
  static constexpr std::string_view kDsaSubprime = "aba34e72c4bbbff3d2a271c88248a93c7cd09a6190fd0a57b99aeadb";
  static constexpr std::string_view kDsaBase =
      "e44547cdfb0400c20b6cc40a64e665d3bf55900be768e5edf09ac1a6ca8fa42aab5fe14cad17b84a3b688c49d1cd9ac51f45962bdc0ffb93d753636fd521"
      "cf3729e13b71cbb8d0917261ce8d5f4a59f6485daf68d077bd195ba76dc5dacbb50f7aaa21f9437f0e70f3a49019bc16dc3dedaadcfbb1e4e0c39bdd142a"
      "6e59756dc6fadd953d8615b2f4cc0ddc3516b4ee93a769a2c8755e15ad49112d2c2343859a5325b2780010b2391e020332095541fa6ca5b4eb8df5d5f22b"
      "c93fcd2134905d370e8b374c7375e051b9d22029330c4e057e4041a54be10e8c2aa4bf530bc796a47d5214fc330e6cde19e86d1054d469bda1ca7077985f"
      "6d0e562944048574";
};

std::vector<CK_MECHANISM_TYPE> listed(CK_SLOT_ID slot) {
  CK_ULONG count = 0;
  Rv(p11().C_GetMechanismList(slot, nullptr, &count)).must();
  std::vector<CK_MECHANISM_TYPE> all(count);
  Rv(p11().C_GetMechanismList(slot, all.data(), &count)).must();
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(families)

CONFORMANCE_FOR_EACH(Families, does_what_its_flags_say, kSamples) {
  if (const auto can = flags(row.type); can != 0) try_out(row, can);
}

BOOST_FIXTURE_TEST_CASE(every_listed_mechanism_is_tried_out, Token) {
  for (const auto type : listed(slot)) {
    const bool tried = std::ranges::find(kSamples, type, &Sample::type) != kSamples.end() ||
                       std::ranges::find(kShownElsewhere, type) != std::end(kShownElsewhere);
    BOOST_TEST(tried, name_of_mechanism(type));
  }
}

BOOST_FIXTURE_TEST_CASE(a_concatenation_takes_the_other_keys_octets, Families) {
  if (!has(CKM_CONCATENATE_BASE_AND_KEY)) return;
  const auto one = keys(KeyOf::any_secret, {}, {CKA_DERIVE}).private_key;
  const auto other = keys(KeyOf::any_secret, {}, {CKA_DERIVE}).private_key;
  const CK_OBJECT_HANDLE named = other;
  const Template wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE);
  const auto both = session.derive(Mechanism::of(CKM_CONCATENATE_BASE_AND_KEY, named), one, wanted);
  BOOST_TEST(both.rv == CKR_OK);
  if (both.rv == CKR_OK) BOOST_TEST(session.number(both.value, CKA_VALUE_LEN) == 64u);
  const CK_OBJECT_HANDLE nothing = 0;
  BOOST_TEST(session.derive(Mechanism::of(CKM_CONCATENATE_BASE_AND_KEY, nothing), one, wanted).rv != CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_private_key_gives_its_public_half_again, Families) {
  if (!has(CKM_PUB_KEY_FROM_PRIV_KEY)) return;
  for (const auto& [whose, what] : {std::pair{KeyOf::rsa, CKA_MODULUS}, {KeyOf::ec, CKA_EC_POINT}, {KeyOf::edwards, CKA_EC_POINT}}) {
    const auto made = pair(whose, roles({CKA_VERIFY}), roles({CKA_SIGN}));
    const auto again = session.derive(CKM_PUB_KEY_FROM_PRIV_KEY, made.private_key, {{CKA_TOKEN, false}}).must();
    BOOST_TEST(session.bytes(again, what) == session.bytes(made.public_key, what));
    BOOST_TEST(session.flag(again, CKA_VERIFY));
  }
}

BOOST_FIXTURE_TEST_CASE(the_public_key_of_an_edwards_pair_is_its_bare_octets, Families) {
  if (!has(CKM_EC_EDWARDS_KEY_PAIR_GEN)) return;
  BOOST_TEST(session.bytes(pair(KeyOf::edwards, {}, {}).public_key, CKA_EC_POINT).size() == 32u);
}

BOOST_FIXTURE_TEST_CASE(a_password_makes_a_key_of_any_type_and_it_counts_as_known, Families) {
  if (!has(CKM_PKCS5_PBKD2)) return;
  const Template wanted = new_secret_key(32).with({{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}}).with(readable_key());
  const CK_OBJECT_HANDLE made = session.generate(with_password(CKM_PKCS5_PBKD2), wanted).must();
  BOOST_TEST(session.number(made, CKA_KEY_TYPE) == CKK_AES);
  BOOST_TEST(!session.flag(made, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(!session.flag(made, CKA_NEVER_EXTRACTABLE));
  BOOST_TEST(session.generate(with_password(CKM_PKCS5_PBKD2), wanted.with({{CKA_VALUE_LEN, 33UL}})).rv != CKR_OK);
}

// Up to 2.40 the structure had a pointer to the password's length; NSS still gives it so.
BOOST_FIXTURE_TEST_CASE(a_password_is_read_from_the_older_structure_too, Families) {
  if (!has(CKM_PKCS5_PBKD2)) return;
  CK_ULONG length = sizeof password - 1;
  CK_PKCS5_PBKD2_PARAMS older{CKZ_SALT_SPECIFIED, salt.data(), salt.size(), 1000, CKP_PKCS5_PBKD2_HMAC_SHA256, nullptr, 0, password, &length};
  const Template wanted = new_secret_key(32).with(readable_key());
  const CK_OBJECT_HANDLE now = session.generate(with_password(CKM_PKCS5_PBKD2), wanted).must();
  const CK_OBJECT_HANDLE before = session.generate(Mechanism::of(CKM_PKCS5_PBKD2, older), wanted).must();
  BOOST_TEST(session.bytes(before, CKA_VALUE) == session.bytes(now, CKA_VALUE));
  older.ulPasswordLen = reinterpret_cast<CK_ULONG_PTR>(CK_ULONG{0x7FFF00000000});
  BOOST_TEST(session.generate(Mechanism::of(CKM_PKCS5_PBKD2, older), wanted).rv == CKR_MECHANISM_PARAM_INVALID);
  older.ulPasswordLen = reinterpret_cast<CK_ULONG_PTR>(~CK_ULONG{0});
  BOOST_TEST(session.generate(Mechanism::of(CKM_PKCS5_PBKD2, older), wanted).rv == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()
