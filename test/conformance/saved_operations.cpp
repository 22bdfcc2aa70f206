// Ciphers and signatures put aside (C_GetOperationState, C_SetOperationState; PKCS#11 3.2, 5.6.5 and 5.6.6): they go on with their key.
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

struct Cipher {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  Mechanism make() const {
    if (type == CKM_AES_CTR) return Mechanism::ctr(counting(16));
    if (type == CKM_AES_ECB) return type;
    return {type, counting(16)};
  }
};
constexpr auto kCiphers = std::to_array<Cipher>({
    {"CKM_AES_ECB", CKM_AES_ECB},
    {"CKM_AES_CBC", CKM_AES_CBC},
    {"CKM_AES_CBC_PAD", CKM_AES_CBC_PAD},
    {"CKM_AES_CTR", CKM_AES_CTR},
    {"CKM_AES_OFB", CKM_AES_OFB},
    {"CKM_AES_CFB8", CKM_AES_CFB8},
    {"CKM_AES_CFB128", CKM_AES_CFB128},
});

struct Mac {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  CK_KEY_TYPE key;
  Mechanism make() const {
    if (type == CKM_SHA256_HMAC_GENERAL) return Mechanism::mac_general(type, 12);
    return type;
  }
};
constexpr auto kMacs = std::to_array<Mac>({
    {"CKM_SHA256_HMAC", CKM_SHA256_HMAC, CKK_GENERIC_SECRET},
    {"CKM_SHA256_HMAC_GENERAL", CKM_SHA256_HMAC_GENERAL, CKK_GENERIC_SECRET},
    {"CKM_SHA3_256_HMAC", CKM_SHA3_256_HMAC, CKK_GENERIC_SECRET},
    {"CKM_AES_CMAC", CKM_AES_CMAC, CKK_AES},
    {"CKM_AES_MAC", CKM_AES_MAC, CKK_AES},
    {"CKM_AES_XCBC_MAC", CKM_AES_XCBC_MAC, CKK_AES},
});

struct Saving : UserSession {
  CK_OBJECT_HANDLE key_of(CK_KEY_TYPE type, CK_ULONG length = 16) {
    return session.create(secret_key(type, counting(length)).with(roles({CKA_SIGN, CKA_VERIFY}))).must();
  }
  Bytes state() { return session.operation_state().must(); }

  const CK_OBJECT_HANDLE aes = session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  const CK_OBJECT_HANDLE mac = key_of(CKK_GENERIC_SECRET, 32);
  const CK_OBJECT_HANDLE other_key = session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  const Bytes data = counting(64);
  ByteView first() const { return ByteView(data).first(21); }
  ByteView rest() const { return ByteView(data).subspan(21); }
};

struct HalfMac : Saving {
  HalfMac() {
    session.sign_init(CKM_SHA256_HMAC, mac).must();
    session.sign_update(first()).must();
  }
};

struct HalfCipher : Saving {
  HalfCipher() {
    session.encrypt_init({CKM_AES_CBC, counting(16)}, aes).must();
    begun = session.encrypt_update(first()).must();
  }
  Bytes begun;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(saved_operations)

CONFORMANCE_FOR_EACH(Saving, an_encryption_goes_on_in_another_session, kCiphers) {
  const Bytes whole = session.encrypt_once(row.make(), aes, data).must();
  session.encrypt_init(row.make(), aes).must();
  Bytes out = session.encrypt_update(first()).must();
  const Bytes saved = state();
  Session other(slot);
  BOOST_TEST(other.set_operation_state(saved, aes) == CKR_OK);
  out = std::move(out) + other.encrypt_update(rest()).must();
  BOOST_TEST(out + other.encrypt_final().must() == whole);
}

CONFORMANCE_FOR_EACH(Saving, a_decryption_goes_on_more_than_once, kCiphers) {
  const Bytes whole = session.encrypt_once(row.make(), aes, data).must();
  session.decrypt_init(row.make(), aes).must();
  const Bytes begun = session.decrypt_update(ByteView(whole).first(21)).must();
  const Bytes saved = state();
  for (int i = 0; i < 2; ++i) {
    session.set_operation_state(saved, aes).must();
    Bytes out = Bytes(begun) + session.decrypt_update(ByteView(whole).subspan(21)).must();
    BOOST_TEST(out + session.decrypt_final().must() == data);
  }
}

CONFORMANCE_FOR_EACH(Saving, a_signature_goes_on_in_another_session, kMacs) {
  const CK_OBJECT_HANDLE key = key_of(row.key);
  const Bytes signature = session.sign_once(row.make(), key, data).must();
  session.sign_init(row.make(), key).must();
  session.sign_update(first()).must();
  const Bytes saved = state();
  Session other(slot);
  BOOST_TEST(other.set_operation_state(saved, CK_INVALID_HANDLE, key) == CKR_OK);
  other.sign_update(rest()).must();
  BOOST_TEST(other.sign_final().must() == signature);
}

CONFORMANCE_FOR_EACH(Saving, a_verification_goes_on_in_another_session, kMacs) {
  const CK_OBJECT_HANDLE key = key_of(row.key);
  const Bytes signature = session.sign_once(row.make(), key, data).must();
  session.verify_init(row.make(), key).must();
  session.verify_update(first()).must();
  const Bytes saved = state();
  Session other(slot);
  other.set_operation_state(saved, CK_INVALID_HANDLE, key).must();
  other.verify_update(rest()).must();
  BOOST_TEST(other.verify_final(signature) == CKR_OK);
  other.set_operation_state(saved, CK_INVALID_HANDLE, key).must();
  BOOST_TEST(other.verify_final(signature) == CKR_SIGNATURE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(saving_a_signature_does_not_disturb_it, HalfMac) {
  state();
  session.sign_update(rest()).must();
  const Bytes signature = session.sign_final().must();
  BOOST_TEST(signature == session.sign_once(CKM_SHA256_HMAC, mac, data).must());
}

BOOST_FIXTURE_TEST_CASE(an_operation_that_has_taken_nothing_is_saved, Saving) {
  session.sign_init(CKM_SHA256_HMAC, mac).must();
  const Bytes saved = state();
  const Bytes signature = session.sign(data).must();
  session.set_operation_state(saved, CK_INVALID_HANDLE, mac).must();
  BOOST_TEST(session.sign(data).must() == signature);
}

BOOST_FIXTURE_TEST_CASE(a_signature_needs_its_key, HalfMac) {
  const Bytes saved = state();
  Session other(slot);
  BOOST_TEST(other.set_operation_state(saved) == CKR_KEY_NEEDED);
  BOOST_TEST(other.sign_final().rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_cipher_needs_its_key, HalfCipher) {
  const Bytes saved = state();
  BOOST_TEST(session.set_operation_state(saved) == CKR_KEY_NEEDED);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_is_not_needed_is_refused, HalfMac) {
  const Bytes saved = state();
  BOOST_TEST(session.set_operation_state(saved, aes, mac) == CKR_KEY_NOT_NEEDED);
  BOOST_TEST(among(session.set_operation_state(saved, mac, CK_INVALID_HANDLE), {CKR_KEY_NOT_NEEDED, CKR_KEY_NEEDED}));
}

BOOST_FIXTURE_TEST_CASE(another_key_is_refused, HalfCipher) {
  const Bytes saved = state();
  BOOST_TEST(session.set_operation_state(saved, other_key) == CKR_KEY_CHANGED);
  BOOST_TEST(session.set_operation_state(saved, 0xFFFFFF) == CKR_KEY_CHANGED);
}

BOOST_FIXTURE_TEST_CASE(a_refused_state_leaves_the_session_as_it_was, HalfCipher) {
  const Bytes saved = state();
  BOOST_TEST(session.set_operation_state(saved, other_key) == CKR_KEY_CHANGED);
  const Bytes out = Bytes(begun) + session.encrypt_update(rest()).must();
  session.encrypt_final().must();
  BOOST_TEST(out == session.encrypt_once({CKM_AES_CBC, counting(16)}, aes, data).must());
}

BOOST_FIXTURE_TEST_CASE(a_key_that_was_destroyed_takes_nothing_up, HalfCipher) {
  const Bytes saved = state();
  session.destroy(aes).must();
  BOOST_TEST(session.set_operation_state(saved, aes) == CKR_KEY_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_may_no_longer_is_refused, HalfMac) {
  const Bytes saved = state();
  session.set(mac, {{CKA_SIGN, false}}).must();
  BOOST_TEST(session.set_operation_state(saved, CK_INVALID_HANDLE, mac) == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

BOOST_FIXTURE_TEST_CASE(what_runs_in_the_session_ends_for_the_saved_state, HalfMac) {
  const Bytes saved = state();
  session.encrypt_init({CKM_AES_CBC, counting(16)}, aes).must();
  session.find_init({}).must();
  session.set_operation_state(saved, CK_INVALID_HANDLE, mac).must();
  BOOST_TEST(session.encrypt(data).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.find_final() == CKR_OPERATION_NOT_INITIALIZED);
  session.sign_update(rest()).must();
  BOOST_TEST(session.sign_final().rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_beginning_after_a_saved_state_finds_its_operation_active, HalfMac) {
  const Bytes saved = state();
  session.sign_final().must();
  session.sign_once(CKM_SHA256_HMAC, mac, data).must();
  session.set_operation_state(saved, CK_INVALID_HANDLE, mac).must();
  BOOST_TEST(session.sign_init(CKM_SHA256_HMAC, mac) == CKR_OPERATION_ACTIVE);
}

BOOST_FIXTURE_TEST_CASE(two_operations_of_a_session_are_saved_together, Saving) {
  const Bytes whole = session.encrypt_once({CKM_AES_CBC, counting(16)}, aes, data).must();
  const Bytes signature = session.sign_once(CKM_SHA256_HMAC, mac, data).must();
  session.sign_init(CKM_SHA256_HMAC, mac).must();
  session.encrypt_init({CKM_AES_CBC, counting(16)}, aes).must();
  const auto both = [](Session& s, ByteView part) {
    return into(kPlenty, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
             return p11().C_SignEncryptUpdate(s.handle(), readable(part), part.size(), out, length);
           }).must();
  };
  Bytes out = both(session, first());
  const Bytes saved = state();
  Session other(slot);
  BOOST_TEST(other.set_operation_state(saved, aes) == CKR_KEY_NEEDED);
  BOOST_TEST(other.set_operation_state(saved, CK_INVALID_HANDLE, mac) == CKR_KEY_NEEDED);
  other.set_operation_state(saved, aes, mac).must();
  out = std::move(out) + both(other, rest());
  BOOST_TEST(out + other.encrypt_final().must() == whole);
  BOOST_TEST(other.sign_final().must() == signature);
}

BOOST_FIXTURE_TEST_CASE(a_digest_and_a_cipher_go_on_with_the_key_of_the_cipher, HalfCipher) {
  session.digest_init(CKM_SHA256).must();
  session.digest_update(first()).must();
  const Bytes saved = state();
  Session other(slot);
  other.set_operation_state(saved, aes).must();
  other.digest_update(rest()).must();
  other.encrypt_update(rest()).must();
  Session third(slot);
  third.digest_init(CKM_SHA256).must();
  BOOST_TEST(other.digest_final().must() == third.digest(data).must());
}

BOOST_FIXTURE_TEST_CASE(operations_with_two_keys_for_one_argument_cannot_be_saved, HalfCipher) {
  session.decrypt_init({CKM_AES_CBC, counting(16)}, other_key).must();
  BOOST_TEST(session.operation_state().rv == CKR_STATE_UNSAVEABLE);
}

BOOST_FIXTURE_TEST_CASE(an_aead_cannot_be_saved, Saving) {
  session.encrypt_init(Mechanism::gcm(counting(12)), aes).must();
  BOOST_TEST(session.operation_state().rv == CKR_STATE_UNSAVEABLE);
  BOOST_TEST(session.operation_state(kAskSize).rv == CKR_STATE_UNSAVEABLE);
}

BOOST_FIXTURE_TEST_CASE(a_signature_by_a_private_key_cannot_be_saved, Saving) {
  const CK_OBJECT_HANDLE rsa = session.create(rsa_private_key().with(roles({CKA_SIGN}))).must();
  session.sign_init(CKM_SHA256_RSA_PKCS, rsa).must();
  session.sign_update(data).must();
  BOOST_TEST(session.operation_state().rv == CKR_STATE_UNSAVEABLE);
}

BOOST_FIXTURE_TEST_CASE(message_operations_cannot_be_saved, Saving) {
  Mechanism gcm(CKM_AES_GCM);
  Rv(p11_3_2().C_MessageEncryptInit(session.handle(), gcm.raw(), aes)).must();
  BOOST_TEST(session.operation_state().rv == CKR_STATE_UNSAVEABLE);
}

BOOST_FIXTURE_TEST_CASE(a_state_goes_on_at_its_own_token_only, Saving) {
  session.digest_init(CKM_SHA256).must();
  session.digest_update(data).must();
  const Bytes saved = state();
  init_token(empty_slot(), kSoPin, "another token").must();
  Session elsewhere(slot_labelled("another token"));
  BOOST_TEST(elsewhere.set_operation_state(saved) == CKR_SAVED_STATE_INVALID);
  BOOST_TEST(session.set_operation_state(saved) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_logout_takes_the_states_of_private_keys_along, Saving) {
  const CK_OBJECT_HANDLE hidden =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with(roles({CKA_SIGN})).with({{CKA_PRIVATE, true}, {CKA_TOKEN, true}})).must();
  session.sign_init(CKM_SHA256_HMAC, hidden).must();
  session.sign_update(first()).must();
  const Bytes saved = state();
  session.logout().must();
  session.login(CKU_USER, kUserPin).must();
  const auto found = session.find({{CKA_CLASS, CKO_SECRET_KEY}, {CKA_TOKEN, true}});
  BOOST_REQUIRE(found.size() == 1);
  BOOST_TEST(session.set_operation_state(saved, CK_INVALID_HANDLE, found[0]) == CKR_SAVED_STATE_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()
