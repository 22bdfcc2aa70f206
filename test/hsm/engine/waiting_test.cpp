#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "test/hsm/engine/fixtures.h"

// No lock is held around cryptography: while one session calculates for long, others go on.

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(a_long_calculation)

namespace {

using namespace std::chrono_literals;
using Number = std::uint64_t;

struct TwoSessions : UserFixture {
  TwoSessions() {
    auto& keystore = engine->keystore();
    const auto so = keystore.check_pin(slot, UserType::so, pin("so-pin"));
    BOOST_REQUIRE(so);
    BOOST_REQUIRE(keystore.set_profile(slot, *so, PolicyProfile::compatible));  // strict makes no keys from passwords
    key = generate(attributes(attribute(Attr::value_len, Number{32}), attribute(Attr::token, true), attribute(Attr::sign, true)),
                   Mech::generic_secret_key_gen);
  }

  bool signs(SessionHandle in) {
    const Bytes data(32, 1);
    Bytes room(64);
    return one->call(request::Begin{in, Use::sign, mechanism(Mech::sha512_hmac), key}).ok() &&
           one->call(request::Once{in, Use::sign, data, Room(room)}).ok();
  }
  /// How many signatures another session makes while `work` runs, from when it has surely begun.
  template <class Work>
  unsigned signatures_during(Work work) {
    std::atomic<bool> done{false};
    std::jthread working([&] {
      work();
      done = true;
    });
    std::this_thread::sleep_for(50ms);
    unsigned made = 0;
    while (!done) {
      const bool right = signs(another);
      made += right && !done ? 1u : 0u;
    }
    return made;
  }

  ObjectHandle key = kNoHandle;
  SessionHandle another = open();
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(of_a_key_from_a_password_keeps_no_other_session_waiting, TwoSessions) {
  const auto made = signatures_during([&] {
    request::GenerateKey request;
    request.session = session;
    request.mechanism = {static_cast<Number>(Mech::pkcs5_pbkd2), Pbkdf2Params{Bytes(16, 1), 2'000'000, 6, std::make_shared<const Secret>(pin("password"))}};
    request.attributes = attributes(attribute(Attr::key_type, KeyType::aes), attribute(Attr::value_len, Number{32}));
    BOOST_TEST(code(one->call(request)) == Rv::ok);
  });
  BOOST_TEST(made > 100u);
}

BOOST_FIXTURE_TEST_CASE(with_a_key_keeps_no_other_session_with_the_same_key_waiting, TwoSessions) {
  constexpr std::size_t kSize = std::size_t{512} << 20;
  auto* const zeros = static_cast<std::uint8_t*>(::mmap(nullptr, kSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  BOOST_REQUIRE(zeros != MAP_FAILED);
  const auto made = signatures_during([&] {
    Bytes room(64);
    BOOST_REQUIRE(begin(Use::sign, mechanism(Mech::sha512_hmac), key));
    BOOST_TEST(code(once(Use::sign, ByteView(zeros, kSize), Room(room))) == Rv::ok);
  });
  ::munmap(zeros, kSize);
  BOOST_TEST(made > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
