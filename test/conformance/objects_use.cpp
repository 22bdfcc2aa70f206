// Copying, destroying, finding objects, and who sees private ones (PKCS#11 3.0, 5.7).
#include <algorithm>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(copying)

BOOST_FIXTURE_TEST_CASE(a_copy_has_the_attributes_of_its_original, UserSession) {
  const CK_OBJECT_HANDLE original = session.create(data_object("original")).must();
  const auto copy = session.copy(original, {});
  BOOST_TEST(copy.rv == CKR_OK);
  BOOST_TEST(copy.value != original);
  BOOST_TEST(session.bytes(copy.value, CKA_VALUE) == session.bytes(original, CKA_VALUE));
}

BOOST_FIXTURE_TEST_CASE(a_copy_takes_another_label, UserSession) {
  const CK_OBJECT_HANDLE original = session.create(data_object("original")).must();
  const CK_OBJECT_HANDLE copy = session.copy(original, {{CKA_LABEL, "copy"}}).must();
  BOOST_TEST(session.bytes(copy, CKA_LABEL) == from_text("copy"));
  BOOST_TEST(session.bytes(original, CKA_LABEL) == from_text("original"));
}

BOOST_FIXTURE_TEST_CASE(a_session_object_is_copied_to_the_token, UserSession) {
  const CK_OBJECT_HANDLE original = session.create(data_object("original")).must();
  const CK_OBJECT_HANDLE copy = session.copy(original, {{CKA_TOKEN, true}}).must();
  BOOST_TEST(session.flag(copy, CKA_TOKEN));
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_a_sensitive_key_stays_sensitive, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with({CKA_SENSITIVE, true})).must();
  BOOST_TEST(among(session.copy(key, {{CKA_SENSITIVE, false}}).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_an_unextractable_key_stays_unextractable, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with({CKA_EXTRACTABLE, false})).must();
  BOOST_TEST(among(session.copy(key, {{CKA_EXTRACTABLE, true}}).rv,
                   {CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(an_object_that_may_not_be_copied_is_not, UserSession) {
  const CK_OBJECT_HANDLE original = session.create(data_object("single").with({CKA_COPYABLE, false})).must();
  BOOST_TEST(session.copy(original, {}).rv == CKR_ACTION_PROHIBITED);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_object_is_not_copied, UserSession) {
  BOOST_TEST(session.copy(0xFFFFFF, {}).rv == CKR_OBJECT_HANDLE_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(destroying)

BOOST_FIXTURE_TEST_CASE(a_destroyed_object_is_gone, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("gone").with({CKA_TOKEN, true})).must();
  BOOST_TEST(session.destroy(object) == CKR_OK);
  BOOST_TEST(session.get(object, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
  BOOST_TEST(session.destroy(object) == CKR_OBJECT_HANDLE_INVALID);
  BOOST_TEST(session.find({{CKA_LABEL, "gone"}}).empty());
}

BOOST_FIXTURE_TEST_CASE(an_object_that_may_not_be_destroyed_is_not, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("stays").with({CKA_DESTROYABLE, false})).must();
  BOOST_TEST(session.destroy(object) == CKR_ACTION_PROHIBITED);
  BOOST_TEST(session.bytes(object, CKA_LABEL) == from_text("stays"));
}

BOOST_FIXTURE_TEST_CASE(a_handle_of_a_destroyed_object_is_not_used_again, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("first")).must();
  session.destroy(object).must();
  BOOST_TEST(session.create(data_object("second")).must() != object);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(finding)

BOOST_FIXTURE_TEST_CASE(an_empty_pattern_finds_everything, UserSession) {
  const CK_OBJECT_HANDLE one = session.create(data_object("one")).must();
  const CK_OBJECT_HANDLE two = session.create(secret_key(CKK_AES, counting(16))).must();
  const auto found = session.find({});
  BOOST_TEST((std::ranges::count(found, one) == 1));
  BOOST_TEST((std::ranges::count(found, two) == 1));
}

struct Pattern {
  std::string_view name;
  Template made;
  Template pattern;
};

static const std::array<Pattern, 9> kPatterns{{
    {"label", data_object("needle"), {{CKA_LABEL, "needle"}}},
    {"class_and_label", data_object("needle"), {{CKA_CLASS, CKO_DATA}, {CKA_LABEL, "needle"}}},
    {"application", data_object("x"), {{CKA_APPLICATION, "conformance"}}},
    {"id", secret_key(CKK_AES, counting(16)).with({CKA_ID, from_hex("a1b2")}), {{CKA_ID, from_hex("a1b2")}}},
    {"key_type", secret_key(CKK_AES, counting(16)), {{CKA_KEY_TYPE, CKK_AES}}},
    {"role", secret_key(CKK_AES, counting(16)).with(roles({CKA_ENCRYPT})), {{CKA_ENCRYPT, true}}},
    {"modulus", rsa_public_key(), {{CKA_CLASS, CKO_PUBLIC_KEY}, {CKA_PUBLIC_EXPONENT, from_hex("010001")}}},
    {"subject", certificate("x"), {{CKA_SUBJECT, from_hex("300f310d300b06035504030c0474657374")}}},
    {"curve", ec_public_key(), {{CKA_EC_PARAMS, from_hex(kCurves[0].oid)}}},
}};

CONFORMANCE_FOR_EACH(UserSession, an_object_is_found_by, kPatterns) {
  session.create(data_object("hay").with({CKA_APPLICATION, "other"})).must();
  const CK_OBJECT_HANDLE needle = session.create(row.made).must();
  const auto found = session.find(row.pattern);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0] == needle);
}

BOOST_FIXTURE_TEST_CASE(an_attribute_no_object_has_finds_nothing, UserSession) {
  session.create(data_object("x")).must();
  BOOST_TEST(session.find({{CKA_LABEL, "nobody is called that"}}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_secret_value_is_not_found_by_guessing, UserSession) {
  session.create(secret_key(CKK_AES, counting(16)).with({CKA_SENSITIVE, true})).must();
  BOOST_TEST(session.find({{CKA_VALUE, counting(16)}}).empty());
}

BOOST_FIXTURE_TEST_CASE(objects_are_given_in_portions, UserSession) {
  for (int i = 0; i < 5; ++i) session.create(data_object("portion")).must();
  session.find_init({{CKA_LABEL, "portion"}}).must();
  BOOST_TEST(session.find_next(3).must().size() == 3U);
  BOOST_TEST(session.find_next(3).must().size() == 2U);
  BOOST_TEST(session.find_next(3).must().empty());
  BOOST_TEST(session.find_final() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_search_is_not_begun_twice, UserSession) {
  session.find_init({}).must();
  BOOST_TEST(session.find_init({}) == CKR_OPERATION_ACTIVE);
}

BOOST_FIXTURE_TEST_CASE(a_search_that_was_not_begun_is_refused, UserSession) {
  BOOST_TEST(session.find_next(1).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.find_final() == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_search_keeps_what_it_found_when_objects_are_added, UserSession) {
  session.create(data_object("early")).must();
  session.find_init({{CKA_CLASS, CKO_DATA}, {CKA_LABEL, "early"}}).must();
  session.create(data_object("early")).must();
  BOOST_TEST(session.find_next(10).must().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(privacy)

struct PrivateObject : UserSession {
  CK_OBJECT_HANDLE object =
      session.create(data_object("private").with({{CKA_TOKEN, true}, {CKA_PRIVATE, true}})).must();
};

BOOST_FIXTURE_TEST_CASE(a_private_object_is_not_found_when_logged_out, PrivateObject) {
  BOOST_TEST(session.find({{CKA_LABEL, "private"}}).size() == 1U);
  session.logout().must();
  BOOST_TEST(session.find({{CKA_LABEL, "private"}}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_handle_of_a_private_object_dies_with_the_login, PrivateObject) {
  session.logout().must();
  BOOST_TEST(!(session.get(object, CKA_LABEL).rv == CKR_OK));
  BOOST_TEST(!(session.destroy(object) == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_private_object_is_found_again_after_login, PrivateObject) {
  session.logout().must();
  session.login(CKU_USER, kUserPin).must();
  BOOST_TEST(session.find({{CKA_LABEL, "private"}}).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_officer_does_not_see_private_objects, PrivateObject) {
  session.logout().must();
  session.login(CKU_SO, kSoPin).must();
  BOOST_TEST(session.find({{CKA_LABEL, "private"}}).empty());
  session.logout().must();
}

BOOST_FIXTURE_TEST_CASE(private_session_objects_die_with_the_login, UserSession) {
  session.create(data_object("private session").with({CKA_PRIVATE, true})).must();
  session.logout().must();
  session.login(CKU_USER, kUserPin).must();
  BOOST_TEST(session.find({{CKA_LABEL, "private session"}}).empty());
}

BOOST_FIXTURE_TEST_CASE(token_objects_outlive_a_restart, UserSession) {
  session.create(secret_key(CKK_AES, counting(32)).with(readable_key()).with({{CKA_TOKEN, true}, {CKA_LABEL, "kept"}}))
      .must();
  restart();
  Session later(slot_labelled("shared"));
  later.login(CKU_USER, kUserPin).must();
  const auto found = later.find({{CKA_LABEL, "kept"}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(later.bytes(found[0], CKA_VALUE) == counting(32));
  later.destroy(found[0]).must();
}

BOOST_AUTO_TEST_SUITE_END()
