#include <cstdlib>

#include "test/hsm/engine/thief.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(the_model)

namespace {

constexpr std::size_t kActs = 250;
constexpr std::uint64_t kSeeds = 40;

/// KEYMANTLE_MODEL_SEED begins elsewhere.
std::uint64_t first_seed() {
  const char* given = std::getenv("KEYMANTLE_MODEL_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

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

}  // namespace

BOOST_AUTO_TEST_CASE(no_sensitive_key_is_known_to_a_user_of_a_strict_token) {
  std::size_t secrets = 0, accepted = 0;
  BOOST_TEST_MESSAGE("seeds from " << first_seed());
  for (auto seed = first_seed(); seed < first_seed() + kSeeds; ++seed) {
    const auto acts = random_acts(seed, kActs);
    Thief thief(PolicyProfile::strict);
    thief.act(acts);
    secrets += thief.secrets();
    accepted += thief.accepted();
    if (thief.stolen() > 0) BOOST_FAIL(told(seed, shrunk(PolicyProfile::strict, acts)));
  }
  // The acts are worth something: keys were made that could have been stolen, and calls succeeded.
  BOOST_TEST(secrets > kSeeds * 5);
  BOOST_TEST(accepted > kSeeds * 30);
}

BOOST_AUTO_TEST_CASE(the_same_acts_steal_keys_from_a_compatible_token) {
  std::size_t thefts = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    thefts += steals(PolicyProfile::compatible, random_acts(seed, kActs)) ? 1u : 0u;
  BOOST_TEST_MESSAGE("keys stolen in " << thefts << " of " << kSeeds << " runs");
  BOOST_TEST(thefts > kSeeds / 8);
}

BOOST_AUTO_TEST_CASE(an_attack_shrinks_to_the_acts_that_it_needs) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto acts = random_acts(seed, kActs);
    if (!steals(PolicyProfile::compatible, acts)) continue;
    const auto few = shrunk(PolicyProfile::compatible, acts);
    BOOST_TEST_MESSAGE(told(seed, few));
    BOOST_TEST(few.size() < 12u);
    return;
  }
}

BOOST_AUTO_TEST_SUITE_END()
