#include "hsm/crypto/unpad.h"

#include "hsm/crypto/masks.h"

namespace hsm::crypto {

std::optional<std::size_t> text_in_last_block(ByteView block) {
  const auto size = static_cast<std::uint32_t>(block.size());
  const std::uint32_t padding = block[size - 1];
  Mask good = ~is_zero(padding) & ~less(size, padding);
  for (std::uint32_t from_end = 0; from_end < size; ++from_end)
    good &= ~less(from_end, padding) | equal(block[size - 1 - from_end], padding);
  if (good == 0) return std::nullopt;
  return size - padding;
}

}  // namespace hsm::crypto
