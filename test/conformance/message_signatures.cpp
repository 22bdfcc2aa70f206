// Message-based signatures and verification (PKCS#11 3.0, 5.14 and 5.16).
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/schemes.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

struct Messages : UserSession {
  CK_SESSION_HANDLE h() const { return session.handle(); }
  Rv sign_init(Mechanism mechanism, CK_OBJECT_HANDLE key) { return p11_3_2().C_MessageSignInit(h(), mechanism.raw(), key); }
  Rv verify_init(Mechanism mechanism, CK_OBJECT_HANDLE key) { return p11_3_2().C_MessageVerifyInit(h(), mechanism.raw(), key); }
  Answer sign(ByteView data, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_SignMessage(h(), nullptr, 0, readable(data), data.size(), out, length);
    });
  }
  Rv sign_begin() { return p11_3_2().C_SignMessageBegin(h(), nullptr, 0); }
  Rv sign_more(ByteView part) { return p11_3_2().C_SignMessageNext(h(), nullptr, 0, readable(part), part.size(), nullptr, nullptr); }
  Answer sign_last(ByteView part, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_SignMessageNext(h(), nullptr, 0, readable(part), part.size(), out, length);
    });
  }
  Rv sign_final() { return p11_3_2().C_MessageSignFinal(h()); }
  Rv verify(ByteView data, ByteView signature) {
    return p11_3_2().C_VerifyMessage(h(), nullptr, 0, readable(data), data.size(), readable(signature), signature.size());
  }
  Rv verify_begin() { return p11_3_2().C_VerifyMessageBegin(h(), nullptr, 0); }
  Rv verify_more(ByteView part) { return p11_3_2().C_VerifyMessageNext(h(), nullptr, 0, readable(part), part.size(), nullptr, 0); }
  Rv verify_last(ByteView part, ByteView signature) {
    return p11_3_2().C_VerifyMessageNext(h(), nullptr, 0, readable(part), part.size(), readable(signature), signature.size());
  }
  Rv verify_final() { return p11_3_2().C_MessageVerifyFinal(h()); }

  const Bytes first = counting(32), second = Bytes(32, 7);
};

struct Hmac : Messages {
  const CK_OBJECT_HANDLE key = signing_key(session, SchemeKey::mac);
  const Bytes right = session.sign_once(CKM_SHA256_HMAC, key, first).must();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(message_signatures)

CONFORMANCE_FOR_EACH(Messages, signatures_of_many_messages_verify, kSchemes) {
  sign_init(row.make(row.type), signing_key(session, row.key)).must();
  const Bytes one = sign(first).must(), two = sign(second).must();
  BOOST_TEST(sign_final() == CKR_OK);
  const CK_OBJECT_HANDLE key = verifying_key(session, row.key);
  BOOST_TEST(session.verify_once(row.make(row.type), key, first, one) == CKR_OK);
  BOOST_TEST(session.verify_once(row.make(row.type), key, second, two) == CKR_OK);
  verify_init(row.make(row.type), key).must();
  BOOST_TEST(verify(first, one) == CKR_OK);
  BOOST_TEST(verify(first, two) == CKR_SIGNATURE_INVALID);
  BOOST_TEST(verify(second, two) == CKR_OK);
  BOOST_TEST(verify_final() == CKR_OK);
}

CONFORMANCE_FOR_EACH(Messages, parts_equal_the_whole, kSchemes) {
  sign_init(row.make(row.type), signing_key(session, row.key)).must();
  const CK_OBJECT_HANDLE key = verifying_key(session, row.key);
  verify_init(row.make(row.type), key).must();
  if (!row.in_parts) {
    BOOST_TEST(sign_begin() == CKR_OPERATION_NOT_INITIALIZED);
    BOOST_TEST(verify_begin() == CKR_OPERATION_NOT_INITIALIZED);
    return;
  }
  for (int round = 0; round < 2; ++round) {
    sign_begin().must();
    sign_more(ByteView(first).first(5)).must();
    const Bytes signature = sign_last(ByteView(first).subspan(5)).must();
    BOOST_TEST(verify(first, signature) == CKR_OK);
    verify_begin().must();
    verify_more(ByteView(first).first(9)).must();
    BOOST_TEST(verify_last(ByteView(first).subspan(9), signature) == CKR_OK);
    verify_begin().must();
    verify_more(second).must();
    BOOST_TEST(verify_last(second, signature) == CKR_SIGNATURE_INVALID);
  }
}

BOOST_FIXTURE_TEST_CASE(a_question_or_a_small_buffer_keeps_the_message, Hmac) {
  sign_init(CKM_SHA256_HMAC, key).must();
  BOOST_TEST(sign(first, kAskSize).length == 32UL);
  BOOST_TEST(sign(first, 31).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(sign(first).must() == right);
  sign_begin().must();
  BOOST_TEST(sign_last(first, kAskSize).length == 32UL);
  BOOST_TEST(sign_last(first, 31).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(sign_last(first).must() == right);
}

BOOST_FIXTURE_TEST_CASE(messages_do_not_overlap, Hmac) {
  sign_init(CKM_SHA256_HMAC, key).must();
  BOOST_TEST(sign_init(CKM_SHA256_HMAC, key) == CKR_OPERATION_ACTIVE);
  BOOST_TEST(sign_more(first) == CKR_OPERATION_NOT_INITIALIZED);
  sign_begin().must();
  BOOST_TEST(sign_begin() == CKR_OPERATION_ACTIVE);
  BOOST_TEST(sign(first).rv == CKR_OPERATION_ACTIVE);
  BOOST_TEST(sign_final() == CKR_OPERATION_ACTIVE);
  BOOST_TEST(sign_last(first).must() == right);
  BOOST_TEST(sign_final() == CKR_OK);
  BOOST_TEST(sign_final() == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(verify(first, right) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(verify_final() == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(messages_and_plain_signatures_run_side_by_side, Hmac) {
  sign_init(CKM_SHA256_HMAC, key).must();
  session.sign_init(CKM_SHA256_HMAC, key).must();
  BOOST_TEST(sign(first).must() == right);
  BOOST_TEST(session.sign(first).must() == right);
}

BOOST_FIXTURE_TEST_CASE(no_mechanism_and_a_cancelled_session_end_it, Hmac) {
  sign_init(CKM_SHA256_HMAC, key).must();
  verify_init(CKM_SHA256_HMAC, key).must();
  Rv(p11_3_2().C_MessageSignInit(h(), nullptr, 0)).must();
  BOOST_TEST(sign(first).rv == CKR_OPERATION_NOT_INITIALIZED);
  Rv(p11_3_2().C_SessionCancel(h(), CKF_MESSAGE_VERIFY | CKF_MESSAGE_SIGN)).must();
  BOOST_TEST(verify(first, right) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_mechanism_parameter_or_role_is_refused, Hmac) {
  BOOST_TEST(sign_init(CKM_SHA256, key) == CKR_MECHANISM_INVALID);
  BOOST_TEST(sign_init(Mechanism::mac_general(CKM_SHA256_HMAC_GENERAL, 33), key) == CKR_MECHANISM_PARAM_INVALID);
  const CK_OBJECT_HANDLE verifier =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with({{CKA_SIGN, false}, {CKA_VERIFY, true}})).must();
  BOOST_TEST(sign_init(CKM_SHA256_HMAC, verifier) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  sign_init(CKM_SHA256_HMAC, key).must();
  CK_ULONG something = 1, length = 0;
  BOOST_TEST(Rv(p11_3_2().C_SignMessage(h(), &something, sizeof something, readable(first), first.size(), nullptr, &length)) ==
             CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_key_may_ask_for_the_pin_at_each_message, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(ec_private_key().with({{CKA_SIGN, true}, {CKA_PRIVATE, true}, {CKA_ALWAYS_AUTHENTICATE, true}})).must();
  Mechanism ecdsa(CKM_ECDSA);
  Rv(p11_3_2().C_MessageSignInit(session.handle(), ecdsa.raw(), key)).must();
  const Bytes digest = counting(32);
  const auto sign = [&] {
    CK_BYTE out[64];
    CK_ULONG length = sizeof out;
    return Rv(p11_3_2().C_SignMessage(session.handle(), nullptr, 0, readable(digest), digest.size(), out, &length));
  };
  BOOST_TEST(sign() == CKR_USER_NOT_LOGGED_IN);
  session.login(CKU_CONTEXT_SPECIFIC, kUserPin).must();
  BOOST_TEST(sign() == CKR_OK);
  BOOST_TEST(sign() == CKR_USER_NOT_LOGGED_IN);
}

BOOST_FIXTURE_TEST_CASE(a_bad_pointer_ends_the_message_but_not_the_operation, Hmac) {
  sign_init(CKM_SHA256_HMAC, key).must();
  sign_begin().must();
  BOOST_TEST(Rv(p11_3_2().C_SignMessageNext(h(), nullptr, 0, nullptr, 5, nullptr, nullptr)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(sign_more(first) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(sign(first).must() == right);
  verify_init(CKM_SHA256_HMAC, verifying_key(session, SchemeKey::mac)).must();
  verify_begin().must();
  BOOST_TEST(Rv(p11_3_2().C_VerifyMessageNext(h(), nullptr, 0, nullptr, 5, nullptr, 0)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(verify_more(first) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(verify_final() == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()
