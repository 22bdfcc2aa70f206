#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace hsm::engine {

/// How often something happens with a key in a minute: its uses where it has a limit of them, or wrong padding under it. A padding
/// oracle needs thousands of answers; whoever decrypts what was encrypted for him sees none. Counts in this process only.
/// Thread-safe; costs one load while nothing was counted.
class RateLimits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t kMostFailures = 100;
  static constexpr std::chrono::seconds kSpan{60};

  void count(std::uint64_t key, Clock::time_point now = Clock::now());
  bool reached(std::uint64_t key, std::uint64_t most, Clock::time_point now = Clock::now());

 private:
  struct Count {
    Clock::time_point since;
    std::uint64_t times = 0;
  };
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Count> counts_;
};

}  // namespace hsm::engine
