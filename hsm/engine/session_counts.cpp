#include "hsm/engine/session_counts.h"

namespace hsm::engine {

std::uint64_t SessionCounts::open(std::initializer_list<std::size_t> kinds) const {
  std::uint64_t closed = 0, opened = 0;
  for (const auto kind : kinds)
    for (const auto& part : parts_) closed += part.closed[kind].load();
  for (const auto kind : kinds)
    for (const auto& part : parts_) opened += part.opened[kind].load();
  return opened - closed;
}

bool SessionCounts::any() const {
  // A busy thread's counters are looked at only where nobody else's will do: each look takes them from its cache.
  if (parts_[seen_.load(std::memory_order_relaxed)].any()) return true;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!parts_[i].any()) continue;
    seen_.store(i, std::memory_order_relaxed);
    return true;
  }
  return all() > 0;
}

}  // namespace hsm::engine
