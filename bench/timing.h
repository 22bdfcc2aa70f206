#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "bench/rows.h"

namespace bench {

/// Calls `body` for about `seconds` and gives calls per second.
template <class Body>
double rate(double seconds, Body&& body) {
  using Clock = std::chrono::steady_clock;
  for (int i = 0; i < 8; ++i) body();
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::uint64_t calls = 0;
  std::uint64_t batch = 1;
  auto now = start;
  while (now < end) {
    for (std::uint64_t i = 0; i < batch; ++i) body();
    calls += batch;
    const auto before = now;
    now = Clock::now();
    if (now - before < std::chrono::milliseconds(1)) batch *= 2;
  }
  return static_cast<double>(calls) / std::chrono::duration<double>(now - start).count();
}

/// The sum of the rates of `threads` threads, each with a body of its own from `make`.
inline double rate_of_threads(int threads, double seconds, const std::function<std::function<void()>()>& make) {
  std::vector<std::function<void()>> bodies;
  for (int i = 0; i < threads; ++i) bodies.push_back(make());
  std::atomic<double> sum{0};
  std::vector<std::thread> workers;
  for (auto& body : bodies)
    workers.emplace_back([&sum, &body, seconds] {
      const double own = rate(seconds, body);
      for (double seen = sum; !sum.compare_exchange_weak(seen, seen + own);) {
      }
    });
  for (auto& worker : workers) worker.join();
  return sum;
}

/// A row for one thread and one for two, from what makes the body of a thread.
inline void add_rows(std::vector<Row>& rows, const std::string& name, const std::function<std::function<void()>()>& make) {
  for (const int threads : {1, 2})
    rows.push_back({threads == 1 ? name : name + " (2 threads)", [=](double seconds) { return rate_of_threads(threads, seconds, make); }});
}

}  // namespace bench
