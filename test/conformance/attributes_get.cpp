// C_GetAttributeValue (PKCS#11 3.0, 5.7).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(reading_attributes)

struct DataObject : UserSession {
  CK_OBJECT_HANDLE object = session.create(data_object("a label")).must();
};

BOOST_FIXTURE_TEST_CASE(the_length_of_an_attribute_can_be_asked_first, DataObject) {
  const Answer size = session.get(object, CKA_LABEL, kAskSize);
  BOOST_TEST(size.rv == CKR_OK);
  BOOST_TEST(size.length == 7UL);
}

BOOST_FIXTURE_TEST_CASE(a_buffer_of_just_the_length_suffices, DataObject) {
  BOOST_TEST(session.get(object, CKA_LABEL, 7).must() == from_text("a label"));
}

BOOST_FIXTURE_TEST_CASE(a_buffer_that_is_one_byte_short_gets_nothing, DataObject) {
  const Answer answer = session.get(object, CKA_LABEL, 6);
  BOOST_TEST(answer.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(answer.length == CK_UNAVAILABLE_INFORMATION);
}

BOOST_FIXTURE_TEST_CASE(an_attribute_the_object_does_not_have_is_refused, DataObject) {
  const Answer answer = session.get(object, CKA_MODULUS);
  BOOST_TEST(answer.rv == CKR_ATTRIBUTE_TYPE_INVALID);
  BOOST_TEST(answer.length == CK_UNAVAILABLE_INFORMATION);
}

BOOST_FIXTURE_TEST_CASE(one_refused_attribute_does_not_hide_the_others, DataObject) {
  CK_BYTE label[32]{}, application[32]{};
  CK_ATTRIBUTE wanted[] = {{CKA_LABEL, label, sizeof label},
                           {CKA_MODULUS, nullptr, 0},
                           {CKA_APPLICATION, application, sizeof application}};
  BOOST_TEST(Rv(p11().C_GetAttributeValue(session.handle(), object, wanted, 3)) == CKR_ATTRIBUTE_TYPE_INVALID);
  BOOST_TEST(wanted[0].ulValueLen == 7UL);
  BOOST_TEST(wanted[1].ulValueLen == CK_UNAVAILABLE_INFORMATION);
  BOOST_TEST(Bytes(ByteView(application, wanted[2].ulValueLen)) == from_text("conformance"));
}

BOOST_FIXTURE_TEST_CASE(one_short_buffer_does_not_hide_the_others, DataObject) {
  CK_BYTE label[2]{}, application[32]{};
  CK_ATTRIBUTE wanted[] = {{CKA_LABEL, label, sizeof label}, {CKA_APPLICATION, application, sizeof application}};
  BOOST_TEST(Rv(p11().C_GetAttributeValue(session.handle(), object, wanted, 2)) == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(wanted[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
  BOOST_TEST(wanted[1].ulValueLen == 11UL);
}

BOOST_FIXTURE_TEST_CASE(attributes_cannot_be_read_into_nothing, DataObject) {
  BOOST_TEST(Rv(p11().C_GetAttributeValue(session.handle(), object, nullptr, 1)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_object_is_refused, UserSession) {
  BOOST_TEST(session.get(0xFFFFFF, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
  BOOST_TEST(session.get(CK_INVALID_HANDLE, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_public_session_reads_public_objects, PublicSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("open to all")).must();
  BOOST_TEST(session.bytes(object, CKA_VALUE) == from_text("value of a data object"));
}

BOOST_AUTO_TEST_SUITE(defaults)

BOOST_FIXTURE_TEST_CASE(of_a_data_object, UserSession) {
  const CK_OBJECT_HANDLE object = session.create({{CKA_CLASS, CKO_DATA}}).must();
  BOOST_TEST(!session.flag(object, CKA_TOKEN));
  BOOST_TEST(session.flag(object, CKA_MODIFIABLE));
  BOOST_TEST(session.bytes(object, CKA_LABEL).empty());
  BOOST_TEST(session.bytes(object, CKA_APPLICATION).empty());
  BOOST_TEST(session.bytes(object, CKA_OBJECT_ID).empty());
  BOOST_TEST(session.bytes(object, CKA_VALUE).empty());
}

BOOST_FIXTURE_TEST_CASE(of_a_certificate, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(certificate("x").without(CKA_ID)).must();
  BOOST_TEST(session.number(object, CKA_CERTIFICATE_CATEGORY) == CK_CERTIFICATE_CATEGORY_UNSPECIFIED);
  BOOST_TEST(!session.flag(object, CKA_TRUSTED));
  BOOST_TEST(session.bytes(object, CKA_ID).empty());
  BOOST_TEST(session.bytes(object, CKA_ISSUER).empty());
  BOOST_TEST(session.bytes(object, CKA_SERIAL_NUMBER).empty());
  BOOST_TEST(session.bytes(object, CKA_START_DATE).empty());
}

BOOST_FIXTURE_TEST_CASE(of_a_secret_key, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with({CKA_SENSITIVE, false})).must();
  BOOST_TEST(session.number(key, CKA_CLASS) == CKO_SECRET_KEY);
  BOOST_TEST(session.number(key, CKA_KEY_TYPE) == CKK_AES);
  BOOST_TEST(session.flag(key, CKA_PRIVATE));
  BOOST_TEST(!session.flag(key, CKA_DERIVE));
  BOOST_TEST(!session.flag(key, CKA_WRAP_WITH_TRUSTED));
  BOOST_TEST(!session.flag(key, CKA_TRUSTED));
  BOOST_TEST(session.bytes(key, CKA_ID).empty());
  BOOST_TEST(session.bytes(key, CKA_START_DATE).empty());
  BOOST_TEST(session.bytes(key, CKA_END_DATE).empty());
}

BOOST_FIXTURE_TEST_CASE(of_a_private_key, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with({CKA_SENSITIVE, false})).must();
  BOOST_TEST(session.flag(key, CKA_PRIVATE));
  BOOST_TEST(!session.flag(key, CKA_ALWAYS_AUTHENTICATE));
  BOOST_TEST(!session.flag(key, CKA_WRAP_WITH_TRUSTED));
  BOOST_TEST(!session.flag(key, CKA_DERIVE));
  BOOST_TEST(session.bytes(key, CKA_SUBJECT).empty());
}

BOOST_FIXTURE_TEST_CASE(of_a_public_key, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(rsa_public_key()).must();
  BOOST_TEST(!session.flag(key, CKA_TRUSTED));
  BOOST_TEST(!session.flag(key, CKA_DERIVE));
  BOOST_TEST(!session.flag(key, CKA_LOCAL));
}

BOOST_FIXTURE_TEST_CASE(objects_may_be_copied_and_destroyed, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("x")).must();
  BOOST_TEST(session.flag(object, CKA_COPYABLE));
  BOOST_TEST(session.flag(object, CKA_DESTROYABLE));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_FIXTURE_TEST_CASE(the_value_of_a_readable_key_is_read, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with(readable_key())).must();
  BOOST_TEST(session.bytes(key, CKA_VALUE) == counting(16));
}

BOOST_FIXTURE_TEST_CASE(the_value_of_a_sensitive_key_is_not_read, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_AES, counting(16)).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, true}})).must();
  const Answer answer = session.get(key, CKA_VALUE);
  BOOST_TEST(answer.rv == CKR_ATTRIBUTE_SENSITIVE);
  BOOST_TEST(answer.length == CK_UNAVAILABLE_INFORMATION);
}

BOOST_FIXTURE_TEST_CASE(the_value_of_an_unextractable_key_is_not_read, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_AES, counting(16)).with({{CKA_SENSITIVE, false}, {CKA_EXTRACTABLE, false}})).must();
  BOOST_TEST(session.get(key, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
}

BOOST_FIXTURE_TEST_CASE(not_even_the_length_of_a_sensitive_value_is_told, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with({CKA_SENSITIVE, true})).must();
  const Answer answer = session.get(key, CKA_VALUE, kAskSize);
  BOOST_TEST(answer.rv == CKR_ATTRIBUTE_SENSITIVE);
  BOOST_TEST(answer.length == CK_UNAVAILABLE_INFORMATION);
}

struct Secret {
  std::string_view name;
  CK_ATTRIBUTE_TYPE type;
};
static constexpr std::array<Secret, 6> kRsaSecrets{{{"CKA_PRIVATE_EXPONENT", CKA_PRIVATE_EXPONENT},
                                                    {"CKA_PRIME_1", CKA_PRIME_1},
                                                    {"CKA_PRIME_2", CKA_PRIME_2},
                                                    {"CKA_EXPONENT_1", CKA_EXPONENT_1},
                                                    {"CKA_EXPONENT_2", CKA_EXPONENT_2},
                                                    {"CKA_COEFFICIENT", CKA_COEFFICIENT}}};

CONFORMANCE_FOR_EACH(UserSession, a_sensitive_rsa_key_does_not_show, kRsaSecrets) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with({CKA_SENSITIVE, true})).must();
  BOOST_TEST(session.get(key, row.type).rv == CKR_ATTRIBUTE_SENSITIVE);
}

CONFORMANCE_FOR_EACH(UserSession, a_readable_rsa_key_shows, kRsaSecrets) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with(readable_key())).must();
  BOOST_TEST(session.get(key, row.type).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_rsa_key_shows_its_public_part, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with({CKA_SENSITIVE, true})).must();
  BOOST_TEST(session.bytes(key, CKA_MODULUS).size() == 256U);
  BOOST_TEST(session.bytes(key, CKA_PUBLIC_EXPONENT) == from_hex("010001"));
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_ec_key_does_not_show_its_value, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(ec_private_key().with({CKA_SENSITIVE, true})).must();
  BOOST_TEST(session.get(key, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
  BOOST_TEST(session.bytes(key, CKA_EC_PARAMS) == from_hex(kCurves[0].oid));
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_attribute_does_not_hide_the_others, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_AES, counting(16)).with({{CKA_SENSITIVE, true}, {CKA_LABEL, "shown"}})).must();
  CK_BYTE value[32]{}, label[32]{};
  CK_ATTRIBUTE wanted[] = {{CKA_VALUE, value, sizeof value}, {CKA_LABEL, label, sizeof label}};
  BOOST_TEST(Rv(p11().C_GetAttributeValue(session.handle(), key, wanted, 2)) == CKR_ATTRIBUTE_SENSITIVE);
  BOOST_TEST(wanted[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
  BOOST_TEST(wanted[1].ulValueLen == 5UL);
  BOOST_TEST(Bytes(ByteView(value)) == Bytes(32));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
