#include <atomic>
#include <thread>
#include <vector>

#include "test/hsm/engine/fixtures.h"

// Sessions that threads open, use and close at once: nothing is counted wrong, nothing is left behind.

using namespace hsm;
using namespace hsm::engine::test;

namespace {

void at_once(const std::vector<std::function<void()>>& bodies) {
  std::vector<std::jthread> threads;
  for (const auto& body : bodies) threads.emplace_back(body);
}

std::uint64_t sessions_of(TokenFixture& f) { return f.one->call(request::GetToken{f.slot}).value().sessions; }

}  // namespace

BOOST_AUTO_TEST_SUITE(sessions_of_many_threads)

BOOST_FIXTURE_TEST_CASE(all_that_were_closed_are_gone_and_all_that_stay_are_counted, TokenFixture) {
  const auto body = [&] {
    for (int i = 0; i < 300; ++i) {
      const auto session = one->call(request::OpenSession{slot, i % 2 == 0}).value().session;
      if (i % 10 != 0) static_cast<void>(one->call(request::CloseSession{session}));
    }
  };
  at_once({body, body, body, body});
  BOOST_TEST(sessions_of(*this) == 120u);
  BOOST_TEST(one->call(request::GetToken{slot}).value().rw_sessions == 120u);
  BOOST_TEST(code(init("so-pin")) == Rv::session_exists);
  BOOST_REQUIRE(one->call(request::CloseAllSessions{slot}));
  BOOST_TEST(sessions_of(*this) == 0u);
  BOOST_TEST(code(init("so-pin")) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(one_that_another_thread_closes_gives_its_place_back, TokenFixture) {
  // Far more than there are places: each must be used again, whoever closes it.
  for (int round = 0; round < 70; ++round) {
    std::vector<SessionHandle> opened;
    for (int i = 0; i < 1000; ++i) {
      const auto session = try_open(true);
      BOOST_REQUIRE(session);
      opened.push_back(session->session);
    }
    std::jthread([&] {
      for (const auto session : opened) static_cast<void>(one->call(request::CloseSession{session}));
    }).join();
    BOOST_REQUIRE(sessions_of(*this) == 0u);
  }
}

BOOST_FIXTURE_TEST_CASE(an_application_has_65536_at_once_whichever_threads_open_them, TokenFixture) {
  std::atomic<unsigned> opened{0}, refused{0};
  const auto body = [&] {
    for (int i = 0; i < 33000; ++i) {
      const auto session = one->call(request::OpenSession{slot, true});
      if (session) {
        ++opened;
      } else if (session.error().rv == Rv::session_count) {
        ++refused;
      }
    }
  };
  at_once({body, body});
  BOOST_TEST(opened == 65536u);
  BOOST_TEST(refused == 66000u - 65536u);
  BOOST_REQUIRE(one->call(request::CloseAllSessions{slot}));
  BOOST_TEST(try_open(true).ok());
}

BOOST_FIXTURE_TEST_CASE(the_last_one_ends_the_login_whichever_thread_closes_it, TokenFixture) {
  for (int round = 0; round < 100; ++round) {
    std::vector<SessionHandle> opened;
    for (int i = 0; i < 4; ++i) opened.push_back(open());
    BOOST_REQUIRE(login(opened[0]));
    std::vector<std::function<void()>> bodies;
    for (const auto session : opened) bodies.emplace_back([this, session] { static_cast<void>(one->call(request::CloseSession{session})); });
    at_once(bodies);
    const auto later = open();
    BOOST_REQUIRE(state(later) == SessionState::rw_public);
    close(later);
  }
}

BOOST_FIXTURE_TEST_CASE(no_login_ends_while_a_session_of_it_is_open, TokenFixture) {
  const auto stays = open();
  BOOST_REQUIRE(login(stays));
  const auto body = [&] {
    for (int i = 0; i < 2000; ++i) {
      const auto session = one->call(request::OpenSession{slot, false}).value().session;
      static_cast<void>(one->call(request::CloseSession{session}));
    }
  };
  at_once({body, body});
  BOOST_CHECK(state(stays) == SessionState::rw_user);
}

BOOST_FIXTURE_TEST_CASE(a_read_only_one_and_the_security_officer_never_meet, TokenFixture) {
  const auto officer = open();
  std::atomic<bool> done{false};
  std::atomic<int> met{0};
  const auto reader = [&] {
    while (!done) {
      const auto session = one->call(request::OpenSession{slot, false});
      if (!session) continue;
      if (one->call(request::GetSession{session->session}).value().state == SessionState::rw_so) ++met;
      // While this one is open the officer is not in, or was not let in.
      if (one->call(request::GetSession{officer}).value().state == SessionState::rw_so) ++met;
      static_cast<void>(one->call(request::CloseSession{session->session}));
    }
  };
  int logins = 0;
  {
    std::jthread one_reader(reader), another(reader);
    for (int i = 0; i < 300; ++i) {
      if (!login(officer, UserType::so, "so-pin")) continue;
      ++logins;
      static_cast<void>(logout(officer));
    }
    done = true;
  }
  BOOST_TEST(met == 0);
  BOOST_TEST_MESSAGE(logins << " of 300 logins were let in");
}

BOOST_FIXTURE_TEST_CASE(objects_go_with_the_session_that_made_them_even_if_it_closes_meanwhile, UserFixture) {
  const auto count = [&] {
    BOOST_REQUIRE(one->call(request::FindInit{session, attributes(text(Attr::label, "short-lived"))}));
    const auto found = one->call(request::Find{session, 10000}).value().objects.size();
    BOOST_REQUIRE(one->call(request::FindFinal{session}));
    return found;
  };
  for (int round = 0; round < 200; ++round) {
    const auto maker = open();
    std::jthread making([&] {
      request::GenerateKey request;
      request.session = maker;
      request.mechanism = mechanism(Mech::aes_key_gen);
      request.attributes = aes("short-lived");
      while (one->call(request)) {
      }
    });
    static_cast<void>(one->call(request::CloseSession{maker}));
    making.join();
    BOOST_REQUIRE(count() == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
