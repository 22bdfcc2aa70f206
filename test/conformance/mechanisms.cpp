// What a token says of its mechanisms, and whether it keeps its word (PKCS#11 3.0, 5.5.6, 5.5.7).
#include <algorithm>
#include <functional>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

Rv mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO& info) {
  return p11().C_GetMechanismInfo(slot, type, &info);
}

std::vector<CK_MECHANISM_TYPE> listed(CK_SLOT_ID slot) {
  CK_ULONG count = 0;
  Rv(p11().C_GetMechanismList(slot, nullptr, &count)).must();
  std::vector<CK_MECHANISM_TYPE> all(count);
  Rv(p11().C_GetMechanismList(slot, all.data(), &count)).must();
  all.resize(count);
  return all;
}

bool is_listed(CK_SLOT_ID slot, CK_MECHANISM_TYPE type) {
  const auto all = listed(slot);
  return std::ranges::find(all, type) != all.end();
}

#define CONFORMANCE_TYPE(name, number) number,
constexpr auto kOfTheStandard = std::to_array<CK_MECHANISM_TYPE>({CK_MECHANISM_TYPES(CONFORMANCE_TYPE)});
#undef CONFORMANCE_TYPE

enum class KeyOf { nobody, aes, camellia, aria, seed, des, des3, mac, rsa, ec };

// A mechanism with a parameter it takes and the kind of key it works with.
struct Sample {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  KeyOf key;
  Mechanism (*make)(CK_MECHANISM_TYPE);
};

Mechanism bare(CK_MECHANISM_TYPE type) { return type; }
Mechanism with_iv(CK_MECHANISM_TYPE type) { return {type, counting(16)}; }
Mechanism with_short_iv(CK_MECHANISM_TYPE type) { return {type, counting(8)}; }
Mechanism with_tls_side(CK_MECHANISM_TYPE type) { return Mechanism::of(type, CK_TLS_MAC_PARAMS{CKM_SHA256, 12, 1}); }
Mechanism with_counter(CK_MECHANISM_TYPE) { return Mechanism::ctr(counting(16)); }
Mechanism with_nonce(CK_MECHANISM_TYPE) { return Mechanism::gcm(counting(12)); }
Mechanism with_length(CK_MECHANISM_TYPE type) { return Mechanism::mac_general(type, 12); }
Mechanism with_sha1(CK_MECHANISM_TYPE) { return Mechanism::oaep(CKM_SHA_1, CKG_MGF1_SHA1); }
Mechanism with_point(CK_MECHANISM_TYPE) { return Mechanism::ecdh(ec_point()); }
template <CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf>
Mechanism with_salt(CK_MECHANISM_TYPE type) {
  return Mechanism::pss(type, hash, mgf, 20);
}

// clang-format off
#define SAMPLE(type, ...) {#type, type, __VA_ARGS__}
const auto kSamples = std::to_array<Sample>({
    SAMPLE(CKM_SHA_1, KeyOf::nobody, bare), SAMPLE(CKM_SHA224, KeyOf::nobody, bare), SAMPLE(CKM_SHA256, KeyOf::nobody, bare),
    SAMPLE(CKM_SHA384, KeyOf::nobody, bare), SAMPLE(CKM_SHA512, KeyOf::nobody, bare), SAMPLE(CKM_SHA512_224, KeyOf::nobody, bare),
    SAMPLE(CKM_SHA512_256, KeyOf::nobody, bare),
    SAMPLE(CKM_SHA_1_HMAC, KeyOf::mac, bare), SAMPLE(CKM_SHA224_HMAC, KeyOf::mac, bare), SAMPLE(CKM_SHA256_HMAC, KeyOf::mac, bare),
    SAMPLE(CKM_SHA384_HMAC, KeyOf::mac, bare), SAMPLE(CKM_SHA512_HMAC, KeyOf::mac, bare),
    SAMPLE(CKM_SHA512_224_HMAC, KeyOf::mac, bare), SAMPLE(CKM_SHA512_256_HMAC, KeyOf::mac, bare),
    SAMPLE(CKM_SHA_1_HMAC_GENERAL, KeyOf::mac, with_length), SAMPLE(CKM_SHA224_HMAC_GENERAL, KeyOf::mac, with_length),
    SAMPLE(CKM_SHA256_HMAC_GENERAL, KeyOf::mac, with_length), SAMPLE(CKM_SHA384_HMAC_GENERAL, KeyOf::mac, with_length),
    SAMPLE(CKM_SHA512_HMAC_GENERAL, KeyOf::mac, with_length), SAMPLE(CKM_SHA512_224_HMAC_GENERAL, KeyOf::mac, with_length),
    SAMPLE(CKM_SHA512_256_HMAC_GENERAL, KeyOf::mac, with_length),
    SAMPLE(CKM_AES_ECB, KeyOf::aes, bare), SAMPLE(CKM_AES_CBC, KeyOf::aes, with_iv), SAMPLE(CKM_AES_CBC_PAD, KeyOf::aes, with_iv),
    SAMPLE(CKM_AES_CTR, KeyOf::aes, with_counter), SAMPLE(CKM_AES_GCM, KeyOf::aes, with_nonce),
    SAMPLE(CKM_AES_KEY_WRAP, KeyOf::aes, bare), SAMPLE(CKM_AES_KEY_WRAP_PAD, KeyOf::aes, bare),
    SAMPLE(CKM_AES_KEY_WRAP_KWP, KeyOf::aes, bare), SAMPLE(CKM_AES_CMAC, KeyOf::aes, bare),
    SAMPLE(CKM_BLAKE2B_512, KeyOf::nobody, bare), SAMPLE(CKM_BLAKE2B_512_HMAC, KeyOf::mac, bare),
    SAMPLE(CKM_BLAKE2B_512_HMAC_GENERAL, KeyOf::mac, with_length), SAMPLE(CKM_TLS_MAC, KeyOf::mac, with_tls_side),
    SAMPLE(CKM_TLS12_MAC, KeyOf::mac, with_tls_side),
    SAMPLE(CKM_AES_CFB1, KeyOf::aes, with_iv), SAMPLE(CKM_AES_KEY_WRAP_PKCS7, KeyOf::aes, bare),
    SAMPLE(CKM_CAMELLIA_ECB, KeyOf::camellia, bare), SAMPLE(CKM_CAMELLIA_CBC, KeyOf::camellia, with_iv),
    SAMPLE(CKM_CAMELLIA_CBC_PAD, KeyOf::camellia, with_iv), SAMPLE(CKM_CAMELLIA_MAC, KeyOf::camellia, bare),
    SAMPLE(CKM_CAMELLIA_MAC_GENERAL, KeyOf::camellia, with_length),
    SAMPLE(CKM_ARIA_ECB, KeyOf::aria, bare), SAMPLE(CKM_ARIA_CBC, KeyOf::aria, with_iv), SAMPLE(CKM_ARIA_CBC_PAD, KeyOf::aria, with_iv),
    SAMPLE(CKM_ARIA_MAC, KeyOf::aria, bare), SAMPLE(CKM_ARIA_MAC_GENERAL, KeyOf::aria, with_length),
    SAMPLE(CKM_DES3_ECB, KeyOf::des3, bare), SAMPLE(CKM_DES3_CBC, KeyOf::des3, with_short_iv), SAMPLE(CKM_DES3_CBC_PAD, KeyOf::des3, with_short_iv),
    SAMPLE(CKM_DES3_MAC, KeyOf::des3, bare), SAMPLE(CKM_DES3_CMAC, KeyOf::des3, bare),
    SAMPLE(CKM_SEED_ECB, KeyOf::seed, bare), SAMPLE(CKM_SEED_CBC, KeyOf::seed, with_iv), SAMPLE(CKM_SEED_CBC_PAD, KeyOf::seed, with_iv),
    SAMPLE(CKM_SEED_MAC, KeyOf::seed, bare), SAMPLE(CKM_SEED_MAC_GENERAL, KeyOf::seed, with_length),
    SAMPLE(CKM_DES_ECB, KeyOf::des, bare), SAMPLE(CKM_DES_CBC, KeyOf::des, with_short_iv), SAMPLE(CKM_DES_CBC_PAD, KeyOf::des, with_short_iv),
    SAMPLE(CKM_DES_MAC, KeyOf::des, bare), SAMPLE(CKM_DES_OFB64, KeyOf::des, with_short_iv), SAMPLE(CKM_DES_CFB64, KeyOf::des, with_short_iv),
    SAMPLE(CKM_DES_CFB8, KeyOf::des, with_short_iv), SAMPLE(CKM_MD5, KeyOf::nobody, bare), SAMPLE(CKM_MD5_HMAC, KeyOf::mac, bare),
    SAMPLE(CKM_MD5_HMAC_GENERAL, KeyOf::mac, with_length), SAMPLE(CKM_MD5_RSA_PKCS, KeyOf::rsa, bare),
    SAMPLE(CKM_RSA_PKCS, KeyOf::rsa, bare), SAMPLE(CKM_RSA_X_509, KeyOf::rsa, bare),
    SAMPLE(CKM_RSA_PKCS_OAEP, KeyOf::rsa, with_sha1), SAMPLE(CKM_SHA1_RSA_PKCS, KeyOf::rsa, bare),
    SAMPLE(CKM_SHA224_RSA_PKCS, KeyOf::rsa, bare), SAMPLE(CKM_SHA256_RSA_PKCS, KeyOf::rsa, bare),
    SAMPLE(CKM_SHA384_RSA_PKCS, KeyOf::rsa, bare), SAMPLE(CKM_SHA512_RSA_PKCS, KeyOf::rsa, bare),
    SAMPLE(CKM_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA256, CKG_MGF1_SHA256>)),
    SAMPLE(CKM_SHA1_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA_1, CKG_MGF1_SHA1>)),
    SAMPLE(CKM_SHA224_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA224, CKG_MGF1_SHA224>)),
    SAMPLE(CKM_SHA256_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA256, CKG_MGF1_SHA256>)),
    SAMPLE(CKM_SHA384_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA384, CKG_MGF1_SHA384>)),
    SAMPLE(CKM_SHA512_RSA_PKCS_PSS, KeyOf::rsa, (with_salt<CKM_SHA512, CKG_MGF1_SHA512>)),
    SAMPLE(CKM_ECDSA, KeyOf::ec, bare), SAMPLE(CKM_ECDSA_SHA1, KeyOf::ec, bare), SAMPLE(CKM_ECDSA_SHA224, KeyOf::ec, bare),
    SAMPLE(CKM_ECDSA_SHA256, KeyOf::ec, bare), SAMPLE(CKM_ECDSA_SHA384, KeyOf::ec, bare), SAMPLE(CKM_ECDSA_SHA512, KeyOf::ec, bare),
    SAMPLE(CKM_ECDH1_DERIVE, KeyOf::ec, with_point), SAMPLE(CKM_ECDH1_COFACTOR_DERIVE, KeyOf::ec, with_point),
});
#undef SAMPLE
// clang-format on

struct Promises : UserSession {
  // A module that does not list a mechanism may not have its keys either.
  KeyOf key_for(const Sample& row) {
    if (row.key == KeyOf::nobody) return KeyOf::mac;
    const bool may_be_unknown = row.key == KeyOf::camellia || row.key == KeyOf::aria || row.key == KeyOf::seed ||
                                row.key == KeyOf::des || row.key == KeyOf::des3;
    return may_be_unknown && !is_listed(slot, row.type) ? KeyOf::aes : row.key;
  }
  CK_OBJECT_HANDLE key(KeyOf whose, bool is_private, std::initializer_list<CK_ATTRIBUTE_TYPE> use) {
    const Template made = whose == KeyOf::aes   ? secret_key(CKK_AES, counting(32))
                          : whose == KeyOf::camellia ? secret_key(CKK_CAMELLIA, counting(32))
                          : whose == KeyOf::aria     ? secret_key(CKK_ARIA, counting(32))
                          : whose == KeyOf::seed     ? secret_key(CKK_SEED, counting(16))
                          : whose == KeyOf::des      ? secret_key(CKK_DES, from_hex("0123456789abcdef"))
                          : whose == KeyOf::des3     ? secret_key(CKK_DES3, from_hex("0123456789abcdef23456789abcdef01456789abcdef0123"))
                          : whose == KeyOf::mac ? secret_key(CKK_GENERIC_SECRET, counting(64))
                          : whose == KeyOf::rsa ? (is_private ? rsa_private_key() : rsa_public_key())
                                                : (is_private ? ec_private_key() : ec_public_key());
    return session.create(made.with(roles(use))).must();
  }
};

struct Begun {
  std::string_view name;
  CK_FLAGS flag;
  bool by_private_half;
  CK_ATTRIBUTE_TYPE role;
  Rv (Session::*begin)(Mechanism, CK_OBJECT_HANDLE);
};
constexpr std::array<Begun, 4> kBegun{{{"C_EncryptInit", CKF_ENCRYPT, false, CKA_ENCRYPT, &Session::encrypt_init},
                                       {"C_DecryptInit", CKF_DECRYPT, true, CKA_DECRYPT, &Session::decrypt_init},
                                       {"C_SignInit", CKF_SIGN, true, CKA_SIGN, &Session::sign_init},
                                       {"C_VerifyInit", CKF_VERIFY, false, CKA_VERIFY, &Session::verify_init}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(mechanisms)

BOOST_FIXTURE_TEST_CASE(a_too_small_list_is_told_its_size, Token) {
  const CK_ULONG all = listed(slot).size();
  std::vector<CK_MECHANISM_TYPE> some(all - 1);
  CK_ULONG count = some.size();
  BOOST_TEST(Rv(p11().C_GetMechanismList(slot, some.data(), &count)) == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(count == all);
}

BOOST_FIXTURE_TEST_CASE(a_list_needs_a_count_and_an_info_a_place, Token) {
  BOOST_TEST(Rv(p11().C_GetMechanismList(slot, nullptr, nullptr)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11().C_GetMechanismInfo(slot, CKM_SHA256, nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(no_mechanism_is_listed_twice, Token) {
  auto all = listed(slot);
  std::ranges::sort(all);
  BOOST_TEST((std::ranges::adjacent_find(all) == all.end()));
}

BOOST_FIXTURE_TEST_CASE(a_listed_mechanism_has_a_use_and_sizes_in_order, Token) {
  for (CK_MECHANISM_TYPE type : listed(slot)) {
    CK_MECHANISM_INFO info{};
    BOOST_TEST(mechanism_info(slot, type, info) == CKR_OK, name_of_mechanism(type));
    BOOST_TEST(info.ulMinKeySize <= info.ulMaxKeySize, name_of_mechanism(type));
    constexpr CK_FLAGS uses = CKF_ENCRYPT | CKF_DECRYPT | CKF_DIGEST | CKF_SIGN | CKF_SIGN_RECOVER | CKF_VERIFY |
                              CKF_VERIFY_RECOVER | CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP |
                              CKF_DERIVE | CKF_ENCAPSULATE | CKF_DECAPSULATE;
    BOOST_TEST((info.flags & uses) != 0, name_of_mechanism(type) << " is for nothing");
  }
}

BOOST_FIXTURE_TEST_CASE(nothing_is_told_of_a_mechanism_that_is_not_listed, Token) {
  for (CK_MECHANISM_TYPE type : kOfTheStandard) {
    CK_MECHANISM_INFO info{};
    if (!is_listed(slot, type))
      BOOST_TEST(mechanism_info(slot, type, info) == CKR_MECHANISM_INVALID, name_of_mechanism(type));
  }
}

// Listed or not, and for this use or not: a mechanism begins exactly where its flags say so.
CONFORMANCE_FOR_EACH(Promises, begins_where_its_flags_say_so_and_nowhere_else, kSamples) {
  CK_MECHANISM_INFO info{};
  if (is_listed(slot, row.type)) mechanism_info(slot, row.type, info).must();
  BOOST_TEST(session.digest_init(row.make(row.type)) == (info.flags & CKF_DIGEST ? CKR_OK : CKR_MECHANISM_INVALID));
  for (const Begun& use : kBegun) {
    const KeyOf whose = key_for(row);
    const bool has_the_role = (whose != KeyOf::mac && whose != KeyOf::ec) || use.role == CKA_SIGN || use.role == CKA_VERIFY;
    if (!has_the_role) continue;  // no such key decrypts: its role would be refused first
    Session fresh(slot);
    const Rv begun = (fresh.*use.begin)(row.make(row.type), key(whose, use.by_private_half, {use.role}));
    BOOST_TEST(begun == (info.flags & use.flag ? CKR_OK : CKR_MECHANISM_INVALID), use.name << " answers " << begun);
  }
}

struct BegunMessages {
  std::string_view name;
  CK_FLAGS flag;
  bool by_private_half;
  CK_ATTRIBUTE_TYPE role;
  CK_C_MessageSignInit CK_FUNCTION_LIST_3_2::*begin;  // all four have this type
};
constexpr std::array<BegunMessages, 4> kBegunMessages{
    {{"C_MessageEncryptInit", CKF_MESSAGE_ENCRYPT, false, CKA_ENCRYPT, &CK_FUNCTION_LIST_3_2::C_MessageEncryptInit},
     {"C_MessageDecryptInit", CKF_MESSAGE_DECRYPT, true, CKA_DECRYPT, &CK_FUNCTION_LIST_3_2::C_MessageDecryptInit},
     {"C_MessageSignInit", CKF_MESSAGE_SIGN, true, CKA_SIGN, &CK_FUNCTION_LIST_3_2::C_MessageSignInit},
     {"C_MessageVerifyInit", CKF_MESSAGE_VERIFY, false, CKA_VERIFY, &CK_FUNCTION_LIST_3_2::C_MessageVerifyInit}}};

CONFORMANCE_FOR_EACH(Promises, begins_messages_where_its_flags_say_so_and_nowhere_else, kSamples) {
  CK_MECHANISM_INFO info{};
  if (is_listed(slot, row.type)) mechanism_info(slot, row.type, info).must();
  for (const BegunMessages& use : kBegunMessages) {
    const KeyOf whose = key_for(row);
    if ((whose == KeyOf::mac || whose == KeyOf::ec) && use.role != CKA_SIGN && use.role != CKA_VERIFY) continue;
    Session fresh(slot);
    Mechanism mechanism = row.make(row.type);
    const Rv begun = (p11_3_2().*use.begin)(fresh.handle(), mechanism.raw(), key(whose, use.by_private_half, {use.role}));
    BOOST_TEST(begun == (info.flags & use.flag ? CKR_OK : CKR_MECHANISM_INVALID), use.name << " answers " << begun);
  }
  if ((info.flags & CKF_MULTI_MESSAGE) != 0)
    BOOST_TEST((info.flags & (CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY)) != 0);
}

CONFORMANCE_FOR_EACH(Promises, wraps_where_its_flags_say_so_and_nowhere_else, kSamples) {
  if (row.key != KeyOf::aes && row.key != KeyOf::rsa) return;
  CK_MECHANISM_INFO info{};
  if (is_listed(slot, row.type)) mechanism_info(slot, row.type, info).must();
  const CK_OBJECT_HANDLE wrapped =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with(readable_key())).must();
  const Answer answer = session.wrap(row.make(row.type), key(row.key, false, {CKA_WRAP}), wrapped);
  BOOST_TEST(answer.rv == (info.flags & CKF_WRAP ? CKR_OK : CKR_MECHANISM_INVALID));
  const Template wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE);
  const Rv opened = session.unwrap(row.make(row.type), key(row.key, true, {CKA_UNWRAP}), answer.bytes, wanted).rv;
  BOOST_TEST(opened == (info.flags & CKF_UNWRAP ? CKR_OK : CKR_MECHANISM_INVALID));
}

CONFORMANCE_FOR_EACH(Promises, derives_where_its_flags_say_so_and_nowhere_else, kSamples) {
  if (row.key != KeyOf::ec) return;
  CK_MECHANISM_INFO info{};
  if (is_listed(slot, row.type)) mechanism_info(slot, row.type, info).must();
  const Template wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with({CKA_VALUE_LEN, 32UL});
  BOOST_TEST(session.derive(row.make(row.type), key(row.key, true, {CKA_DERIVE}), wanted).rv ==
             (info.flags & CKF_DERIVE ? CKR_OK : CKR_MECHANISM_INVALID));
}

BOOST_FIXTURE_TEST_CASE(no_mechanism_begins_that_is_not_listed, Promises) {
  const CK_OBJECT_HANDLE aes = key(KeyOf::aes, false, {CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY});
  const auto all = listed(slot);
  for (CK_MECHANISM_TYPE type : kOfTheStandard) {
    if (std::ranges::find(all, type) != all.end()) continue;
    BOOST_TEST(session.digest_init(type) == CKR_MECHANISM_INVALID, name_of_mechanism(type));
    for (const Begun& use : kBegun)
      BOOST_TEST((session.*use.begin)(type, aes) == CKR_MECHANISM_INVALID, name_of_mechanism(type));
    BOOST_TEST(session.generate(type, new_secret_key(16)).rv == CKR_MECHANISM_INVALID, name_of_mechanism(type));
  }
}

BOOST_FIXTURE_TEST_CASE(keys_are_made_of_the_smallest_and_largest_size_announced, Promises) {
  CK_MECHANISM_INFO info{};
  mechanism_info(slot, CKM_AES_KEY_GEN, info).must();
  BOOST_TEST((info.flags & CKF_GENERATE) != 0);
  for (CK_ULONG length : {info.ulMinKeySize, info.ulMaxKeySize})
    BOOST_TEST(session.generate(CKM_AES_KEY_GEN, new_secret_key(length)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(an_rsa_pair_smaller_than_announced_is_not_made, Promises) {
  CK_MECHANISM_INFO info{};
  mechanism_info(slot, CKM_RSA_PKCS_KEY_PAIR_GEN, info).must();
  BOOST_TEST((info.flags & CKF_GENERATE_KEY_PAIR) != 0);
  BOOST_TEST(among(
      session.generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, new_rsa_public_key(info.ulMinKeySize - 8), {{CKA_TOKEN, false}})
          .rv,
      {CKR_KEY_SIZE_RANGE, CKR_ATTRIBUTE_VALUE_INVALID}));
}

BOOST_AUTO_TEST_SUITE_END()
