#include <set>

#include "fixtures.h"
#include "hsm/engine/nonce_ledger.h"

using namespace hsm;
using namespace hsm::engine;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(nonce_ledger)

/// How many random IVs a new ledger gives, asked for one more than `most`.
static std::uint64_t given_at_random(std::size_t octets, std::uint64_t fixed_bits, std::uint64_t most) {
  NonceLedger ledger;
  std::uint64_t count = 0;
  Bytes iv(octets);
  while (count <= most && ledger.random(iv, fixed_bits)) ++count;
  return count;
}

BOOST_AUTO_TEST_CASE(fewer_free_bits_allow_fewer_random_ivs) {
  BOOST_TEST(given_at_random(8, 0, 65536) == 65536u);     // 2^((64 - 32) / 2)
  BOOST_TEST(given_at_random(12, 32, 65536) == 65536u);
  BOOST_TEST(given_at_random(12, 30, 131072) == 131072u);
  BOOST_TEST(given_at_random(12, 33, 1) == 0u);
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_last_random_iv_says_that_the_key_is_exhausted) {
  NonceLedger ledger;
  Bytes iv(8);
  for (int i = 0; i < 65536; ++i) BOOST_REQUIRE(ledger.random(iv, 0));
  BOOST_TEST(code(ledger.random(iv, 0)) == Rv::key_exhausted);
}

BOOST_AUTO_TEST_CASE(a_counter_of_few_bits_ends_and_a_wide_one_goes_on) {
  NonceLedger ledger;
  std::set<Bytes> seen;
  for (int i = 0; i < 8; ++i) {
    Bytes iv(12, 0xFF);
    BOOST_REQUIRE(ledger.counter(iv, 93));
    BOOST_TEST(seen.insert(iv).second);
    BOOST_TEST((iv[11] & 0xF8) == 0xF8);
  }
  Bytes iv(12, 0xFF);
  BOOST_TEST(code(ledger.counter(iv, 93)) == Rv::key_exhausted);
  BOOST_TEST(code(ledger.counter(iv, 0)) == Rv::ok);
  BOOST_TEST((iv == Bytes(12, 0)));
}

BOOST_AUTO_TEST_CASE(fixed_parts_have_counters_of_their_own) {
  NonceLedger ledger;
  Bytes one(12, 1), two(12, 2);
  BOOST_REQUIRE(ledger.counter(one, 32));
  BOOST_REQUIRE(ledger.counter(two, 32));
  BOOST_TEST(int(one[11]) == 0);
  BOOST_TEST(int(two[11]) == 0);
  BOOST_REQUIRE(ledger.counter(one, 32));
  BOOST_TEST(int(one[11]) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
