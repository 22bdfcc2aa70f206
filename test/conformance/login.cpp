// The login state belongs to the application, not to a session (PKCS#11 3.0, 5.6: C_Login, C_Logout).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(login)

BOOST_FIXTURE_TEST_CASE(a_login_of_the_user_changes_every_session, Token) {
  Session reader(slot, kReadOnly), writer(slot);
  BOOST_TEST(writer.login(CKU_USER, kUserPin) == CKR_OK);
  BOOST_TEST(reader.info().state == CKS_RO_USER_FUNCTIONS);
  BOOST_TEST(writer.info().state == CKS_RW_USER_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(the_user_may_log_in_through_a_read_only_session, Token) {
  Session reader(slot, kReadOnly);
  BOOST_TEST(reader.login(CKU_USER, kUserPin) == CKR_OK);
  BOOST_TEST(reader.info().state == CKS_RO_USER_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(a_session_opened_later_is_logged_in_too, UserSession) {
  Session reader(slot, kReadOnly), writer(slot);
  BOOST_TEST(reader.info().state == CKS_RO_USER_FUNCTIONS);
  BOOST_TEST(writer.info().state == CKS_RW_USER_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(the_officer_works_in_read_write_sessions, SoSession) {
  BOOST_TEST(session.info().state == CKS_RW_SO_FUNCTIONS);
  Session other(slot);
  BOOST_TEST(other.info().state == CKS_RW_SO_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(a_logout_changes_every_session, UserSession) {
  Session reader(slot, kReadOnly);
  BOOST_TEST(session.logout() == CKR_OK);
  BOOST_TEST(reader.info().state == CKS_RO_PUBLIC_SESSION);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(any_session_may_log_out, UserSession) {
  Session other(slot, kReadOnly);
  BOOST_TEST(other.logout() == CKR_OK);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(closing_the_last_session_logs_out, Token) {
  {
    Session session(slot);
    session.login(CKU_USER, kUserPin).must();
  }
  Session later(slot);
  BOOST_TEST(later.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(closing_another_session_does_not_log_out, UserSession) {
  { Session other(slot); }
  BOOST_TEST(session.info().state == CKS_RW_USER_FUNCTIONS);
}

BOOST_FIXTURE_TEST_CASE(closing_all_sessions_logs_out, UserSession) {
  Rv(p11().C_CloseAllSessions(slot)).must();
  Session later(slot);
  BOOST_TEST(later.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(a_login_is_not_repeated, UserSession) {
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_USER_ALREADY_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(the_officer_does_not_log_in_twice, SoSession) {
  BOOST_TEST(session.login(CKU_SO, kSoPin) == CKR_USER_ALREADY_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(the_officer_does_not_log_in_beside_the_user, UserSession) {
  BOOST_TEST(session.login(CKU_SO, kSoPin) == CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(the_user_does_not_log_in_beside_the_officer, SoSession) {
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(the_officer_does_not_log_in_while_a_read_only_session_is_open, PublicSession) {
  Session reader(slot, kReadOnly);
  BOOST_TEST(session.login(CKU_SO, kSoPin) == CKR_SESSION_READ_ONLY_EXISTS);
}

BOOST_FIXTURE_TEST_CASE(no_read_only_session_is_opened_beside_the_officer, SoSession) {
  CK_SESSION_HANDLE reader = 0;
  BOOST_TEST(Rv(p11().C_OpenSession(slot, kReadOnly, nullptr, nullptr, &reader)) == CKR_SESSION_READ_WRITE_SO_EXISTS);
}

BOOST_FIXTURE_TEST_CASE(nobody_logs_out_who_is_not_logged_in, PublicSession) {
  BOOST_TEST(session.logout() == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_kind_of_user_is_refused, PublicSession) {
  BOOST_TEST(session.login(77, kUserPin) == CKR_USER_TYPE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(the_user_does_not_log_in_before_there_is_a_user_pin, FreshToken) {
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_USER_PIN_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_pin_leaves_the_session_public, PublicSession) {
  BOOST_TEST(session.login(CKU_USER, kWrongPin) == CKR_PIN_INCORRECT);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(an_empty_pin_is_not_the_pin, PublicSession) {
  BOOST_TEST(!(session.login(CKU_USER, "") == CKR_OK));
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(a_pin_that_only_begins_right_is_wrong, PublicSession) {
  BOOST_TEST(session.login(CKU_USER, kUserPin.substr(0, kUserPin.size() - 1)) == CKR_PIN_INCORRECT);
  BOOST_TEST(session.login(CKU_USER, std::string(kUserPin) + "x") == CKR_PIN_INCORRECT);
}

BOOST_FIXTURE_TEST_CASE(a_context_specific_login_needs_an_operation_that_asks_for_it, UserSession) {
  BOOST_TEST(session.login(CKU_CONTEXT_SPECIFIC, kUserPin) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(finalizing_logs_out, UserSession) {
  restart();
  Session later(slot);
  BOOST_TEST(later.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_AUTO_TEST_SUITE_END()
