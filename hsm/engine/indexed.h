#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "hsm/base/bytes.h"
#include "hsm/model/attribute.h"

namespace hsm::engine {

/// What a search finds without a walk over everything, from the most selective one on.
inline constexpr auto kIndexed = std::to_array({Attr::unique_id, Attr::id, Attr::label});

inline std::uint64_t index_hash(Attr attribute, ByteView octets) {
  return std::hash<std::string_view>()(text_of(octets)) * 31 + static_cast<std::uint64_t>(attribute);
}

}  // namespace hsm::engine
