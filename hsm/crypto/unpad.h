#pragma once

#include <cstddef>
#include <optional>

#include "hsm/base/bytes.h"

namespace hsm::crypto {

/// How many octets of text the last block of a padded message has (PKCS#7; RFC 5652, 6.3); nothing where its padding is wrong. Takes
/// the same time whatever the block holds, so that only the answer tells whether, and nothing where, it is wrong.
std::optional<std::size_t> text_in_last_block(ByteView block);

}  // namespace hsm::crypto
