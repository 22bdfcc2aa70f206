#pragma once

#include <cstdint>

// The numbers of PKCS#11 that the engine knows by name (enumerators follow the standard's names in lower case). The C boundary passes
// numbers through; what is not named here is not known to the engine.

namespace hsm {

using SlotId = std::uint64_t;
using SessionHandle = std::uint64_t;
using ObjectHandle = std::uint64_t;

inline constexpr std::uint64_t kNoHandle = 0;
/// "The value is not available" in a length or count (CK_UNAVAILABLE_INFORMATION).
inline constexpr std::uint64_t kUnavailable = ~std::uint64_t{0};

enum class ObjectClass : std::uint64_t {
  data = 0, certificate = 1, public_key = 2, private_key = 3, secret_key = 4, hw_feature = 5, domain_parameters = 6,
  mechanism = 7, otp_key = 8, profile = 9, validation = 10, trust = 11,
};

enum class KeyType : std::uint64_t {
  rsa = 0x00, dsa = 0x01, dh = 0x02, ec = 0x03, x9_42_dh = 0x04, generic_secret = 0x10, des = 0x13, des2 = 0x14,
  des3 = 0x15, aes = 0x1F, hotp = 0x23, camellia = 0x25, aria = 0x26, md5_hmac = 0x27, sha1_hmac = 0x28, sha256_hmac = 0x2B, sha384_hmac = 0x2C, sha512_hmac = 0x2D,
  sha224_hmac = 0x2E, seed = 0x2F, gostr3410 = 0x30, chacha20 = 0x33, poly1305 = 0x34, aes_xts = 0x35, sha3_224_hmac = 0x36, sha3_256_hmac = 0x37,
  sha3_384_hmac = 0x38, sha3_512_hmac = 0x39, blake2b_512_hmac = 0x3D, salsa20 = 0x3E, ec_edwards = 0x40, ec_montgomery = 0x41, hkdf = 0x42,
  sha512_224_hmac = 0x43, sha512_256_hmac = 0x44, sha512_t_hmac = 0x45, hss = 0x46, xmss = 0x47, xmssmt = 0x48,
  ml_kem = 0x49, ml_dsa = 0x4A, slh_dsa = 0x4B,
};

enum class CertificateType : std::uint64_t { x_509 = 0, x_509_attr_cert = 1, wtls = 2 };

enum class UserType : std::uint64_t { so = 0, user = 1, context_specific = 2 };

enum class SessionState : std::uint64_t {
  ro_public = 0, ro_user = 1, rw_public = 2, rw_user = 3, rw_so = 4,
};

/// CKA_*
enum class Attr : std::uint64_t {
  object_class = 0x000, token = 0x001, private_ = 0x002, label = 0x003, unique_id = 0x004, application = 0x010,
  value = 0x011, object_id = 0x012, certificate_type = 0x080, issuer = 0x081, serial_number = 0x082, ac_issuer = 0x083,
  owner = 0x084, attr_types = 0x085, trusted = 0x086, certificate_category = 0x087, java_midp_security_domain = 0x088,
  url = 0x089, hash_of_subject_public_key = 0x08A, hash_of_issuer_public_key = 0x08B, name_hash_algorithm = 0x08C,
  check_value = 0x090, key_type = 0x100, subject = 0x101, id = 0x102, sensitive = 0x103, encrypt = 0x104,
  decrypt = 0x105, wrap = 0x106, unwrap = 0x107, sign = 0x108, sign_recover = 0x109, verify = 0x10A,
  verify_recover = 0x10B, derive = 0x10C, start_date = 0x110, end_date = 0x111, modulus = 0x120, modulus_bits = 0x121,
  public_exponent = 0x122, private_exponent = 0x123, prime_1 = 0x124, prime_2 = 0x125, exponent_1 = 0x126,
  exponent_2 = 0x127, coefficient = 0x128, public_key_info = 0x129, prime = 0x130, subprime = 0x131, base = 0x132,
  prime_bits = 0x133, subprime_bits = 0x134, value_bits = 0x160, value_len = 0x161, extractable = 0x162, local = 0x163,
  never_extractable = 0x164, always_sensitive = 0x165, key_gen_mechanism = 0x166, modifiable = 0x170, copyable = 0x171,
  destroyable = 0x172, ec_params = 0x180, ec_point = 0x181, always_authenticate = 0x202, wrap_with_trusted = 0x210,
  otp_format = 0x220, otp_length = 0x221, otp_time_interval = 0x222, otp_user_friendly_mode = 0x223,
  otp_challenge_requirement = 0x224, otp_time_requirement = 0x225, otp_counter_requirement = 0x226, otp_pin_requirement = 0x227,
  otp_user_identifier = 0x22A, otp_service_identifier = 0x22B, otp_service_logo = 0x22C, otp_service_logo_type = 0x22D,
  otp_counter = 0x22E, otp_time = 0x22F, gostr3410_params = 0x250, gostr3411_params = 0x251, gost28147_params = 0x252,
  wrap_template = 0x40000211, unwrap_template = 0x40000212, derive_template = 0x40000213, hw_feature_type = 0x300,
  mechanism_type = 0x500, profile_id = 0x601, parameter_set = 0x61D, object_validation_flags = 0x61E, validation_type = 0x61F,
  validation_version = 0x620, validation_level = 0x621, validation_module_id = 0x622, validation_flag = 0x623,
  validation_authority_type = 0x624, validation_country = 0x625, validation_certificate_identifier = 0x626,
  validation_certificate_uri = 0x627, validation_vendor_uri = 0x628, validation_profile = 0x629, public_crc64_value = 0x636, trust_server_auth = 0x62C, trust_client_auth = 0x62D,
  trust_code_signing = 0x62E, trust_email_protection = 0x62F, trust_ipsec_ike = 0x630, trust_time_stamping = 0x631,
  trust_ocsp_signing = 0x632, hash_of_certificate = 0x635, encapsulate_template = 0x62A,
  decapsulate_template = 0x62B, seed = 0x637, encapsulate = 0x633, decapsulate = 0x634,
  allowed_mechanisms = 0x40000600,
  // Ours, of the object that tells a token's policy: a PolicyProfile, and the numbers of the checks made wholly and in part.
  keymantle_policy_profile = 0x80004B01, keymantle_checks_on = 0xC0004B02, keymantle_checks_in_part = 0xC0004B03,
  keymantle_uses_left = 0x80004B04, keymantle_uses_per_minute = 0x80004B05,
};

/// CKM_*. crypto adds a row to the table in mechanism.cpp for each one that works.
enum class Mech : std::uint64_t {
  rsa_pkcs_key_pair_gen = 0x0000, rsa_pkcs = 0x0001, rsa_9796 = 0x0002, rsa_x_509 = 0x0003, md5_rsa_pkcs = 0x0005, sha1_rsa_pkcs = 0x0006,
  rsa_pkcs_oaep = 0x0009, rsa_pkcs_pss = 0x000D, sha1_rsa_pkcs_pss = 0x000E, ml_kem_key_pair_gen = 0x000F,
  dsa_key_pair_gen = 0x0010, dsa = 0x0011, dsa_sha1 = 0x0012, dsa_sha224 = 0x0013, dsa_sha256 = 0x0014, dsa_sha384 = 0x0015,
  dsa_sha512 = 0x0016, ml_kem = 0x0017, dsa_sha3_224 = 0x0018, dsa_sha3_256 = 0x0019, dsa_sha3_384 = 0x001A,
  dsa_sha3_512 = 0x001B, ml_dsa_key_pair_gen = 0x001C, ml_dsa = 0x001D, hash_ml_dsa = 0x001F, dh_pkcs_key_pair_gen = 0x0020,
  dh_pkcs_derive = 0x0021, hash_ml_dsa_sha224 = 0x0023, hash_ml_dsa_sha256 = 0x0024, hash_ml_dsa_sha384 = 0x0025,
  hash_ml_dsa_sha512 = 0x0026, hash_ml_dsa_sha3_224 = 0x0027, hash_ml_dsa_sha3_256 = 0x0028, hash_ml_dsa_sha3_384 = 0x0029,
  hash_ml_dsa_sha3_512 = 0x002A, hash_ml_dsa_shake128 = 0x002B, hash_ml_dsa_shake256 = 0x002C,
  slh_dsa_key_pair_gen = 0x002D, slh_dsa = 0x002E, hash_slh_dsa = 0x0034,
  hash_slh_dsa_sha224 = 0x0036, hash_slh_dsa_sha256 = 0x0037, hash_slh_dsa_sha384 = 0x0038, hash_slh_dsa_sha512 = 0x0039,
  hash_slh_dsa_sha3_224 = 0x003A, hash_slh_dsa_sha3_256 = 0x003B, hash_slh_dsa_sha3_384 = 0x003C, hash_slh_dsa_sha3_512 = 0x003D,
  hash_slh_dsa_shake128 = 0x003E, hash_slh_dsa_shake256 = 0x003F,
  sha256_rsa_pkcs = 0x0040, sha384_rsa_pkcs = 0x0041, sha512_rsa_pkcs = 0x0042, sha256_rsa_pkcs_pss = 0x0043,
  sha384_rsa_pkcs_pss = 0x0044, sha512_rsa_pkcs_pss = 0x0045, sha224_rsa_pkcs = 0x0046, sha224_rsa_pkcs_pss = 0x0047,
  sha512_224 = 0x0048, sha512_224_hmac = 0x0049, sha512_224_hmac_general = 0x004A, sha512_224_key_derivation = 0x004B,
  sha512_256 = 0x004C, sha512_256_hmac = 0x004D, sha512_256_hmac_general = 0x004E, sha512_256_key_derivation = 0x004F,
  tls12_extended_master_key_derive = 0x0056, tls12_extended_master_key_derive_dh = 0x0057,
  sha3_256_rsa_pkcs = 0x0060, sha3_384_rsa_pkcs = 0x0061, sha3_512_rsa_pkcs = 0x0062, sha3_256_rsa_pkcs_pss = 0x0063,
  sha3_384_rsa_pkcs_pss = 0x0064, sha3_512_rsa_pkcs_pss = 0x0065, sha3_224_rsa_pkcs = 0x0066, sha3_224_rsa_pkcs_pss = 0x0067,
  des_key_gen = 0x0120, des_ecb = 0x0121, des_cbc = 0x0122, des_mac = 0x0123, des_mac_general = 0x0124, des_cbc_pad = 0x0125,
  des2_key_gen = 0x0130, des3_key_gen = 0x0131, des3_ecb = 0x0132, des3_cbc = 0x0133, des3_mac = 0x0134, des3_mac_general = 0x0135, des3_cbc_pad = 0x0136,
  des3_cmac_general = 0x0137, des3_cmac = 0x0138, des_ofb64 = 0x0150, des_cfb64 = 0x0152, des_cfb8 = 0x0153,
  md5 = 0x0210, md5_hmac = 0x0211, md5_hmac_general = 0x0212, sha_1 = 0x0220, sha_1_hmac = 0x0221, sha_1_hmac_general = 0x0222, sha256 = 0x0250, sha256_hmac = 0x0251,
  sha256_hmac_general = 0x0252, sha224 = 0x0255, sha224_hmac = 0x0256, sha224_hmac_general = 0x0257, sha384 = 0x0260,
  sha384_hmac = 0x0261, sha384_hmac_general = 0x0262, sha512 = 0x0270, sha512_hmac = 0x0271, sha512_hmac_general = 0x0272,
  hotp_key_gen = 0x0290, hotp = 0x0291, sha3_256 = 0x02B0, sha3_256_hmac = 0x02B1, sha3_256_hmac_general = 0x02B2, sha3_256_key_gen = 0x02B3, sha3_224 = 0x02B5,
  sha3_224_hmac = 0x02B6, sha3_224_hmac_general = 0x02B7, sha3_224_key_gen = 0x02B8, sha3_384 = 0x02C0, sha3_384_hmac = 0x02C1,
  sha3_384_hmac_general = 0x02C2, sha3_384_key_gen = 0x02C3, sha3_512 = 0x02D0, sha3_512_hmac = 0x02D1,
  sha3_512_hmac_general = 0x02D2, sha3_512_key_gen = 0x02D3, generic_secret_key_gen = 0x0350, concatenate_base_and_key = 0x0360,
  concatenate_base_and_data = 0x0362, concatenate_data_and_base = 0x0363, xor_base_and_data = 0x0364,
  extract_key_from_key = 0x0365, tls_master_key_derive = 0x0375, tls_key_and_mac_derive = 0x0376, tls_master_key_derive_dh = 0x0377,
  tls_prf = 0x0378, md5_key_derivation = 0x0390, sha1_key_derivation = 0x0392, sha256_key_derivation = 0x0393, sha384_key_derivation = 0x0394,
  sha512_key_derivation = 0x0395, sha224_key_derivation = 0x0396, sha3_256_key_derivation = 0x0397,
  sha3_224_key_derivation = 0x0398, sha3_384_key_derivation = 0x0399, sha3_512_key_derivation = 0x039A,
  shake_128_key_derivation = 0x039B, shake_256_key_derivation = 0x039C,
  pbe_sha1_des3_ede_cbc = 0x03A8, pbe_sha1_des2_ede_cbc = 0x03A9, sp800_108_counter_kdf = 0x03AC,
  sp800_108_feedback_kdf = 0x03AD, sp800_108_double_pipeline_kdf = 0x03AE, pkcs5_pbkd2 = 0x03B0, pba_sha1_with_sha1_hmac = 0x03C0, tls12_mac = 0x03D8, tls12_kdf = 0x03D9,
  tls12_master_key_derive = 0x03E0, tls12_key_and_mac_derive = 0x03E1, tls12_master_key_derive_dh = 0x03E2,
  tls12_key_safe_derive = 0x03E3, tls_mac = 0x03E4, tls_kdf = 0x03E5,
  camellia_key_gen = 0x0550, camellia_ecb = 0x0551, camellia_cbc = 0x0552, camellia_mac = 0x0553, camellia_mac_general = 0x0554,
  camellia_cbc_pad = 0x0555, camellia_ecb_encrypt_data = 0x0556, camellia_cbc_encrypt_data = 0x0557, camellia_ctr = 0x0558,
  aria_key_gen = 0x0560, aria_ecb = 0x0561, aria_cbc = 0x0562, aria_mac = 0x0563, aria_mac_general = 0x0564, aria_cbc_pad = 0x0565,
  aria_ecb_encrypt_data = 0x0566, aria_cbc_encrypt_data = 0x0567,
  seed_key_gen = 0x0650, seed_ecb = 0x0651, seed_cbc = 0x0652, seed_mac = 0x0653, seed_mac_general = 0x0654, seed_cbc_pad = 0x0655,
  seed_ecb_encrypt_data = 0x0656, seed_cbc_encrypt_data = 0x0657, ec_key_pair_gen = 0x1040,
  ecdsa = 0x1041, ecdsa_sha1 = 0x1042, ecdsa_sha224 = 0x1043, ecdsa_sha256 = 0x1044, ecdsa_sha384 = 0x1045, ecdsa_sha512 = 0x1046,
  ecdsa_sha3_224 = 0x1047, ecdsa_sha3_256 = 0x1048, ecdsa_sha3_384 = 0x1049, ecdsa_sha3_512 = 0x104A, ecdh1_derive = 0x1050,
  ecdh1_cofactor_derive = 0x1051, ecdh_aes_key_wrap = 0x1053, rsa_aes_key_wrap = 0x1054, ec_edwards_key_pair_gen = 0x1055,
  ec_montgomery_key_pair_gen = 0x1056, eddsa = 0x1057, aes_xts = 0x1071, aes_xts_key_gen = 0x1072, aes_key_gen = 0x1080,
  aes_ecb = 0x1081, aes_cbc = 0x1082, aes_mac = 0x1083, aes_mac_general = 0x1084, aes_cbc_pad = 0x1085, aes_ctr = 0x1086,
  aes_gcm = 0x1087, aes_ccm = 0x1088, aes_cts = 0x1089, aes_cmac = 0x108A, aes_cmac_general = 0x108B, aes_xcbc_mac = 0x108C,
  aes_xcbc_mac_96 = 0x108D, aes_gmac = 0x108E, des_ecb_encrypt_data = 0x1100, des_cbc_encrypt_data = 0x1101, des3_ecb_encrypt_data = 0x1102,
  des3_cbc_encrypt_data = 0x1103, aes_ecb_encrypt_data = 0x1104, aes_cbc_encrypt_data = 0x1105,
  gostr3410_key_pair_gen = 0x1200, gostr3410 = 0x1201, gostr3410_with_gostr3411 = 0x1202, gostr3411 = 0x1210, gostr3411_hmac = 0x1211,
  chacha20_key_gen = 0x1225, chacha20 = 0x1226, poly1305_key_gen = 0x1227, poly1305 = 0x1228,
  ec_key_pair_gen_w_extra_bits = 0x140B, dsa_parameter_gen = 0x2000, dh_pkcs_parameter_gen = 0x2001, aes_ofb = 0x2104,
  aes_cfb8 = 0x2106, aes_cfb128 = 0x2107, aes_cfb1 = 0x2108, aes_key_wrap = 0x2109, aes_key_wrap_pad = 0x210A,
  aes_key_wrap_kwp = 0x210B, aes_key_wrap_pkcs7 = 0x210C,
  sha_1_key_gen = 0x4003, sha224_key_gen = 0x4004, sha256_key_gen = 0x4005, sha384_key_gen = 0x4006, sha512_key_gen = 0x4007,
  sha512_224_key_gen = 0x4008, sha512_256_key_gen = 0x4009, blake2b_512 = 0x401B, blake2b_512_hmac = 0x401C,
  blake2b_512_hmac_general = 0x401D, blake2b_512_key_derive = 0x401E, blake2b_512_key_gen = 0x401F, chacha20_poly1305 = 0x4021,
  hkdf_derive = 0x402A, hkdf_data = 0x402B,
  hkdf_key_gen = 0x402C, ike2_prf_plus_derive = 0x402E, ike_prf_derive = 0x402F, ike1_prf_derive = 0x4030,
  ike1_extended_derive = 0x4031, ecdh_x_aes_key_wrap = 0x4038, ecdh_cof_aes_key_wrap = 0x4039, pub_key_from_priv_key = 0x403A,
  // Ours, in the vendors' range.
  keymantle_ssh_kdf = 0x80004B01,
};

enum class Mgf : std::uint64_t { none = 0, sha1 = 1, sha256 = 2, sha384 = 3, sha512 = 4, sha224 = 5, sha3_224 = 6,
                                sha3_256 = 7, sha3_384 = 8, sha3_512 = 9 };
enum class Kdf : std::uint64_t { null = 1, sha1 = 2, sha224 = 5, sha256 = 6, sha384 = 7, sha512 = 8,
                                sha3_224 = 10, sha3_256 = 11, sha3_384 = 12, sha3_512 = 13 };

/// The families of operations; a session has one slot for each.
enum class Use : std::uint8_t { digest, encrypt, decrypt, sign, verify, sign_recover, verify_recover };

/// The families of message-based operations: a key and any number of messages.
enum class MessageUse : std::uint8_t { encrypt, decrypt, sign, verify };

/// CKG_*: who makes the IV of a message. `any` leaves the way to us.
enum class Generator : std::uint64_t { none = 0, any = 1, counter = 2, random = 3, counter_xor = 4 };

/// Which two operations a dual function continues, in the order in which they take the part.
enum class Dual : std::uint8_t { digest_encrypt, decrypt_digest, sign_encrypt, decrypt_verify };

/// What a call gives of a message: all of it, some with more to follow, the word that it ends, or (ProcessMessage only) that the call
/// was refused before it came here.
enum class Part : std::uint8_t { whole, some, end, refused };

/// How the master key is kept: by a file beside the store, or in the memory of keymantle-hsmd alone.
enum class CeremonyProfile : std::uint8_t { development, isolated };

/// What became of the master key, and so what the unit can do now. One of these at a time.
enum class CeremonyState : std::uint8_t {
  empty,        ///< there is none
  staged,       ///< it is split but not in use
  sealed,       ///< it is only in the shares
  operational,  ///< it is in memory, serving applications
};

}  // namespace hsm
