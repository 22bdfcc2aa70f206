// Setting and changing PINs (PKCS#11 3.0, 5.5: C_InitPIN, C_SetPIN).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(pins)

BOOST_FIXTURE_TEST_CASE(the_security_officer_gives_the_user_a_pin, FreshToken) {
  Session session(slot);
  session.login(CKU_SO, kSoPin).must();
  BOOST_TEST(session.init_pin(kUserPin) == CKR_OK);
  session.logout().must();
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_security_officer_replaces_a_forgotten_user_pin, FreshTokenWithUser) {
  give_user_pin("a new user pin");
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_PIN_INCORRECT);
  BOOST_TEST(session.login(CKU_USER, "a new user pin") == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(private_objects_outlive_a_replaced_user_pin, FreshTokenWithUser) {
  {
    Session session(slot);
    session.login(CKU_USER, kUserPin).must();
    session.create(data_object("kept").with({{CKA_TOKEN, true}, {CKA_PRIVATE, true}})).must();
  }
  give_user_pin("a new user pin");
  Session session(slot);
  session.login(CKU_USER, "a new user pin").must();
  const auto found = session.find({{CKA_LABEL, "kept"}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(session.bytes(found[0], CKA_VALUE) == from_text("value of a data object"));
}

BOOST_FIXTURE_TEST_CASE(nobody_but_the_security_officer_gives_a_pin, FreshTokenWithUser) {
  Session session(slot);
  BOOST_TEST(session.init_pin("something") == CKR_USER_NOT_LOGGED_IN);
  session.login(CKU_USER, kUserPin).must();
  BOOST_TEST(session.init_pin("something") == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(a_too_short_user_pin_is_refused, FreshToken) {
  Session session(slot);
  session.login(CKU_SO, kSoPin).must();
  BOOST_TEST(session.init_pin("12") == CKR_PIN_LEN_RANGE);
}

BOOST_FIXTURE_TEST_CASE(a_too_long_user_pin_is_refused, FreshToken) {
  Session session(slot);
  session.login(CKU_SO, kSoPin).must();
  BOOST_TEST(session.init_pin(std::string(token_info(slot).ulMaxPinLen + 1, '1')) == CKR_PIN_LEN_RANGE);
}

BOOST_FIXTURE_TEST_CASE(the_longest_pin_works, FreshToken) {
  const std::string longest(std::min<CK_ULONG>(token_info(slot).ulMaxPinLen, 1000), '1');
  give_user_pin(longest);
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, longest) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_pin_may_hold_any_utf8, FreshToken) {
  give_user_pin("Schlüssel-鍵");
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, "Schlüssel-鍵") == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_user_changes_the_own_pin, FreshTokenWithUser) {
  Session session(slot);
  session.login(CKU_USER, kUserPin).must();
  BOOST_TEST(session.set_pin(kUserPin, "changed by user") == CKR_OK);
  session.logout().must();
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_PIN_INCORRECT);
  BOOST_TEST(session.login(CKU_USER, "changed by user") == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_security_officer_changes_the_own_pin, FreshToken) {
  Session session(slot);
  session.login(CKU_SO, kSoPin).must();
  BOOST_TEST(session.set_pin(kSoPin, "changed by so") == CKR_OK);
  session.logout().must();
  BOOST_TEST(session.login(CKU_SO, kSoPin) == CKR_PIN_INCORRECT);
  BOOST_TEST(session.login(CKU_SO, "changed by so") == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(without_login_it_is_the_user_pin_that_changes, FreshTokenWithUser) {
  Session session(slot);
  BOOST_TEST(session.set_pin(kUserPin, "changed in public") == CKR_OK);
  BOOST_TEST(session.login(CKU_USER, "changed in public") == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(private_objects_outlive_a_changed_user_pin, FreshTokenWithUser) {
  Session session(slot);
  session.login(CKU_USER, kUserPin).must();
  session.create(data_object("kept").with({{CKA_TOKEN, true}, {CKA_PRIVATE, true}})).must();
  session.set_pin(kUserPin, "changed by user").must();
  session.logout().must();
  session.login(CKU_USER, "changed by user").must();
  const auto found = session.find({{CKA_LABEL, "kept"}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(session.bytes(found[0], CKA_VALUE) == from_text("value of a data object"));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_old_pin_changes_nothing, FreshTokenWithUser) {
  Session session(slot);
  session.login(CKU_USER, kUserPin).must();
  BOOST_TEST(session.set_pin(kWrongPin, "never set") == CKR_PIN_INCORRECT);
  session.logout().must();
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_pin_is_not_changed_to_one_that_is_too_short, FreshTokenWithUser) {
  Session session(slot);
  session.login(CKU_USER, kUserPin).must();
  BOOST_TEST(session.set_pin(kUserPin, "12") == CKR_PIN_LEN_RANGE);
}

BOOST_FIXTURE_TEST_CASE(a_pin_is_not_changed_in_a_read_only_session, FreshTokenWithUser) {
  Session session(slot, kReadOnly);
  BOOST_TEST(session.set_pin(kUserPin, "changed") == CKR_SESSION_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(a_changed_pin_survives_a_restart, FreshTokenWithUser) {
  {
    Session session(slot);
    session.login(CKU_USER, kUserPin).must();
    session.set_pin(kUserPin, "changed for good").must();
  }
  restart();
  find_again();
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, "changed for good") == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()
