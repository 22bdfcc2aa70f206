#include "hsm/engine/rate_limits.h"
#include "hsm/model/policy_checks.h"
#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(the_policy)

struct PolicyFixture : UserFixture {
  Template feature() {
    return attributes(attribute(Attr::object_class, ObjectClass::hw_feature),
                      attribute(Attr::hw_feature_type, kPolicyFeature));
  }
  ObjectHandle policy() { return find(feature()).at(0); }
  Template profile(PolicyProfile wanted) {
    return attributes(attribute(Attr::keymantle_policy_profile, static_cast<std::uint64_t>(wanted)));
  }
  void become_officer() {
    BOOST_REQUIRE(logout(session));
    BOOST_REQUIRE(login(session, UserType::so, "so-pin"));
  }
  Template both_roles() { return aes_with(attribute(Attr::wrap, true), attribute(Attr::decrypt, true)); }
};

BOOST_FIXTURE_TEST_CASE(is_told_by_an_object_that_only_a_search_for_it_finds, PolicyFixture) {
  BOOST_TEST(find({}).empty());
  BOOST_TEST(number(policy(), Attr::keymantle_policy_profile) == 2u);
  const auto on = std::get<MechanismSet>(get(policy(), Attr::keymantle_checks_on).attribute.value);
  const auto in_part = std::get<MechanismSet>(get(policy(), Attr::keymantle_checks_in_part).attribute.value);
  BOOST_TEST(on.size() + in_part.size() == policy_checks().size());
  BOOST_TEST(in_part == (MechanismSet{1, 5, 8, 18}));
}

BOOST_FIXTURE_TEST_CASE(is_changed_by_the_security_officer_only, PolicyFixture) {
  BOOST_TEST(code(set(policy(), profile(PolicyProfile::compatible))) == Rv::user_not_logged_in);
  BOOST_TEST(code(try_generate(both_roles())) == Rv::template_inconsistent);
  become_officer();
  BOOST_TEST(code(set(policy(), attributes(attribute(Attr::keymantle_policy_profile, std::uint64_t{3})))) ==
             Rv::attribute_value_invalid);
  BOOST_TEST(code(set(policy(), profile(PolicyProfile::compatible))) == Rv::ok);
  BOOST_TEST(number(policy(), Attr::keymantle_policy_profile) == 1u);
}

BOOST_FIXTURE_TEST_CASE(is_the_tokens_for_every_application, PolicyFixture) {
  become_officer();
  BOOST_REQUIRE(set(policy(), profile(PolicyProfile::compatible)));
  BOOST_REQUIRE(logout(session));
  const auto theirs = open(true, other.get());
  BOOST_REQUIRE(login(theirs, UserType::user, "user-pin", other.get()));
  request::GenerateKey request;
  request.session = theirs;
  request.mechanism = mechanism(Mech::aes_key_gen);
  request.attributes = both_roles();
  BOOST_TEST(code(other->call(request)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(is_neither_copied_nor_destroyed_nor_made, PolicyFixture) {
  BOOST_TEST(code(copy(policy())) == Rv::action_prohibited);
  BOOST_TEST(code(destroy(policy())) == Rv::action_prohibited);
  BOOST_TEST(code(try_create(feature())) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(is_strict_again_for_a_token_that_is_made_anew, PolicyFixture) {
  become_officer();
  BOOST_REQUIRE(set(policy(), profile(PolicyProfile::compatible)));
  close(session);
  BOOST_REQUIRE(init("so-pin"));
  session = open();
  BOOST_TEST(number(policy(), Attr::keymantle_policy_profile) == 2u);
}

BOOST_FIXTURE_TEST_CASE(uses_no_key_of_broken_ciphers_from_the_day_it_is_strict, PolicyFixture) {
  const auto become = [&](PolicyProfile wanted) {
    become_officer();
    BOOST_REQUIRE(set(policy(), profile(wanted)));
    BOOST_REQUIRE(logout(session));
    BOOST_REQUIRE(login(session));
  };
  const auto decrypts = [&](ObjectHandle key) { return code(begin(Use::decrypt, mechanism(Mech::des3_ecb), key)); };
  const auto made = [](KeyType type, std::string_view value) {
    return attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, type), attribute(Attr::token, true),
                      attribute(Attr::value, Secret::copy_of(from_hex(value).value())));
  };
  become(PolicyProfile::compatible);
  const auto two = create(made(KeyType::des2, "0123456789abcdef23456789abcdef01"));
  create(made(KeyType::des3, "0123456789abcdef23456789abcdef01456789abcdef0123"));
  BOOST_TEST(decrypts(two) == Rv::ok);
  become(PolicyProfile::strict);
  const auto again = find(attributes(attribute(Attr::key_type, KeyType::des2))).at(0);
  BOOST_TEST(decrypts(again) == Rv::key_function_not_permitted);
  BOOST_TEST(decrypts(find(attributes(attribute(Attr::key_type, KeyType::des3))).at(0)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(offers_what_it_does_not_refuse_always, PolicyFixture) {
  const auto unwraps = [&] {
    const auto rsa = static_cast<std::uint64_t>(Mech::rsa_pkcs);
    return (one->call(request::GetMechanism{slot, rsa}).value().flags & (std::uint64_t{uses_unwrap} << 8)) != 0;
  };
  BOOST_TEST(!unwraps());
  become_officer();
  BOOST_REQUIRE(set(policy(), profile(PolicyProfile::compatible)));
  BOOST_TEST(unwraps());
}

BOOST_FIXTURE_TEST_CASE(does_not_take_a_key_made_from_a_password_for_one_that_nobody_knows, PolicyFixture) {
  const auto from_password = [&] {
    request::GenerateKey request;
    request.session = session;
    request.mechanism = {static_cast<std::uint64_t>(Mech::pkcs5_pbkd2),
                         Pbkdf2Params{Bytes(16, 1), 1000, 4, std::make_shared<const Secret>(pin("password"))}};
    request.attributes = attributes(attribute(Attr::key_type, KeyType::aes), attribute(Attr::value_len, std::uint64_t{32}),
                                    attribute(Attr::token, true), attribute(Attr::wrap, true));
    return one->call(request);
  };
  const auto become = [&](PolicyProfile wanted) {
    become_officer();
    BOOST_REQUIRE(set(policy(), profile(wanted)));
    BOOST_REQUIRE(logout(session));
    BOOST_REQUIRE(login(session));
  };
  BOOST_TEST(code(from_password()) == Rv::mechanism_invalid);
  become(PolicyProfile::compatible);
  const auto made = from_password();
  BOOST_REQUIRE_MESSAGE(made, (made ? "" : made.error().text()));
  become(PolicyProfile::strict);
  const auto kek = find(attributes(attribute(Attr::wrap, true))).at(0);
  BOOST_TEST(!is(kek, Attr::always_sensitive));
  BOOST_TEST(!is(kek, Attr::never_extractable));
  Bytes out(64);
  request::WrapKey wrap;
  wrap.session = session;
  wrap.mechanism = mechanism(Mech::aes_key_wrap);
  wrap.wrapping_key = kek;
  wrap.key = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  wrap.room = Room(out);
  BOOST_TEST(code(one->call(wrap)) == Rv::key_not_wrappable);
}

BOOST_AUTO_TEST_CASE(limits_wrong_padding_to_a_number_a_minute) {
  using engine::RateLimits;
  RateLimits limits;
  const RateLimits::Clock::time_point start{};
  for (std::uint64_t i = 0; i < RateLimits::kMostFailures; ++i) {
    BOOST_TEST(!limits.reached(1, RateLimits::kMostFailures, start));
    limits.count(1, start);
  }
  BOOST_TEST(limits.reached(1, RateLimits::kMostFailures, start));
  BOOST_TEST(!limits.reached(2, RateLimits::kMostFailures, start));
  BOOST_TEST(!limits.reached(1, RateLimits::kMostFailures, start + RateLimits::kSpan));
}

BOOST_AUTO_TEST_SUITE_END()
