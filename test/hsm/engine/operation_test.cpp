#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(operations)

struct OperationFixture : UserFixture {
  OperationFixture() : key(generate(aes())) {}
  ObjectHandle key;
  Bytes out = Bytes(256);
};

BOOST_FIXTURE_TEST_CASE(what_is_encrypted_is_decrypted, OperationFixture) {
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  const auto made = once(Use::encrypt, view("hello"), Room(out)).value();
  BOOST_TEST((made.written && made.size == 21u));
  Bytes back(64);
  BOOST_TEST(code(begin(Use::decrypt, gcm(), key)) == Rv::ok);
  const auto clear = once(Use::decrypt, ByteView(out).first(21), Room(back)).value();
  BOOST_TEST(text_of(ByteView(back).first(clear.size)) == "hello");
}

BOOST_FIXTURE_TEST_CASE(asking_the_size_keeps_the_operation_running, OperationFixture) {
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  const auto asked = once(Use::encrypt, view("hello"), {}).value();
  BOOST_TEST((!asked.written && asked.size == 21u));
  BOOST_TEST(once(Use::encrypt, view("hello"), Room(out)).value().written);
}

BOOST_FIXTURE_TEST_CASE(too_little_room_keeps_the_operation_running, OperationFixture) {
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(!once(Use::encrypt, view("hello"), Room(out).first(20)).value().written);
  BOOST_TEST(once(Use::encrypt, view("hello"), Room(out).first(21)).value().written);
}

BOOST_FIXTURE_TEST_CASE(a_success_ends_the_operation, OperationFixture) {
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(code(once(Use::encrypt, view("hello"), Room(out))) == Rv::ok);
  BOOST_TEST(code(once(Use::encrypt, view("hello"), Room(out))) == Rv::operation_not_initialized);
}

BOOST_FIXTURE_TEST_CASE(a_failure_ends_the_operation, OperationFixture) {
  BOOST_TEST(code(begin(Use::decrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(code(once(Use::decrypt, ByteView(out).first(32), Room(out))) != Rv::ok);
  BOOST_TEST(code(once(Use::decrypt, ByteView(out).first(32), Room(out))) == Rv::operation_not_initialized);
}

BOOST_FIXTURE_TEST_CASE(padding_that_is_taken_off_needs_no_room, OperationFixture) {
  const Mechanism cbc{static_cast<std::uint64_t>(Mech::aes_cbc_pad), IvParams{Bytes(16, 1)}};
  BOOST_TEST(code(begin(Use::encrypt, cbc, key)) == Rv::ok);
  BOOST_TEST(once(Use::encrypt, view("hello"), Room(out)).value().size == 16u);
  BOOST_TEST(code(begin(Use::decrypt, cbc, key)) == Rv::ok);
  Bytes back(5);
  const auto little = once(Use::decrypt, ByteView(out).first(16), Room(back).first(4)).value();
  BOOST_TEST((!little.written && little.size == 5u));
  BOOST_TEST(once(Use::decrypt, ByteView(out).first(16), Room(back)).value().written);
  BOOST_TEST(text_of(back) == "hello");
}

BOOST_FIXTURE_TEST_CASE(an_operation_is_not_begun_twice, OperationFixture) {
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::operation_active);
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_operation_is_over, OperationFixture) {
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(code(one->call(request::CancelOperations{session, 0x100})) == Rv::ok);
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(parts_give_what_the_whole_gives, OperationFixture) {
  Bytes whole(32), parts(32);
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
  BOOST_TEST(code(once(Use::digest, view("hello world"), Room(whole))) == Rv::ok);
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
  BOOST_TEST(code(one->call(request::Update{session, Use::digest, view("hello "), {}})) == Rv::ok);
  BOOST_TEST(code(one->call(request::Update{session, Use::digest, view("world"), {}})) == Rv::ok);
  BOOST_TEST(!one->call(request::Finish{session, Use::digest, {}}).value().written);
  BOOST_TEST(one->call(request::Finish{session, Use::digest, Room(parts)}).value().written);
  BOOST_CHECK(whole == parts);
}

BOOST_FIXTURE_TEST_CASE(what_came_in_parts_is_not_ended_in_one, OperationFixture) {
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
  BOOST_TEST(code(one->call(request::Update{session, Use::digest, view("x"), {}})) == Rv::ok);
  BOOST_TEST(code(once(Use::digest, view("y"), Room(out))) == Rv::operation_not_initialized);
}

BOOST_FIXTURE_TEST_CASE(a_second_operation_with_the_same_key_has_its_own_iv, OperationFixture) {
  Bytes first(21), second(21), again(21);
  auto other_iv = gcm();
  std::get<GcmParams>(other_iv.params).iv = Bytes(12, 9);
  for (auto [how, into] : {std::pair{gcm(), &first}, std::pair{other_iv, &second}, std::pair{gcm(), &again}}) {
    BOOST_TEST(code(begin(Use::encrypt, how, key)) == Rv::ok);
    BOOST_TEST(code(once(Use::encrypt, view("hello"), Room(*into))) == Rv::ok);
  }
  BOOST_CHECK(first == again);
  BOOST_CHECK(first != second);
}

BOOST_FIXTURE_TEST_CASE(the_next_operation_sees_that_the_key_changed, OperationFixture) {
  for (const bool on_token : {false, true}) {
    const auto used = generate(aes_with(attribute(Attr::token, on_token)));
    BOOST_TEST(code(begin(Use::encrypt, gcm(), used)) == Rv::ok);
    BOOST_TEST(code(once(Use::encrypt, view("x"), Room(out))) == Rv::ok);
    BOOST_TEST(code(set(used, attributes(attribute(Attr::encrypt, false)))) == Rv::ok);
    BOOST_TEST(code(begin(Use::encrypt, gcm(), used)) == Rv::key_function_not_permitted);
  }
}

BOOST_FIXTURE_TEST_CASE(the_next_operation_sees_that_the_key_is_gone, OperationFixture) {
  for (const bool on_token : {false, true}) {
    const auto used = generate(aes_with(attribute(Attr::token, on_token)));
    BOOST_TEST(code(begin(Use::encrypt, gcm(), used)) == Rv::ok);
    BOOST_TEST(code(once(Use::encrypt, view("x"), Room(out))) == Rv::ok);
    BOOST_TEST(code(destroy(used)) == Rv::ok);
    BOOST_TEST(code(begin(Use::encrypt, gcm(), used)) == Rv::key_handle_invalid);
  }
}

BOOST_FIXTURE_TEST_CASE(begin_and_once_go_together, OperationFixture) {
  const request::BeginOnce both{{session, Use::encrypt, gcm(), key}, view("hello"), Room(out)};
  BOOST_TEST(one->call(both).value().size == 21u);
  BOOST_TEST(one->call(both).value().size == 21u);
}

BOOST_FIXTURE_TEST_CASE(a_signature_is_verified_and_a_changed_one_refused, OperationFixture) {
  const auto pair = ec_pair();
  const Bytes digest(32, 3);
  Bytes signature(64);
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), pair.private_key)) == Rv::ok);
  BOOST_TEST(code(once(Use::sign, digest, Room(signature))) == Rv::ok);
  BOOST_TEST(code(begin(Use::verify, mechanism(Mech::ecdsa), pair.public_key)) == Rv::ok);
  BOOST_TEST(code(one->call(request::VerifyOnce{session, digest, signature})) == Rv::ok);
  signature[5] ^= 1;
  BOOST_TEST(code(begin(Use::verify, mechanism(Mech::ecdsa), pair.public_key)) == Rv::ok);
  BOOST_TEST(code(one->call(request::VerifyOnce{session, digest, signature})) == Rv::signature_invalid);
  BOOST_TEST(code(one->call(request::VerifyOnce{session, digest, signature})) == Rv::operation_not_initialized);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(which_key_may_be_used)

BOOST_FIXTURE_TEST_CASE(only_for_the_uses_it_has, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::encrypt, false)));
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::key_function_not_permitted);
  BOOST_TEST(code(begin(Use::decrypt, gcm(), key)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(only_with_a_mechanism_of_its_type, UserFixture) {
  const auto secret_key = generate(attributes(attribute(Attr::value_len, std::uint64_t{32}), attribute(Attr::encrypt, true)),
                                   Mech::generic_secret_key_gen);
  BOOST_TEST(code(begin(Use::encrypt, gcm(), secret_key)) == Rv::key_type_inconsistent);
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::sha256_hmac), secret_key)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(only_with_a_mechanism_that_it_allows, UserFixture) {
  const auto key = generate(aes_with(Attribute{static_cast<std::uint64_t>(Attr::allowed_mechanisms),
                                               MechanismSet{static_cast<std::uint64_t>(Mech::aes_cbc_pad)}}));
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::mechanism_invalid);
  BOOST_TEST(code(begin(Use::encrypt, {static_cast<std::uint64_t>(Mech::aes_cbc_pad), IvParams{Bytes(16)}}, key)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(not_with_a_mechanism_for_something_else, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST(code(begin(Use::encrypt, mechanism(Mech::sha256), key)) == Rv::mechanism_invalid);
  BOOST_TEST(code(begin(Use::sign, gcm(), key)) == Rv::mechanism_invalid);
  BOOST_TEST(code(begin(Use::encrypt, Mechanism{0x80001234, {}}, key)) == Rv::mechanism_invalid);
}

BOOST_FIXTURE_TEST_CASE(nor_without_a_parameter_that_fits, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST(code(begin(Use::encrypt, mechanism(Mech::aes_gcm), key)) == Rv::mechanism_param_invalid);
  BOOST_TEST(code(begin(Use::encrypt, {static_cast<std::uint64_t>(Mech::aes_cbc), IvParams{Bytes(3)}}, key)) ==
             Rv::mechanism_param_invalid);
}

BOOST_FIXTURE_TEST_CASE(the_answer_is_the_same_for_a_wrong_handle_and_a_hidden_key, UserFixture) {
  const auto foreign = generate(aes());
  const auto there = open(true, other.get());
  for (const std::uint64_t handle : {foreign, std::uint64_t{0}, std::uint64_t{2}, std::uint64_t{12345}, ~std::uint64_t{0}}) {
    const auto refused = other->call(request::Begin{there, Use::encrypt, gcm(), handle});
    BOOST_TEST(code(refused) == Rv::key_handle_invalid);
  }
}

BOOST_FIXTURE_TEST_CASE(data_is_not_a_key, UserFixture) {
  const auto data = create(attributes(attribute(Attr::object_class, ObjectClass::data)));
  BOOST_TEST(code(begin(Use::encrypt, gcm(), data)) == Rv::key_handle_invalid);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_saved_digest)

BOOST_FIXTURE_TEST_CASE(goes_on_in_another_session, UserFixture) {
  Bytes state(32), whole(32), resumed(32);
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
  BOOST_TEST(code(one->call(request::Update{session, Use::digest, view("hello "), {}})) == Rv::ok);
  BOOST_TEST(one->call(request::GetOperationState{session, Room(state)}).value().written);
  BOOST_TEST(code(one->call(request::Update{session, Use::digest, view("world"), {}})) == Rv::ok);
  BOOST_TEST(one->call(request::Finish{session, Use::digest, Room(whole)}).value().written);
  session = open();
  request::SetOperationState restore;
  restore.session = session;
  restore.state = state;
  BOOST_TEST(code(one->call(restore)) == Rv::ok);
  BOOST_TEST(code(one->call(request::Update{session, Use::digest, view("world"), {}})) == Rv::ok);
  BOOST_TEST(one->call(request::Finish{session, Use::digest, Room(resumed)}).value().written);
  BOOST_CHECK(whole == resumed);
}

BOOST_FIXTURE_TEST_CASE(is_not_another_applications, UserFixture) {
  Bytes state(32);
  BOOST_TEST(code(begin(Use::digest, mechanism(Mech::sha256))) == Rv::ok);
  BOOST_TEST(one->call(request::GetOperationState{session, Room(state)}).value().written);
  request::SetOperationState restore;
  restore.session = open(true, other.get());
  restore.state = state;
  BOOST_TEST(code(other->call(restore)) == Rv::saved_state_invalid);
}

BOOST_FIXTURE_TEST_CASE(is_the_only_state_that_is_saved, UserFixture) {
  Bytes state(32);
  BOOST_TEST(code(one->call(request::GetOperationState{session, Room(state)})) == Rv::operation_not_initialized);
  BOOST_TEST(code(begin(Use::encrypt, gcm(), generate(aes()))) == Rv::ok);
  BOOST_TEST(code(one->call(request::GetOperationState{session, Room(state)})) == Rv::state_unsaveable);
}

BOOST_AUTO_TEST_SUITE_END()
