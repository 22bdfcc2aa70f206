// Attacks that take a sensitive key out by wrapping it (docs/policy.md): each must fail before anything is known.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

// A user who wants to know the value of a key that only the token knows, and may do whatever a user may do.
struct Thief : UserSession {
  CK_OBJECT_HANDLE target = session.generate(CKM_AES_KEY_GEN, new_secret_key(16).with(leaves)).must();
  CK_OBJECT_HANDLE aes(const Template& given) {
    return session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(given)).must();
  }
  // Sensitive and extractable, and its maker says that it may leave under any wrapping key.
  static inline const Template leaves{{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, true}, {CKA_WRAP_WITH_TRUSTED, false}};
  static inline const Template as_aes{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}};
};

struct Roles {
  std::string_view name;
  CK_ATTRIBUTE_TYPE one, other;
};
constexpr std::array<Roles, 2> kConflicts{
    {{"CKA_WRAP_and_CKA_DECRYPT", CKA_WRAP, CKA_DECRYPT}, {"CKA_UNWRAP_and_CKA_ENCRYPT", CKA_UNWRAP, CKA_ENCRYPT}}};

struct Blind {
  std::string_view name;
  Mechanism (*make)();
};
constexpr std::array<Blind, 4> kUnfit{{{"CKM_AES_ECB", [] { return Mechanism(CKM_AES_ECB); }},
                                       {"CKM_AES_CBC", [] { return Mechanism(CKM_AES_CBC, counting(16)); }},
                                       {"CKM_AES_CBC_PAD", [] { return Mechanism(CKM_AES_CBC_PAD, counting(16)); }},
                                       {"CKM_AES_GCM", [] { return Mechanism::gcm(counting(12)); }}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(attacks_by_wrapping)

// A1
CONFORMANCE_FOR_EACH(Thief, two_roles_are_not_given_to_one_key_when_it_is_made, kConflicts) {
  const Template both = roles({row.one, row.other});
  BOOST_TEST(session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(both)).rv == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(session.create(secret_key(CKK_AES, counting(32)).with(both)).rv == CKR_TEMPLATE_INCONSISTENT);
}

// A1: the defaults of a key that is asked to wrap do not make it decrypt.
CONFORMANCE_FOR_EACH(Thief, a_role_that_is_asked_for_takes_away_the_default_of_the_other, kConflicts) {
  const CK_OBJECT_HANDLE key = aes(roles({row.one}));
  BOOST_TEST(session.flag(key, row.one));
  BOOST_TEST(!session.flag(key, row.other));
}

// A1: across an unwrap. The wrapping key leaves under another one and comes back with another role.
BOOST_FIXTURE_TEST_CASE(a_wrapping_key_that_can_leave_wraps_no_sensitive_key, Thief) {
  const CK_OBJECT_HANDLE kek = aes(roles({CKA_WRAP}).with(leaves));
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, kek, target).rv == CKR_KEY_NOT_WRAPPABLE);
}

// A2
BOOST_FIXTURE_TEST_CASE(a_sensitive_key_is_not_wrapped_under_a_value_that_the_caller_chose, Thief) {
  const CK_OBJECT_HANDLE known = session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_WRAP}))).must();
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, known, target).rv == CKR_KEY_NOT_WRAPPABLE);
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_key_is_not_wrapped_under_a_key_that_was_readable_once, Thief) {
  const CK_OBJECT_HANDLE kek = aes(roles({CKA_WRAP}).with(readable_key()));
  session.set(kek, {{CKA_SENSITIVE, true}}).must();
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, kek, target).rv == CKR_KEY_NOT_WRAPPABLE);
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_key_is_not_wrapped_under_a_public_key_that_nobody_vouches_for, Thief) {
  const CK_OBJECT_HANDLE mine = session.create(rsa_public_key().with(roles({CKA_WRAP}))).must();
  BOOST_TEST(session.wrap(Mechanism::oaep(CKM_SHA_1, CKG_MGF1_SHA1), mine, target).rv == CKR_KEY_NOT_WRAPPABLE);
}

BOOST_FIXTURE_TEST_CASE(a_readable_key_is_wrapped_under_any_key, Thief) {
  const CK_OBJECT_HANDLE known = session.create(secret_key(CKK_AES, counting(32)).with(roles({CKA_WRAP}))).must();
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, known, aes(readable_key())).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_key_is_wrapped_under_a_key_that_nobody_knows, Thief) {
  BOOST_TEST(session
                 .wrap(CKM_AES_KEY_WRAP, aes(roles({CKA_WRAP}).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}})),
                       target)
                 .rv == CKR_OK);
}

// A3
BOOST_FIXTURE_TEST_CASE(what_was_wrapped_does_not_come_back_readable, Thief) {
  const CK_OBJECT_HANDLE kek =
      aes(roles({CKA_WRAP, CKA_UNWRAP}).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}));
  const Bytes wrapped = session.wrap(CKM_AES_KEY_WRAP, kek, target).must();
  BOOST_TEST(session.unwrap(CKM_AES_KEY_WRAP, kek, wrapped, as_aes.with({CKA_SENSITIVE, false})).rv ==
             CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(session.unwrap(CKM_AES_KEY_WRAP, kek, wrapped, as_aes.with({CKA_EXTRACTABLE, true})).rv ==
             CKR_TEMPLATE_INCONSISTENT);
  const CK_OBJECT_HANDLE back = session.unwrap(CKM_AES_KEY_WRAP, kek, wrapped, as_aes).must();
  BOOST_TEST(session.flag(back, CKA_SENSITIVE));
  BOOST_TEST(!session.flag(back, CKA_EXTRACTABLE));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_unwraps_readable_keys_does_not_wrap_sensitive_ones, Thief) {
  const Template opening = roles({CKA_WRAP, CKA_UNWRAP}).with({CKA_UNWRAP_TEMPLATE, readable_key()});
  BOOST_TEST(session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(opening)).rv == CKR_TEMPLATE_INCONSISTENT);
  const CK_OBJECT_HANDLE kek = aes(opens_readable_keys());
  BOOST_TEST(among(session.wrap(CKM_AES_KEY_WRAP, kek, target).rv, {CKR_KEY_HANDLE_INVALID, CKR_KEY_NOT_WRAPPABLE}));
}

// A6
BOOST_FIXTURE_TEST_CASE(an_unextractable_key_leaves_by_no_mechanism, Thief) {
  const CK_OBJECT_HANDLE kek = aes(roles({CKA_WRAP}));
  const CK_OBJECT_HANDLE stays = aes({{CKA_EXTRACTABLE, false}});
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, kek, stays).rv == CKR_KEY_UNEXTRACTABLE);
}

BOOST_FIXTURE_TEST_CASE(a_sensitive_key_waits_for_a_trusted_wrapper_unless_its_maker_says_otherwise, Thief) {
  const CK_OBJECT_HANDLE key = aes({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, true}});
  BOOST_TEST(session.flag(key, CKA_WRAP_WITH_TRUSTED));
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, aes(roles({CKA_WRAP})), key).rv == CKR_KEY_NOT_WRAPPABLE);
}

// A10, A20: blocks can be exchanged, and a key stream that wraps two keys gives one for the other.
CONFORMANCE_FOR_EACH(Thief, a_sensitive_key_leaves_by_key_wrapping_mechanisms_only, kUnfit) {
  const CK_OBJECT_HANDLE kek = aes(roles({CKA_WRAP}).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}));
  BOOST_TEST(among(session.wrap(row.make(), kek, target).rv, {CKR_KEY_NOT_WRAPPABLE, CKR_MECHANISM_INVALID}));
}

// A10: unwrapping by CBC is decrypting, octet by octet, for who can ask often enough.
BOOST_FIXTURE_TEST_CASE(a_key_that_wraps_sensitive_keys_does_not_unwrap_by_cbc, Thief) {
  const CK_OBJECT_HANDLE kek =
      aes(roles({CKA_WRAP, CKA_UNWRAP}).with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}));
  const CK_OBJECT_HANDLE half = session.copy(kek, {{CKA_WRAP, false}}).must();
  for (CK_OBJECT_HANDLE key : {kek, half})
    BOOST_TEST(among(session.unwrap(Mechanism(CKM_AES_CBC_PAD, counting(16)), key, counting(32), as_aes).rv,
                     {CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID}));
}

// Check 9
BOOST_FIXTURE_TEST_CASE(a_sensitive_key_is_not_wrapped_by_a_weaker_one, Thief) {
  const Template stays{{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}, {CKA_WRAP, true}};
  const CK_OBJECT_HANDLE weak = session.generate(CKM_AES_KEY_GEN, new_secret_key(16).with(stays)).must();
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, weak, aes(leaves)).rv == CKR_KEY_SIZE_RANGE);
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP, weak, target).rv == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()
