// C_CreateObject: what makes an object, and what is refused (PKCS#11 3.0, 4.1 and 5.7).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(creating_objects)

struct Class {
  std::string_view name;
  Template complete;
};

static const std::array<Class, 7> kClasses{{
    {"data", data_object("made")},
    {"certificate", certificate("made")},
    {"aes_key", secret_key(CKK_AES, counting(32))},
    {"generic_secret", secret_key(CKK_GENERIC_SECRET, counting(20))},
    {"rsa_public_key", rsa_public_key()},
    {"rsa_private_key", rsa_private_key()},
    {"ec_public_key", ec_public_key()},
}};

CONFORMANCE_FOR_EACH(UserSession, a_session_object_is_made, kClasses) {
  const auto made = session.create(row.complete);
  BOOST_TEST(made.rv == CKR_OK);
  BOOST_TEST(made.value != CK_INVALID_HANDLE);
  BOOST_TEST(!session.flag(made.value, CKA_TOKEN));
}

CONFORMANCE_FOR_EACH(UserSession, a_token_object_is_made, kClasses) {
  const auto made = session.create(row.complete.with({CKA_TOKEN, true}));
  BOOST_TEST(made.rv == CKR_OK);
  BOOST_TEST(session.flag(made.value, CKA_TOKEN));
}

CONFORMANCE_FOR_EACH(UserSession, a_private_object_is_made, kClasses) {
  const auto made = session.create(row.complete.with({CKA_PRIVATE, true}));
  BOOST_TEST(made.rv == CKR_OK);
  BOOST_TEST(session.flag(made.value, CKA_PRIVATE));
}

CONFORMANCE_FOR_EACH(PublicSession, no_private_object_is_made_without_login, kClasses) {
  BOOST_TEST(session.create(row.complete.with({CKA_PRIVATE, true})).rv == CKR_USER_NOT_LOGGED_IN);
}

CONFORMANCE_FOR_EACH(UserSession, an_object_keeps_its_label, kClasses) {
  const CK_OBJECT_HANDLE made = session.create(row.complete.with({CKA_LABEL, "a label"})).must();
  BOOST_TEST(session.bytes(made, CKA_LABEL) == from_text("a label"));
}

CONFORMANCE_FOR_EACH(UserSession, an_object_has_a_size, kClasses) {
  const CK_OBJECT_HANDLE made = session.create(row.complete).must();
  const auto size = session.size(made);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST((size.value == CK_UNAVAILABLE_INFORMATION || size.value > 0));
}

CONFORMANCE_FOR_EACH(UserSession, an_object_without_a_class_is_refused, kClasses) {
  BOOST_TEST(session.create(row.complete.without(CKA_CLASS)).rv == CKR_TEMPLATE_INCOMPLETE);
}

CONFORMANCE_FOR_EACH(UserSession, an_attribute_nobody_knows_is_refused, kClasses) {
  BOOST_TEST(session.create(row.complete.with({0x0BADF00D, from_hex("00")})).rv == CKR_ATTRIBUTE_TYPE_INVALID);
}

CONFORMANCE_FOR_EACH(UserSession, a_boolean_of_the_wrong_size_is_refused, kClasses) {
  BOOST_TEST(session.create(row.complete.with({CKA_PRIVATE, from_hex("0000")})).rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(an_empty_template_is_incomplete, UserSession) {
  BOOST_TEST(session.create({}).rv == CKR_TEMPLATE_INCOMPLETE);
}

BOOST_FIXTURE_TEST_CASE(an_object_cannot_be_made_from_nothing, UserSession) {
  CK_OBJECT_HANDLE made = 0;
  Template complete = data_object("x");
  BOOST_TEST(Rv(p11().C_CreateObject(session.handle(), nullptr, 1, &made)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11().C_CreateObject(session.handle(), complete.raw(), complete.size(), nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(a_class_nobody_knows_is_refused, UserSession) {
  BOOST_TEST(among(session.create({{CKA_CLASS, 0x1234567UL}, {CKA_LABEL, "x"}}).rv,
                   {CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(a_key_type_nobody_knows_is_refused, UserSession) {
  BOOST_TEST(among(session.create(secret_key(0x1234567UL, counting(16))).rv,
                   {CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(a_key_type_of_another_class_is_refused, UserSession) {
  BOOST_TEST(among(session.create(secret_key(CKK_RSA, counting(16))).rv,
                   {CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_AUTO_TEST_SUITE(missing)

struct Missing {
  std::string_view name;
  Template complete;
  CK_ATTRIBUTE_TYPE attribute;
};

static const std::array<Missing, 11> kMissing{{
    {"CKA_KEY_TYPE_of_a_secret_key", secret_key(CKK_AES, counting(16)), CKA_KEY_TYPE},
    {"CKA_VALUE_of_an_aes_key", secret_key(CKK_AES, counting(16)), CKA_VALUE},
    {"CKA_VALUE_of_a_generic_secret", secret_key(CKK_GENERIC_SECRET, counting(16)), CKA_VALUE},
    {"CKA_MODULUS_of_an_rsa_public_key", rsa_public_key(), CKA_MODULUS},
    {"CKA_PUBLIC_EXPONENT_of_an_rsa_public_key", rsa_public_key(), CKA_PUBLIC_EXPONENT},
    {"CKA_MODULUS_of_an_rsa_private_key", rsa_private_key(), CKA_MODULUS},
    {"CKA_PRIVATE_EXPONENT_of_an_rsa_private_key", rsa_private_key(), CKA_PRIVATE_EXPONENT},
    {"CKA_EC_PARAMS_of_an_ec_public_key", ec_public_key(), CKA_EC_PARAMS},
    {"CKA_EC_POINT_of_an_ec_public_key", ec_public_key(), CKA_EC_POINT},
    {"CKA_VALUE_of_an_ec_private_key", ec_private_key(), CKA_VALUE},
    {"CKA_CERTIFICATE_TYPE_of_a_certificate", certificate("x"), CKA_CERTIFICATE_TYPE},
}};

CONFORMANCE_FOR_EACH(UserSession, a_template_is_incomplete_without, kMissing) {
  BOOST_TEST(session.create(row.complete.without(row.attribute)).rv == CKR_TEMPLATE_INCOMPLETE);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_needs_a_subject, UserSession) {
  BOOST_TEST(session.create(certificate("x").without(CKA_SUBJECT)).rv == CKR_TEMPLATE_INCOMPLETE);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_needs_its_value_or_where_to_find_it, UserSession) {
  BOOST_TEST(session.create(certificate("x").without(CKA_VALUE)).rv == CKR_TEMPLATE_INCOMPLETE);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(contradictions)

struct Contradiction {
  std::string_view name;
  Template made;
};

static const std::array<Contradiction, 6> kContradictions{{
    {"an_aes_key_of_15_bytes", secret_key(CKK_AES, counting(15))},
    {"an_aes_key_of_33_bytes", secret_key(CKK_AES, counting(33))},
    {"an_aes_key_of_no_bytes", secret_key(CKK_AES, {})},
    {"an_ec_public_key_off_its_curve",
     ec_public_key().with({CKA_EC_POINT, wrapped_point(Bytes{0x04} + counting(64))})},
    {"an_ec_private_key_of_zero", ec_private_key().with({CKA_VALUE, Bytes(32)})},
    {"an_ec_public_key_on_no_curve", ec_public_key().with({CKA_EC_PARAMS, from_hex("06032a0304")})},
}};

CONFORMANCE_FOR_EACH(UserSession, is_refused, kContradictions) {
  BOOST_TEST(among(session.create(row.made).rv, {CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT,
                                                 CKR_KEY_SIZE_RANGE, CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(an_attribute_given_twice_with_two_values_is_refused, UserSession) {
  Template twice{{CKA_CLASS, CKO_DATA}, {CKA_PRIVATE, false}, {CKA_LABEL, "one"}, {CKA_LABEL, "two"}};
  BOOST_TEST(session.create(twice).rv == CKR_TEMPLATE_INCONSISTENT);
}

BOOST_FIXTURE_TEST_CASE(an_attribute_of_another_class_is_refused, UserSession) {
  BOOST_TEST(among(session.create(data_object("x").with({CKA_MODULUS, counting(16)})).rv,
                   {CKR_ATTRIBUTE_TYPE_INVALID, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(set_by_the_token)

struct Made {
  std::string_view name;
  Attribute attribute;
};

// PKCS#11 3.0, 4.1.2, footnote 4 and table 10: "must not be specified when the object is created with C_CreateObject".
static const std::array<Made, 4> kMade{{
    {"CKA_LOCAL", {CKA_LOCAL, true}},
    {"CKA_ALWAYS_SENSITIVE", {CKA_ALWAYS_SENSITIVE, true}},
    {"CKA_NEVER_EXTRACTABLE", {CKA_NEVER_EXTRACTABLE, true}},
    {"CKA_KEY_GEN_MECHANISM", {CKA_KEY_GEN_MECHANISM, CKM_AES_KEY_GEN}},
}};

CONFORMANCE_FOR_EACH(UserSession, nobody_may_claim, kMade) {
  BOOST_TEST(among(session.create(secret_key(CKK_AES, counting(16)).with(row.attribute)).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_TYPE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(nobody_may_give_the_length_of_a_value_that_is_given, UserSession) {
  BOOST_TEST(among(session.create(secret_key(CKK_AES, counting(16)).with({CKA_VALUE_LEN, 16UL})).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_TYPE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(nobody_may_give_the_modulus_bits_of_a_modulus_that_is_given, UserSession) {
  BOOST_TEST(among(session.create(rsa_public_key().with({CKA_MODULUS_BITS, 2048UL})).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_TYPE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(the_user_may_not_make_a_key_trusted, UserSession) {
  BOOST_TEST(among(session.create(secret_key(CKK_AES, counting(16)).with({CKA_TRUSTED, true})).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_VALUE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(a_created_key_is_not_local, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16))).must();
  BOOST_TEST(!session.flag(key, CKA_LOCAL));
  BOOST_TEST(session.number(key, CKA_KEY_GEN_MECHANISM) == CK_UNAVAILABLE_INFORMATION);
}

BOOST_FIXTURE_TEST_CASE(a_created_key_was_not_always_sensitive, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_AES, counting(16)).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}})).must();
  BOOST_TEST(session.flag(key, CKA_SENSITIVE));
  BOOST_TEST(!session.flag(key, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(!session.flag(key, CKA_NEVER_EXTRACTABLE));
}

BOOST_FIXTURE_TEST_CASE(the_length_of_a_created_key_is_known, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(24))).must();
  BOOST_TEST(session.number(key, CKA_VALUE_LEN) == 24UL);
}

BOOST_FIXTURE_TEST_CASE(the_modulus_bits_of_a_created_key_are_known, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(rsa_public_key()).must();
  BOOST_TEST(session.number(key, CKA_MODULUS_BITS) == 2048UL);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
