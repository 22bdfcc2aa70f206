#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(slots_and_tokens)

BOOST_FIXTURE_TEST_CASE(an_empty_slot_is_always_offered_beside_the_tokens, TokenFixture) {
  const auto slots = one->call(request::ListSlots{true}).value().slots;
  BOOST_TEST(slots.size() == 2u);
  const auto empty = slots.back() == slot ? slots.front() : slots.back();
  BOOST_TEST((one->call(request::GetToken{empty}).value().flags & 0x400) == 0u);
  BOOST_TEST((one->call(request::GetToken{slot}).value().flags & 0x400) == 0x400u);
}

BOOST_FIXTURE_TEST_CASE(a_token_keeps_its_slot_and_serial_when_it_is_initialised_again, TokenFixture) {
  const auto before = one->call(request::GetToken{slot}).value().serial;
  BOOST_TEST(code(init("so-pin")) == Rv::ok);
  BOOST_TEST(one->call(request::GetToken{slot}).value().serial == before);
}

BOOST_FIXTURE_TEST_CASE(a_token_is_not_initialised_again_with_a_wrong_pin, TokenFixture) {
  BOOST_TEST(code(init("another")) == Rv::pin_incorrect);
}

BOOST_FIXTURE_TEST_CASE(a_token_with_open_sessions_of_any_application_is_not_initialised, TokenFixture) {
  const auto session = open(false, other.get());
  BOOST_TEST(code(init("so-pin")) == Rv::session_exists);
  close(session, other.get());
  BOOST_TEST(code(init("so-pin")) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_slot_is_refused_everywhere, TokenFixture) {
  BOOST_TEST(code(one->call(request::GetSlot{77})) == Rv::slot_id_invalid);
  BOOST_TEST(code(one->call(request::GetToken{77})) == Rv::slot_id_invalid);
  BOOST_TEST(code(one->call(request::ListMechanisms{77})) == Rv::slot_id_invalid);
  BOOST_TEST(code(one->call(request::OpenSession{77, false})) == Rv::slot_id_invalid);
  BOOST_TEST(code(one->call(request::CloseAllSessions{77})) == Rv::slot_id_invalid);
}

BOOST_FIXTURE_TEST_CASE(no_session_is_opened_on_an_uninitialised_token, TokenFixture) {
  const auto empty = engine->keystore().empty_slot().value();
  BOOST_TEST(code(one->call(request::OpenSession{empty, false})) == Rv::token_not_recognized);
}

BOOST_FIXTURE_TEST_CASE(a_mechanism_tells_its_flags_as_the_standard_numbers_them, TokenFixture) {
  const auto gcm = one->call(request::GetMechanism{slot, static_cast<std::uint64_t>(Mech::aes_gcm)}).value();
  BOOST_TEST(gcm.flags == 0x60326u);
  BOOST_TEST(gcm.most_size == 32u);
  BOOST_TEST(code(one->call(request::GetMechanism{slot, 0x80001234})) == Rv::mechanism_invalid);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_FIXTURE_TEST_CASE(the_state_follows_login_and_the_kind_of_session, TokenFixture) {
  const auto ro = open(false);
  const auto rw = open(true);
  BOOST_CHECK(state(ro) == SessionState::ro_public && state(rw) == SessionState::rw_public);
  BOOST_TEST(code(login(ro)) == Rv::ok);
  BOOST_CHECK(state(ro) == SessionState::ro_user && state(rw) == SessionState::rw_user);
  BOOST_TEST(code(logout(rw)) == Rv::ok);
  BOOST_CHECK(state(ro) == SessionState::ro_public);
  close(ro);
  BOOST_TEST(code(login(rw, UserType::so, "so-pin")) == Rv::ok);
  BOOST_CHECK(state(rw) == SessionState::rw_so);
}

BOOST_FIXTURE_TEST_CASE(the_security_officer_does_not_log_in_beside_a_read_only_session, TokenFixture) {
  open(false);
  BOOST_TEST(code(login(open(), UserType::so, "so-pin")) == Rv::session_read_only_exists);
}

BOOST_FIXTURE_TEST_CASE(no_read_only_session_opens_beside_the_security_officer, TokenFixture) {
  BOOST_TEST(code(login(open(), UserType::so, "so-pin")) == Rv::ok);
  BOOST_TEST(code(try_open(false)) == Rv::session_read_write_so_exists);
}

BOOST_FIXTURE_TEST_CASE(a_second_login_is_told_who_is_there, TokenFixture) {
  const auto session = open();
  BOOST_TEST(code(login(session)) == Rv::ok);
  BOOST_TEST(code(login(session)) == Rv::user_already_logged_in);
  BOOST_TEST(code(login(session, UserType::so, "so-pin")) == Rv::user_another_already_logged_in);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_pin_and_a_strange_user_are_refused, TokenFixture) {
  const auto session = open();
  BOOST_TEST(code(login(session, UserType::user, "wrong-pin")) == Rv::pin_incorrect);
  BOOST_TEST(code(login(session, static_cast<UserType>(9))) == Rv::user_type_invalid);
  BOOST_CHECK(state(session) == SessionState::rw_public);
}

BOOST_FIXTURE_TEST_CASE(the_pin_locks_after_too_many_wrong_ones, TokenFixture) {
  const auto session = open();
  for (std::uint32_t i = 0; i < store::kPinTries; ++i) BOOST_TEST(code(login(session, UserType::user, "wrong-pin")) != Rv::ok);
  BOOST_TEST(code(login(session)) == Rv::pin_locked);
}

BOOST_FIXTURE_TEST_CASE(login_holds_for_one_application_only, TokenFixture) {
  BOOST_TEST(code(login(open())) == Rv::ok);
  const auto there = open(true, other.get());
  BOOST_CHECK(other->call(request::GetSession{there}).value().state == SessionState::rw_public);
}

BOOST_FIXTURE_TEST_CASE(closing_the_last_session_logs_out, TokenFixture) {
  const auto session = open();
  BOOST_TEST(code(login(session)) == Rv::ok);
  close(session);
  BOOST_CHECK(state(open()) == SessionState::rw_public);
}

BOOST_FIXTURE_TEST_CASE(logging_out_twice_is_refused, TokenFixture) {
  const auto session = open();
  BOOST_TEST(code(logout(session)) == Rv::user_not_logged_in);
}

BOOST_FIXTURE_TEST_CASE(a_closed_handle_never_comes_back, TokenFixture) {
  const auto first = open();
  close(first);
  for (int i = 0; i < 100; ++i) {
    const auto next = open();
    BOOST_REQUIRE(next != first);
    BOOST_TEST(code(one->call(request::GetSession{first})) == Rv::session_handle_invalid);
    close(next);
  }
}

BOOST_FIXTURE_TEST_CASE(strange_session_handles_are_refused, TokenFixture) {
  open();
  for (const std::uint64_t handle : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{65536} * 9, ~std::uint64_t{0}})
    BOOST_TEST(code(one->call(request::GetSession{handle})) == Rv::session_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(close_all_ends_the_sessions_of_this_application_only, TokenFixture) {
  const auto a = open();
  const auto b = open(false);
  const auto there = open(true, other.get());
  BOOST_TEST(code(one->call(request::CloseAllSessions{slot})) == Rv::ok);
  BOOST_TEST(code(one->call(request::GetSession{a})) == Rv::session_handle_invalid);
  BOOST_TEST(code(one->call(request::GetSession{b})) == Rv::session_handle_invalid);
  BOOST_TEST(code(other->call(request::GetSession{there})) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(the_token_counts_this_applications_sessions, TokenFixture) {
  open();
  open(false);
  open(true, other.get());
  const auto token = one->call(request::GetToken{slot}).value();
  BOOST_TEST(token.sessions == 2u);
  BOOST_TEST(token.rw_sessions == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_pin_is_changed_in_a_read_write_session_with_the_old_one, TokenFixture) {
  const auto session = open();
  request::SetPin change;
  change.session = open(false);
  change.old_pin = pin("user-pin");
  change.new_pin = pin("fresh-pin");
  BOOST_TEST(code(one->call(change)) == Rv::session_read_only);
  change.session = session;
  change.old_pin = pin("wrong-pin");
  BOOST_TEST(code(one->call(change)) == Rv::pin_incorrect);
  change.old_pin = pin("user-pin");
  BOOST_TEST(code(one->call(change)) == Rv::ok);
  BOOST_TEST(code(login(session, UserType::user, "fresh-pin")) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(only_the_security_officer_gives_the_user_a_pin, TokenFixture) {
  request::InitPin init_pin;
  init_pin.session = open();
  init_pin.pin = pin("another");
  BOOST_TEST(code(one->call(init_pin)) == Rv::user_not_logged_in);
  BOOST_TEST(code(login(init_pin.session)) == Rv::ok);
  BOOST_TEST(code(one->call(init_pin)) == Rv::user_not_logged_in);
}

BOOST_FIXTURE_TEST_CASE(random_fills_the_whole_room, TokenFixture) {
  Bytes octets(64);
  BOOST_TEST(one->call(request::GenerateRandom{open(), Room(octets)}).value().size == 64u);
  BOOST_CHECK(octets != Bytes(64));
}

BOOST_AUTO_TEST_SUITE_END()
