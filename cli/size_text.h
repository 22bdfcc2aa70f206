#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cli {

/// "64M", "2G", "1048576": octets. Nothing for anything else or for more than 64 bits hold.
inline std::optional<std::uint64_t> size_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : unit == "T" ? 40 : -1;
  if (shift < 0 || number > (UINT64_MAX >> shift)) return std::nullopt;
  return number << shift;
}

}  // namespace cli
