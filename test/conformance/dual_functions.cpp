// Two operations over one part (PKCS#11 3.0, 5.17): each does what it would have done alone.
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(dual_functions)

struct Dual : UserSession {
  using Function = CK_RV (*)(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR);

  Answer update(Function function, ByteView part, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return function(session.handle(), readable(part), part.size(), out, length);
    });
  }
  Answer digest_encrypt(ByteView part, Room room = kPlenty) { return update(p11().C_DigestEncryptUpdate, part, room); }
  Answer decrypt_digest(ByteView part, Room room = kPlenty) { return update(p11().C_DecryptDigestUpdate, part, room); }
  Answer sign_encrypt(ByteView part, Room room = kPlenty) { return update(p11().C_SignEncryptUpdate, part, room); }
  Answer decrypt_verify(ByteView part, Room room = kPlenty) { return update(p11().C_DecryptVerifyUpdate, part, room); }

  Bytes digest_of(ByteView data) {
    Session another(slot);
    another.digest_init(CKM_SHA256).must();
    return another.digest(data).must();
  }
  Mechanism cbc() { return {CKM_AES_CBC, counting(16)}; }

  const CK_OBJECT_HANDLE aes = session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  const CK_OBJECT_HANDLE mac = session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with(roles({CKA_SIGN, CKA_VERIFY}))).must();
  const Bytes text = counting(64);
  const Bytes sealed = session.encrypt_once(cbc(), aes, text).must();
  ByteView first(const Bytes& whole) const { return ByteView(whole).first(24); }
  ByteView rest(const Bytes& whole) const { return ByteView(whole).subspan(24); }
};

BOOST_FIXTURE_TEST_CASE(what_is_encrypted_is_digested, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.encrypt_init(cbc(), aes).must();
  Bytes out = digest_encrypt(first(text)).must();
  out = std::move(out) + digest_encrypt(rest(text)).must();
  out = std::move(out) + session.encrypt_final().must();
  BOOST_TEST(out == sealed);
  BOOST_TEST(session.digest_final().must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(what_was_decrypted_is_digested, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.decrypt_init(cbc(), aes).must();
  Bytes out = decrypt_digest(first(sealed)).must();
  out = std::move(out) + decrypt_digest(rest(sealed)).must();
  BOOST_TEST(session.decrypt_final().must().empty());
  BOOST_TEST(out == text);
  BOOST_TEST(session.digest_final().must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(what_is_encrypted_is_signed, Dual) {
  const Bytes expected = session.sign_once(CKM_SHA256_HMAC, mac, text).must();
  session.sign_init(CKM_SHA256_HMAC, mac).must();
  session.encrypt_init(cbc(), aes).must();
  Bytes out = sign_encrypt(first(text)).must();
  out = std::move(out) + sign_encrypt(rest(text)).must();
  BOOST_TEST(session.encrypt_final().must().empty());
  BOOST_TEST(out == sealed);
  BOOST_TEST(session.sign_final().must() == expected);
}

BOOST_FIXTURE_TEST_CASE(what_was_decrypted_is_verified, Dual) {
  const Bytes signature = session.sign_once(CKM_SHA256_HMAC, mac, text).must();
  session.verify_init(CKM_SHA256_HMAC, mac).must();
  session.decrypt_init(cbc(), aes).must();
  BOOST_TEST(decrypt_verify(sealed).must() == text);
  session.decrypt_final().must();
  BOOST_TEST(session.verify_final(signature) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(what_was_not_signed_does_not_verify, Dual) {
  const Bytes signature = session.sign_once(CKM_SHA256_HMAC, mac, counting(63)).must();
  session.verify_init(CKM_SHA256_HMAC, mac).must();
  session.decrypt_init(cbc(), aes).must();
  decrypt_verify(sealed).must();
  session.decrypt_final().must();
  BOOST_TEST(session.verify_final(signature) == CKR_SIGNATURE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_part_may_be_encrypted_in_place, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.encrypt_init(cbc(), aes).must();
  Bytes part = text;
  CK_ULONG length = part.size();
  Rv(p11().C_DigestEncryptUpdate(session.handle(), part.data(), part.size(), part.data(), &length)).must();
  BOOST_TEST(part == sealed);
  session.encrypt_final().must();
  BOOST_TEST(session.digest_final().must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(a_question_or_a_small_buffer_feeds_neither, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.encrypt_init(cbc(), aes).must();
  BOOST_TEST(digest_encrypt(text, kAskSize).length == 64UL);
  BOOST_TEST(digest_encrypt(text, 63).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(digest_encrypt(text).must() == sealed);
  session.encrypt_final().must();
  BOOST_TEST(session.digest_final().must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(a_small_buffer_for_what_was_decrypted_feeds_neither, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.decrypt_init(cbc(), aes).must();
  BOOST_TEST(decrypt_digest(sealed, 63).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(decrypt_digest(sealed).must() == text);
  session.decrypt_final().must();
  BOOST_TEST(session.digest_final().must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(parts_of_two_and_parts_of_one_may_mix, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.encrypt_init(cbc(), aes).must();
  session.digest_update(from_text("before")).must();
  Bytes out = digest_encrypt(ByteView(text).first(32)).must();
  out = std::move(out) + session.encrypt_update(ByteView(text).subspan(32)).must();
  session.encrypt_final().must();
  BOOST_TEST(out == sealed);
  BOOST_TEST(session.digest_final().must() == digest_of(from_text("before") + ByteView(text).first(32)));
}

BOOST_FIXTURE_TEST_CASE(one_operation_alone_is_not_enough_and_goes_on, Dual) {
  session.encrypt_init(cbc(), aes).must();
  BOOST_TEST(digest_encrypt(text).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.encrypt(text).must() == sealed);
  session.digest_init(CKM_SHA256).must();
  BOOST_TEST(decrypt_digest(text).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.digest(text).must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(a_mechanism_of_whole_messages_takes_no_part_in_it, Dual) {
  const CK_OBJECT_HANDLE rsa = session.create(rsa_private_key().with(roles({CKA_SIGN}))).must();
  session.sign_init(CKM_RSA_PKCS, rsa).must();
  session.encrypt_init(cbc(), aes).must();
  BOOST_TEST(!(sign_encrypt(text).rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(bad_arguments_end_both, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.encrypt_init(cbc(), aes).must();
  BOOST_TEST(Rv(p11().C_DigestEncryptUpdate(session.handle(), readable(text), text.size(), nullptr, nullptr)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(session.encrypt_final().rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.digest_final().rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(half_of_a_pair_can_be_cancelled, Dual) {
  session.digest_init(CKM_SHA256).must();
  session.encrypt_init(cbc(), aes).must();
  digest_encrypt(text).must();
  Rv(p11_3_2().C_SessionCancel(session.handle(), CKF_ENCRYPT)).must();
  BOOST_TEST(session.encrypt_final().rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.digest_final().must() == digest_of(text));
}

BOOST_FIXTURE_TEST_CASE(a_part_that_did_not_fit_by_itself_is_digested_when_it_is_given_again, Dual) {
  for (const CK_MECHANISM_TYPE type : {CKM_AES_CBC, CKM_AES_CBC_PAD}) {
    const Bytes padded = session.encrypt_once({type, counting(16)}, aes, text).must();
    session.digest_init(CKM_SHA256).must();
    session.decrypt_init({type, counting(16)}, aes).must();
    BOOST_TEST(session.decrypt_update(padded, 20).rv == CKR_BUFFER_TOO_SMALL);
    Bytes out = decrypt_digest(ByteView(padded).first(32)).must();
    out = std::move(out) + decrypt_digest(ByteView(padded).subspan(32)).must();
    const Bytes digested = out;
    out = std::move(out) + session.decrypt_final().must();
    BOOST_TEST(out == text);
    BOOST_TEST(session.digest_final().must() == digest_of(digested));
  }
}

BOOST_FIXTURE_TEST_CASE(a_whole_text_that_did_not_fit_is_not_given_out_as_a_part, Dual) {
  const Bytes padded = session.encrypt_once({CKM_AES_CBC_PAD, counting(16)}, aes, text).must();
  session.digest_init(CKM_SHA256).must();
  session.decrypt_init({CKM_AES_CBC_PAD, counting(16)}, aes).must();
  BOOST_TEST(session.decrypt(padded, 20).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(session.decrypt(padded).must() == text);
  session.decrypt_init({CKM_AES_CBC_PAD, counting(16)}, aes).must();
  BOOST_TEST(session.decrypt(padded, 20).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(decrypt_digest(padded).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.decrypt(padded).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.digest_final().rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()
