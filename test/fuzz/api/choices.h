#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fuzz {

/// The octets of one input, taken one after the other: what a fuzzer turns into decisions. Behind the end there are zeros, so the
/// first of several alternatives is the usual case.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> octets) : left_(octets) {}

  bool at_end() const { return left_.empty(); }
  std::uint8_t octet() {
    if (left_.empty()) return 0;
    const auto first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  std::size_t two_octets() {
    const std::size_t high = octet();  // one after the other, so that all compilers read an input alike
    return high << 8 | octet();
  }
  /// 0 to n-1, for an n up to 256.
  std::size_t below(std::size_t n) { return octet() % n; }
  bool once_in(std::size_t n) { return below(n) == n - 1; }

  template <class Range>
  const auto& one_of(const Range& range) {
    return range[two_octets() % std::size(range)];
  }

  /// Small, at a boundary, or anything.
  std::uint64_t number() {
    static constexpr auto kBoundaries = std::to_array<std::uint64_t>(
        {0, 1, 2, 8, 16, 32, 64, 96, 128, 192, 255, 256, 512, 2048, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
         0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFF8, 0xFFFFFFFFFFFFFFFF});
    switch (below(4)) {
      case 0: return octet();
      case 1: return two_octets();
      case 2: return one_of(kBoundaries);
      default: break;
    }
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < sizeof all; ++i) all = all << 8 | octet();
    return all;
  }

  std::vector<std::uint8_t> octets(std::size_t count) {
    std::vector<std::uint8_t> taken(count);
    std::ranges::generate(taken, [this] { return octet(); });
    return taken;
  }

 private:
  std::span<const std::uint8_t> left_;
};

}  // namespace fuzz
