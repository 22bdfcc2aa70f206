// AES: known answers, round trips and the states of encryption and decryption.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(aes)

static Mechanism cbc() { return {CKM_AES_CBC, Bytes(16)}; }

struct Mode {
  std::string_view name;
  Mechanism (*make)();
  bool any_length;
};

static const std::array<Mode, 5> kModes{{
    {"CKM_AES_ECB", [] { return Mechanism(CKM_AES_ECB); }, false},
    {"CKM_AES_CBC", cbc, false},
    {"CKM_AES_CBC_PAD", [] { return Mechanism(CKM_AES_CBC_PAD, counting(16)); }, true},
    {"CKM_AES_CTR", [] { return Mechanism::ctr(counting(16)); }, true},
    {"CKM_AES_GCM", [] { return Mechanism::gcm(counting(12), from_text("aad")); }, true},
}};

struct AesKey : UserSession {
  CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
};

CONFORMANCE_FOR_EACH(AesKey, what_was_encrypted_is_decrypted, kModes) {
  const Bytes text = counting(row.any_length ? 77 : 80);
  const Bytes sealed = session.encrypt_once(row.make(), key, text).must();
  BOOST_TEST(sealed != text);
  BOOST_TEST(session.decrypt_once(row.make(), key, sealed).must() == text);
}

CONFORMANCE_FOR_EACH(AesKey, parts_encrypt_as_the_whole, kModes) {
  const Bytes text = counting(64);
  const Bytes whole = session.encrypt_once(row.make(), key, text).must();
  session.encrypt_init(row.make(), key).must();
  Bytes parts = session.encrypt_update(ByteView(text).first(7)).must();
  parts = std::move(parts) + session.encrypt_update(ByteView(text).subspan(7)).must();
  parts = std::move(parts) + session.encrypt_final().must();
  BOOST_TEST(parts == whole);
}

CONFORMANCE_FOR_EACH(AesKey, parts_decrypt_as_the_whole, kModes) {
  const Bytes text = counting(64);
  const Bytes sealed = session.encrypt_once(row.make(), key, text).must();
  session.decrypt_init(row.make(), key).must();
  Bytes parts = session.decrypt_update(ByteView(sealed).first(21)).must();
  parts = std::move(parts) + session.decrypt_update(ByteView(sealed).subspan(21)).must();
  parts = std::move(parts) + session.decrypt_final().must();
  BOOST_TEST(parts == text);
}

CONFORMANCE_FOR_EACH(AesKey, asking_the_size_keeps_the_encryption, kModes) {
  session.encrypt_init(row.make(), key).must();
  const Answer size = session.encrypt(counting(32), kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(size.length >= 32UL);
  BOOST_TEST(session.encrypt(counting(32), size.length).rv == CKR_OK);
}

CONFORMANCE_FOR_EACH(AesKey, a_too_small_buffer_keeps_the_encryption, kModes) {
  session.encrypt_init(row.make(), key).must();
  const Answer refused = session.encrypt(counting(32), 5);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(refused.length >= 32UL);
  BOOST_TEST(session.encrypt(counting(32)).rv == CKR_OK);
}

CONFORMANCE_FOR_EACH(AesKey, an_encryption_is_not_begun_twice, kModes) {
  session.encrypt_init(row.make(), key).must();
  BOOST_TEST(session.encrypt_init(row.make(), key) == CKR_OPERATION_ACTIVE);
}

CONFORMANCE_FOR_EACH(AesKey, a_finished_encryption_is_over, kModes) {
  session.encrypt_once(row.make(), key, counting(32)).must();
  BOOST_TEST(session.encrypt(counting(32)).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.encrypt_final().rv == CKR_OPERATION_NOT_INITIALIZED);
}

CONFORMANCE_FOR_EACH(AesKey, a_key_without_the_role_is_refused, kModes) {
  const CK_OBJECT_HANDLE idle = session.create(secret_key(CKK_AES, counting(16)).with({{CKA_ENCRYPT, false}, {CKA_DECRYPT, false}})).must();
  BOOST_TEST(session.encrypt_init(row.make(), idle) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(session.decrypt_init(row.make(), idle) == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

CONFORMANCE_FOR_EACH(AesKey, a_key_of_another_type_is_refused, kModes) {
  const CK_OBJECT_HANDLE rsa = session.create(rsa_public_key().with(roles({CKA_ENCRYPT}))).must();
  BOOST_TEST(among(session.encrypt_init(row.make(), rsa), {CKR_KEY_TYPE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(ecb_gives_the_answer_of_fips_197, AesKey) {
  BOOST_TEST(session.encrypt_once(CKM_AES_ECB, key, from_hex("00112233445566778899aabbccddeeff")).must() ==
             from_hex("69c4e0d86a7b0430d8cdb78070b4c55a"));
}

BOOST_FIXTURE_TEST_CASE(a_part_of_a_block_is_refused, AesKey) {
  BOOST_TEST(session.encrypt_once(CKM_AES_ECB, key, counting(15)).rv == CKR_DATA_LEN_RANGE);
  BOOST_TEST(session.encrypt_once(cbc(), key, counting(15)).rv == CKR_DATA_LEN_RANGE);
  BOOST_TEST(session.decrypt_once(cbc(), key, counting(15)).rv == CKR_ENCRYPTED_DATA_LEN_RANGE);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_initial_vector_is_refused, AesKey) {
  BOOST_TEST(session.encrypt_init({CKM_AES_CBC, counting(15)}, key) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(session.encrypt_init(CKM_AES_CBC, key) == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_changed_gcm_message_is_refused_and_gives_nothing, AesKey) {
  Bytes sealed = session.encrypt_once(Mechanism::gcm(counting(12)), key, counting(20)).must();
  sealed[4] ^= 1;
  const Answer opened = session.decrypt_once(Mechanism::gcm(counting(12)), key, sealed);
  BOOST_TEST(among(opened.rv, {CKR_ENCRYPTED_DATA_INVALID, CKR_AEAD_DECRYPT_FAILED}));
  BOOST_TEST(session.decrypt(sealed).rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(gcm_binds_the_associated_data, AesKey) {
  const Bytes sealed = session.encrypt_once(Mechanism::gcm(counting(12), from_text("a")), key, counting(20)).must();
  BOOST_TEST(!(session.decrypt_once(Mechanism::gcm(counting(12), from_text("b")), key, sealed).rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(an_unknown_key_is_refused, AesKey) {
  BOOST_TEST(among(session.encrypt_init(cbc(), 0xFFFFFF), {CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(encryption_and_digest_run_side_by_side, AesKey) {
  session.encrypt_init(cbc(), key).must();
  BOOST_TEST(session.digest_init(CKM_SHA256) == CKR_OK);
  BOOST_TEST(session.encrypt(counting(16)).rv == CKR_OK);
  BOOST_TEST(session.digest(counting(16)).rv == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()
