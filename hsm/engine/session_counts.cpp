#include "hsm/engine/session_counts.h"

#include "hsm/base/thread_number.h"

namespace hsm::engine {

SessionCounts::Shard& SessionCounts::mine() { return shards_[thread_number() % shards_.size()]; }

std::uint64_t SessionCounts::open(std::initializer_list<std::size_t> kinds) const {
  std::uint64_t closed = 0, opened = 0;
  for (const auto kind : kinds)
    for (const auto& shard : shards_) closed += shard.closed[kind].load();
  for (const auto kind : kinds)
    for (const auto& shard : shards_) opened += shard.opened[kind].load();
  return opened - closed;
}

}  // namespace hsm::engine
