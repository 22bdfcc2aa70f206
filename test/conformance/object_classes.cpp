// Classes of objects beside keys, data and X.509 certificates: profiles and mechanisms, which a token has by itself, trust objects and
// attribute certificates (PKCS#11 3.2, 4.6.5, 4.7, 4.13 to 4.15).
#include <algorithm>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

Template attribute_certificate(std::string_view label) {
  return {{CKA_CLASS, CKO_CERTIFICATE}, {CKA_CERTIFICATE_TYPE, CKC_X_509_ATTR_CERT}, {CKA_TOKEN, false}, {CKA_PRIVATE, false},
          {CKA_LABEL, label}, {CKA_OWNER, from_hex("3003020101")}, {CKA_VALUE, from_hex("3003020102")}};
}

Template trust(std::string_view label) {
  return {{CKA_CLASS, CKO_TRUST}, {CKA_TOKEN, false}, {CKA_LABEL, label}, {CKA_ISSUER, from_hex("3003020103")},
          {CKA_SERIAL_NUMBER, from_hex("020104")}, {CKA_HASH_OF_CERTIFICATE, counting(32)},
          {CKA_NAME_HASH_ALGORITHM, CKM_SHA256}, {CKA_TRUST_SERVER_AUTH, CKT_TRUST_ANCHOR}, {CKA_TRUST_CODE_SIGNING, CKT_NOT_TRUSTED}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profiles_and_mechanisms)

BOOST_FIXTURE_TEST_CASE(a_token_says_which_profiles_it_keeps, PublicSession) {
  std::vector<CK_ULONG> profiles;
  for (CK_OBJECT_HANDLE profile : session.find({{CKA_CLASS, CKO_PROFILE}})) {
    profiles.push_back(session.number(profile, CKA_PROFILE_ID));
    BOOST_TEST(session.number(profile, CKA_CLASS) == CKO_PROFILE);
    BOOST_TEST(session.flag(profile, CKA_TOKEN));
    BOOST_TEST(!session.flag(profile, CKA_PRIVATE));
    BOOST_TEST(!session.flag(profile, CKA_MODIFIABLE));
    BOOST_TEST(!session.bytes(profile, CKA_UNIQUE_ID).empty());
  }
  std::ranges::sort(profiles);
  const std::vector<CK_ULONG> expected{CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER, CKP_AUTHENTICATION_TOKEN, CKP_PUBLIC_CERTIFICATES_TOKEN};
  BOOST_TEST(profiles == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(one_profile_is_found_by_its_number, PublicSession) {
  BOOST_TEST(session.find({{CKA_CLASS, CKO_PROFILE}, {CKA_PROFILE_ID, CKP_EXTENDED_PROVIDER}}).size() == 1U);
  BOOST_TEST(session.find({{CKA_CLASS, CKO_PROFILE}, {CKA_PROFILE_ID, CKP_COMPLETE_PROVIDER}}).empty());
}

BOOST_FIXTURE_TEST_CASE(each_listed_mechanism_is_an_object, PublicSession) {
  CK_ULONG count = 0;
  Rv(p11().C_GetMechanismList(slot, nullptr, &count)).must();
  std::vector<CK_MECHANISM_TYPE> listed(count), found;
  Rv(p11().C_GetMechanismList(slot, listed.data(), &count)).must();
  for (CK_OBJECT_HANDLE one : session.find({{CKA_CLASS, CKO_MECHANISM}})) found.push_back(session.number(one, CKA_MECHANISM_TYPE));
  std::ranges::sort(listed);
  std::ranges::sort(found);
  BOOST_TEST(found == listed, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(they_are_found_only_by_who_asks_for_their_class, PublicSession) {
  for (const Template& pattern : {Template{}, Template{{CKA_TOKEN, true}}, Template{{CKA_PRIVATE, false}}})
    for (CK_OBJECT_HANDLE object : session.find(pattern)) {
      const CK_ULONG object_class = session.number(object, CKA_CLASS);
      BOOST_TEST((object_class != CKO_PROFILE && object_class != CKO_MECHANISM));
    }
}

BOOST_FIXTURE_TEST_CASE(nobody_makes_changes_copies_or_destroys_one, UserSession) {
  const CK_OBJECT_HANDLE profile = session.find({{CKA_CLASS, CKO_PROFILE}}).at(0);
  BOOST_TEST(!(session.create({{CKA_CLASS, CKO_PROFILE}, {CKA_PROFILE_ID, CKP_COMPLETE_PROVIDER}}).rv == CKR_OK));
  BOOST_TEST(!(session.create({{CKA_CLASS, CKO_MECHANISM}, {CKA_MECHANISM_TYPE, CKM_SHA256}}).rv == CKR_OK));
  BOOST_TEST(session.set(profile, {{CKA_PROFILE_ID, CKP_COMPLETE_PROVIDER}}) == CKR_ACTION_PROHIBITED);
  BOOST_TEST(session.copy(profile, {}).rv == CKR_ACTION_PROHIBITED);
  BOOST_TEST(session.destroy(profile) == CKR_ACTION_PROHIBITED);
  BOOST_TEST(session.size(profile).must() > 0UL);
  BOOST_TEST(session.find({{CKA_CLASS, CKO_PROFILE}}).size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(one_is_not_a_key, UserSession) {
  const CK_OBJECT_HANDLE profile = session.find({{CKA_CLASS, CKO_PROFILE}}).at(0);
  BOOST_TEST(session.encrypt_init(CKM_AES_ECB, profile) == CKR_KEY_HANDLE_INVALID);
  BOOST_TEST(session.get(profile, CKA_VALUE).rv == CKR_ATTRIBUTE_TYPE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(nothing_claims_a_validation, PublicSession) { BOOST_TEST(session.find({{CKA_CLASS, CKO_VALIDATION}}).empty()); }

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(trust_objects)

BOOST_FIXTURE_TEST_CASE(a_trust_object_is_kept_and_found, UserSession) {
  const CK_OBJECT_HANDLE made = session.create(trust("trusted").with({CKA_TOKEN, true})).must();
  const auto found = session.find({{CKA_CLASS, CKO_TRUST}, {CKA_ISSUER, from_hex("3003020103")}, {CKA_SERIAL_NUMBER, from_hex("020104")}});
  BOOST_TEST(found.size() == 1U);
  BOOST_TEST(session.number(made, CKA_TRUST_SERVER_AUTH) == CKT_TRUST_ANCHOR);
  BOOST_TEST(session.number(made, CKA_TRUST_CODE_SIGNING) == CKT_NOT_TRUSTED);
  BOOST_TEST(session.number(made, CKA_TRUST_CLIENT_AUTH) == CKT_TRUST_UNKNOWN);
  BOOST_TEST(session.bytes(made, CKA_HASH_OF_CERTIFICATE) == counting(32));
  BOOST_TEST(session.number(made, CKA_NAME_HASH_ALGORITHM) == CKM_SHA256);
  BOOST_TEST(!session.flag(made, CKA_PRIVATE));
  BOOST_TEST(session.flag(made, CKA_MODIFIABLE));
}

BOOST_FIXTURE_TEST_CASE(it_outlives_a_restart, UserSession) {
  session.create(trust("outlives").with({CKA_TOKEN, true})).must();
  restart();
  Session again(slot_labelled("shared"));
  again.login(CKU_USER, kUserPin).must();
  const auto found = again.find({{CKA_CLASS, CKO_TRUST}, {CKA_LABEL, "outlives"}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(again.number(found[0], CKA_TRUST_SERVER_AUTH) == CKT_TRUST_ANCHOR);
}

BOOST_FIXTURE_TEST_CASE(trust_needs_the_hash_of_its_certificate_and_distrust_does_not, UserSession) {
  for (CK_ATTRIBUTE_TYPE missing : {CKA_HASH_OF_CERTIFICATE, CKA_NAME_HASH_ALGORITHM, CKA_ISSUER, CKA_SERIAL_NUMBER})
    BOOST_TEST(session.create(trust("incomplete").without(missing)).rv == CKR_TEMPLATE_INCOMPLETE);
  BOOST_TEST(session.create(trust("distrust").with({CKA_TRUST_SERVER_AUTH, CKT_NOT_TRUSTED}).without(CKA_HASH_OF_CERTIFICATE)
                                .without(CKA_NAME_HASH_ALGORITHM)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_trust_changes_to_another_and_to_nothing_else, UserSession) {
  const CK_OBJECT_HANDLE made = session.create(trust("changes")).must();
  session.set(made, {{CKA_TRUST_SERVER_AUTH, CKT_NOT_TRUSTED}}).must();
  BOOST_TEST(session.number(made, CKA_TRUST_SERVER_AUTH) == CKT_NOT_TRUSTED);
  BOOST_TEST(session.set(made, {{CKA_TRUST_SERVER_AUTH, CK_ULONG{5}}}) == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(session.create(trust("wrong").with({CKA_TRUST_IPSEC_IKE, CK_ULONG{99}})).rv == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(session.set(made, {{CKA_ISSUER, from_hex("3000")}}) == CKR_ATTRIBUTE_READ_ONLY);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(attribute_certificates)

BOOST_FIXTURE_TEST_CASE(one_is_kept_and_found, UserSession) {
  const CK_OBJECT_HANDLE made = session.create(attribute_certificate("attributes").with({CKA_TOKEN, true})).must();
  BOOST_TEST(session.find({{CKA_CLASS, CKO_CERTIFICATE}, {CKA_CERTIFICATE_TYPE, CKC_X_509_ATTR_CERT}}).size() == 1U);
  BOOST_TEST(session.bytes(made, CKA_OWNER) == from_hex("3003020101"));
  BOOST_TEST(session.bytes(made, CKA_VALUE) == from_hex("3003020102"));
  BOOST_TEST(session.bytes(made, CKA_AC_ISSUER).empty());
  BOOST_TEST(!session.flag(made, CKA_TRUSTED));
}

BOOST_FIXTURE_TEST_CASE(an_owner_and_a_value_are_needed, UserSession) {
  for (CK_ATTRIBUTE_TYPE missing : {CKA_OWNER, CKA_VALUE})
    BOOST_TEST(session.create(attribute_certificate("incomplete").without(missing)).rv == CKR_TEMPLATE_INCOMPLETE);
  BOOST_TEST(session.create(attribute_certificate("x").with({CKA_SUBJECT, from_hex("3000")})).rv == CKR_ATTRIBUTE_TYPE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(issuer_number_and_types_change_and_nothing_else, UserSession) {
  const CK_OBJECT_HANDLE made = session.create(attribute_certificate("changes")).must();
  for (CK_ATTRIBUTE_TYPE type : {CKA_AC_ISSUER, CKA_SERIAL_NUMBER, CKA_ATTR_TYPES}) {
    BOOST_TEST(session.set(made, {{type, from_hex("020105")}}) == CKR_OK);
    BOOST_TEST(session.bytes(made, type) == from_hex("020105"));
  }
  for (CK_ATTRIBUTE_TYPE type : {CKA_OWNER, CKA_VALUE}) BOOST_TEST(session.set(made, {{type, from_hex("3000")}}) == CKR_ATTRIBUTE_READ_ONLY);
}

BOOST_AUTO_TEST_SUITE_END()
