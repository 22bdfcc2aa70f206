#include <thread>

#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

// Check 17: keys that may be used a number of times only.
BOOST_AUTO_TEST_SUITE(limited_keys)

struct LimitFixture : UserFixture {
  static Attribute uses(std::uint64_t number) { return attribute(Attr::keymantle_uses_left, number); }
  static Attribute per_minute(std::uint64_t number) { return attribute(Attr::keymantle_uses_per_minute, number); }
  template <class... A>
  ObjectHandle mac_key(A... more) {
    return generate(attributes(attribute(Attr::value_len, std::uint64_t{32}), attribute(Attr::sign, true), std::move(more)...),
                    Mech::generic_secret_key_gen);
  }
  Rv sign(ObjectHandle key) {
    Bytes out(32);
    if (auto begun = begin(Use::sign, mechanism(Mech::sha256_hmac), key); !begun) return code(begun);
    return code(once(Use::sign, view("hello"), Room(out)));
  }
};

BOOST_FIXTURE_TEST_CASE(are_used_as_often_as_they_may_be_and_no_more, LimitFixture) {
  for (const bool on_token : {false, true}) {
    const auto key = mac_key(uses(3), attribute(Attr::token, on_token));
    for (int i = 0; i < 3; ++i) BOOST_TEST(sign(key) == Rv::ok);
    BOOST_TEST(sign(key) == Rv::key_exhausted);
    BOOST_TEST(number(key, Attr::keymantle_uses_left) == 0u);
  }
}

BOOST_FIXTURE_TEST_CASE(count_every_use_of_whichever_kind, LimitFixture) {
  const auto kek = generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true), uses(2)));
  const auto key = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  Bytes out(64);
  request::WrapKey wrap;
  wrap.session = session;
  wrap.mechanism = mechanism(Mech::aes_key_wrap_kwp);
  wrap.wrapping_key = kek;
  wrap.key = key;
  wrap.room = Room(out);
  out.resize(one->call(wrap).value().size);
  request::UnwrapKey unwrap;
  unwrap.session = session;
  unwrap.mechanism = wrap.mechanism;
  unwrap.unwrapping_key = kek;
  unwrap.wrapped = out;
  unwrap.attributes = attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes));
  BOOST_TEST(code(one->call(unwrap)) == Rv::ok);
  BOOST_TEST(code(one->call(unwrap)) == Rv::key_exhausted);
  BOOST_TEST(code(one->call(wrap)) == Rv::key_exhausted);
}

BOOST_FIXTURE_TEST_CASE(spend_nothing_when_only_a_size_is_asked_for, LimitFixture) {
  const auto kek = generate(aes_with(attribute(Attr::wrap, true), uses(1)));
  request::WrapKey wrap;
  wrap.session = session;
  wrap.mechanism = mechanism(Mech::aes_key_wrap_kwp);
  wrap.wrapping_key = kek;
  wrap.key = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  BOOST_TEST(code(one->call(wrap)) == Rv::ok);
  BOOST_TEST(number(kek, Attr::keymantle_uses_left) == 1u);
}

BOOST_FIXTURE_TEST_CASE(share_their_uses_among_applications, LimitFixture) {
  const auto key = mac_key(uses(40), attribute(Attr::token, true), text(Attr::label, "shared"));
  const auto theirs = open(true, other.get());
  BOOST_REQUIRE(login(theirs, UserType::user, "user-pin", other.get()));
  const auto found = find(attributes(text(Attr::label, "shared")), theirs, other.get());
  BOOST_REQUIRE(found.size() == 1u);
  std::atomic<int> done = 0;
  const auto work = [&](Device& device, SessionHandle in, ObjectHandle handle) {
    for (int i = 0; i < 30; ++i) {
      Bytes out(32);
      if (device.call(request::BeginOnce{{in, Use::sign, mechanism(Mech::sha256_hmac), handle}, view("hello"), Room(out)})) ++done;
    }
  };
  std::thread beside([&] { work(*other, theirs, found[0]); });
  work(*one, session, key);
  beside.join();
  BOOST_TEST(done == 40);
}

BOOST_FIXTURE_TEST_CASE(cannot_be_given_more_uses_nor_be_copied, LimitFixture) {
  const auto key = mac_key(uses(1));
  BOOST_TEST(code(set(key, attributes(uses(5)))) == Rv::attribute_read_only);
  request::CopyObject copy;
  copy.session = session;
  copy.object = key;
  BOOST_TEST(code(one->call(copy)) == Rv::action_prohibited);
}

BOOST_FIXTURE_TEST_CASE(are_used_once_more_by_each_return_to_a_saved_state, LimitFixture) {
  const auto key = mac_key(uses(2));
  BOOST_REQUIRE(begin(Use::sign, mechanism(Mech::sha256_hmac), key));
  Bytes state(64);
  state.resize(one->call(request::GetOperationState{session, Room(state)}).value().size);
  BOOST_TEST(code(one->call(request::SetOperationState{session, state, kNoHandle, key})) == Rv::ok);
  BOOST_TEST(code(one->call(request::SetOperationState{session, state, kNoHandle, key})) == Rv::key_exhausted);
}

BOOST_FIXTURE_TEST_CASE(do_not_serve_the_message_functions, LimitFixture) {
  BOOST_TEST(code(one->call(request::BeginMessages{session, MessageUse::sign, mechanism(Mech::sha256_hmac), mac_key(uses(9))})) ==
             Rv::key_function_not_permitted);
}

BOOST_FIXTURE_TEST_CASE(are_refused_for_a_while_when_used_too_often, LimitFixture) {
  const auto key = mac_key(per_minute(2));
  BOOST_TEST(sign(key) == Rv::ok);
  BOOST_TEST(sign(key) == Rv::ok);
  BOOST_TEST(sign(key) == Rv::function_rejected);
  BOOST_TEST(sign(mac_key(per_minute(2))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(stay_unused_when_the_mechanism_is_refused, LimitFixture) {
  const auto key = mac_key(uses(1));
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), key)) == Rv::key_type_inconsistent);
  BOOST_TEST(number(key, Attr::keymantle_uses_left) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

// Keys for one-time passwords, whose counter is moved on like a number of uses.
BOOST_AUTO_TEST_SUITE(password_keys)

struct PasswordFixture : UserFixture {
  template <class... A>
  ObjectHandle hotp(A... more) {
    return create(attributes(attribute(Attr::object_class, ObjectClass::otp_key), attribute(Attr::key_type, KeyType::hotp),
                             secret(Attr::value, "12345678901234567890"), std::move(more)...));
  }
  /// The password and its counter; `who` signs in session `in`.
  std::string sign(ObjectHandle key, Device* who = nullptr, SessionHandle in = kNoHandle) {
    Bytes out(128);
    const auto made = (who == nullptr ? *one : *who)
                          .call(request::BeginOnce{{in == kNoHandle ? session : in, Use::sign, mechanism(Mech::hotp), key}, {}, Room(out)});
    if (!made) return std::string(name_of(made.error().rv));
    if (made->form != request::Form::one_time_password || made->size != 14) return "no password";  // other threads sign, too
    return std::string(text_of(ByteView(out).first(6)));
  }
};

BOOST_FIXTURE_TEST_CASE(have_moved_on_before_another_application_can_see_the_password, PasswordFixture) {
  const auto key = hotp(attribute(Attr::token, true), text(Attr::label, "shared"));
  const auto theirs = open(true, other.get());
  BOOST_REQUIRE(login(theirs, UserType::user, "user-pin", other.get()));
  const auto found = find(attributes(text(Attr::label, "shared")), theirs, other.get());
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(sign(key) == "755224");
  BOOST_TEST(sign(found[0], other.get(), theirs) == "287082");
  BOOST_TEST(sign(key) == "359152");
}

BOOST_FIXTURE_TEST_CASE(give_no_password_twice_when_two_applications_ask_at_once, PasswordFixture) {
  const auto key = hotp(attribute(Attr::token, true), text(Attr::label, "shared"));
  const auto theirs = open(true, other.get());
  BOOST_REQUIRE(login(theirs, UserType::user, "user-pin", other.get()));
  const auto found = find(attributes(text(Attr::label, "shared")), theirs, other.get());
  constexpr std::size_t kEach = 20;
  std::vector<std::string> mine, yours;
  std::thread beside([&] {
    for (std::size_t i = 0; i < kEach; ++i) yours.push_back(sign(found[0], other.get(), theirs));
  });
  for (std::size_t i = 0; i < kEach; ++i) mine.push_back(sign(key));
  beside.join();
  mine.insert(mine.end(), yours.begin(), yours.end());
  std::ranges::sort(mine);
  BOOST_TEST((std::ranges::adjacent_find(mine) == mine.end()));
  Bytes counter(8);
  counter[7] = 2 * kEach;
  BOOST_TEST(std::get<Bytes>(get(key, Attr::otp_counter).attribute.value) == counter);
}

BOOST_FIXTURE_TEST_CASE(may_have_a_number_of_uses_too, PasswordFixture) {
  const auto key = hotp(attribute(Attr::keymantle_uses_left, std::uint64_t{1}));
  BOOST_TEST(sign(key) == "755224");
  BOOST_TEST(sign(key) == "CKR_KEY_EXHAUSTED");
}

BOOST_FIXTURE_TEST_CASE(keep_no_state_that_could_be_returned_to, PasswordFixture) {
  BOOST_REQUIRE(begin(Use::sign, mechanism(Mech::hotp), hotp()));
  Bytes state(64);
  BOOST_TEST(code(one->call(request::GetOperationState{session, Room(state)})) == Rv::state_unsaveable);
}

BOOST_FIXTURE_TEST_CASE(end_a_begun_password_with_the_login, PasswordFixture) {
  BOOST_REQUIRE(begin(Use::sign, mechanism(Mech::hotp), hotp(attribute(Attr::token, true))));
  BOOST_REQUIRE(logout(session));
  Bytes out(128);
  BOOST_TEST(code(once(Use::sign, {}, Room(out))) == Rv::operation_not_initialized);
}

BOOST_AUTO_TEST_SUITE_END()
