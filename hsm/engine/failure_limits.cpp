#include "hsm/engine/failure_limits.h"

namespace hsm::engine {

void FailureLimits::failed(std::uint64_t key, Clock::time_point now) {
  std::scoped_lock lock(mutex_);
  std::erase_if(counts_, [&](const auto& entry) { return now - entry.second.since >= kSpan; });
  auto& count = counts_.try_emplace(key, Count{now, 0}).first->second;
  ++count.failures;
  any_.store(true, std::memory_order_relaxed);
}

bool FailureLimits::reached(std::uint64_t key, Clock::time_point now) {
  if (!any_.load(std::memory_order_relaxed)) return false;
  std::scoped_lock lock(mutex_);
  const auto at = counts_.find(key);
  return at != counts_.end() && at->second.failures >= kMost && now - at->second.since < kSpan;
}

}  // namespace hsm::engine
