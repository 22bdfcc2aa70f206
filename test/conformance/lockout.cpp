// Wrong PINs: flags, locking, and who unlocks (PKCS#11 3.0, 3.2 Table 6; ten tries here).
#include "support/fixtures.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(lockout)

constexpr int kTries = 10;

struct WrongPins : FreshTokenWithUser {
  void fail(CK_USER_TYPE who, int times) {
    Session session(slot);
    for (int i = 0; i < times; ++i) BOOST_REQUIRE(!(session.login(who, kWrongPin) == CKR_OK));
  }
  bool has(CK_FLAGS flag) { return (token_flags(slot) & flag) != 0; }
};

BOOST_FIXTURE_TEST_CASE(a_wrong_user_pin_is_refused, WrongPins) {
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kWrongPin) == CKR_PIN_INCORRECT);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_so_pin_is_refused, WrongPins) {
  Session session(slot);
  BOOST_TEST(session.login(CKU_SO, kWrongPin) == CKR_PIN_INCORRECT);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_user_pin_raises_the_low_flag, WrongPins) {
  fail(CKU_USER, 1);
  BOOST_TEST(has(CKF_USER_PIN_COUNT_LOW));
  BOOST_TEST(!has(CKF_USER_PIN_FINAL_TRY));
  BOOST_TEST(!has(CKF_SO_PIN_COUNT_LOW));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_so_pin_raises_the_low_flag, WrongPins) {
  fail(CKU_SO, 1);
  BOOST_TEST(has(CKF_SO_PIN_COUNT_LOW));
  BOOST_TEST(!has(CKF_SO_PIN_FINAL_TRY));
  BOOST_TEST(!has(CKF_USER_PIN_COUNT_LOW));
}

BOOST_FIXTURE_TEST_CASE(the_right_pin_lowers_the_low_flag, WrongPins) {
  fail(CKU_USER, 3);
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_OK);
  BOOST_TEST(!has(CKF_USER_PIN_COUNT_LOW));
}

BOOST_FIXTURE_TEST_CASE(the_right_pin_starts_the_count_again, WrongPins) {
  fail(CKU_USER, kTries - 1);
  {
    Session session(slot);
    session.login(CKU_USER, kUserPin).must();
  }
  fail(CKU_USER, kTries - 1);
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_last_try_is_announced, WrongPins) {
  fail(CKU_USER, kTries - 1);
  BOOST_TEST(has(CKF_USER_PIN_FINAL_TRY));
  BOOST_TEST(!has(CKF_USER_PIN_LOCKED));
}

BOOST_FIXTURE_TEST_CASE(too_many_wrong_user_pins_lock_the_user_out, WrongPins) {
  fail(CKU_USER, kTries);
  BOOST_TEST(has(CKF_USER_PIN_LOCKED));
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_PIN_LOCKED);
}

BOOST_FIXTURE_TEST_CASE(too_many_wrong_so_pins_lock_the_officer_out, WrongPins) {
  fail(CKU_SO, kTries);
  BOOST_TEST(has(CKF_SO_PIN_LOCKED));
  Session session(slot);
  BOOST_TEST(session.login(CKU_SO, kSoPin) == CKR_PIN_LOCKED);
}

BOOST_FIXTURE_TEST_CASE(a_locked_officer_does_not_lock_the_user, WrongPins) {
  fail(CKU_SO, kTries);
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_locked_officer_cannot_initialize_the_token, WrongPins) {
  fail(CKU_SO, kTries);
  BOOST_TEST(init_token(slot, kSoPin, label) == CKR_PIN_LOCKED);
}

BOOST_FIXTURE_TEST_CASE(the_officer_unlocks_the_user_with_a_new_pin, WrongPins) {
  fail(CKU_USER, kTries);
  give_user_pin("unlocked again");
  BOOST_TEST(!has(CKF_USER_PIN_LOCKED));
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, "unlocked again") == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_lock_survives_a_restart, WrongPins) {
  fail(CKU_USER, kTries);
  restart();
  find_again();
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_PIN_LOCKED);
}

BOOST_FIXTURE_TEST_CASE(the_count_of_wrong_pins_survives_a_restart, WrongPins) {
  fail(CKU_USER, kTries - 1);
  restart();
  find_again();
  fail(CKU_USER, 1);
  BOOST_TEST(has(CKF_USER_PIN_LOCKED));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_old_pin_counts_as_a_wrong_pin, WrongPins) {
  Session session(slot);
  for (int i = 0; i < kTries; ++i) BOOST_REQUIRE(!(session.set_pin(kWrongPin, "never set") == CKR_OK));
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_PIN_LOCKED);
}

BOOST_FIXTURE_TEST_CASE(wrong_pins_of_init_token_lock_the_officer_out, WrongPins) {
  for (int i = 0; i < kTries; ++i) BOOST_REQUIRE(!(init_token(slot, kWrongPin, label) == CKR_OK));
  BOOST_TEST(init_token(slot, kSoPin, label) == CKR_PIN_LOCKED);
}

BOOST_AUTO_TEST_SUITE_END()
