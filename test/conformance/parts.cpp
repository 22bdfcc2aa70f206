// Operations in parts say what operations in one say, and a question or a small buffer ends neither (PKCS#11 3.0, 5.2).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(parts)

// ---- signatures

struct Signing {
  std::string_view name;
  Mechanism (*make)();
  bool by_rsa;
  bool always_equal;  // the same data has the same signature each time
};

template <CK_MECHANISM_TYPE type>
Mechanism bare() {
  return type;
}

static const auto kSignings = std::to_array<Signing>({
    {"CKM_SHA256_RSA_PKCS", bare<CKM_SHA256_RSA_PKCS>, true, true},
    {"CKM_SHA512_RSA_PKCS", bare<CKM_SHA512_RSA_PKCS>, true, true},
    {"CKM_SHA256_RSA_PKCS_PSS", [] { return Mechanism::pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32); },
     true, false},
    {"CKM_SHA256_RSA_PKCS_PSS_without_salt",
     [] { return Mechanism::pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 0); }, true, true},
    {"CKM_ECDSA_SHA256", bare<CKM_ECDSA_SHA256>, false, false},
});

struct Pair : UserSession {
  KeyPair pair(bool by_rsa) {
    return {session.create((by_rsa ? rsa_public_key() : ec_public_key()).with({CKA_VERIFY, true})).must(),
            session.create((by_rsa ? rsa_private_key() : ec_private_key()).with({CKA_SIGN, true})).must()};
  }
  Bytes sign_in_parts(Mechanism mechanism, CK_OBJECT_HANDLE key) {
    session.sign_init(std::move(mechanism), key).must();
    session.sign_update(ByteView(data).first(1)).must();
    session.sign_update({}).must();
    session.sign_update(ByteView(data).subspan(1)).must();
    return session.sign_final().must();
  }
  Rv verify_in_parts(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView signature) {
    session.verify_init(std::move(mechanism), key).must();
    session.verify_update(ByteView(data).first(40)).must();
    session.verify_update(ByteView(data).subspan(40)).must();
    return session.verify_final(signature);
  }
  Bytes data = counting(200);
};

CONFORMANCE_FOR_EACH(Pair, a_signature_of_parts_is_a_signature_of_the_whole, kSignings) {
  const KeyPair keys = pair(row.by_rsa);
  const Bytes of_parts = sign_in_parts(row.make(), keys.private_key);
  const Bytes of_whole = session.sign_once(row.make(), keys.private_key, data).must();
  BOOST_TEST(session.verify_once(row.make(), keys.public_key, data, of_parts) == CKR_OK);
  BOOST_TEST(verify_in_parts(row.make(), keys.public_key, of_whole) == CKR_OK);
  BOOST_TEST((of_parts == of_whole) == row.always_equal);
}

CONFORMANCE_FOR_EACH(Pair, parts_that_were_not_signed_do_not_verify, kSignings) {
  const KeyPair keys = pair(row.by_rsa);
  const Bytes signature = sign_in_parts(row.make(), keys.private_key);
  data[150] ^= 1;
  BOOST_TEST(verify_in_parts(row.make(), keys.public_key, signature) == CKR_SIGNATURE_INVALID);
}

CONFORMANCE_FOR_EACH(Pair, a_signature_of_another_length_is_refused, kSignings) {
  const KeyPair keys = pair(row.by_rsa);
  Bytes signature = session.sign_once(row.make(), keys.private_key, data).must();
  signature.pop_back();
  BOOST_TEST(session.verify_once(row.make(), keys.public_key, data, signature) == CKR_SIGNATURE_LEN_RANGE);
}

CONFORMANCE_FOR_EACH(Pair, a_question_or_a_small_buffer_at_the_end_keeps_the_parts, kSignings) {
  const KeyPair keys = pair(row.by_rsa);
  session.sign_init(row.make(), keys.private_key).must();
  session.sign_update(data).must();
  const Answer size = session.sign_final(kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(session.sign_final(size.length - 1).rv == CKR_BUFFER_TOO_SMALL);
  const Bytes signature = session.sign_final(size.length).must();
  BOOST_TEST(session.verify_once(row.make(), keys.public_key, data, signature) == CKR_OK);
}

CONFORMANCE_FOR_EACH(Pair, a_question_or_a_small_buffer_keeps_the_signature, kSignings) {
  const KeyPair keys = pair(row.by_rsa);
  session.sign_init(row.make(), keys.private_key).must();
  const Answer size = session.sign(data, kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(session.sign(data, size.length - 1).rv == CKR_BUFFER_TOO_SMALL);
  const Bytes signature = session.sign(data, size.length).must();
  BOOST_TEST(session.verify_once(row.make(), keys.public_key, data, signature) == CKR_OK);
}

CONFORMANCE_FOR_EACH(Pair, parts_are_not_ended_by_a_call_for_the_whole, kSignings) {
  const KeyPair keys = pair(row.by_rsa);
  session.sign_init(row.make(), keys.private_key).must();
  session.sign_update(data).must();
  BOOST_TEST(among(session.sign(data).rv, {CKR_OPERATION_NOT_INITIALIZED, CKR_OPERATION_ACTIVE}));
}

BOOST_FIXTURE_TEST_CASE(a_hash_inside_ecdsa_is_the_hash_before_it, Pair) {
  const KeyPair keys = pair(false);
  session.digest_init(CKM_SHA256).must();
  const Bytes digest = session.digest(data).must();
  const Bytes over_digest = session.sign_once(CKM_ECDSA, keys.private_key, digest).must();
  BOOST_TEST(session.verify_once(CKM_ECDSA_SHA256, keys.public_key, data, over_digest) == CKR_OK);
  const Bytes over_data = session.sign_once(CKM_ECDSA_SHA256, keys.private_key, data).must();
  BOOST_TEST(session.verify_once(CKM_ECDSA, keys.public_key, digest, over_data) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_hash_inside_pss_is_the_hash_before_it, Pair) {
  const KeyPair keys = pair(true);
  session.digest_init(CKM_SHA256).must();
  const Bytes digest = session.digest(data).must();
  const auto pss = [](CK_MECHANISM_TYPE type) { return Mechanism::pss(type, CKM_SHA256, CKG_MGF1_SHA256, 32); };
  const Bytes over_digest = session.sign_once(pss(CKM_RSA_PKCS_PSS), keys.private_key, digest).must();
  BOOST_TEST(session.verify_once(pss(CKM_SHA256_RSA_PKCS_PSS), keys.public_key, data, over_digest) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(pss_asks_for_the_salt_length_that_was_used, Pair) {
  const KeyPair keys = pair(true);
  const auto pss = [](CK_ULONG salt) {
    return Mechanism::pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, salt);
  };
  const Bytes signature = session.sign_once(pss(32), keys.private_key, data).must();
  BOOST_TEST(session.verify_once(pss(20), keys.public_key, data, signature) == CKR_SIGNATURE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(pss_asks_for_the_hash_that_its_name_says, Pair) {
  BOOST_TEST(among(session.sign_init(Mechanism::pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 32),
                                     pair(true).private_key),
                   {CKR_MECHANISM_PARAM_INVALID}));
}

// ---- ciphers

struct Cipher {
  std::string_view name;
  Mechanism (*make)();
};
static const std::array<Cipher, 5> kCiphers{{
    {"CKM_AES_ECB", bare<CKM_AES_ECB>},
    {"CKM_AES_CBC", [] { return Mechanism(CKM_AES_CBC, counting(16)); }},
    {"CKM_AES_CBC_PAD", [] { return Mechanism(CKM_AES_CBC_PAD, counting(16)); }},
    {"CKM_AES_CTR", [] { return Mechanism::ctr(counting(16)); }},
    {"CKM_AES_GCM", [] { return Mechanism::gcm(counting(12), from_text("aad")); }},
}};

struct AesKey : UserSession {
  CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_AES, counting(16)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  Bytes text = counting(48);
  Bytes sealed(const Cipher& row) { return session.encrypt_once(row.make(), key, text).must(); }

  // The output is asked for its size, then given exactly so much room.
  template <class Call>
  Bytes patiently(Call call) {
    const Answer size = call(kAskSize);
    size.rv.must();
    const Answer exact = call(Room(size.length));
    return exact.must();
  }
};

CONFORMANCE_FOR_EACH(AesKey, parts_of_every_size_encrypt_as_the_whole, kCiphers) {
  const Bytes whole = sealed(row);
  for (const std::size_t step : {1UL, 15UL, 16UL, 17UL, 48UL}) {
    session.encrypt_init(row.make(), key).must();
    Bytes joined;
    for (std::size_t from = 0; from < text.size(); from += step)
      joined = std::move(joined) +
               session.encrypt_update(ByteView(text).subspan(from, std::min(step, text.size() - from))).must();
    BOOST_TEST((std::move(joined) + session.encrypt_final().must()) == whole, "in steps of " << step);
  }
}

CONFORMANCE_FOR_EACH(AesKey, parts_of_every_size_decrypt_as_the_whole, kCiphers) {
  const Bytes whole = sealed(row);
  for (const std::size_t step : {1UL, 15UL, 16UL, 17UL, 64UL}) {
    session.decrypt_init(row.make(), key).must();
    Bytes joined;
    for (std::size_t from = 0; from < whole.size(); from += step)
      joined = std::move(joined) +
               session.decrypt_update(ByteView(whole).subspan(from, std::min(step, whole.size() - from))).must();
    BOOST_TEST((std::move(joined) + session.decrypt_final().must()) == text, "in steps of " << step);
  }
}

CONFORMANCE_FOR_EACH(AesKey, asking_sizes_between_the_parts_changes_nothing, kCiphers) {
  const Bytes whole = sealed(row);
  session.encrypt_init(row.make(), key).must();
  Bytes joined = patiently([&](Room room) { return session.encrypt_update(ByteView(text).first(20), room); });
  joined = std::move(joined) +
           patiently([&](Room room) { return session.encrypt_update(ByteView(text).subspan(20), room); });
  joined = std::move(joined) + patiently([&](Room room) { return session.encrypt_final(room); });
  BOOST_TEST(joined == whole);
}

CONFORMANCE_FOR_EACH(AesKey, a_small_buffer_keeps_the_part, kCiphers) {
  const Bytes whole = sealed(row);
  session.encrypt_init(row.make(), key).must();
  const Answer refused = session.encrypt_update(text, 5);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  const Bytes begun = session.encrypt_update(text, refused.length).must();
  BOOST_TEST((begun + session.encrypt_final().must()) == whole);
}

CONFORMANCE_FOR_EACH(AesKey, a_small_buffer_keeps_the_decryption, kCiphers) {
  const Bytes whole = sealed(row);
  session.decrypt_init(row.make(), key).must();
  const Answer refused = session.decrypt(whole, 5);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(refused.length >= text.size());
  BOOST_TEST(session.decrypt(whole, refused.length).must() == text);
}

CONFORMANCE_FOR_EACH(AesKey, the_size_of_a_decryption_is_enough_for_it, kCiphers) {
  const Bytes whole = sealed(row);
  session.decrypt_init(row.make(), key).must();
  BOOST_TEST(patiently([&](Room room) { return session.decrypt(whole, room); }) == text);
}

CONFORMANCE_FOR_EACH(AesKey, a_buffer_that_holds_the_text_is_large_enough, kCiphers) {
  const Bytes whole = sealed(row);
  session.decrypt_init(row.make(), key).must();
  BOOST_TEST(session.decrypt(whole, text.size()).must() == text);
}

CONFORMANCE_FOR_EACH(AesKey, a_small_buffer_at_the_end_keeps_the_parts, kCiphers) {
  const Bytes whole = sealed(row);
  session.encrypt_init(row.make(), key).must();
  const Bytes begun = session.encrypt_update(text).must();
  if (begun.size() == whole.size()) return;  // nothing is left for the end
  const Answer refused = session.encrypt_final(Room(0));
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST((begun + session.encrypt_final(refused.length).must()) == whole);
}

CONFORMANCE_FOR_EACH(AesKey, nothing_encrypts_to_what_decrypts_to_nothing, kCiphers) {
  const Bytes empty = session.encrypt_once(row.make(), key, {}).must();
  BOOST_TEST(session.decrypt_once(row.make(), key, empty).must().empty());
}

// ---- RSA

static const std::array<Cipher, 2> kRsaCiphers{
    {{"CKM_RSA_PKCS", bare<CKM_RSA_PKCS>},
     {"CKM_RSA_PKCS_OAEP", [] { return Mechanism::oaep(CKM_SHA_1, CKG_MGF1_SHA1); }}}};

struct Sealed : UserSession {
  CK_OBJECT_HANDLE closer = session.create(rsa_public_key().with({CKA_ENCRYPT, true})).must();
  CK_OBJECT_HANDLE opener = session.create(rsa_private_key().with({CKA_DECRYPT, true})).must();
  Bytes text = counting(40);
};

CONFORMANCE_FOR_EACH(Sealed, the_size_of_an_rsa_decryption_is_enough_for_it, kRsaCiphers) {
  const Bytes whole = session.encrypt_once(row.make(), closer, text).must();
  session.decrypt_init(row.make(), opener).must();
  const Answer size = session.decrypt(whole, kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(session.decrypt(whole, size.length).must() == text);
}

CONFORMANCE_FOR_EACH(Sealed, a_small_buffer_keeps_an_rsa_decryption, kRsaCiphers) {
  const Bytes whole = session.encrypt_once(row.make(), closer, text).must();
  session.decrypt_init(row.make(), opener).must();
  const Answer refused = session.decrypt(whole, text.size() - 1);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(session.decrypt(whole, refused.length).must() == text);
}

CONFORMANCE_FOR_EACH(Sealed, a_buffer_that_holds_an_rsa_text_is_large_enough, kRsaCiphers) {
  const Bytes whole = session.encrypt_once(row.make(), closer, text).must();
  session.decrypt_init(row.make(), opener).must();
  BOOST_TEST(session.decrypt(whole, text.size()).must() == text);
}

CONFORMANCE_FOR_EACH(Sealed, a_small_buffer_keeps_an_rsa_encryption, kRsaCiphers) {
  session.encrypt_init(row.make(), closer).must();
  const Answer refused = session.encrypt(text, 255);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(refused.length == 256UL);
  BOOST_TEST(session.decrypt_once(row.make(), opener, session.encrypt(text, refused.length).must()).must() == text);
}

BOOST_AUTO_TEST_SUITE_END()
