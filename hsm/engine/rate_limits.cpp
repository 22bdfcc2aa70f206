#include "hsm/engine/rate_limits.h"

namespace hsm::engine {

void RateLimits::count(std::uint64_t key, Clock::time_point now) {
  std::scoped_lock lock(mutex_);
  std::erase_if(counts_, [&](const auto& entry) { return now - entry.second.since >= kSpan; });
  auto& count = counts_.try_emplace(key, Count{now, 0}).first->second;
  ++count.times;
  any_.store(true, std::memory_order_relaxed);
}

bool RateLimits::reached(std::uint64_t key, std::uint64_t most, Clock::time_point now) {
  if (most != 0 && !any_.load(std::memory_order_relaxed)) return false;
  std::scoped_lock lock(mutex_);
  const auto at = counts_.find(key);
  const auto times = at == counts_.end() || now - at->second.since >= kSpan ? 0 : at->second.times;
  return times >= most;
}

}  // namespace hsm::engine
