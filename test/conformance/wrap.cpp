// Keys made by the token, wrapped and unwrapped (PKCS#11 3.0, 5.18).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(generating_keys)

struct Length {
  std::string_view name;
  CK_ULONG bytes;
};
static constexpr std::array<Length, 3> kLengths{{{"of_16_bytes", 16}, {"of_24_bytes", 24}, {"of_32_bytes", 32}}};

CONFORMANCE_FOR_EACH(UserSession, an_aes_key_is_made, kLengths) {
  const CK_OBJECT_HANDLE key =
      session.generate(CKM_AES_KEY_GEN, new_secret_key(row.bytes).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}))
          .must();
  BOOST_TEST(session.number(key, CKA_VALUE_LEN) == row.bytes);
  BOOST_TEST(session.flag(key, CKA_LOCAL));
  BOOST_TEST(session.flag(key, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(session.flag(key, CKA_NEVER_EXTRACTABLE));
  BOOST_TEST(session.number(key, CKA_KEY_GEN_MECHANISM) == CKM_AES_KEY_GEN);
}

BOOST_FIXTURE_TEST_CASE(an_aes_key_of_another_length_is_refused, UserSession) {
  BOOST_TEST(among(session.generate(CKM_AES_KEY_GEN, new_secret_key(15)).rv,
                   {CKR_ATTRIBUTE_VALUE_INVALID, CKR_KEY_SIZE_RANGE, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(a_key_needs_a_length, UserSession) {
  BOOST_TEST(session.generate(CKM_AES_KEY_GEN, {{CKA_TOKEN, false}}).rv == CKR_TEMPLATE_INCOMPLETE);
}

BOOST_FIXTURE_TEST_CASE(a_generic_secret_is_made, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.generate(CKM_GENERIC_SECRET_KEY_GEN, new_secret_key(40).with(readable_key())).must();
  BOOST_TEST(session.bytes(key, CKA_VALUE).size() == 40U);
  BOOST_TEST(session.number(key, CKA_KEY_TYPE) == CKK_GENERIC_SECRET);
}

BOOST_FIXTURE_TEST_CASE(a_mechanism_that_makes_no_keys_is_refused, UserSession) {
  BOOST_TEST(session.generate(CKM_AES_CBC, new_secret_key(16)).rv == CKR_MECHANISM_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(wrapping)

struct Wrap {
  std::string_view name;
  CK_MECHANISM_TYPE type;
};
static constexpr std::array<Wrap, 3> kWraps{{{"CKM_AES_KEY_WRAP", CKM_AES_KEY_WRAP},
                                             {"CKM_AES_KEY_WRAP_PAD", CKM_AES_KEY_WRAP_PAD},
                                             {"CKM_AES_KEY_WRAP_KWP", CKM_AES_KEY_WRAP_KWP}}};

struct WrappingKey : UserSession {
  CK_OBJECT_HANDLE kek = session.create(secret_key(CKK_AES, counting(16)).with(opens_readable_keys())).must();
  CK_OBJECT_HANDLE target(ByteView value) {
    return session.create(secret_key(CKK_GENERIC_SECRET, value).with(readable_key())).must();
  }
  Template wanted = Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}}
                        .with(readable_key());
};

CONFORMANCE_FOR_EACH(WrappingKey, a_wrapped_key_is_unwrapped, kWraps) {
  const Bytes wrapped = session.wrap(row.type, kek, target(counting(32))).must();
  const CK_OBJECT_HANDLE back = session.unwrap(row.type, kek, wrapped, wanted).must();
  BOOST_TEST(session.bytes(back, CKA_VALUE) == counting(32));
  BOOST_TEST(!session.flag(back, CKA_LOCAL));
  BOOST_TEST(!session.flag(back, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(!session.flag(back, CKA_NEVER_EXTRACTABLE));
}

CONFORMANCE_FOR_EACH(WrappingKey, a_changed_wrapped_key_is_refused, kWraps) {
  Bytes wrapped = session.wrap(row.type, kek, target(counting(32))).must();
  wrapped[5] ^= 1;
  BOOST_TEST(among(session.unwrap(row.type, kek, wrapped, wanted).rv,
                   {CKR_WRAPPED_KEY_INVALID, CKR_ENCRYPTED_DATA_INVALID}));
}

CONFORMANCE_FOR_EACH(WrappingKey, the_size_is_told_first, kWraps) {
  const CK_OBJECT_HANDLE key = target(counting(32));
  const Answer size = session.wrap(row.type, kek, key, kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(session.wrap(row.type, kek, key, 8).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(session.wrap(row.type, kek, key, size.length).must().size() <= size.length);
}

CONFORMANCE_FOR_EACH(WrappingKey, an_unextractable_key_is_not_wrapped, kWraps) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with({CKA_EXTRACTABLE, false})).must();
  BOOST_TEST(session.wrap(row.type, kek, key).rv == CKR_KEY_UNEXTRACTABLE);
}

CONFORMANCE_FOR_EACH(WrappingKey, a_key_without_the_role_does_not_wrap, kWraps) {
  const CK_OBJECT_HANDLE idle =
      session.create(secret_key(CKK_AES, counting(16)).with({{CKA_WRAP, false}, {CKA_UNWRAP, false}})).must();
  BOOST_TEST(session.wrap(row.type, idle, target(counting(32))).rv == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(session.unwrap(row.type, idle, counting(40), wanted).rv == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

BOOST_FIXTURE_TEST_CASE(key_wrap_gives_the_answer_of_rfc_3394, WrappingKey) {
  const CK_OBJECT_HANDLE key = target(from_hex("00112233445566778899aabbccddeeff"));
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, kek, key).must() ==
             from_hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_asks_for_a_trusted_wrapper_is_not_wrapped_by_another, WrappingKey) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with(readable_key()).with({CKA_WRAP_WITH_TRUSTED, true})).must();
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, kek, key).rv == CKR_KEY_NOT_WRAPPABLE);
}

BOOST_FIXTURE_TEST_CASE(a_private_key_is_wrapped_with_padding, WrappingKey) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with(readable_key())).must();
  const Bytes wrapped = session.wrap(CKM_AES_KEY_WRAP_PAD, kek, key).must();
  const CK_OBJECT_HANDLE back = session.unwrap(CKM_AES_KEY_WRAP_PAD, kek, wrapped,
                    Template{{CKA_CLASS, CKO_PRIVATE_KEY}, {CKA_KEY_TYPE, CKK_RSA}, {CKA_TOKEN, false}}.with(readable_key())).must();
  BOOST_TEST(session.bytes(back, CKA_PRIVATE_EXPONENT) == session.bytes(key, CKA_PRIVATE_EXPONENT));
}

BOOST_AUTO_TEST_SUITE_END()
