// Keys in digests (C_DigestKey), and digests put aside (C_GetOperationState, C_SetOperationState; PKCS#11 3.0, 5.6
// and 5.10).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

static constexpr std::string_view kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

BOOST_AUTO_TEST_SUITE(digesting_keys)

BOOST_FIXTURE_TEST_CASE(a_key_is_digested_as_its_value, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, from_text("b")).with(readable_key())).must();
  session.digest_init(CKM_SHA256).must();
  session.digest_update(from_text("a")).must();
  BOOST_TEST(session.digest_key(key) == CKR_OK);
  session.digest_update(from_text("c")).must();
  BOOST_TEST(session.digest_final().must() == from_hex(kAbc));
}

BOOST_FIXTURE_TEST_CASE(a_digest_may_be_of_keys_alone, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, from_text("abc")).with(readable_key())).must();
  session.digest_init(CKM_SHA256).must();
  session.digest_key(key).must();
  BOOST_TEST(session.digest_final().must() == from_hex(kAbc));
}

BOOST_FIXTURE_TEST_CASE(a_private_key_is_not_digested, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with(readable_key())).must();
  session.digest_init(CKM_SHA256).must();
  BOOST_TEST(among(session.digest_key(key), {CKR_KEY_INDIGESTIBLE}));
}

BOOST_FIXTURE_TEST_CASE(an_unknown_key_is_not_digested, UserSession) {
  session.digest_init(CKM_SHA256).must();
  BOOST_TEST(session.digest_key(0xFFFFFF) == CKR_KEY_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(no_key_is_digested_before_a_digest_begins, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, from_text("b")).with(readable_key())).must();
  BOOST_TEST(session.digest_key(key) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(saved_operations)

struct HalfDigest : UserSession {
  HalfDigest() {
    session.digest_init(CKM_SHA256).must();
    session.digest_update(from_text("ab")).must();
  }
};

BOOST_FIXTURE_TEST_CASE(a_saved_digest_goes_on_in_another_session, HalfDigest) {
  const Bytes state = session.operation_state().must();
  Session other(slot);
  BOOST_TEST(other.set_operation_state(state) == CKR_OK);
  other.digest_update(from_text("c")).must();
  BOOST_TEST(other.digest_final().must() == from_hex(kAbc));
}

BOOST_FIXTURE_TEST_CASE(saving_a_digest_does_not_disturb_it, HalfDigest) {
  session.operation_state().must();
  session.digest_update(from_text("c")).must();
  BOOST_TEST(session.digest_final().must() == from_hex(kAbc));
}

BOOST_FIXTURE_TEST_CASE(a_saved_digest_is_taken_up_more_than_once, HalfDigest) {
  const Bytes state = session.operation_state().must();
  session.digest_update(from_text("something else")).must();
  session.digest_final().must();
  for (int i = 0; i < 2; ++i) {
    session.set_operation_state(state).must();
    session.digest_update(from_text("c")).must();
    BOOST_TEST(session.digest_final().must() == from_hex(kAbc));
  }
}

BOOST_FIXTURE_TEST_CASE(a_saved_digest_outlives_its_session, UserSession) {
  Bytes state;
  {
    Session brief(slot);
    brief.digest_init(CKM_SHA256).must();
    brief.digest_update(from_text("abc")).must();
    state = brief.operation_state().must();
  }
  session.set_operation_state(state).must();
  BOOST_TEST(session.digest_final().must() == from_hex(kAbc));
}

BOOST_FIXTURE_TEST_CASE(the_size_of_a_state_is_told_first, HalfDigest) {
  const Answer size = session.operation_state(kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(session.operation_state(size.length - 1).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(session.operation_state(size.length).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_state_nobody_saved_is_refused, HalfDigest) {
  Bytes state = session.operation_state().must();
  state[state.size() / 2] ^= 1;
  Session other(slot);
  BOOST_TEST(other.set_operation_state(state) == CKR_SAVED_STATE_INVALID);
  BOOST_TEST(other.set_operation_state(Bytes(7)) == CKR_SAVED_STATE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_digest_goes_on_without_a_key, HalfDigest) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16))).must();
  const Bytes state = session.operation_state().must();
  BOOST_TEST(session.set_operation_state(state, key, CK_INVALID_HANDLE) == CKR_KEY_NOT_NEEDED);
  BOOST_TEST(session.set_operation_state(state, CK_INVALID_HANDLE, key) == CKR_KEY_NOT_NEEDED);
}

BOOST_FIXTURE_TEST_CASE(a_session_without_an_operation_has_no_state, UserSession) {
  BOOST_TEST(session.operation_state().rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()
