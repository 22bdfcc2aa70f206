#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>

namespace hsm::engine {

/// How many sessions are open. Each thread counts in a place of its own, so that opening and closing scales; who asks adds up. What was
/// opened and what was closed are counted apart and only grow: closed sessions are added up first, so that an answer may be too high by
/// what opened meanwhile, but never too low. Thread-safe.
class SessionCounts {
 public:
  void opened(bool read_write) { mine().opened[read_write ? 1 : 0].fetch_add(1); }
  void closed(bool read_write) { mine().closed[read_write ? 1 : 0].fetch_add(1); }

  std::uint64_t all() const { return open({0, 1}); }
  std::uint64_t read_only() const { return open({0}); }
  std::uint64_t read_write() const { return open({1}); }

 private:
  using Numbers = std::array<std::atomic<std::uint64_t>, 2>;  ///< read-only, read-write
  struct alignas(64) Shard {
    Numbers opened{}, closed{};
  };
  Shard& mine();
  std::uint64_t open(std::initializer_list<std::size_t> kinds) const;

  std::array<Shard, 16> shards_;
};

}  // namespace hsm::engine
