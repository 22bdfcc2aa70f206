// Attacks by the attributes of keys, by deriving, digesting and short MACs (docs/policy.md).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

Template sensitive() { return {{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}; }

struct Keeper : UserSession {
  CK_OBJECT_HANDLE aes(const Template& given) {
    return session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(given)).must();
  }
};

struct Use {
  std::string_view name;
  CK_ATTRIBUTE_TYPE type;
};
constexpr std::array<Use, 6> kLaterUses{{{"CKA_WRAP", CKA_WRAP},
                                         {"CKA_UNWRAP", CKA_UNWRAP},
                                         {"CKA_DECRYPT", CKA_DECRYPT},
                                         {"CKA_ENCRYPT", CKA_ENCRYPT},
                                         {"CKA_SIGN", CKA_SIGN},
                                         {"CKA_DERIVE", CKA_DERIVE}}};

struct Lowering {
  std::string_view name;
  CK_ATTRIBUTE_TYPE type;
  bool guarded;
};
constexpr std::array<Lowering, 4> kLowerings{{{"CKA_SENSITIVE", CKA_SENSITIVE, true},
                                              {"CKA_EXTRACTABLE", CKA_EXTRACTABLE, false},
                                              {"CKA_WRAP_WITH_TRUSTED", CKA_WRAP_WITH_TRUSTED, true},
                                              {"CKA_COPYABLE", CKA_COPYABLE, false}}};

constexpr CK_ULONG kFewest = 14;

}  // namespace

BOOST_AUTO_TEST_SUITE(attacks_by_attributes)

// A4
CONFORMANCE_FOR_EACH(Keeper, a_use_is_not_added_later, kLaterUses) {
  Template idle{{CKA_TOKEN, false}, {CKA_VALUE_LEN, 32UL}};
  for (const Use& use : kLaterUses) idle = idle.with({use.type, false});
  const CK_OBJECT_HANDLE key = session.generate(CKM_AES_KEY_GEN, idle).must();
  BOOST_TEST(session.set(key, {{row.type, true}}) == CKR_ATTRIBUTE_READ_ONLY);
  BOOST_TEST(session.copy(key, {{row.type, true}}).rv == CKR_ATTRIBUTE_READ_ONLY);
}

CONFORMANCE_FOR_EACH(Keeper, a_use_is_taken_away_at_any_time, kLaterUses) {
  const bool wraps = row.type == CKA_WRAP || row.type == CKA_UNWRAP;
  const CK_OBJECT_HANDLE key =
      aes(roles({row.type}).with(wraps ? Template{{CKA_ENCRYPT, false}, {CKA_DECRYPT, false}} : Template{}));
  session.set(key, {{row.type, false}}).must();
  BOOST_TEST(!session.flag(key, row.type));
}

// A5
CONFORMANCE_FOR_EACH(Keeper, a_flag_that_protects_stays, kLowerings) {
  const CK_OBJECT_HANDLE key = aes({{row.type, row.guarded}, {CKA_COPYABLE, row.type != CKA_COPYABLE}});
  BOOST_TEST(among(session.set(key, {{row.type, !row.guarded}}), {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT}));
  BOOST_TEST(among(session.copy(key, {{row.type, !row.guarded}}).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_ACTION_PROHIBITED}));
}

// A7
BOOST_FIXTURE_TEST_CASE(a_user_makes_no_trusted_key, Keeper) {
  BOOST_TEST(session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with({CKA_TRUSTED, true})).rv ==
             CKR_ATTRIBUTE_READ_ONLY);
  BOOST_TEST(session.set(aes(roles({CKA_WRAP})), {{CKA_TRUSTED, true}}) == CKR_ATTRIBUTE_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(the_officer_trusts_a_key_that_only_the_token_knows, SoSession) {
  const Template shared = roles({CKA_WRAP}).with({CKA_PRIVATE, false}).with(sensitive());
  const CK_OBJECT_HANDLE kek = session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(shared)).must();
  BOOST_TEST(session.set(kek, {{CKA_TRUSTED, true}}) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_officer_trusts_no_key_that_was_in_clear, SoSession) {
  const CK_OBJECT_HANDLE known =
      session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_WRAP})).with({CKA_PRIVATE, false})).must();
  BOOST_TEST(session.set(known, {{CKA_TRUSTED, true}}) == CKR_ATTRIBUTE_READ_ONLY);
}

// A8
BOOST_FIXTURE_TEST_CASE(a_sensitive_value_is_not_read, Keeper) {
  BOOST_TEST(session.get(aes(sensitive()), CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
}

// A1 for RSA: by the raw mechanism a signature is a decryption.
BOOST_FIXTURE_TEST_CASE(an_rsa_key_that_unwraps_does_nothing_by_the_raw_mechanism, UserSession) {
  const CK_OBJECT_HANDLE all =
      session.create(rsa_private_key().with(roles({CKA_SIGN, CKA_DECRYPT, CKA_UNWRAP}))).must();
  BOOST_TEST(session.sign_init(CKM_RSA_X_509, all) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(session.decrypt_init(CKM_RSA_X_509, all) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(session.sign_init(CKM_SHA256_RSA_PKCS, all) == CKR_OK);
  BOOST_TEST(session.decrypt_init(CKM_RSA_PKCS, all) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(an_rsa_key_that_unwraps_nothing_has_the_raw_mechanism, UserSession) {
  const CK_OBJECT_HANDLE both = session.create(rsa_private_key().with(roles({CKA_SIGN, CKA_DECRYPT}))).must();
  BOOST_TEST(session.sign_init(CKM_RSA_X_509, both) == CKR_OK);
  BOOST_TEST(Session(slot).decrypt_init(CKM_RSA_X_509, both) == CKR_OK);
}

// A9
BOOST_FIXTURE_TEST_CASE(a_key_is_not_unwrapped_by_pkcs_1, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(rsa_private_key().with(roles({CKA_UNWRAP})).with({{CKA_SIGN, false}, {CKA_DECRYPT, false}}))
          .must();
  const Template wanted{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}};
  BOOST_TEST(session.unwrap(CKM_RSA_PKCS, key, counting(256), wanted).rv == CKR_MECHANISM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(wrong_pkcs_1_padding_decrypts_to_something, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(rsa_private_key().with(roles({CKA_DECRYPT})).with({CKA_SIGN, false})).must();
  for (CK_BYTE first = 0; first < 20; ++first) {
    const Answer answer = session.decrypt_once(CKM_RSA_PKCS, key, Bytes{first} + counting(255));
    BOOST_TEST(answer.rv == CKR_OK);
    BOOST_TEST(session.decrypt_once(CKM_RSA_PKCS, key, Bytes{first} + counting(255)).bytes == answer.bytes);
  }
}

// A10
BOOST_FIXTURE_TEST_CASE(wrong_padding_is_told_a_hundred_times_a_minute, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_AES, counting(16)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  const auto ask = [&](CK_BYTE last) {
    return session.decrypt_once(Mechanism(CKM_AES_CBC_PAD, counting(16)), key, counting(31) + Bytes{last}).rv;
  };
  Rv answer = CKR_OK;
  for (int i = 0; i < 400 && !(answer == CKR_FUNCTION_REJECTED); ++i) {
    answer = ask(static_cast<CK_BYTE>(i));
    BOOST_TEST(among(answer, {CKR_OK, CKR_ENCRYPTED_DATA_INVALID, CKR_FUNCTION_REJECTED}));
  }
  BOOST_TEST(answer == CKR_FUNCTION_REJECTED);
}

// A11
BOOST_FIXTURE_TEST_CASE(a_key_of_one_type_is_not_unwrapped_as_another, Keeper) {
  const CK_OBJECT_HANDLE kek = aes(opens_readable_keys());
  const CK_OBJECT_HANDLE secret =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(40)).with(readable_key())).must();
  const Bytes wrapped = session.wrap(CKM_AES_KEY_WRAP, kek, secret).must();
  const Template shape = Template{{CKA_TOKEN, false}}.with(readable_key());
  BOOST_TEST(!(
      session.unwrap(CKM_AES_KEY_WRAP, kek, wrapped, shape.with({{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}}))
          .rv == CKR_OK));
  BOOST_TEST(
      !(session
            .unwrap(CKM_AES_KEY_WRAP, kek, wrapped, shape.with({{CKA_CLASS, CKO_PRIVATE_KEY}, {CKA_KEY_TYPE, CKK_RSA}}))
            .rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_unwrapped_leaves_nothing_behind, Keeper) {
  const CK_OBJECT_HANDLE kek = aes(opens_readable_keys());
  const Template wanted =
      Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, true}, {CKA_LABEL, "never"}};
  BOOST_TEST(!(session.unwrap(CKM_AES_KEY_WRAP, kek, counting(40), wanted.with(readable_key())).rv == CKR_OK));
  BOOST_TEST(session.find({{CKA_LABEL, "never"}}).empty());
}

// A12
BOOST_FIXTURE_TEST_CASE(a_secret_is_not_agreed_with_no_point, UserSession) {
  const KeyPair mine = generate_ec(session, kCurves[0], {}, roles({CKA_DERIVE}));
  const Template wanted{
      {CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, 32UL}};
  for (const Bytes& point : {Bytes{0x00}, Bytes{0x04} + Bytes(64), Bytes{0x04} + counting(64)})
    BOOST_TEST(!(session.derive(Mechanism::ecdh(point), mine.private_key, wanted).rv == CKR_OK));
}

// A13
BOOST_FIXTURE_TEST_CASE(a_derived_key_is_too_long_to_guess, UserSession) {
  const KeyPair mine = generate_ec(session, kCurves[0], {}, roles({CKA_DERIVE}));
  const Bytes theirs = point_of(session.bytes(generate_ec(session, kCurves[0], {}, {}).public_key, CKA_EC_POINT));
  const Template wanted{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}};
  BOOST_TEST(among(session.derive(Mechanism::ecdh(theirs), mine.private_key, wanted.with({CKA_VALUE_LEN, 1UL})).rv,
                   {CKR_KEY_SIZE_RANGE, CKR_ATTRIBUTE_VALUE_INVALID}));
  BOOST_TEST(session.derive(Mechanism::ecdh(theirs), mine.private_key, wanted.with({CKA_VALUE_LEN, kFewest})).rv ==
             CKR_OK);
}

struct Revealing {
  std::string_view name;
  CK_MECHANISM_TYPE type;
};
constexpr std::array<Revealing, 5> kRevealing{{{"CKM_CONCATENATE_BASE_AND_KEY", CKM_CONCATENATE_BASE_AND_KEY},
                                               {"CKM_CONCATENATE_BASE_AND_DATA", CKM_CONCATENATE_BASE_AND_DATA},
                                               {"CKM_XOR_BASE_AND_DATA", CKM_XOR_BASE_AND_DATA},
                                               {"CKM_EXTRACT_KEY_FROM_KEY", CKM_EXTRACT_KEY_FROM_KEY},
                                               {"CKM_AES_ECB_ENCRYPT_DATA", CKM_AES_ECB_ENCRYPT_DATA}}};
CONFORMANCE_FOR_EACH(UserSession, a_mechanism_that_reveals_its_base_key_is_not_offered, kRevealing) {
  CK_MECHANISM_INFO info{};
  BOOST_TEST(p11().C_GetMechanismInfo(slot, row.type, &info) == CKR_MECHANISM_INVALID);
}

// A14
BOOST_FIXTURE_TEST_CASE(a_sensitive_key_is_not_digested, Keeper) {
  session.digest_init(CKM_SHA256).must();
  BOOST_TEST(session.digest_key(aes(sensitive())) == CKR_KEY_INDIGESTIBLE);
}

BOOST_FIXTURE_TEST_CASE(a_mac_by_a_sensitive_key_is_too_long_to_guess, UserSession) {
  const CK_OBJECT_HANDLE key = session
                                   .generate(CKM_GENERIC_SECRET_KEY_GEN,
                                             new_secret_key(32).with(sensitive()).with(roles({CKA_SIGN, CKA_VERIFY})))
                                   .must();
  for (CK_ULONG length : {1UL, 7UL}) {
    BOOST_TEST(session.sign_init(Mechanism::mac_general(CKM_SHA256_HMAC_GENERAL, length), key) ==
               CKR_MECHANISM_PARAM_INVALID);
    BOOST_TEST(session.verify_init(Mechanism::mac_general(CKM_SHA256_HMAC_GENERAL, length), key) ==
               CKR_MECHANISM_PARAM_INVALID);
  }
  BOOST_TEST(session.sign_init(Mechanism::mac_general(CKM_SHA256_HMAC_GENERAL, 8), key) == CKR_OK);
}

// A15
BOOST_FIXTURE_TEST_CASE(a_derived_key_is_not_protected_less_than_its_base_key, UserSession) {
  const KeyPair mine = generate_ec(session, kCurves[0], {}, roles({CKA_DERIVE}).with(sensitive()));
  const Bytes theirs = point_of(session.bytes(generate_ec(session, kCurves[0], {}, {}).public_key, CKA_EC_POINT));
  const Template wanted{
      {CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, 32UL}};
  const auto derived = [&](const Attribute& more) {
    return session.derive(Mechanism::ecdh(theirs), mine.private_key, wanted.with(more));
  };
  BOOST_TEST(derived({CKA_SENSITIVE, false}).rv == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(derived({CKA_EXTRACTABLE, true}).rv == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(derived({CKA_SENSITIVE, true}).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_derived_key_is_readable_where_the_base_keys_template_says_so, UserSession) {
  const KeyPair mine = generate_ec(session, kCurves[0], {},
                                   roles({CKA_DERIVE}).with(sensitive()).with({CKA_DERIVE_TEMPLATE, readable_key()}));
  const Bytes theirs = point_of(session.bytes(generate_ec(session, kCurves[0], {}, {}).public_key, CKA_EC_POINT));
  const Template wanted{
      {CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, 32UL}};
  const CK_OBJECT_HANDLE key = session.derive(Mechanism::ecdh(theirs), mine.private_key, wanted).must();
  BOOST_TEST(session.bytes(key, CKA_VALUE).size() == 32U);
  BOOST_TEST(session.derive(Mechanism::ecdh(theirs), mine.private_key, wanted.with({CKA_SENSITIVE, true})).rv ==
             CKR_TEMPLATE_INCONSISTENT);
}

// A19
BOOST_FIXTURE_TEST_CASE(a_weak_rsa_key_is_not_made, UserSession) {
  const auto made = [&](CK_ULONG bits, std::string_view exponent) {
    return session
        .generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN,
                       {{CKA_TOKEN, false}, {CKA_MODULUS_BITS, bits}, {CKA_PUBLIC_EXPONENT, from_hex(exponent)}},
                       {{CKA_TOKEN, false}})
        .rv;
  };
  BOOST_TEST(!(made(512, "010001") == CKR_OK));
  for (std::string_view exponent : {"01", "02", "03", "010000"}) BOOST_TEST(!(made(2048, exponent) == CKR_OK));
}

// A21, check 21
BOOST_FIXTURE_TEST_CASE(a_hidden_object_is_refused_as_one_that_is_not_there, Keeper) {
  const CK_OBJECT_HANDLE hidden = aes({{CKA_TOKEN, true}, {CKA_PRIVATE, true}});
  session.logout().must();
  for (CK_OBJECT_HANDLE object : {hidden, hidden + 4242}) {
    BOOST_TEST(session.get(object, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
    BOOST_TEST(session.destroy(object) == CKR_OBJECT_HANDLE_INVALID);
    BOOST_TEST(among(session.encrypt_init(CKM_AES_ECB, object), {CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID}));
  }
}

// Check 17
BOOST_FIXTURE_TEST_CASE(a_key_is_used_in_its_time_only, Keeper) {
  BOOST_TEST(session.encrypt_init(CKM_AES_ECB, aes({{CKA_START_DATE, day(2)}})) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(session.encrypt_init(CKM_AES_ECB, aes({{CKA_END_DATE, day(-2)}})) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(session.encrypt_init(CKM_AES_ECB, aes({{CKA_START_DATE, day(-2)}, {CKA_END_DATE, day(2)}})) == CKR_OK);
}

// Check 16
BOOST_FIXTURE_TEST_CASE(a_hash_inside_the_parameters_is_allowed_or_refused, UserSession) {
  const auto allowed = std::to_array<CK_MECHANISM_TYPE>({CKM_RSA_PKCS_OAEP, CKM_SHA256});
  const ByteView list(reinterpret_cast<const CK_BYTE*>(allowed.data()), sizeof allowed);
  const CK_OBJECT_HANDLE key =
      session.create(rsa_public_key().with(roles({CKA_ENCRYPT})).with({CKA_ALLOWED_MECHANISMS, list})).must();
  BOOST_TEST(session.encrypt_init(Mechanism::oaep(CKM_SHA_1, CKG_MGF1_SHA1), key) == CKR_MECHANISM_INVALID);
  BOOST_TEST(session.encrypt_init(Mechanism::oaep(CKM_SHA256, CKG_MGF1_SHA1), key) == CKR_MECHANISM_INVALID);
  BOOST_TEST(session.encrypt_init(Mechanism::oaep(CKM_SHA256, CKG_MGF1_SHA256), key) == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()

// The other profile: applications that need the old ways have them, where the token's security officer says so.
BOOST_AUTO_TEST_SUITE(the_compatible_profile)

BOOST_FIXTURE_TEST_CASE(one_key_wraps_and_decrypts, CompatibleSession) {
  const Template both = new_secret_key(32).with(roles({CKA_WRAP, CKA_DECRYPT}));
  BOOST_TEST(session.generate(CKM_AES_KEY_GEN, both).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_use_is_added, CompatibleSession) {
  const CK_OBJECT_HANDLE key = session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with({CKA_WRAP, false})).must();
  BOOST_TEST(session.set(key, {{CKA_WRAP, true}}) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_value_is_still_not_read, CompatibleSession) {
  const CK_OBJECT_HANDLE key = session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(sensitive())).must();
  BOOST_TEST(session.get(key, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
  BOOST_TEST(session.copy(key, {{CKA_SENSITIVE, false}}).rv.code != CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()
