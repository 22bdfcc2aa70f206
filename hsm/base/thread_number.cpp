#include "hsm/base/thread_number.h"

#include <atomic>

namespace hsm {
namespace {

constexpr unsigned kNone = ~0U;
constinit std::atomic<unsigned> next{0};
constinit thread_local unsigned own = kNone;

}  // namespace

unsigned thread_number() {
  if (own == kNone) own = next.fetch_add(1, std::memory_order_relaxed);
  return own;
}

}  // namespace hsm
