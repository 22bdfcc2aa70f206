// What a strict token of ours refuses and a compatible one has: MD5, DES with one key and two, keys out of passwords; and the keys of SSH.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

constexpr CK_MECHANISM_TYPE kBroken[] = {CKM_MD5, CKM_MD5_HMAC, CKM_MD5_HMAC_GENERAL, CKM_MD5_RSA_PKCS, CKM_MD5_KEY_DERIVATION, CKM_DES_KEY_GEN,
                                         CKM_DES_ECB, CKM_DES_CBC, CKM_DES_CBC_PAD, CKM_DES_MAC, CKM_DES_MAC_GENERAL, CKM_DES2_KEY_GEN,
                                         CKM_DES_OFB64, CKM_DES_CFB64, CKM_DES_CFB8, CKM_DES_ECB_ENCRYPT_DATA, CKM_DES_CBC_ENCRYPT_DATA,
                                         CKM_PBE_SHA1_DES3_EDE_CBC, CKM_PBE_SHA1_DES2_EDE_CBC, CKM_PBA_SHA1_WITH_SHA1_HMAC};
constexpr CK_MECHANISM_TYPE kSshKdf = 0x80004B01;  // CKM_KEYMANTLE_SSH_KDF
struct SshParams {                                 // KM_SSH_KDF_PARAMS
  CK_MECHANISM_TYPE hash;
  CK_ULONG letter;
  CK_BYTE_PTR exchange_hash;
  CK_ULONG exchange_hash_size;
  CK_BYTE_PTR session_id;
  CK_ULONG session_id_size;
};

bool is_listed(CK_SLOT_ID slot, CK_MECHANISM_TYPE type) {
  CK_MECHANISM_INFO info{};
  return p11().C_GetMechanismInfo(slot, type, &info) == CKR_OK;
}

const Bytes kDes = from_hex("0123456789abcdef"), kDes2 = from_hex("0123456789abcdef23456789abcdef01");

// The token that most tests share is strict, where a module has that.
struct Strict : UserSession {
  bool is_strict() {
    CK_MECHANISM_INFO info{};
    return p11().C_GetMechanismInfo(slot, CKM_DES3_CBC, &info) == CKR_OK && (info.flags & CKF_ENCRYPT) == 0;
  }
};

struct Compatible : CompatibleSession {
  bool has(CK_MECHANISM_TYPE type) { return is_listed(slot, type); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(broken_algorithms)

BOOST_FIXTURE_TEST_CASE(a_strict_token_has_none_of_them, Strict) {
  if (!is_strict()) return;
  for (const auto type : kBroken) {
    BOOST_TEST(!is_listed(slot, type), name_of_mechanism(type));
    BOOST_TEST(session.digest_init(type) == CKR_MECHANISM_INVALID, name_of_mechanism(type));
    BOOST_TEST(session.generate(type, new_secret_key(16)).rv == CKR_MECHANISM_INVALID, name_of_mechanism(type));
  }
}

BOOST_FIXTURE_TEST_CASE(a_strict_token_makes_no_keys_of_them, Strict) {
  if (!is_strict()) return;
  BOOST_TEST(session.create(secret_key(CKK_DES, kDes)).rv == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(session.create(secret_key(CKK_DES2, kDes2)).rv == CKR_ATTRIBUTE_VALUE_INVALID);
  const auto base = session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with(roles({CKA_DERIVE}))).must();
  const Template wanted = secret_key(CKK_DES2, {}).without(CKA_VALUE);
  BOOST_TEST(session.derive(CKM_SHA256_KEY_DERIVATION, base, wanted).rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

// Withdrawn where it came from, and never judged elsewhere: signatures that are there can be verified, no new ones are made.
BOOST_FIXTURE_TEST_CASE(a_strict_token_only_verifies_by_gost, Strict) {
  CK_MECHANISM_INFO info{};
  if (!is_strict() || p11().C_GetMechanismInfo(slot, CKM_GOSTR3410_WITH_GOSTR3411, &info) != CKR_OK) return;
  BOOST_TEST((info.flags & (CKF_SIGN | CKF_VERIFY)) == CKF_VERIFY);
  BOOST_TEST(!is_listed(slot, CKM_GOSTR3410_KEY_PAIR_GEN));
  BOOST_TEST(is_listed(slot, CKM_GOSTR3411));
  // RFC 4491, 4.2: its certificate's key, and a signature that is none.
  const auto key = session.create({{CKA_CLASS, CKO_PUBLIC_KEY}, {CKA_KEY_TYPE, CKK_GOSTR3410}, {CKA_TOKEN, false}, {CKA_VERIFY, true},
                                   {CKA_GOSTR3410_PARAMS, from_hex("06072a850302022400")}, {CKA_GOSTR3411_PARAMS, from_hex("06072a850302021e01")},
                                   {CKA_VALUE, from_hex("8495687560021a407508cd138c31892cfde505037a435cf46d2b0fe74f327e57"
                                                        "8febcc16b9958803d09a7c85ae0fe48deaa6bb7e56c7cbb0df0f66bccaea1a60")}}).must();
  BOOST_TEST(session.verify_once(CKM_GOSTR3410_WITH_GOSTR3411, key, counting(20), Bytes(64, 1)) == CKR_SIGNATURE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_pair_of_gost_may_have_its_parameters_in_both_templates_if_they_agree, Compatible) {
  if (!has(CKM_GOSTR3410_KEY_PAIR_GEN)) return;
  const auto params = [](std::string_view curve) {
    return Template{{CKA_TOKEN, false}, {CKA_GOSTR3410_PARAMS, from_hex(curve)}, {CKA_GOSTR3411_PARAMS, from_hex("06072a850302021e01")}};
  };
  const auto pair = session.generate_pair(CKM_GOSTR3410_KEY_PAIR_GEN, params("06072a850302022301"), params("06072a850302022301")).must();
  BOOST_TEST(session.bytes(pair.private_key, CKA_GOSTR3410_PARAMS) == from_hex("06072a850302022301"));
  BOOST_TEST(session.bytes(pair.public_key, CKA_VALUE).size() == 64u);
  BOOST_TEST(session.generate_pair(CKM_GOSTR3410_KEY_PAIR_GEN, params("06072a850302022301"), params("06072a850302022400")).rv ==
             CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(session.generate_pair(CKM_GOSTR3410_KEY_PAIR_GEN, params("06072a850302022302"), {{CKA_TOKEN, false}}).rv == CKR_CURVE_NOT_SUPPORTED);
}

BOOST_FIXTURE_TEST_CASE(a_compatible_token_has_all_of_them, Compatible) {
  if (!has(CKM_DES_MAC)) return;
  for (const auto type : kBroken) BOOST_TEST(has(type), name_of_mechanism(type));
}

BOOST_FIXTURE_TEST_CASE(keys_of_two_parts_serve_triple_des, Compatible) {
  if (!has(CKM_DES2_KEY_GEN) || !has(CKM_DES3_CMAC_GENERAL)) return;
  const auto uses = roles({CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY});
  const auto made = session.generate(CKM_DES2_KEY_GEN, Template{{CKA_TOKEN, false}}.with(uses)).must();
  BOOST_TEST(session.number(made, CKA_VALUE_LEN) == 16u);
  const auto sealed = session.encrypt_once({CKM_DES3_CBC_PAD, Bytes(8)}, made, counting(20)).must();
  BOOST_TEST(session.decrypt_once({CKM_DES3_CBC_PAD, Bytes(8)}, made, sealed).must() == counting(20));
  BOOST_TEST(session.encrypt_init(CKM_DES_ECB, made) == CKR_KEY_TYPE_INCONSISTENT);
  const auto given = session.create(secret_key(CKK_DES2, kDes2).with(uses)).must();
  const auto thrice = session.create(secret_key(CKK_DES2, kDes2 + ByteView(kDes)).with(uses));
  BOOST_TEST(thrice.rv == CKR_ATTRIBUTE_VALUE_INVALID);
  const auto mac = session.sign_once(CKM_DES3_CMAC, given, counting(20)).must();
  BOOST_TEST(session.verify_once(CKM_DES3_CMAC, given, counting(20), mac) == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pkcs_12)

struct Passwords : Compatible {
  Bytes password = from_hex("0073006d006500670000"), salt = from_hex("0a58cf64530d823f"), iv = Bytes(8, 0xA5);
  CK_PBE_PARAMS params() { return {iv.data(), password.data(), password.size(), salt.data(), salt.size(), 1}; }
};

BOOST_FIXTURE_TEST_CASE(a_password_gives_a_key_of_triple_des_and_its_iv, Passwords) {
  if (!has(CKM_PBE_SHA1_DES3_EDE_CBC)) return;
  const Template wanted = Template{{CKA_TOKEN, false}}.with(readable_key());
  const auto made = session.generate(Mechanism::of(CKM_PBE_SHA1_DES3_EDE_CBC, params()), wanted).must();
  BOOST_TEST(session.number(made, CKA_KEY_TYPE) == CKK_DES3);
  // With the parity of DES: 8aaae6297b6cb046 42ab5b077851284e b7128f1a2a7fbca3 as PKCS#12 makes it.
  BOOST_TEST(session.bytes(made, CKA_VALUE) == from_hex("8aabe6297a6db04643ab5b077951294fb6138f1a2a7fbca2"));
  BOOST_TEST(iv == from_hex("79993dfe048d3b76"));
  BOOST_TEST(!session.flag(made, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(!session.flag(made, CKA_NEVER_EXTRACTABLE));
  auto nowhere = params();
  nowhere.pInitVector = nullptr;
  BOOST_TEST(session.generate(Mechanism::of(CKM_PBE_SHA1_DES3_EDE_CBC, nowhere), wanted).rv == CKR_OK);
  const auto two = session.generate(Mechanism::of(CKM_PBE_SHA1_DES2_EDE_CBC, params()), wanted).must();
  BOOST_TEST(session.number(two, CKA_KEY_TYPE) == CKK_DES2);
}

BOOST_FIXTURE_TEST_CASE(a_password_gives_a_key_for_a_mac, Passwords) {
  if (!has(CKM_PBA_SHA1_WITH_SHA1_HMAC)) return;
  salt = from_hex("3d83c0e4546ac140");
  const Template wanted = Template{{CKA_TOKEN, false}}.with(readable_key());
  const auto made = session.generate(Mechanism::of(CKM_PBA_SHA1_WITH_SHA1_HMAC, params()), wanted).must();
  BOOST_TEST(session.bytes(made, CKA_VALUE) == from_hex("8d967d88f6caa9d714800ab3d48051d63f73a312"));
  BOOST_TEST(session.number(made, CKA_KEY_TYPE) == CKK_GENERIC_SECRET);
  BOOST_TEST(iv == Bytes(8, 0xA5));
  BOOST_TEST(session.generate(Mechanism::of(CKM_PBA_SHA1_WITH_SHA1_HMAC, params()), wanted.with({CKA_VALUE_LEN, 16UL})).rv == CKR_KEY_SIZE_RANGE);
}

BOOST_FIXTURE_TEST_CASE(parameters_that_are_none_are_refused, Passwords) {
  if (!has(CKM_PBE_SHA1_DES3_EDE_CBC)) return;
  const Template wanted{{CKA_TOKEN, false}};
  const auto generate = [&](const CK_PBE_PARAMS& given) { return session.generate(Mechanism::of(CKM_PBE_SHA1_DES3_EDE_CBC, given), wanted).rv; };
  auto given = params();
  given.ulIteration = 0;
  BOOST_TEST(generate(given) == CKR_MECHANISM_PARAM_INVALID);
  given = params();
  given.pPassword = nullptr;
  BOOST_TEST(generate(given) == CKR_MECHANISM_PARAM_INVALID);
  given = params();
  given.ulPasswordLen = ~CK_ULONG{0};
  BOOST_TEST(generate(given) == CKR_MECHANISM_PARAM_INVALID);
  given = params();
  given.ulSaltLen = 0;
  BOOST_TEST(generate(given) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(session.generate(Mechanism(CKM_PBE_SHA1_DES3_EDE_CBC, counting(9)), wanted).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(iv == Bytes(8, 0xA5));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ssh_keys)

struct Ssh : UserSession {
  Bytes hash = from_hex("a4ebd45934f56792b5112dcd75a1075fdc889245");
  SshParams params(char letter) { return {CKM_SHA_1, static_cast<CK_ULONG>(letter), hash.data(), hash.size(), hash.data(), hash.size()}; }
  CK_OBJECT_HANDLE shared(const Template& more = {}) {
    return session
        .create(secret_key(CKK_GENERIC_SECRET,
                           from_hex("55bae931c07fd824bf10add1902b6fbc7c665347383498a686929ff5a25f8e40cb6645ea814fb1a5e0a11f852f86255641e5ed986e83a78bc8"
                                    "269480eac0b0dfd770cab92e7a28dd87ff452466d6ae867cead63b366b1c286e6c4811a9f14c27aea14c5171d49b78c06e3735d36e6a3be321"
                                    "dd5fc82308f34ee1cb17fba94a59"))
                    .with(roles({CKA_DERIVE}))
                    .with(more))
        .must();
  }
  Template wanted(CK_ULONG length) { return secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with({CKA_VALUE_LEN, length}); }
};

BOOST_FIXTURE_TEST_CASE(are_derived_from_the_shared_secret, Ssh) {
  if (!is_listed(slot, kSshKdf)) return;
  const auto made = session.derive(Mechanism::of(kSshKdf, params('C')), shared(readable_key()), wanted(24).with(readable_key())).must();
  BOOST_TEST(session.bytes(made, CKA_VALUE) == from_hex("1ca9d310f86d51f6cb8e7007cb2b220d55c5281ce680b533"));
  BOOST_TEST(session.derive(Mechanism::of(kSshKdf, params('a')), shared(), wanted(24)).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(session.derive(Mechanism(kSshKdf, counting(7)), shared(), wanted(24)).rv == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(are_as_secret_as_the_shared_secret, Ssh) {
  if (!is_listed(slot, kSshKdf)) return;
  BOOST_TEST(session.derive(Mechanism::of(kSshKdf, params('A')), shared(), wanted(16).with(readable_key())).rv == CKR_TEMPLATE_INCONSISTENT);
  const auto iv = session.derive(Mechanism::of(kSshKdf, params('A')), shared(), wanted(16)).must();
  BOOST_TEST(session.get(iv, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
}

BOOST_AUTO_TEST_SUITE_END()
