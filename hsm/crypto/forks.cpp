#include "hsm/crypto/forks.h"

#include <pthread.h>

#include <atomic>

#include "hsm/crypto/handle.h"

namespace hsm::crypto {
namespace {

std::atomic<unsigned> forks{0};

void count_fork() { forks.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

unsigned forks_so_far() {
  static const bool counting = ::pthread_atfork(nullptr, nullptr, count_fork) == 0;
  must(counting, "no memory to watch for forks");
  return forks.load(std::memory_order_relaxed);
}

}  // namespace hsm::crypto
