#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

/// A new folder of the caller's, where the system or TMPDIR wants temporary files.
inline std::filesystem::path temporary_folder() {
  auto name = (std::filesystem::temp_directory_path() / "keymantle-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder: " + name);
  return name;
}
