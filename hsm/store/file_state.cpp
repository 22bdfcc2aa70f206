#include "hsm/store/file_state.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <system_error>

namespace hsm::store {

std::string describe(const std::filesystem::path& file, int error) {
  struct stat state {};
  auto text = ::stat(file.c_str(), &state) == 0
                  ? fmt::format("{} (mode {:04o}, owner {})", file.string(), state.st_mode & 07777, state.st_uid)
                  : file.string();
  if (error != 0) text += ": " + std::generic_category().message(error);
  return text;
}

}  // namespace hsm::store
