// Verification with the signature given first (PKCS#11 3.2, 5.15): "any mechanism that supports C_VerifyInit must support it".
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/schemes.h"

using namespace conformance;

namespace {

struct Verifier : UserSession {
  Rv init(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView signature) {
    return p11_3_2().C_VerifySignatureInit(session.handle(), mechanism.raw(), key, readable(signature), signature.size());
  }
  Rv whole(ByteView all) { return p11_3_2().C_VerifySignature(session.handle(), readable(all), all.size()); }
  Rv update(ByteView part) { return p11_3_2().C_VerifySignatureUpdate(session.handle(), readable(part), part.size()); }
  Rv final() { return p11_3_2().C_VerifySignatureFinal(session.handle()); }

  const Bytes data = counting(32);
};

struct HmacVerifier : Verifier {
  const CK_OBJECT_HANDLE key = verifying_key(session, SchemeKey::mac);
  const Bytes signature = session.sign_once(CKM_SHA256_HMAC, key, data).must();
  void begin() { init(CKM_SHA256_HMAC, key, signature).must(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_signature)

CONFORMANCE_FOR_EACH(Verifier, a_right_signature_is_accepted_and_a_wrong_one_refused, kSchemes) {
  const Bytes signature = session.sign_once(row.make(row.type), signing_key(session, row.key), data).must();
  const CK_OBJECT_HANDLE key = verifying_key(session, row.key);
  init(row.make(row.type), key, signature).must();
  BOOST_TEST(whole(data) == CKR_OK);
  init(row.make(row.type), key, signature).must();
  BOOST_TEST(whole(counting(31) + from_hex("ff")) == CKR_SIGNATURE_INVALID);
  Bytes changed = signature;
  changed.back() ^= 1;
  init(row.make(row.type), key, changed).must();
  BOOST_TEST(whole(data) == CKR_SIGNATURE_INVALID);
}

CONFORMANCE_FOR_EACH(Verifier, parts_equal_the_whole, kSchemes) {
  const Bytes signature = session.sign_once(row.make(row.type), signing_key(session, row.key), data).must();
  init(row.make(row.type), verifying_key(session, row.key), signature).must();
  if (!row.in_parts) {
    BOOST_TEST(update(data) == CKR_OPERATION_NOT_INITIALIZED);
    return;
  }
  update(ByteView(data).first(5)).must();
  update(ByteView(data).subspan(5)).must();
  BOOST_TEST(final() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(every_outcome_ends_the_operation, HmacVerifier) {
  begin();
  BOOST_TEST(whole(data) == CKR_OK);
  BOOST_TEST(whole(data) == CKR_OPERATION_NOT_INITIALIZED);
  begin();
  BOOST_TEST(whole(counting(3)) == CKR_SIGNATURE_INVALID);
  BOOST_TEST(whole(data) == CKR_OPERATION_NOT_INITIALIZED);
  begin();
  update(data).must();
  BOOST_TEST(final() == CKR_OK);
  BOOST_TEST(final() == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_signature_of_another_length_is_refused, HmacVerifier) {
  const Rv rv = init(CKM_SHA256_HMAC, key, counting(31));
  if (rv == CKR_OK) {
    BOOST_TEST(whole(data) == CKR_SIGNATURE_LEN_RANGE);
  } else {
    BOOST_TEST(rv == CKR_SIGNATURE_LEN_RANGE);
  }
}

BOOST_FIXTURE_TEST_CASE(the_calls_of_both_kinds_do_not_mix, HmacVerifier) {
  begin();
  BOOST_TEST(session.verify(data, signature) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.verify_update(data) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.verify_final(signature) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(whole(data) == CKR_OK);
  session.verify_init(CKM_SHA256_HMAC, key).must();
  BOOST_TEST(whole(data) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(update(data) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(final() == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.verify(data, signature) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(parts_are_not_ended_by_a_call_for_the_whole, HmacVerifier) {
  begin();
  update(data).must();
  BOOST_TEST(!(whole(data) == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(one_verification_runs_at_a_time, HmacVerifier) {
  begin();
  BOOST_TEST(init(CKM_SHA256_HMAC, key, signature) == CKR_OPERATION_ACTIVE);
  BOOST_TEST(session.verify_init(CKM_SHA256_HMAC, key) == CKR_OPERATION_ACTIVE);
}

BOOST_FIXTURE_TEST_CASE(no_mechanism_and_a_cancelled_session_end_it, HmacVerifier) {
  begin();
  Rv(p11_3_2().C_VerifySignatureInit(session.handle(), nullptr, key, nullptr, 0)).must();
  BOOST_TEST(whole(data) == CKR_OPERATION_NOT_INITIALIZED);
  begin();
  Rv(p11_3_2().C_SessionCancel(session.handle(), CKF_VERIFY)).must();
  BOOST_TEST(whole(data) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_key_without_the_role_does_not_verify, HmacVerifier) {
  const CK_OBJECT_HANDLE signer = session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with({{CKA_SIGN, true}, {CKA_VERIFY, false}})).must();
  BOOST_TEST(init(CKM_SHA256_HMAC, signer, signature) == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

BOOST_FIXTURE_TEST_CASE(a_length_without_a_signature_is_refused, HmacVerifier) {
  Mechanism hmac(CKM_SHA256_HMAC);
  BOOST_TEST(Rv(p11_3_2().C_VerifySignatureInit(session.handle(), hmac.raw(), key, nullptr, 32)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(whole(data) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()
