// Sessions (PKCS#11 3.0, 5.6).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_FIXTURE_TEST_CASE(a_read_only_session_is_public_at_first, Token) {
  Session session(slot, kReadOnly);
  const CK_SESSION_INFO info = session.info();
  BOOST_TEST(info.state == CKS_RO_PUBLIC_SESSION);
  BOOST_TEST(info.flags == CKF_SERIAL_SESSION);
  BOOST_TEST(info.slotID == slot);
  BOOST_TEST(info.ulDeviceError == 0UL);
}

BOOST_FIXTURE_TEST_CASE(a_read_write_session_is_public_at_first, Token) {
  Session session(slot, kReadWrite);
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
  BOOST_TEST(session.info().flags == (CKF_SERIAL_SESSION | CKF_RW_SESSION));
}

BOOST_FIXTURE_TEST_CASE(a_session_that_is_not_serial_is_refused, Token) {
  CK_SESSION_HANDLE session = 0;
  BOOST_TEST(Rv(p11().C_OpenSession(slot, CKF_RW_SESSION, nullptr, nullptr, &session)) ==
             CKR_SESSION_PARALLEL_NOT_SUPPORTED);
}

BOOST_FIXTURE_TEST_CASE(a_session_handle_cannot_be_put_nowhere, Token) {
  BOOST_TEST(Rv(p11().C_OpenSession(slot, kReadOnly, nullptr, nullptr, nullptr)) == CKR_ARGUMENTS_BAD);
}

static CK_RV listen(CK_SESSION_HANDLE, CK_NOTIFICATION, CK_VOID_PTR) { return CKR_OK; }

BOOST_FIXTURE_TEST_CASE(a_listener_may_be_given, Token) {
  int application = 0;
  CK_SESSION_HANDLE session = 0;
  BOOST_TEST(Rv(p11().C_OpenSession(slot, kReadOnly, &application, listen, &session)) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(no_session_is_opened_on_a_token_that_is_not_initialized, Initialized) {
  CK_SESSION_HANDLE session = 0;
  BOOST_TEST(!(Rv(p11().C_OpenSession(empty_slot(), kReadOnly, nullptr, nullptr, &session)) == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_closed_session_is_gone, Token) {
  Session session(slot);
  const CK_SESSION_HANDLE handle = session.handle();
  BOOST_TEST(session.close() == CKR_OK);
  CK_SESSION_INFO info{};
  BOOST_TEST(Rv(p11().C_GetSessionInfo(handle, &info)) == CKR_SESSION_HANDLE_INVALID);
  BOOST_TEST(Rv(p11().C_CloseSession(handle)) == CKR_SESSION_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_handle_that_was_never_given_is_refused, Token) {
  CK_SESSION_INFO info{};
  BOOST_TEST(Rv(p11().C_GetSessionInfo(0, &info)) == CKR_SESSION_HANDLE_INVALID);
  BOOST_TEST(Rv(p11().C_GetSessionInfo(~0UL, &info)) == CKR_SESSION_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(session_info_cannot_be_put_nowhere, PublicSession) {
  BOOST_TEST(Rv(p11().C_GetSessionInfo(session.handle(), nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(all_sessions_of_a_slot_are_closed_at_once, Token) {
  Session first(slot), second(slot, kReadOnly);
  BOOST_TEST(Rv(p11().C_CloseAllSessions(slot)) == CKR_OK);
  CK_SESSION_INFO info{};
  BOOST_TEST(Rv(p11().C_GetSessionInfo(first.handle(), &info)) == CKR_SESSION_HANDLE_INVALID);
  BOOST_TEST(Rv(p11().C_GetSessionInfo(second.handle(), &info)) == CKR_SESSION_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(closing_all_sessions_leaves_another_slot_alone, FreshToken) {
  const CK_SLOT_ID other = empty_slot();
  init_token(other, kSoPin, "left alone").must();
  Session mine(slot), theirs(slot_labelled("left alone"));
  Rv(p11().C_CloseAllSessions(slot)).must();
  BOOST_TEST(theirs.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(the_token_counts_its_sessions, FreshToken) {
  BOOST_TEST(token_info(slot).ulSessionCount == 0UL);
  Session first(slot), second(slot, kReadOnly);
  BOOST_TEST(token_info(slot).ulSessionCount == 2UL);
  BOOST_TEST(token_info(slot).ulRwSessionCount == 1UL);
  second.close().must();
  BOOST_TEST(token_info(slot).ulSessionCount == 1UL);
}

BOOST_FIXTURE_TEST_CASE(a_thousand_sessions_can_be_open, Token) {
  const CK_ULONG limit = token_info(slot).ulMaxSessionCount;
  BOOST_REQUIRE((limit == CK_EFFECTIVELY_INFINITE || limit == CK_UNAVAILABLE_INFORMATION || limit >= 1000));
  std::vector<Session> open;
  for (int i = 0; i < 1000; ++i) open.emplace_back(slot, i % 2 ? kReadOnly : kReadWrite);
  BOOST_TEST(open.back().info().state == CKS_RO_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(two_open_sessions_have_two_handles, Token) {
  Session first(slot), second(slot);
  BOOST_TEST(first.handle() != second.handle());
  BOOST_TEST(first.handle() != CK_INVALID_HANDLE);
}

BOOST_FIXTURE_TEST_CASE(finalizing_closes_every_session, Token) {
  Session session(slot);
  restart();
  CK_SESSION_INFO info{};
  BOOST_TEST(Rv(p11().C_GetSessionInfo(session.handle(), &info)) == CKR_SESSION_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(session_objects_die_with_their_session, UserSession) {
  Session other(slot);
  other.create(data_object("short lived")).must();
  BOOST_TEST(session.find({{CKA_LABEL, "short lived"}}).size() == 1U);
  other.close().must();
  BOOST_TEST(session.find({{CKA_LABEL, "short lived"}}).empty());
}

BOOST_FIXTURE_TEST_CASE(session_objects_are_seen_by_the_other_sessions, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("seen by all")).must();
  Session other(slot);
  BOOST_TEST(other.bytes(object, CKA_LABEL) == from_text("seen by all"));
}

BOOST_FIXTURE_TEST_CASE(a_read_only_session_makes_session_objects, Token) {
  Session session(slot, kReadOnly);
  BOOST_TEST(session.create(data_object("session object")).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_read_only_session_makes_no_token_objects, UserSession) {
  Session reader(slot, kReadOnly);
  BOOST_TEST(reader.create(data_object("never made").with({CKA_TOKEN, true})).rv == CKR_SESSION_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(a_read_only_session_destroys_no_token_objects, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("stays").with({CKA_TOKEN, true})).must();
  Session reader(slot, kReadOnly);
  BOOST_TEST(reader.destroy(object) == CKR_SESSION_READ_ONLY);
  BOOST_TEST(session.bytes(object, CKA_LABEL) == from_text("stays"));
}

BOOST_FIXTURE_TEST_CASE(a_read_only_session_changes_no_token_objects, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("as it was").with({CKA_TOKEN, true})).must();
  Session reader(slot, kReadOnly);
  BOOST_TEST(reader.set(object, {{CKA_LABEL, "changed"}}) == CKR_SESSION_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(a_read_only_session_generates_no_token_keys, UserSession) {
  Session reader(slot, kReadOnly);
  BOOST_TEST(reader.generate(CKM_AES_KEY_GEN, new_secret_key(32).with({CKA_TOKEN, true})).rv == CKR_SESSION_READ_ONLY);
}

BOOST_AUTO_TEST_SUITE_END()
