// RSA and elliptic curves: signing, encryption, agreement, and keys made by the token.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(rsa)

struct RsaPair : UserSession {
  KeyPair pair(std::initializer_list<CK_ATTRIBUTE_TYPE> of_public, std::initializer_list<CK_ATTRIBUTE_TYPE> of_private) {
    return {session.create(rsa_public_key().with(roles(of_public))).must(),
            session.create(rsa_private_key().with(roles(of_private))).must()};
  }
};

struct Scheme {
  std::string_view name;
  Mechanism (*make)();
  std::size_t data;  // bytes to sign
};

static const std::array<Scheme, 11> kSchemes{{
    {"CKM_RSA_PKCS", [] { return Mechanism(CKM_RSA_PKCS); }, 51},
    {"CKM_SHA1_RSA_PKCS", [] { return Mechanism(CKM_SHA1_RSA_PKCS); }, 100},
    {"CKM_SHA224_RSA_PKCS", [] { return Mechanism(CKM_SHA224_RSA_PKCS); }, 100},
    {"CKM_SHA256_RSA_PKCS", [] { return Mechanism(CKM_SHA256_RSA_PKCS); }, 100},
    {"CKM_SHA384_RSA_PKCS", [] { return Mechanism(CKM_SHA384_RSA_PKCS); }, 100},
    {"CKM_SHA512_RSA_PKCS", [] { return Mechanism(CKM_SHA512_RSA_PKCS); }, 100},
    {"CKM_RSA_PKCS_PSS", [] { return Mechanism::pss(CKM_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32); }, 32},
    {"CKM_SHA224_RSA_PKCS_PSS",
     [] { return Mechanism::pss(CKM_SHA224_RSA_PKCS_PSS, CKM_SHA224, CKG_MGF1_SHA224, 28); }, 100},
    {"CKM_SHA256_RSA_PKCS_PSS",
     [] { return Mechanism::pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32); }, 100},
    {"CKM_SHA384_RSA_PKCS_PSS",
     [] { return Mechanism::pss(CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 48); }, 100},
    {"CKM_SHA512_RSA_PKCS_PSS",
     [] { return Mechanism::pss(CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, 64); }, 100},
}};

CONFORMANCE_FOR_EACH(RsaPair, a_signature_verifies_and_a_changed_one_does_not, kSchemes) {
  const KeyPair keys = pair({CKA_VERIFY}, {CKA_SIGN});
  Bytes signature = session.sign_once(row.make(), keys.private_key, counting(row.data)).must();
  BOOST_TEST(signature.size() == 256U);
  BOOST_TEST(session.verify_once(row.make(), keys.public_key, counting(row.data), signature) == CKR_OK);
  signature[100] ^= 1;
  BOOST_TEST(session.verify_once(row.make(), keys.public_key, counting(row.data), signature) == CKR_SIGNATURE_INVALID);
}

CONFORMANCE_FOR_EACH(RsaPair, a_too_small_buffer_keeps_the_signature, kSchemes) {
  const KeyPair keys = pair({CKA_VERIFY}, {CKA_SIGN});
  session.sign_init(row.make(), keys.private_key).must();
  const Answer refused = session.sign(counting(row.data), 255);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(refused.length == 256UL);
  BOOST_TEST(session.sign(counting(row.data)).rv == CKR_OK);
}

CONFORMANCE_FOR_EACH(RsaPair, a_key_without_the_role_does_not_sign, kSchemes) {
  const CK_OBJECT_HANDLE idle = session.create(rsa_private_key().with({CKA_SIGN, false})).must();
  BOOST_TEST(session.sign_init(row.make(), idle) == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

struct Oaep {
  std::string_view name;
  CK_MECHANISM_TYPE hash;
  CK_RSA_PKCS_MGF_TYPE mgf;
};

static constexpr std::array<Oaep, 5> kOaep{{{"CKM_SHA_1", CKM_SHA_1, CKG_MGF1_SHA1},
                                            {"CKM_SHA224", CKM_SHA224, CKG_MGF1_SHA224},
                                            {"CKM_SHA256", CKM_SHA256, CKG_MGF1_SHA256},
                                            {"CKM_SHA384", CKM_SHA384, CKG_MGF1_SHA384},
                                            {"CKM_SHA512", CKM_SHA512, CKG_MGF1_SHA512}}};

CONFORMANCE_FOR_EACH(RsaPair, oaep_opens_what_it_closed, kOaep) {
  const KeyPair keys = pair({CKA_ENCRYPT}, {CKA_DECRYPT});
  const Bytes sealed = session.encrypt_once(Mechanism::oaep(row.hash, row.mgf), keys.public_key, counting(40)).must();
  BOOST_TEST(session.decrypt_once(Mechanism::oaep(row.hash, row.mgf), keys.private_key, sealed).must() == counting(40));
}

CONFORMANCE_FOR_EACH(RsaPair, oaep_binds_its_label, kOaep) {
  const KeyPair keys = pair({CKA_ENCRYPT}, {CKA_DECRYPT});
  const Bytes sealed =
      session.encrypt_once(Mechanism::oaep(row.hash, row.mgf, from_text("l")), keys.public_key, counting(40)).must();
  BOOST_TEST(!(session.decrypt_once(Mechanism::oaep(row.hash, row.mgf), keys.private_key, sealed).rv == CKR_OK));
  BOOST_TEST(session.decrypt_once(Mechanism::oaep(row.hash, row.mgf, from_text("l")), keys.private_key, sealed).must() ==
             counting(40));
}

BOOST_FIXTURE_TEST_CASE(pkcs_1_opens_what_it_closed, RsaPair) {
  const KeyPair keys = pair({CKA_ENCRYPT}, {CKA_DECRYPT});
  const Bytes sealed = session.encrypt_once(CKM_RSA_PKCS, keys.public_key, counting(40)).must();
  BOOST_TEST(session.decrypt_once(CKM_RSA_PKCS, keys.private_key, sealed).must() == counting(40));
}

BOOST_FIXTURE_TEST_CASE(a_text_that_is_too_long_is_refused, RsaPair) {
  const KeyPair keys = pair({CKA_ENCRYPT}, {CKA_DECRYPT});
  BOOST_TEST(session.encrypt_once(CKM_RSA_PKCS, keys.public_key, counting(246)).rv == CKR_DATA_LEN_RANGE);
}

BOOST_FIXTURE_TEST_CASE(a_generated_pair_signs_and_knows_where_it_came_from, UserSession) {
  const KeyPair keys =
      session.generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, new_rsa_public_key(2048).with(roles({CKA_VERIFY})),
                            Template{{CKA_TOKEN, false}, {CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}.with(roles({CKA_SIGN})))
          .must();
  const Bytes signature = session.sign_once(CKM_SHA256_RSA_PKCS, keys.private_key, counting(9)).must();
  BOOST_TEST(session.verify_once(CKM_SHA256_RSA_PKCS, keys.public_key, counting(9), signature) == CKR_OK);
  BOOST_TEST(session.flag(keys.private_key, CKA_LOCAL));
  BOOST_TEST(session.flag(keys.private_key, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(session.flag(keys.private_key, CKA_NEVER_EXTRACTABLE));
  BOOST_TEST(session.number(keys.private_key, CKA_KEY_GEN_MECHANISM) == CKM_RSA_PKCS_KEY_PAIR_GEN);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(elliptic_curves)

CONFORMANCE_FOR_EACH(UserSession, a_generated_pair_signs, kCurves) {
  const KeyPair keys = generate_ec(session, row, roles({CKA_VERIFY}), roles({CKA_SIGN}));
  Bytes signature = session.sign_once(CKM_ECDSA, keys.private_key, counting(32)).must();
  BOOST_TEST(signature.size() == 2 * row.field_bytes);
  BOOST_TEST(session.verify_once(CKM_ECDSA, keys.public_key, counting(32), signature) == CKR_OK);
  signature[20] ^= 1;
  BOOST_TEST(session.verify_once(CKM_ECDSA, keys.public_key, counting(32), signature) == CKR_SIGNATURE_INVALID);
}

CONFORMANCE_FOR_EACH(UserSession, a_hash_inside_the_mechanism_signs, kCurves) {
  const KeyPair keys = generate_ec(session, row, roles({CKA_VERIFY}), roles({CKA_SIGN}));
  for (CK_MECHANISM_TYPE type : {CKM_ECDSA_SHA256, CKM_ECDSA_SHA384, CKM_ECDSA_SHA512}) {
    const Bytes signature = session.sign_once(type, keys.private_key, counting(99)).must();
    BOOST_TEST(session.verify_once(type, keys.public_key, counting(99), signature) == CKR_OK);
  }
}

CONFORMANCE_FOR_EACH(UserSession, a_public_point_lies_in_an_octet_string, kCurves) {
  const KeyPair keys = generate_ec(session, row, roles({CKA_VERIFY}), roles({CKA_SIGN}));
  const Bytes point = point_of(session.bytes(keys.public_key, CKA_EC_POINT));
  BOOST_TEST(point.size() == 1 + 2 * row.field_bytes);
  BOOST_TEST(session.bytes(keys.public_key, CKA_EC_PARAMS) == from_hex(row.oid));
}

CONFORMANCE_FOR_EACH(UserSession, two_sides_agree_on_a_secret, kCurves) {
  const KeyPair alice = generate_ec(session, row, {}, roles({CKA_DERIVE}).with(readable_key()));
  const KeyPair bob = generate_ec(session, row, {}, roles({CKA_DERIVE}).with(readable_key()));
  const Template wanted = Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false},
                                   {CKA_VALUE_LEN, 32UL}}
                              .with(readable_key());
  const auto agreed = [&](const KeyPair& mine, const KeyPair& theirs) {
    const Bytes point = point_of(session.bytes(theirs.public_key, CKA_EC_POINT));
    return session.bytes(session.derive(Mechanism::ecdh(point), mine.private_key, wanted).must(), CKA_VALUE);
  };
  const Bytes secret = agreed(alice, bob);
  BOOST_TEST(secret.size() == 32U);
  BOOST_TEST(secret == agreed(bob, alice));
}

BOOST_FIXTURE_TEST_CASE(a_point_off_the_curve_is_refused, UserSession) {
  const KeyPair mine = generate_ec(session, kCurves[0], {}, roles({CKA_DERIVE}));
  BOOST_TEST(!(session.derive(Mechanism::ecdh(Bytes{0x04} + counting(64)), mine.private_key,
                              {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_VALUE_LEN, 32UL}})
                   .rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_curve_nobody_knows_makes_no_pair, UserSession) {
  BOOST_TEST(!(session.generate_pair(CKM_EC_KEY_PAIR_GEN, {{CKA_EC_PARAMS, from_hex("06032a0304")}}, {}).rv == CKR_OK));
}

BOOST_AUTO_TEST_SUITE_END()
