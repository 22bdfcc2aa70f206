#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hsm {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Memory of the caller that a result is written into. `data == nullptr` asks only for the size.
using Room = std::span<std::uint8_t>;

inline ByteView view(std::string_view text) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()};
}
inline std::string_view text_of(ByteView bytes) {
  return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) { return {view(text).begin(), view(text).end()}; }
inline Bytes bytes_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Both cases; nothing when the text has an odd length or another character.
std::optional<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4, padded.
std::string to_base64(ByteView bytes);
/// RFC 4648 section 4, padded, canonical; nothing for anything else.
std::optional<Bytes> from_base64(std::string_view text);
/// RFC 4648 section 5 without padding (JWT).
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

/// For tags and digests, whose length is public. Secrets have their own comparison in secret.h.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace hsm
