// C_SetAttributeValue: what may change, and what changes one way only (PKCS#11 3.0, 4.1 and 5.7).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(changing_attributes)

BOOST_FIXTURE_TEST_CASE(a_label_is_changed, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("before")).must();
  BOOST_TEST(session.set(object, {{CKA_LABEL, "after"}}) == CKR_OK);
  BOOST_TEST(session.bytes(object, CKA_LABEL) == from_text("after"));
}

BOOST_FIXTURE_TEST_CASE(a_label_of_a_token_object_is_changed_for_good, UserSession) {
  session.create(data_object("before").with({CKA_TOKEN, true})).must();
  const CK_OBJECT_HANDLE object = session.find({{CKA_LABEL, "before"}}).at(0);
  session.set(object, {{CKA_LABEL, "after"}}).must();
  restart();
  Session later(slot_labelled("shared"));
  BOOST_TEST(later.find({{CKA_LABEL, "before"}}).empty());
  const auto found = later.find({{CKA_LABEL, "after"}});
  BOOST_REQUIRE(found.size() == 1U);
  later.destroy(found[0]).must();
}

BOOST_FIXTURE_TEST_CASE(the_id_of_a_key_is_changed, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16))).must();
  BOOST_TEST(session.set(key, {{CKA_ID, from_hex("0102")}}) == CKR_OK);
  BOOST_TEST(session.bytes(key, CKA_ID) == from_hex("0102"));
}

BOOST_FIXTURE_TEST_CASE(several_attributes_change_together_or_not_at_all, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with({CKA_LABEL, "before"})).must();
  BOOST_TEST(!(session.set(key, {{CKA_LABEL, "after"}, {CKA_CLASS, CKO_DATA}}) == CKR_OK));
  BOOST_TEST(session.bytes(key, CKA_LABEL) == from_text("before"));
}

struct Fixed {
  std::string_view name;
  Attribute attribute;
};

static const std::array<Fixed, 9> kFixed{{
    {"CKA_CLASS", {CKA_CLASS, CKO_DATA}},
    {"CKA_KEY_TYPE", {CKA_KEY_TYPE, CKK_GENERIC_SECRET}},
    {"CKA_TOKEN", {CKA_TOKEN, true}},
    {"CKA_VALUE", {CKA_VALUE, counting(16)}},
    {"CKA_VALUE_LEN", {CKA_VALUE_LEN, 32UL}},
    {"CKA_LOCAL", {CKA_LOCAL, true}},
    {"CKA_ALWAYS_SENSITIVE", {CKA_ALWAYS_SENSITIVE, true}},
    {"CKA_NEVER_EXTRACTABLE", {CKA_NEVER_EXTRACTABLE, true}},
    {"CKA_KEY_GEN_MECHANISM", {CKA_KEY_GEN_MECHANISM, CKM_AES_KEY_GEN}},
}};

CONFORMANCE_FOR_EACH(UserSession, a_key_never_changes_its, kFixed) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with(readable_key())).must();
  BOOST_TEST(session.set(key, {row.attribute}) == CKR_ATTRIBUTE_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(a_modulus_never_changes, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(rsa_public_key()).must();
  BOOST_TEST(session.set(key, {{CKA_MODULUS, counting(256)}}) == CKR_ATTRIBUTE_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(an_attribute_nobody_knows_is_not_set, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("x")).must();
  BOOST_TEST(session.set(object, {{0x0BADF00D, from_hex("00")}}) == CKR_ATTRIBUTE_TYPE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(an_object_that_is_not_modifiable_is_not_changed, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("fixed").with({CKA_MODIFIABLE, false})).must();
  BOOST_TEST(among(session.set(object, {{CKA_LABEL, "changed"}}), {CKR_ACTION_PROHIBITED, CKR_ATTRIBUTE_READ_ONLY}));
  BOOST_TEST(session.bytes(object, CKA_LABEL) == from_text("fixed"));
}

BOOST_FIXTURE_TEST_CASE(an_object_does_not_become_modifiable, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("fixed").with({CKA_MODIFIABLE, false})).must();
  BOOST_TEST(among(session.set(object, {{CKA_MODIFIABLE, true}}), {CKR_ACTION_PROHIBITED, CKR_ATTRIBUTE_READ_ONLY}));
}

BOOST_FIXTURE_TEST_CASE(an_object_that_may_not_be_destroyed_does_not_become_destroyable, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("stays").with({CKA_DESTROYABLE, false})).must();
  BOOST_TEST(!(session.set(object, {{CKA_DESTROYABLE, true}}) == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(an_object_that_may_not_be_copied_does_not_become_copyable, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("single").with({CKA_COPYABLE, false})).must();
  BOOST_TEST(!(session.set(object, {{CKA_COPYABLE, true}}) == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_boolean_of_the_wrong_size_is_not_set, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16)).with(readable_key())).must();
  BOOST_TEST(session.set(key, {{CKA_SENSITIVE, from_hex("000000")}}) == CKR_ATTRIBUTE_VALUE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_object_is_not_changed, UserSession) {
  BOOST_TEST(session.set(0xFFFFFF, {{CKA_LABEL, "x"}}) == CKR_OBJECT_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(attributes_cannot_be_set_from_nothing, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(data_object("x")).must();
  BOOST_TEST(Rv(p11().C_SetAttributeValue(session.handle(), object, nullptr, 1)) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE(one_way)

struct OneWay {
  std::string_view name;
  CK_ATTRIBUTE_TYPE type;
  bool final_value;
};

// PKCS#11 3.0, 4.1.2, footnotes 11 and 12.
static constexpr std::array<OneWay, 3> kOneWay{{{"CKA_SENSITIVE", CKA_SENSITIVE, true},
                                                {"CKA_EXTRACTABLE", CKA_EXTRACTABLE, false},
                                                {"CKA_WRAP_WITH_TRUSTED", CKA_WRAP_WITH_TRUSTED, true}}};

struct Key : UserSession {
  CK_OBJECT_HANDLE make(const Attribute& attribute) {
    return session.create(secret_key(CKK_AES, counting(16)).with(readable_key()).with(attribute)).must();
  }
};

CONFORMANCE_FOR_EACH(Key, an_attribute_is_set_to_its_final_value, kOneWay) {
  const CK_OBJECT_HANDLE key = make({row.type, !row.final_value});
  BOOST_TEST(session.set(key, {{row.type, row.final_value}}) == CKR_OK);
  BOOST_TEST(session.flag(key, row.type) == row.final_value);
}

CONFORMANCE_FOR_EACH(Key, an_attribute_does_not_leave_its_final_value, kOneWay) {
  const CK_OBJECT_HANDLE key = make({row.type, row.final_value});
  BOOST_TEST(session.set(key, {{row.type, !row.final_value}}) == CKR_ATTRIBUTE_READ_ONLY);
  BOOST_TEST(session.flag(key, row.type) == row.final_value);
}

CONFORMANCE_FOR_EACH(Key, a_private_key_does_not_leave_its_final_value, kOneWay) {
  const CK_OBJECT_HANDLE key =
      session.create(rsa_private_key().with(readable_key()).with({row.type, row.final_value})).must();
  BOOST_TEST(session.set(key, {{row.type, !row.final_value}}) == CKR_ATTRIBUTE_READ_ONLY);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_became_sensitive_was_not_always_so, Key) {
  const CK_OBJECT_HANDLE key = make({CKA_SENSITIVE, false});
  session.set(key, {{CKA_SENSITIVE, true}}).must();
  BOOST_TEST(!session.flag(key, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(session.get(key, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
}

BOOST_FIXTURE_TEST_CASE(the_user_does_not_make_a_key_trusted, Key) {
  const CK_OBJECT_HANDLE key = make({CKA_LABEL, "x"});
  BOOST_TEST(!(session.set(key, {{CKA_TRUSTED, true}}) == CKR_OK));
  BOOST_TEST(!session.flag(key, CKA_TRUSTED));
}

BOOST_FIXTURE_TEST_CASE(the_user_does_not_make_a_certificate_trusted, UserSession) {
  const CK_OBJECT_HANDLE object = session.create(certificate("x")).must();
  BOOST_TEST(!(session.set(object, {{CKA_TRUSTED, true}}) == CKR_OK));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
