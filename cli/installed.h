#pragma once

#include <filesystem>
#include <string>

#include "cli/failure.h"

namespace cli {

/// A program of ours: beside this one, in the sbin next to its bin, or in the build tree.
Result<std::filesystem::path> find_program(const std::string& name);
/// Our PKCS#11 module, by the same rule.
Result<std::filesystem::path> find_module();

}  // namespace cli
