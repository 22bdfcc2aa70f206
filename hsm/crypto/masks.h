#pragma once

#include <cstdint>

// Comparison and choice without branches, for what depends on secrets: a mask is all ones for yes and zero for no.

namespace hsm::crypto {

using Mask = std::uint32_t;

inline Mask mask_of_top_bit(std::uint32_t x) { return 0u - (x >> 31); }
inline Mask is_zero(std::uint32_t x) { return mask_of_top_bit(~x & (x - 1)); }
inline Mask equal(std::uint32_t a, std::uint32_t b) { return is_zero(a ^ b); }
/// For numbers below 2^31.
inline Mask less(std::uint32_t a, std::uint32_t b) { return mask_of_top_bit(a - b); }
inline std::uint32_t choose(Mask mask, std::uint32_t yes, std::uint32_t no) { return (mask & yes) | (~mask & no); }

}  // namespace hsm::crypto
