#include <atomic>
#include <chrono>
#include <thread>

#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(finding)

BOOST_FIXTURE_TEST_CASE(an_object_is_found_by_each_of_its_attributes, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::id, Bytes{1, 2})));
  generate(aes("another"));
  using One = std::vector<ObjectHandle>;
  BOOST_CHECK(find(attributes(text(Attr::label, "aes"))) == One{key});
  BOOST_CHECK(find(attributes(attribute(Attr::id, Bytes{1, 2}))) == One{key});
  BOOST_CHECK(find(attributes(get(key, Attr::unique_id).attribute.value.index() == 3
                                  ? attribute(Attr::unique_id, std::get<Bytes>(get(key, Attr::unique_id).attribute.value))
                                  : text(Attr::label, ""))) == One{key});
  BOOST_TEST(find(attributes(attribute(Attr::object_class, ObjectClass::secret_key))).size() == 2u);
  BOOST_TEST(find(attributes(attribute(Attr::object_class, ObjectClass::secret_key), text(Attr::label, "another"))).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_found_by_what_no_object_has, UserFixture) {
  generate(aes());
  BOOST_TEST(find(attributes(text(Attr::label, "aes "))).empty());
  BOOST_TEST(find(attributes(attribute(Attr::modulus_bits, std::uint64_t{2048}))).empty());
  BOOST_TEST(find(attributes(Attribute{0x80001234, true})).empty());
  BOOST_TEST(find(attributes(attribute(Attr::sensitive, std::uint64_t{1}))).empty());
}

BOOST_FIXTURE_TEST_CASE(an_object_is_found_by_an_empty_label, UserFixture) {
  BOOST_TEST(find(attributes(text(Attr::label, ""))).empty());
  generate(attributes(attribute(Attr::value_len, std::uint64_t{16})));
  BOOST_TEST(find(attributes(text(Attr::label, ""))).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_hidden_value_is_not_guessed_by_searching, UserFixture) {
  for (const bool sensitive : {true, false})
    create(attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes),
                      secret(Attr::value, "0123456789abcdef"), attribute(Attr::sensitive, sensitive),
                      attribute(Attr::extractable, true)));
  BOOST_TEST(find(attributes(secret(Attr::value, "0123456789abcdef"))).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(results_come_in_the_portions_asked_for, UserFixture) {
  for (int i = 0; i < 5; ++i) generate(aes());
  request::FindInit init;
  init.session = session;
  BOOST_TEST(code(one->call(init)) == Rv::ok);
  BOOST_TEST(code(one->call(init)) == Rv::operation_active);
  BOOST_TEST(one->call(request::Find{session, 3}).value().objects.size() == 3u);
  BOOST_TEST(one->call(request::Find{session, 3}).value().objects.size() == 2u);
  BOOST_TEST(one->call(request::Find{session, 3}).value().objects.empty());
  BOOST_TEST(code(one->call(request::FindFinal{session})) == Rv::ok);
  BOOST_TEST(code(one->call(request::Find{session, 1})) == Rv::operation_not_initialized);
  BOOST_TEST(code(one->call(request::FindFinal{session})) == Rv::operation_not_initialized);
}

BOOST_FIXTURE_TEST_CASE(a_changed_label_is_found_by_its_new_value_only, UserFixture) {
  for (const bool on_token : {false, true}) {
    const auto key = generate(aes_with(attribute(Attr::token, on_token)));
    BOOST_TEST(code(set(key, attributes(text(Attr::label, "new")))) == Rv::ok);
    BOOST_TEST(find(attributes(text(Attr::label, "aes"))).empty());
    BOOST_TEST(find(attributes(text(Attr::label, "new"))).size() == 1u);
    BOOST_TEST(code(destroy(key)) == Rv::ok);
    BOOST_TEST(find(attributes(text(Attr::label, "new"))).empty());
  }
}

BOOST_FIXTURE_TEST_CASE(one_of_ten_thousand_is_found_at_once, UserFixture) {
  for (int i = 0; i < 10000; ++i)
    create(attributes(attribute(Attr::object_class, ObjectClass::data), text(Attr::label, "data " + std::to_string(i))));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(find(attributes(text(Attr::label, "data " + std::to_string(i * 7)))).size() == 1);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  BOOST_TEST_MESSAGE("finds per second: " << 1000 / took.count());
  BOOST_TEST(took.count() < 2.0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(two_applications)

BOOST_FIXTURE_TEST_CASE(see_each_others_token_objects_at_the_next_call, UserFixture) {
  const auto there = open(true, other.get());
  BOOST_REQUIRE(login(there, UserType::user, "user-pin", other.get()));
  BOOST_TEST(find({}, there, other.get()).empty());
  const auto key = generate(aes_with(attribute(Attr::token, true)));
  const auto seen = find({}, there, other.get());
  BOOST_REQUIRE(seen.size() == 1u);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::encrypt, false)))) == Rv::ok);
  BOOST_TEST(code(other->call(request::Begin{there, Use::encrypt, gcm(), seen[0]})) == Rv::key_function_not_permitted);
  BOOST_TEST(code(destroy(key)) == Rv::ok);
  BOOST_TEST(code(other->call(request::Begin{there, Use::decrypt, gcm(), seen[0]})) == Rv::key_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(do_not_see_each_others_session_objects, UserFixture) {
  const auto there = open(true, other.get());
  BOOST_REQUIRE(login(there, UserType::user, "user-pin", other.get()));
  const auto key = generate(aes());
  BOOST_TEST(find({}, there, other.get()).empty());
  BOOST_TEST(code(other->call(request::DestroyObject{there, key})) == Rv::object_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(keep_their_own_logins, UserFixture) {
  generate(aes_with(attribute(Attr::token, true)));
  const auto there = open(true, other.get());
  BOOST_TEST(find({}, there, other.get()).empty());
  BOOST_REQUIRE(login(there, UserType::user, "user-pin", other.get()));
  BOOST_TEST(find({}, there, other.get()).size() == 1u);
  BOOST_TEST(code(logout(session)) == Rv::ok);
  BOOST_TEST(find({}, there, other.get()).size() == 1u);
  BOOST_TEST(find({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(threads)

BOOST_FIXTURE_TEST_CASE(use_one_key_in_sessions_of_their_own, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::token, true)));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const auto mine = one->call(request::OpenSession{slot, true}).value().session;
      for (int i = 0; i < 500; ++i) {
        Bytes out(64);
        const request::BeginOnce work{{mine, Use::encrypt, gcm(), key}, view("hello"), Room(out)};
        if (!one->call(work)) ++wrong;
      }
      if (!one->call(request::CloseSession{mine})) ++wrong;
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
}

BOOST_FIXTURE_TEST_CASE(make_find_and_destroy_beside_logins_and_logouts, UserFixture) {
  std::atomic<bool> stop{false};
  std::atomic<int> strange{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      const auto mine = one->call(request::OpenSession{slot, true}).value().session;
      while (!stop) {
        request::GenerateKey make;
        make.session = mine;
        make.mechanism = mechanism(Mech::aes_key_gen);
        make.attributes = aes_with(attribute(Attr::token, t == 0));
        const auto made = one->call(make);
        if (!made && made.error().rv != Rv::user_not_logged_in) ++strange;
        request::FindInit init;
        init.session = mine;
        if (!one->call(init) || !one->call(request::Find{mine, 100})) {
        }
        if (!one->call(request::FindFinal{mine})) {
        }
        if (!made) continue;
        Bytes out(64);
        const auto used = one->call(request::BeginOnce{{mine, Use::encrypt, gcm(), made->object}, view("x"), Room(out)});
        if (!used && used.error().rv != Rv::key_handle_invalid && used.error().rv != Rv::operation_not_initialized &&
            used.error().rv != Rv::user_not_logged_in)
          ++strange;
        const auto gone = one->call(request::DestroyObject{mine, made->object});
        if (!gone && gone.error().rv != Rv::object_handle_invalid) ++strange;
      }
    });
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(code(logout(session)) == Rv::ok);
    BOOST_TEST(code(login(session)) == Rv::ok);
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  BOOST_TEST(strange == 0);
}

BOOST_AUTO_TEST_SUITE_END()
