#include "hsm/engine/session_counts.h"

#include "hsm/base/thread_number.h"

namespace hsm::engine {

std::size_t SessionCounts::place() { return thread_number() % kShards; }

std::uint64_t SessionCounts::open(std::initializer_list<std::size_t> kinds) const {
  std::uint64_t closed = 0, opened = 0;
  for (const auto kind : kinds)
    for (const auto& shard : shards_) closed += shard.closed[kind].load();
  for (const auto kind : kinds)
    for (const auto& shard : shards_) opened += shard.opened[kind].load();
  return opened - closed;
}

bool SessionCounts::any() const {
  // A busy thread's counters are looked at only where nobody else's will do: each look takes them from its cache.
  if (shards_[seen_.load(std::memory_order_relaxed)].any()) return true;
  for (std::size_t i = 0; i < kShards; ++i) {
    if (!shards_[i].any()) continue;
    seen_.store(i, std::memory_order_relaxed);
    return true;
  }
  return all() > 0;
}

}  // namespace hsm::engine
