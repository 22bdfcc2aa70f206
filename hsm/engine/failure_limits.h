#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace hsm::engine {

/// How often padding may be wrong under one key in a minute. A padding oracle needs thousands of answers; whoever
/// decrypts what was encrypted for him sees none. Counts in this process only. Thread-safe; costs one load while
/// nothing failed.
class FailureLimits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint32_t kMost = 100;
  static constexpr std::chrono::seconds kSpan{60};

  void failed(std::uint64_t key, Clock::time_point now = Clock::now());
  bool reached(std::uint64_t key, Clock::time_point now = Clock::now());

 private:
  struct Count {
    Clock::time_point since;
    std::uint32_t failures = 0;
  };
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Count> counts_;
};

}  // namespace hsm::engine
