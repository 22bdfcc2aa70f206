// Private keys that ask for the PIN at each use: CKA_ALWAYS_AUTHENTICATE (PKCS#11 3.1, 4.9).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(always_authenticate)

struct AskingKey : FreshTokenWithUser {
  AskingKey() { session.login(CKU_USER, kUserPin).must(); }
  Template asking(CK_ATTRIBUTE_TYPE role) {
    return rsa_private_key().with({{CKA_PRIVATE, true}, {CKA_ALWAYS_AUTHENTICATE, true}, {role, true}});
  }
  CK_OBJECT_HANDLE key() {
    if (key_ == CK_INVALID_HANDLE) key_ = session.create(asking(CKA_SIGN)).must();
    return key_;
  }
  Rv give_pin(std::string_view pin = kUserPin) { return session.login(CKU_CONTEXT_SPECIFIC, pin); }
  Session session{slot};

 private:
  CK_OBJECT_HANDLE key_ = CK_INVALID_HANDLE;
};

BOOST_FIXTURE_TEST_CASE(a_key_says_that_it_asks, AskingKey) {
  BOOST_TEST(session.flag(key(), CKA_ALWAYS_AUTHENTICATE));
  BOOST_TEST(!session.flag(session.create(rsa_private_key()).must(), CKA_ALWAYS_AUTHENTICATE));
}

BOOST_FIXTURE_TEST_CASE(a_key_does_not_sign_before_the_pin_is_given, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  BOOST_TEST(session.sign(counting(9)).rv == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(a_key_takes_no_parts_before_the_pin_is_given, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  BOOST_TEST(session.sign_update(counting(9)) == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(a_key_signs_once_the_pin_is_given, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  BOOST_TEST(give_pin() == CKR_OK);
  BOOST_TEST(session.sign(counting(9)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(one_pin_is_good_for_all_parts_of_one_signature, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  give_pin().must();
  BOOST_TEST(session.sign_update(counting(9)) == CKR_OK);
  BOOST_TEST(session.sign_update(counting(9)) == CKR_OK);
  BOOST_TEST(session.sign_final().rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(asking_the_size_does_not_use_the_pin_up, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  give_pin().must();
  BOOST_TEST(session.sign(counting(9), kAskSize).rv == CKR_OK);
  BOOST_TEST(session.sign(counting(9), 10).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(session.sign(counting(9)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(each_signature_asks_for_the_pin_again, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  give_pin().must();
  session.sign(counting(9)).must();
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  BOOST_TEST(session.sign(counting(9)).rv == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_pin_gives_no_signature, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  BOOST_TEST(give_pin(kWrongPin) == CKR_PIN_INCORRECT);
  BOOST_TEST(!(session.sign(counting(9)).rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_pin_does_not_log_the_user_out, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  give_pin(kWrongPin);
  BOOST_TEST(session.info().state == CKS_RW_USER_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(a_pin_is_given_to_one_session_only, AskingKey) {
  Session other(slot);
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  other.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  give_pin().must();
  BOOST_TEST(other.sign(counting(9)).rv == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(no_pin_is_taken_when_no_operation_runs, AskingKey) {
  BOOST_TEST(give_pin() == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_does_not_ask_takes_no_pin_and_goes_on, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, session.create(rsa_private_key().with({CKA_SIGN, true})).must()).must();
  BOOST_TEST(give_pin() == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.sign(counting(9)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(too_many_wrong_pins_lock_the_pin_and_log_the_user_out, AskingKey) {
  session.sign_init(CKM_SHA256_RSA_PKCS, key()).must();
  Rv last = CKR_OK;
  for (int tries = 0; tries < 20 && !(last == CKR_PIN_LOCKED); ++tries) last = give_pin(kWrongPin);
  BOOST_TEST(last == CKR_PIN_LOCKED);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(decryption_asks_too, AskingKey) {
  const CK_OBJECT_HANDLE opener = session.create(asking(CKA_DECRYPT)).must();
  const CK_OBJECT_HANDLE closer = session.create(rsa_public_key().with({CKA_ENCRYPT, true})).must();
  const Bytes sealed = session.encrypt_once(CKM_RSA_PKCS, closer, counting(20)).must();
  session.decrypt_init(CKM_RSA_PKCS, opener).must();
  BOOST_TEST(session.decrypt(sealed).rv == CKR_USER_NOT_LOGGED_IN);
  session.decrypt_init(CKM_RSA_PKCS, opener).must();
  give_pin().must();
  BOOST_TEST(session.decrypt(sealed).must() == counting(20));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_is_not_private_does_not_ask, AskingKey) {
  BOOST_TEST(among(session.create(asking(CKA_SIGN).with({CKA_PRIVATE, false})).rv,
                   {CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_VALUE_INVALID}));
}

BOOST_AUTO_TEST_SUITE_END()
