// What versions 3.0 and 3.2 added to sessions: logins by name, cancelling, validation flags, asynchronous calls.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(sessions_3)

struct Login : FreshTokenWithUser {
  Session session{slot};
  Rv login(CK_USER_TYPE user, std::string_view pin, std::string_view name) {
    const Bytes p = from_text(pin), n = from_text(name);
    return p11_3_2().C_LoginUser(session.handle(), user, readable(p), p.size(), n.empty() ? nullptr : readable(n), n.size());
  }
};

BOOST_FIXTURE_TEST_CASE(a_login_without_a_name_is_the_login_of_2_40, Login) {
  BOOST_TEST(login(CKU_USER, kUserPin, "") == CKR_OK);
  BOOST_TEST(session.info().state == CKS_RW_USER_FUNCTIONS);
  BOOST_TEST(login(CKU_USER, kUserPin, "") == CKR_USER_ALREADY_LOGGED_IN);
  BOOST_TEST(login(CKU_SO, kSoPin, "") == CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
  session.logout().must();
  BOOST_TEST(login(CKU_SO, kSoPin, "") == CKR_OK);
  BOOST_TEST(session.info().state == CKS_RW_SO_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_pin_does_not_log_in, Login) {
  BOOST_TEST(login(CKU_USER, kWrongPin, "") == CKR_PIN_INCORRECT);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(nobody_has_a_name, Login) {
  BOOST_TEST(login(CKU_USER, kUserPin, "alice") == CKR_USER_TYPE_INVALID);
  BOOST_TEST(login(CKU_SO, kSoPin, "alice") == CKR_USER_TYPE_INVALID);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(a_name_costs_no_try_of_the_pin, Login) {
  for (int i = 0; i < 3; ++i) login(CKU_USER, kWrongPin, "alice");
  BOOST_TEST((token_flags(slot) & CKF_USER_PIN_COUNT_LOW) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_length_without_a_name_is_refused, Login) {
  const Bytes pin = from_text(kUserPin);
  BOOST_TEST(Rv(p11_3_2().C_LoginUser(session.handle(), CKU_USER, readable(pin), pin.size(), nullptr, 5)) == CKR_ARGUMENTS_BAD);
}

struct Cancel : UserSession {
  const CK_OBJECT_HANDLE aes = session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY}))).must();
  const CK_OBJECT_HANDLE rsa = session.create(rsa_private_key().with(roles({CKA_SIGN_RECOVER}))).must();
  const CK_OBJECT_HANDLE rsa_public = session.create(rsa_public_key().with(roles({CKA_VERIFY_RECOVER}))).must();
  Mechanism cbc() { return {CKM_AES_CBC, counting(16)}; }
  Rv cancel(CK_FLAGS flags) { return p11_3_2().C_SessionCancel(session.handle(), flags); }
  void begin_everything() {
    Mechanism pkcs(CKM_RSA_PKCS);
    session.digest_init(CKM_SHA256).must();
    session.encrypt_init(cbc(), aes).must();
    session.decrypt_init(cbc(), aes).must();
    session.sign_init(CKM_AES_CMAC, aes).must();
    session.verify_init(CKM_AES_CMAC, aes).must();
    Rv(p11().C_SignRecoverInit(session.handle(), pkcs.raw(), rsa)).must();
    Rv(p11().C_VerifyRecoverInit(session.handle(), pkcs.raw(), rsa_public)).must();
    session.find_init({}).must();
  }
};

struct Family {
  std::string_view name;
  CK_FLAGS flag;
};
static constexpr Family kFamilies[] = {
    {"CKF_DIGEST", CKF_DIGEST}, {"CKF_ENCRYPT", CKF_ENCRYPT}, {"CKF_DECRYPT", CKF_DECRYPT}, {"CKF_SIGN", CKF_SIGN},
    {"CKF_VERIFY", CKF_VERIFY}, {"CKF_SIGN_RECOVER", CKF_SIGN_RECOVER}, {"CKF_VERIFY_RECOVER", CKF_VERIFY_RECOVER},
    {"CKF_FIND_OBJECTS", CKF_FIND_OBJECTS},
};

// Begins every operation again: the ones that go on are still active.
CONFORMANCE_FOR_EACH(Cancel, a_flag_ends_its_operation_and_no_other, kFamilies) {
  begin_everything();
  cancel(row.flag).must();
  Mechanism sha(CKM_SHA256), cbc_again = cbc(), cmac(CKM_AES_CMAC), pkcs(CKM_RSA_PKCS);
  const CK_SESSION_HANDLE h = session.handle();
  const auto expected = [&](CK_FLAGS flag) { return Rv(row.flag == flag ? CKR_OK : CKR_OPERATION_ACTIVE); };
  BOOST_TEST(Rv(p11().C_DigestInit(h, sha.raw())) == expected(CKF_DIGEST));
  BOOST_TEST(Rv(p11().C_EncryptInit(h, cbc_again.raw(), aes)) == expected(CKF_ENCRYPT));
  BOOST_TEST(Rv(p11().C_DecryptInit(h, cbc_again.raw(), aes)) == expected(CKF_DECRYPT));
  BOOST_TEST(Rv(p11().C_SignInit(h, cmac.raw(), aes)) == expected(CKF_SIGN));
  BOOST_TEST(Rv(p11().C_VerifyInit(h, cmac.raw(), aes)) == expected(CKF_VERIFY));
  BOOST_TEST(Rv(p11().C_SignRecoverInit(h, pkcs.raw(), rsa)) == expected(CKF_SIGN_RECOVER));
  BOOST_TEST(Rv(p11().C_VerifyRecoverInit(h, pkcs.raw(), rsa_public)) == expected(CKF_VERIFY_RECOVER));
  BOOST_TEST(session.find_init({}) == expected(CKF_FIND_OBJECTS));
}

BOOST_FIXTURE_TEST_CASE(several_flags_end_several_operations, Cancel) {
  begin_everything();
  cancel(CKF_ENCRYPT | CKF_DIGEST).must();
  BOOST_TEST(session.encrypt_init(cbc(), aes) == CKR_OK);
  BOOST_TEST(session.digest_init(CKM_SHA256) == CKR_OK);
  BOOST_TEST(session.decrypt_init(cbc(), aes) == CKR_OPERATION_ACTIVE);
}

BOOST_FIXTURE_TEST_CASE(no_flag_ends_nothing_and_flags_of_nothing_are_ignored, Cancel) {
  BOOST_TEST(cancel(CKF_ENCRYPT | CKF_FIND_OBJECTS | CKF_GENERATE) == CKR_OK);
  session.encrypt_init(cbc(), aes).must();
  BOOST_TEST(cancel(0) == CKR_OK);
  BOOST_TEST(session.encrypt_init(cbc(), aes) == CKR_OPERATION_ACTIVE);
}

BOOST_FIXTURE_TEST_CASE(a_closed_session_cancels_nothing, Cancel) {
  BOOST_TEST(Rv(p11_3_2().C_SessionCancel(session.handle() + 1000, CKF_ENCRYPT)) == CKR_SESSION_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(no_operation_is_a_validated_one, PublicSession) {
  CK_FLAGS flags = 77;
  BOOST_TEST(Rv(p11_3_2().C_GetSessionValidationFlags(session.handle(), CKS_LAST_VALIDATION_OK, &flags)) == CKR_OK);
  BOOST_TEST(flags == 0UL);
  BOOST_TEST(Rv(p11_3_2().C_GetSessionValidationFlags(session.handle(), CKS_LAST_VALIDATION_OK, nullptr)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11_3_2().C_GetSessionValidationFlags(session.handle(), 99, &flags)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11_3_2().C_GetSessionValidationFlags(session.handle() + 1000, CKS_LAST_VALIDATION_OK, &flags)) ==
             CKR_SESSION_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(an_asynchronous_session_is_opened_where_the_token_says_so, Token) {
  CK_SESSION_HANDLE opened = 0;
  const Rv rv = p11().C_OpenSession(slot, kReadOnly | CKF_ASYNC_SESSION, nullptr, nullptr, &opened);
  const bool supported = (token_flags(slot) & CKF_ASYNC_SESSION_SUPPORTED) != 0;
  BOOST_TEST(rv == (supported ? CKR_OK : CKR_SESSION_ASYNC_NOT_SUPPORTED));
}

BOOST_FIXTURE_TEST_CASE(a_session_that_is_not_asynchronous_has_nothing_pending, PublicSession) {
  Bytes name = from_text("C_Sign");
  name.push_back(0);
  CK_ASYNC_DATA result{};
  CK_ULONG id = 0;
  const CK_SESSION_HANDLE h = session.handle();
  BOOST_TEST(Rv(p11_3_2().C_AsyncComplete(h, name.data(), &result)) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(Rv(p11_3_2().C_AsyncGetID(h, name.data(), &id)) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(Rv(p11_3_2().C_AsyncJoin(h, name.data(), 1, nullptr, 0)) == CKR_SAVED_STATE_INVALID);
  BOOST_TEST(Rv(p11_3_2().C_AsyncComplete(h + 1000, name.data(), &result)) == CKR_SESSION_HANDLE_INVALID);
  BOOST_TEST(Rv(p11_3_2().C_AsyncComplete(h, nullptr, &result)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11_3_2().C_AsyncGetID(h, name.data(), nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE_END()
