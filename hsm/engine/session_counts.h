#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "hsm/base/thread_number.h"

namespace hsm::engine {

/// How many sessions are open. Each is counted in the part of the thread that opened it, so that opening and closing scales; who asks
/// adds up. What was opened and what was closed are counted apart and only grow: closed sessions are added up first, so that an answer
/// may be too high by what opened meanwhile, but never too low. Thread-safe.
class SessionCounts {
 public:
  /// `part` is the thread_part() that opened the session, also when it closes.
  void opened(unsigned part, bool read_write) { parts_[part].opened[read_write ? 1 : 0].fetch_add(1); }
  void closed(unsigned part, bool read_write) { parts_[part].closed[read_write ? 1 : 0].fetch_add(1); }

  std::uint64_t all() const { return open({0, 1}); }
  std::uint64_t read_only() const { return open({0}); }
  std::uint64_t read_write() const { return open({1}); }
  /// False when there was a moment without sessions during the call.
  bool any() const;

 private:
  struct alignas(64) Part {
    std::array<std::atomic<std::uint64_t>, 2> opened{}, closed{};  ///< read-only, read-write

    bool any() const {
      const auto gone = closed[0].load() + closed[1].load();
      return opened[0].load() + opened[1].load() > gone;
    }
  };
  std::uint64_t open(std::initializer_list<std::size_t> kinds) const;

  std::array<Part, kThreadParts> parts_;
  alignas(64) mutable std::atomic<std::size_t> seen_{0};  ///< a part that had sessions: where to look first
};

}  // namespace hsm::engine
