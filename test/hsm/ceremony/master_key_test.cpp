#include "hsm/ceremony/master_key.h"

#include <boost/test/unit_test.hpp>

namespace hsm::ceremony::test {
namespace {

constexpr SplitTerms kTwoOfThree{.threshold = 2, .count = 3};

Share copy_of(const Share& share) { return {share.info, share.payload.clone(crypto::SecretAccess::use())}; }

MasterKeyState staged() {
  auto made = generate(Empty{}, kTwoOfThree);
  BOOST_REQUIRE(made);
  return std::move(*made);
}
std::vector<Share> shares_of(const MasterKeyState& state) {
  std::vector<Share> shares;
  for (const auto& share : std::get<Staged>(state).shares) shares.push_back(copy_of(share));
  return shares;
}
MasterKeyState state_named(std::string_view name) {
  if (name == "staged") return staged();
  if (name == "sealed") return Sealed{};
  if (name == "active") return Active{};
  return Empty{};
}

/// A master key that was staged, its shares, and a unit sealed under it.
struct SealedUnit {
  SealedUnit() {
    const auto before = staged();
    shares = shares_of(before);
    state = Sealed{std::get<Staged>(before).key.pattern, {}};
  }
  std::vector<Share> shares;
  MasterKeyState state;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(master_key)

BOOST_AUTO_TEST_CASE(every_command_in_every_state_does_what_the_table_says) {
  for (const std::string_view name : {"empty", "staged", "sealed", "active"}) {
    auto state = state_named(name);
    BOOST_TEST_CONTEXT("state " << name) {
      BOOST_TEST(name_of(state) == name);
      const auto other = staged();
      const auto share = copy_of(std::get<Staged>(other).shares.front());
      const auto refused_here = [](const auto& result) { return !result && result.error().rv == Rv::action_prohibited; };
      BOOST_TEST(bool(generate(state, kTwoOfThree)) == (name == "empty"));
      BOOST_TEST(refused_here(confirm(state, share)) == (name != "staged"));
      BOOST_TEST(refused_here(activate(state, {})) == true);  // in Staged: nothing is confirmed yet
      BOOST_TEST(bool(discard(state)) == (name == "staged"));
      BOOST_TEST(refused_here(collect(state, copy_of(share))) == (name != "sealed"));
      BOOST_TEST(bool(seal(state)) == (name == "active"));
      BOOST_TEST(refused_here(check(state, share)) == (name == "empty"));
      BOOST_TEST(name_of(state) == name);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_key_is_activated_only_when_every_share_came_back) {
  auto state = staged();
  const auto pattern = std::get<Staged>(state).key.pattern;
  for (const auto& share : shares_of(state)) {
    BOOST_TEST(!activate(state, pattern));
    BOOST_TEST(bool(confirm(state, share)));
  }
  BOOST_TEST(bool(activate(state, pattern)));
}

BOOST_AUTO_TEST_CASE(a_fingerprint_that_is_not_the_staged_keys_is_refused) {
  auto state = staged();
  for (const auto& share : shares_of(state)) BOOST_REQUIRE(confirm(state, share));
  auto pattern = std::get<Staged>(state).key.pattern;
  pattern[27] ^= 1;
  const auto refused = activate(state, pattern);
  BOOST_TEST((!refused && refused.error().rv == Rv::data_invalid));
  BOOST_TEST(!activate(state, ByteView(pattern).first(27)));
}

BOOST_AUTO_TEST_CASE(a_share_that_is_not_the_one_handed_out_is_not_confirmed) {
  auto state = staged();
  auto share = copy_of(std::get<Staged>(state).shares[1]);
  share.payload.fill(crypto::SecretAccess::use())[0] ^= 1;
  const auto refused = confirm(state, share);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("share 2") != std::string::npos);
  BOOST_TEST(std::get<Staged>(state).confirmed.empty());
}

BOOST_FIXTURE_TEST_CASE(any_two_of_three_shares_unseal, SealedUnit) {
  for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {2, 1}}) {
    auto unit = MasterKeyState{Sealed{*pattern_of(state), {}}};
    const auto first = collect(unit, copy_of(shares[static_cast<std::size_t>(a)]));
    BOOST_REQUIRE(first);
    BOOST_TEST(!first->has_value());
    const auto second = collect(unit, copy_of(shares[static_cast<std::size_t>(b)]));
    BOOST_REQUIRE(second);
    BOOST_REQUIRE(second->has_value());
    BOOST_TEST(((*second)->pattern == *pattern_of(state)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_share_given_twice_is_refused_by_its_index_and_the_others_are_kept, SealedUnit) {
  BOOST_REQUIRE(collect(state, copy_of(shares[0])));
  const auto again = collect(state, copy_of(shares[0]));
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().text().find("share 1") != std::string::npos);
  const auto done = collect(state, copy_of(shares[1]));
  BOOST_TEST((done && done->has_value()));
}

BOOST_FIXTURE_TEST_CASE(a_share_of_another_key_is_refused_by_its_index, SealedUnit) {
  const auto other = staged();
  const auto refused = collect(state, copy_of(std::get<Staged>(other).shares[2]));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("share 3") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_share_never_gives_a_key_and_collecting_starts_again, SealedUnit) {
  auto wrong = copy_of(shares[0]);
  wrong.payload.fill(crypto::SecretAccess::use())[5] ^= 1;
  BOOST_REQUIRE(collect(state, std::move(wrong)));
  BOOST_TEST(!collect(state, copy_of(shares[1])));
  BOOST_REQUIRE(collect(state, copy_of(shares[0])));
  const auto done = collect(state, copy_of(shares[1]));
  BOOST_TEST((done && done->has_value()));
}

BOOST_FIXTURE_TEST_CASE(a_share_that_lies_about_the_keystores_pattern_gives_no_key, SealedUnit) {
  auto& pattern = std::get<Sealed>(state).pattern;
  pattern[27] ^= 1;  // the half that shares do not carry
  BOOST_REQUIRE(collect(state, copy_of(shares[0])));
  const auto refused = collect(state, copy_of(shares[1]));
  BOOST_TEST((!refused && refused.error().rv == Rv::key_changed));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::ceremony::test
