#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>

#include "test/hsm/crypto/fixtures.h"

// The random nonces of signatures are drawn in batches (hsm/crypto/random_batches.h). The same nonce twice would give the key away.

using namespace hsm;
using namespace test;

namespace {

constexpr std::size_t kHalf = 32;

/// The half of an ECDSA signature that only the nonce decides.
Bytes nonce_of_signature(const crypto::KeyPtr& key) {
  auto signature = run(Use::sign, mechanism(Mech::ecdsa), key, Bytes(32, 7)).value();
  signature.resize(kHalf);
  return signature;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_batches)

BOOST_AUTO_TEST_CASE(no_two_signatures_have_the_same_nonce) {
  const auto pair = ec_pair();
  std::set<Bytes> seen;
  for (int i = 0; i < 500; ++i) BOOST_TEST(seen.insert(nonce_of_signature(pair.private_key)).second);  // several batches
}

BOOST_AUTO_TEST_CASE(threads_have_batches_of_their_own) {
  const auto pair = ec_pair();
  std::vector<std::vector<Bytes>> drawn(4);
  std::vector<std::thread> threads;
  for (auto& own : drawn)
    threads.emplace_back([&own, &pair] {
      for (int i = 0; i < 50; ++i) own.push_back(nonce_of_signature(pair.private_key));
    });
  for (auto& thread : threads) thread.join();
  std::set<Bytes> seen;
  for (const auto& own : drawn)
    for (const auto& nonce : own) BOOST_TEST(seen.insert(nonce).second);
}

BOOST_AUTO_TEST_CASE(a_forked_child_does_not_use_what_its_parent_has_drawn) {
  // The child has no Secrets of its parent: a key of its own, whose nonces are looked at by the point that they make.
  const auto point_of_nonce = [] { return nonce_of_signature(ec_pair().private_key); };
  point_of_nonce();
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const auto child = ::fork();
  if (child == 0) {
    Secret::after_fork_in_child();
    const auto nonce = point_of_nonce();
    ::_exit(::write(ends[1], nonce.data(), nonce.size()) == static_cast<ssize_t>(kHalf) ? 0 : 1);
  }
  Bytes theirs(kHalf);
  BOOST_REQUIRE(::read(ends[0], theirs.data(), theirs.size()) == static_cast<ssize_t>(kHalf));
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  BOOST_TEST(theirs != Bytes(kHalf));
  for (int i = 0; i < 200; ++i) BOOST_TEST(point_of_nonce() != theirs);
  ::close(ends[0]);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_SUITE_END()
