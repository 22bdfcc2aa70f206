#include <cstdlib>

#include "test/hsm/engine/thief.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(the_model)

namespace {

constexpr std::size_t kActs = 400;

/// KEYMANTLE_MODEL_SEED begins elsewhere, KEYMANTLE_LONG goes on for longer.
std::uint64_t first_seed() {
  const char* given = std::getenv("KEYMANTLE_MODEL_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}
std::uint64_t seeds() { return std::getenv("KEYMANTLE_LONG") == nullptr ? 80 : 2000; }

bool steals(PolicyProfile profile, const Acts& acts) {
  Thief thief(profile);
  thief.act(acts);
  return thief.stolen() > 0;
}

/// Leaves out whatever the attack does not need, in pieces that halve.
Acts shrunk(PolicyProfile profile, Acts acts) {
  for (auto piece = acts.size() / 2; piece > 0; piece /= 2) {
    for (std::size_t at = 0; at < acts.size();) {
      Acts fewer(acts.begin(), acts.begin() + static_cast<std::ptrdiff_t>(at));
      const auto end = std::min(at + piece, acts.size());
      fewer.insert(fewer.end(), acts.begin() + static_cast<std::ptrdiff_t>(end), acts.end());
      if (steals(profile, fewer)) {
        acts = std::move(fewer);
      } else {
        at += piece;
      }
    }
  }
  return acts;
}

std::string told(std::uint64_t seed, const Acts& acts) {
  std::string text = "a sensitive key is known after these acts (seed " + std::to_string(seed) + "):";
  for (const auto& act : acts) text += "\n  " + to_text(act);
  return text;
}

/// How often each kind of act succeeded over many runs: an act that never does tests nothing.
struct Tally {
  std::vector<std::size_t> succeeded = std::vector<std::size_t>(kinds().size());
  std::size_t secrets = 0;

  void add(const Thief& thief) {
    secrets += thief.secrets();
    for (std::size_t i = 0; i < succeeded.size(); ++i) succeeded[i] += thief.succeeded()[i];
  }
  void tell() const {
    for (std::size_t i = 0; i < succeeded.size(); ++i) BOOST_TEST_MESSAGE(kinds()[i].name << ": " << succeeded[i]);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(no_sensitive_key_is_known_to_a_user_of_a_strict_token) {
  Tally tally;
  BOOST_TEST_MESSAGE("seeds from " << first_seed());
  for (auto seed = first_seed(); seed < first_seed() + seeds(); ++seed) {
    const auto acts = random_acts(seed, kActs);
    Thief thief(PolicyProfile::strict);
    thief.act(acts);
    tally.add(thief);
    if (thief.stolen() > 0) BOOST_FAIL(told(seed, shrunk(PolicyProfile::strict, acts)));
  }
  tally.tell();
  BOOST_TEST(tally.secrets > seeds() * 5);
  for (std::size_t i = 0; i < kinds().size(); ++i) BOOST_TEST((tally.succeeded[i] > 0) == kinds()[i].in_strict, kinds()[i].name);
}

BOOST_AUTO_TEST_CASE(the_same_acts_steal_keys_from_a_compatible_token) {
  std::size_t thefts = 0;
  Tally tally;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    Thief thief(PolicyProfile::compatible);
    thief.act(random_acts(seed, kActs));
    tally.add(thief);
    thefts += thief.stolen() > 0 ? 1u : 0u;
  }
  tally.tell();
  BOOST_TEST_MESSAGE("keys stolen in " << thefts << " of " << seeds() << " runs");
  BOOST_TEST(thefts > seeds() / 2);
  for (std::size_t i = 0; i < kinds().size(); ++i) BOOST_TEST(tally.succeeded[i] > 0u, kinds()[i].name);
}

BOOST_AUTO_TEST_CASE(an_attack_shrinks_to_the_acts_that_it_needs) {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    const auto acts = random_acts(seed, kActs);
    if (!steals(PolicyProfile::compatible, acts)) continue;
    const auto few = shrunk(PolicyProfile::compatible, acts);
    BOOST_TEST_MESSAGE(told(seed, few));
    BOOST_TEST(few.size() < 12u);
    return;
  }
}

BOOST_AUTO_TEST_SUITE_END()
