#pragma once

#include <filesystem>
#include <string>

namespace hsm::store {

/// "PATH (mode 0400, owner 1000): No space left on device": what an error about a file should name. `error` is an errno, or 0.
std::string describe(const std::filesystem::path& file, int error = 0);

}  // namespace hsm::store
