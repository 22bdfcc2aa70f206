#pragma once

#include <filesystem>

#include "hsm/base/result.h"
#include "hsm/base/secret.h"

namespace hsm::store {

/// A new master key in `file`, whole or not at all; when another process was faster, its file stays.
Status make_seal(const std::filesystem::path& file);
/// What processes left that were killed while they made the file: each holds a master key, of this store perhaps.
void remove_unfinished_seals(const std::filesystem::path& file);
/// The master key; refuses a file that others may read, and one that is damaged.
Result<Secret> read_seal(const std::filesystem::path& file);
/// The same of the file's content.
Result<Secret> decode_seal(const Secret& content);

}  // namespace hsm::store
