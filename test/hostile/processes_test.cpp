#include <algorithm>
#include <boost/mpl/list.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "test/hostile/store_user.h"

// Several processes on one store: what one commits, the next call of another sees. On the store itself, and through hsmd.

namespace {

struct Local : StoreFolder {
  std::unique_ptr<StoreUser> user() const { return std::make_unique<StoreUser>(*this); }
};

#ifdef KEYMANTLE_HSMD
struct Daemon : StoreFolder {
  Daemon() {
    std::string program = KEYMANTLE_HSMD, at = store().string(), socket = (folder / "socket").string(), log_file = (folder / "hsmd.log").string();
    std::string words[] = {"--store", "--socket", "--dev", "--rehearsal-pins"};
    char* const arguments[] = {program.data(), words[0].data(), at.data(), words[1].data(), socket.data(), words[2].data(), words[3].data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    BOOST_REQUIRE(::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < 500 && !std::filesystem::exists(socket); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ~Daemon() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  std::unique_ptr<StoreUser> user() const {
    return std::make_unique<StoreUser>("hsm=unix:" + (folder / "socket").string(), folder / "log", std::vector<std::string>{});
  }

 private:
  pid_t process_ = -1;
};
using Both = boost::mpl::list<Local, Daemon>;
#else
using Both = boost::mpl::list<Local>;
#endif

/// A token with a user, and two processes that both have a session with it.
template <class Kind>
struct TwoOf : Kind {
  TwoOf() : one(this->user()), other(this->user()) {
    for (const char* command : {"initialize", "init-token 0 t so-pin", "open 0", "login so so-pin", "init-pin user-pin", "logout"}) one->must(command);
    for (const char* command : {"initialize", "open 0"}) other->must(command);
  }
  void log_both_in() {
    one->must("login user user-pin");
    other->must("login user user-pin");
  }
  std::unique_ptr<StoreUser> one, other;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_one_creates_the_next_call_of_the_other_finds, Kind, Both) {
  TwoOf<Kind> two;
  two.log_both_in();
  BOOST_TEST(two.other->must("list").empty());
  for (int i = 0; i < 10; ++i) {
    const auto label = "object" + std::to_string(i);
    two.one->must("create " + label + " value");
    BOOST_TEST(two.other->must("read " + label) == label + "=value");
    two.other->must("create-key key" + std::to_string(i) + " k");
    two.one->must("encrypt key" + std::to_string(i));
  }
  two.one->must("generate-pair pair");
  two.one->must("copy object1 copied");
  BOOST_TEST(two.one->must("list") == two.other->must("list"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_one_changes_the_other_sees_by_the_handle_that_it_holds, Kind, Both) {
  TwoOf<Kind> two;
  two.log_both_in();
  two.one->must("create-key key k");
  two.other->must("hold key");
  const auto before = two.other->must("read-held");
  two.one->must("set-id key changed");
  const auto after = two.other->must("read-held");
  BOOST_TEST(before != after);
  BOOST_TEST(after == two.one->must("read key"));
  two.one->must("set-label key renamed");
  BOOST_TEST(two.other->ask("read key") == "CKR_OBJECT_HANDLE_INVALID");
  two.other->must("read renamed");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_one_destroys_the_other_cannot_use_any_more, Kind, Both) {
  TwoOf<Kind> two;
  two.log_both_in();
  two.one->must("create-key key k");
  two.other->must("hold key");
  two.other->must("encrypt key");
  two.one->must("destroy key");
  BOOST_TEST(two.other->ask("read-held") == "CKR_OBJECT_HANDLE_INVALID");
  BOOST_TEST(two.other->ask("encrypt key") == "CKR_OBJECT_HANDLE_INVALID");
  BOOST_TEST(two.other->must("list").empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_pin_that_one_changes_is_the_only_one_for_the_other, Kind, Both) {
  TwoOf<Kind> two;
  two.one->must("login user user-pin");
  two.one->must("set-pin user-pin another-pin");
  BOOST_TEST(two.other->ask("login user user-pin") == "CKR_PIN_INCORRECT");
  BOOST_TEST(two.one->must("token 0") == "t user 1 0");
  two.other->must("login user another-pin");
  BOOST_TEST(two.one->must("token 0") == "t user 0 0");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(wrong_pins_of_both_are_counted_together_and_lock_both_out, Kind, Both) {
  TwoOf<Kind> two;
  for (int i = 0; i < 10; ++i) BOOST_TEST((i % 2 == 0 ? two.one : two.other)->ask("login user wrong") == "CKR_PIN_INCORRECT");
  BOOST_TEST(two.one->ask("login user user-pin") == "CKR_PIN_LOCKED");
  BOOST_TEST(two.other->ask("login user user-pin") == "CKR_PIN_LOCKED");
  BOOST_TEST(two.other->must("token 0") == "t user 3 0");
  for (const char* command : {"login so so-pin", "init-pin user-pin", "logout"}) two.one->must(command);
  BOOST_TEST(two.other->must("token 0") == "t user 0 0");
  two.other->must("login user user-pin");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_policy_that_one_changes_holds_for_the_next_call_of_the_other, Kind, Both) {
  TwoOf<Kind> two;
  two.other->must("login user user-pin");
  BOOST_TEST(two.other->must("policy") == "2");
  BOOST_TEST(two.other->ask("create-both key") == "CKR_TEMPLATE_INCONSISTENT");
  two.one->must("login so so-pin");
  two.one->must("policy 1");
  BOOST_TEST(two.other->must("policy") == "1");
  two.other->must("create-both key");
  two.one->must("policy 2");
  BOOST_TEST(two.other->ask("create-both another") == "CKR_TEMPLATE_INCONSISTENT");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_token_that_one_makes_is_in_the_slots_of_the_other, Kind, Both) {
  TwoOf<Kind> two;
  const auto before = std::stoi(two.other->must("slots"));
  two.one->must("init-token 1 second so-pin");
  BOOST_TEST(two.other->must("token 1") == "second no-user 0 0");
  BOOST_TEST(std::stoi(two.other->must("slots")) == before + 1);
}

BOOST_AUTO_TEST_CASE(a_token_that_one_makes_anew_has_neither_objects_nor_logins_for_the_other) {
  TwoOf<Local> two;
  two.log_both_in();
  two.one->must("create-key key k");
  two.other->must("hold key");
  two.other->must("encrypt key");
  two.one->must("init-token 0 anew so-pin");
  BOOST_TEST(two.other->ask("read-held") == "CKR_OBJECT_HANDLE_INVALID");
  BOOST_TEST(two.other->must("list").empty());
  BOOST_TEST(two.other->must("state") == "public");
  BOOST_TEST(two.other->must("token 0") == "anew no-user 0 0");
  BOOST_TEST(two.other->ask("login user user-pin") == "CKR_USER_PIN_NOT_INITIALIZED");
  two.other->must("login so so-pin");
}

#ifdef KEYMANTLE_HSMD
BOOST_AUTO_TEST_CASE(a_token_is_not_made_anew_while_another_application_of_the_daemon_has_a_session) {
  TwoOf<Daemon> two;
  BOOST_TEST(two.one->ask("init-token 0 anew so-pin") == "CKR_SESSION_EXISTS");
}
#endif

BOOST_AUTO_TEST_CASE_TEMPLATE(four_that_write_at_once_lose_nothing_and_see_the_same, Kind, Both) {
  TwoOf<Kind> two;
  std::vector<std::unique_ptr<StoreUser>> users;
  for (int i = 0; i < 4; ++i) {
    users.push_back(two.user());
    for (const char* command : {"initialize", "open 0", "login user user-pin"}) users.back()->must(command);
  }
  for (int i = 0; i < 15; ++i) {
    for (std::size_t u = 0; u < users.size(); ++u) users[u]->send("create from" + std::to_string(u) + "-" + std::to_string(i) + " value");
    for (auto& user : users) BOOST_TEST(user->answer() == "CKR_OK");
  }
  const auto all = users[0]->must("list");
  BOOST_TEST(std::ranges::count(all, '=') == 60);
  for (auto& user : users) BOOST_TEST(user->must("list") == all);
}

BOOST_AUTO_TEST_SUITE_END()
