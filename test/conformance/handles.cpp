// Objects in the hands of several sessions of one application, and searches that ask for several things
// (PKCS#11 3.0, 5.7; 2.4).
#include <algorithm>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(handles)

struct TwoSessions : UserSession {
  Session other{slot};
  Template signer = secret_key(CKK_GENERIC_SECRET, counting(32)).with(roles({CKA_SIGN, CKA_VERIFY}));
};

struct Lifetime {
  std::string_view name;
  bool on_token;
};
static constexpr std::array<Lifetime, 2> kLifetimes{{{"session_object", false}, {"token_object", true}}};

CONFORMANCE_FOR_EACH(TwoSessions, a_key_of_one_session_works_in_another, kLifetimes) {
  const CK_OBJECT_HANDLE key = session.create(signer.with({CKA_TOKEN, row.on_token})).must();
  const Bytes mac = other.sign_once(CKM_SHA256_HMAC, key, counting(9)).must();
  BOOST_TEST(session.verify_once(CKM_SHA256_HMAC, key, counting(9), mac) == CKR_OK);
}

CONFORMANCE_FOR_EACH(TwoSessions, both_sessions_find_the_same_handle, kLifetimes) {
  const CK_OBJECT_HANDLE key =
      session.create(signer.with({{CKA_TOKEN, row.on_token}, {CKA_LABEL, "shared key"}})).must();
  for (Session* each : {&session, &other}) {
    const auto found = each->find({{CKA_LABEL, "shared key"}});
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0] == key);
  }
}

CONFORMANCE_FOR_EACH(TwoSessions, a_change_in_one_session_is_seen_in_the_other, kLifetimes) {
  const CK_OBJECT_HANDLE key = session.create(signer.with({{CKA_TOKEN, row.on_token}, {CKA_LABEL, "before"}})).must();
  other.set(key, {{CKA_LABEL, "after"}}).must();
  BOOST_TEST(session.bytes(key, CKA_LABEL) == from_text("after"));
  BOOST_TEST(session.find({{CKA_LABEL, "before"}}).empty());
}

CONFORMANCE_FOR_EACH(TwoSessions, what_one_session_destroys_is_gone_for_the_other, kLifetimes) {
  const CK_OBJECT_HANDLE key = session.create(signer.with({CKA_TOKEN, row.on_token})).must();
  other.destroy(key).must();
  BOOST_TEST(session.get(key, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
  BOOST_TEST(among(session.sign_init(CKM_SHA256_HMAC, key), {CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(the_key_of_a_closed_session_is_gone_for_the_others, TwoSessions) {
  const CK_OBJECT_HANDLE key = other.create(signer).must();
  other.close().must();
  BOOST_TEST(session.get(key, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
  BOOST_TEST(among(session.sign_init(CKM_SHA256_HMAC, key), {CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID}));
}

BOOST_FIXTURE_TEST_CASE(only_the_objects_of_the_closed_session_are_gone, TwoSessions) {
  const CK_OBJECT_HANDLE mine = session.create(signer).must();
  other.create(signer).must();
  other.close().must();
  BOOST_TEST(session.sign_init(CKM_SHA256_HMAC, mine) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_handle_of_a_token_object_outlives_the_session_that_made_it, TwoSessions) {
  const CK_OBJECT_HANDLE key = other.create(signer.with({CKA_TOKEN, true})).must();
  other.close().must();
  BOOST_TEST(session.sign_init(CKM_SHA256_HMAC, key) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_copy_belongs_to_the_session_that_made_it, TwoSessions) {
  const CK_OBJECT_HANDLE original = session.create(signer).must();
  const CK_OBJECT_HANDLE copy = other.copy(original, {}).must();
  other.close().must();
  BOOST_TEST(session.get(copy, CKA_LABEL).rv == CKR_OBJECT_HANDLE_INVALID);
  BOOST_TEST(session.get(original, CKA_LABEL).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_read_only_session_uses_what_a_read_write_session_made, UserSession) {
  const CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with({{CKA_TOKEN, true}, {CKA_SIGN, true}})).must();
  Session reader(slot, kReadOnly);
  BOOST_TEST(reader.sign_once(CKM_SHA256_HMAC, key, counting(9)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_login_of_one_session_is_the_login_of_all, Token) {
  Session early(slot);
  Session session(slot);
  session.login(CKU_USER, kUserPin).must();
  Session late(slot, kReadOnly);
  BOOST_TEST(early.info().state == CKS_RW_USER_FUNCTIONS);
  BOOST_TEST(late.info().state == CKS_RO_USER_FUNCTIONS);
  early.logout().must();
  BOOST_TEST(session.info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_FIXTURE_TEST_CASE(the_login_ends_with_the_last_session, Token) {
  {
    Session session(slot);
    session.login(CKU_USER, kUserPin).must();
  }
  BOOST_TEST(Session(slot).info().state == CKS_RW_PUBLIC_SESSION);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(finding_by_several_attributes)

struct Shelf : UserSession {
  CK_OBJECT_HANDLE put(CK_KEY_TYPE type, std::string_view label, std::string_view id) {
    return session
        .create(secret_key(type, counting(16)).with({{CKA_LABEL, label}, {CKA_ID, from_text(id)}, {CKA_SIGN, true}}))
        .must();
  }
  CK_OBJECT_HANDLE one = put(CKK_AES, "a", "1");
  CK_OBJECT_HANDLE two = put(CKK_AES, "b", "1");
  CK_OBJECT_HANDLE three = put(CKK_GENERIC_SECRET, "a", "1");
  CK_OBJECT_HANDLE four = put(CKK_AES, "a", "2");
};

BOOST_FIXTURE_TEST_CASE(an_object_must_have_them_all, Shelf) {
  const auto found = session.find({{CKA_KEY_TYPE, CKK_AES}, {CKA_LABEL, "a"}, {CKA_ID, from_text("1")}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0] == one);
}

BOOST_FIXTURE_TEST_CASE(their_order_does_not_matter, Shelf) {
  const auto found =
      session.find({{CKA_ID, from_text("1")}, {CKA_LABEL, "a"}, {CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0] == one);
}

BOOST_FIXTURE_TEST_CASE(all_that_have_them_are_found, Shelf) {
  auto found = session.find({{CKA_LABEL, "a"}, {CKA_SIGN, true}});
  std::ranges::sort(found);
  std::vector<CK_OBJECT_HANDLE> expected{one, three, four};
  std::ranges::sort(expected);
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(one_that_fits_nothing_finds_nothing, Shelf) {
  BOOST_TEST(session.find({{CKA_LABEL, "a"}, {CKA_ID, from_text("3")}}).empty());
  BOOST_TEST(session.find({{CKA_LABEL, "a"}, {CKA_MODULUS, from_text("1")}}).empty());
  BOOST_TEST(session.find({{CKA_LABEL, "a"}, {CKA_CLASS, CKO_PUBLIC_KEY}}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_value_is_compared_whole, Shelf) {
  put(CKK_AES, "abc", "9");
  BOOST_TEST(session.find({{CKA_LABEL, "ab"}}).empty());
  BOOST_TEST(session.find({{CKA_LABEL, "abcd"}}).empty());
  BOOST_TEST(session.find({{CKA_LABEL, "ABC"}}).empty());
}

BOOST_FIXTURE_TEST_CASE(session_and_token_objects_are_told_apart, Shelf) {
  const CK_OBJECT_HANDLE kept =
      session.create(secret_key(CKK_AES, counting(16)).with({{CKA_LABEL, "a"}, {CKA_TOKEN, true}})).must();
  const auto found = session.find({{CKA_LABEL, "a"}, {CKA_TOKEN, true}});
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0] == kept);
  BOOST_TEST(session.find({{CKA_LABEL, "a"}, {CKA_TOKEN, false}}).size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(the_halves_of_a_pair_are_found_by_their_common_id, UserSession) {
  const Attribute id(CKA_ID, from_text("pair"));
  const KeyPair keys = generate_ec(session, kCurves[0], {id}, {id});
  const auto public_half = session.find({id, {CKA_CLASS, CKO_PUBLIC_KEY}});
  const auto private_half = session.find({id, {CKA_CLASS, CKO_PRIVATE_KEY}});
  BOOST_REQUIRE((public_half.size() == 1U && private_half.size() == 1U));
  BOOST_TEST(public_half[0] == keys.public_key);
  BOOST_TEST(private_half[0] == keys.private_key);
}

BOOST_AUTO_TEST_SUITE_END()
