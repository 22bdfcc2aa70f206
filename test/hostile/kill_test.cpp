#include <fmt/core.h>

#include <chrono>
#include <optional>
#include <random>

#include "test/hostile/store_user.h"

// kill -9 at any write: what was acknowledged is there, nothing half is, and the next one goes on.

namespace {

/// A command, and the PINs that are right when it is done.
struct Act {
  std::string command, so_pin, user_pin;
};

std::vector<Act> all_acts() {
  std::vector<Act> acts;
  std::string so, user;
  const auto add = [&](const std::string& command) { acts.push_back({command, so, user}); };
  add("initialize");
  so = "so-one";
  add("init-token 0 first so-one");
  add("open 0");
  add("login so so-one");
  user = "user-one";
  add("init-pin user-one");
  add("logout");
  add("login user user-one");
  add("create data value");
  add("create-key secret k");
  add("generate-pair pair");
  add("set-label data renamed");
  add("set-id secret other");
  add("copy secret copied");
  add("destroy renamed");
  user = "user-two";
  add("set-pin user-one user-two");
  add("finalize");
  add("initialize");
  add("open 0");
  for (int i = 0; i < 10; ++i) add("login user wrong");
  add("login so so-one");
  so = "so-two";
  add("set-pin so-one so-two");
  user = "user-three";
  add("init-pin user-three");
  add("policy 1");
  add("init-token 1 other so-other");
  so = "so-two";
  user = "";
  add("init-token 0 second so-two");
  add("open 0");
  add("create last value");
  add("finalize");
  return acts;
}

struct Seen {
  std::string token, so_pin, user_pin, objects, other_token;
  int user_tries = 0, so_tries = 0;  ///< 0 none, 1 some, 2 all but one, 3 locked

  bool same_but_for_tries(const Seen& other) const {
    return token == other.token && so_pin == other.so_pin && user_pin == other.user_pin && objects == other.objects &&
           other_token == other.other_token;
  }
};
std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << fmt::format("token \"{}\" so \"{}\" ({}) user \"{}\" ({}) objects \"{}\" other \"{}\"", seen.token, seen.so_pin, seen.so_tries,
                            seen.user_pin, seen.user_tries, seen.objects, seen.other_token);
}

/// The one of these PINs that is right.
std::string right_pin(StoreUser& user, const std::string& who, const std::vector<std::string>& pins) {
  for (const auto& pin : pins) {
    if (pin.empty()) continue;
    const auto told = user.ask(fmt::format("login {} {}", who, pin));
    if (told == "CKR_OK") return pin;
    if (told == "CKR_PIN_LOCKED") return "locked";
  }
  return "none";
}

/// What another process finds, after which it does something of its own.
Seen look(const StoreFolder& place, const std::vector<std::string>& so_pins, const std::vector<std::string>& user_pins) {
  StoreUser user(place);
  Seen seen;
  user.must("initialize");
  for (const auto& file : std::filesystem::directory_iterator(place.store())) {
    const auto name = file.path().filename().string();
    BOOST_TEST((name.starts_with("keystore.db") || name == "master.seal" || name == "changes"), "left behind: " << name);
  }
  const auto state = user.must("token 0");
  seen.token = state.substr(0, state.size() - 4);
  seen.user_tries = state[state.size() - 3] - '0';
  seen.so_tries = state[state.size() - 1] - '0';
  if (seen.token == "free no-user") {
    user.must("init-token 0 after so-after");
    return seen;
  }
  const auto other = user.must("token 1");
  seen.other_token = other.substr(0, other.size() - 4);
  user.must("open 0");
  seen.so_pin = right_pin(user, "so", so_pins);
  if (seen.so_pin != "none") user.must("logout");
  seen.user_pin = right_pin(user, "user", user_pins);
  seen.objects = user.must("list");
  user.must("create after value");
  user.must("destroy after");
  BOOST_TEST(user.must("list") == seen.objects);
  return seen;
}

struct Script {
  Script() : acts(all_acts()) {
    for (std::size_t done = 0; done <= acts.size(); ++done) {
      StoreFolder place;
      StoreUser user(place);
      for (std::size_t i = 0; i < done; ++i) perform(user, i);
      if (done == acts.size()) writes = std::stoul(user.must("writes"));
      user.end();
      states.push_back(look(place, {pins_after(done).so_pin}, {pins_after(done).user_pin}));
    }
  }
  bool is_wrong(std::size_t i) const { return acts[i].command == "login user wrong"; }
  void perform(StoreUser& user, std::size_t i) const {
    if (!is_wrong(i)) return static_cast<void>(user.must(acts[i].command));
    const auto told = user.ask(acts[i].command);
    BOOST_REQUIRE_MESSAGE(told == "CKR_PIN_INCORRECT", told);
  }
  Act pins_after(std::size_t done) const { return done == 0 ? Act{} : acts[done - 1]; }

  /// Kills the process at its write of this number; false when it came to its end before.
  bool kill_at(std::size_t write, bool halfway) const {
    StoreFolder place;
    std::vector<std::string> settings{fmt::format("KEYMANTLE_TEST_KILL_AT={}", write)};
    if (halfway) settings.emplace_back("KEYMANTLE_TEST_KILL_HALFWAY=1");
    StoreUser user(place, settings);
    std::size_t done = 0;
    while (done < acts.size()) {
      const auto told = user.ask(acts[done].command);
      if (told.empty()) break;
      BOOST_REQUIRE_MESSAGE(told == (is_wrong(done) ? "CKR_PIN_INCORRECT" : "CKR_OK"), acts[done].command << ": " << told);
      ++done;
    }
    if (done == acts.size()) return false;
    user.end();
    const auto before = pins_after(done), after = pins_after(done + 1);
    BOOST_TEST_CONTEXT("killed at write " << write << (halfway ? " (halfway)" : "") << ", in: " << acts[done].command << "\nlog: " << place.log()) {
      std::vector<std::string> so_pins{before.so_pin}, user_pins{before.user_pin};
      if (after.so_pin != before.so_pin) so_pins.push_back(after.so_pin);
      if (after.user_pin != before.user_pin) user_pins.push_back(after.user_pin);
      const auto seen = look(place, so_pins, user_pins);
      const auto &old_state = states[done], &new_state = states[done + 1];
      const bool one_of_the_two = seen.same_but_for_tries(old_state) || seen.same_but_for_tries(new_state);
      BOOST_TEST(one_of_the_two, "found:  " << seen << "\nbefore: " << old_state << "\nafter:  " << new_state);
      BOOST_TEST(seen.user_tries >= std::min(old_state.user_tries, new_state.user_tries));
      BOOST_TEST(seen.so_tries >= std::min(old_state.so_tries, new_state.so_tries));
    }
    return true;
  }

  const std::vector<Act> acts;
  std::vector<Seen> states;
  std::size_t writes = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(killed)

BOOST_AUTO_TEST_CASE(a_process_killed_at_any_write_loses_nothing_acknowledged_and_leaves_nothing_half) {
  const Script script;
  BOOST_TEST_MESSAGE(script.acts.size() << " acts, " << script.writes << " writes");
  BOOST_REQUIRE(script.writes > 200u);
  BOOST_TEST(script.states[2].token == "first no-user");
  BOOST_TEST(script.states.back().objects == "last=value");
  std::size_t killed = 0;
  if (::getenv("KEYMANTLE_LONG") != nullptr) {
    for (std::size_t write = 1; write <= script.writes; ++write)
      for (const bool halfway : {false, true}) killed += script.kill_at(write, halfway) ? 1 : 0;
    BOOST_TEST(killed == 2 * script.writes);
    return;
  }
  // Another beginning each time, so that the runs of many days come to all of them.
  const auto stride = script.writes / 25;
  const auto first = std::random_device()() % stride + 1;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  for (auto write = first; write <= script.writes && std::chrono::steady_clock::now() < until; write += stride)
    killed += script.kill_at(write, write % 2 == 0) ? 1 : 0;
  BOOST_TEST(killed > 5u);
}

BOOST_AUTO_TEST_SUITE_END()
