#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(what_a_logout_leaves)

BOOST_FIXTURE_TEST_CASE(private_session_objects_are_gone_and_public_ones_stay, UserFixture) {
  const auto hidden = generate(aes("hidden"));
  const auto open_key = generate(aes_with(attribute(Attr::private_, false)));
  BOOST_TEST(code(logout(session)) == Rv::ok);
  BOOST_TEST(code(login(session)) == Rv::ok);
  BOOST_TEST(code(destroy(hidden)) == Rv::object_handle_invalid);
  BOOST_TEST(code(destroy(open_key)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(a_handle_of_a_private_token_object_ends_with_the_login, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::token, true)));
  BOOST_TEST(code(logout(session)) == Rv::ok);
  BOOST_TEST(code(destroy(key)) == Rv::object_handle_invalid);
  BOOST_TEST(code(login(session)) == Rv::ok);
  BOOST_TEST(code(destroy(key)) == Rv::object_handle_invalid);
  const auto again = find(attributes(text(Attr::label, "aes")));
  BOOST_REQUIRE(again.size() == 1u);
  BOOST_TEST(again[0] != key);
  BOOST_TEST(code(destroy(again[0])) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(private_objects_are_found_by_the_user_only, UserFixture) {
  generate(aes_with(attribute(Attr::token, true)));
  BOOST_TEST(find({}).size() == 1u);
  BOOST_TEST(code(logout(session)) == Rv::ok);
  BOOST_TEST(find({}).empty());
  BOOST_TEST(code(login(session, UserType::so, "so-pin")) == Rv::ok);
  BOOST_TEST(find({}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_running_operation_with_a_private_key_ends, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(code(logout(session)) == Rv::ok);
  Bytes out(64);
  BOOST_TEST(code(once(Use::encrypt, view("x"), Room(out))) == Rv::operation_not_initialized);
}

BOOST_FIXTURE_TEST_CASE(a_running_digest_goes_on, UserFixture) {
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
  BOOST_TEST(code(logout(session)) == Rv::ok);
  Bytes out(32);
  BOOST_TEST(code(once(Use::digest, view("x"), Room(out))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(without_a_login_nobody_makes_a_private_object, UserFixture) {
  BOOST_TEST(code(logout(session)) == Rv::ok);
  BOOST_TEST(code(try_generate(aes())) == Rv::user_not_logged_in);
  BOOST_TEST(code(try_generate(aes_with(attribute(Attr::private_, false)))) == Rv::ok);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_key_that_asks_for_the_pin_each_time)

struct AskingFixture : UserFixture {
  AskingFixture() : key(ec_pair(attributes(attribute(Attr::always_authenticate, true))).private_key) {}
  ObjectHandle key;
  Bytes out = Bytes(64);
  Bytes digest = Bytes(32, 1);
};

BOOST_FIXTURE_TEST_CASE(signs_after_a_context_specific_login, AskingFixture) {
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), key)) == Rv::ok);
  BOOST_TEST(code(login(session, UserType::context_specific)) == Rv::ok);
  BOOST_TEST(code(once(Use::sign, digest, Room(out))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(does_not_sign_without_it, AskingFixture) {
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), key)) == Rv::ok);
  BOOST_TEST(code(once(Use::sign, digest, Room(out))) == Rv::user_not_logged_in);
}

BOOST_FIXTURE_TEST_CASE(asks_again_for_the_next_signature, AskingFixture) {
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), key)) == Rv::ok);
  BOOST_TEST(code(login(session, UserType::context_specific)) == Rv::ok);
  BOOST_TEST(code(once(Use::sign, digest, Room(out))) == Rv::ok);
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), key)) == Rv::ok);
  BOOST_TEST(code(once(Use::sign, digest, Room(out))) == Rv::user_not_logged_in);
}

BOOST_FIXTURE_TEST_CASE(refuses_a_wrong_pin, AskingFixture) {
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), key)) == Rv::ok);
  BOOST_TEST(code(login(session, UserType::context_specific, "wrong-pin")) == Rv::pin_incorrect);
  BOOST_TEST(code(once(Use::sign, digest, Room(out))) == Rv::user_not_logged_in);
}

BOOST_FIXTURE_TEST_CASE(is_needed_for_a_context_specific_login, AskingFixture) {
  BOOST_TEST(code(login(session, UserType::context_specific)) == Rv::operation_not_initialized);
}

BOOST_AUTO_TEST_SUITE_END()
