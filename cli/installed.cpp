#include "cli/installed.h"

#include <fmt/core.h>

#ifndef KEYMANTLE_LIBDIR
#define KEYMANTLE_LIBDIR "lib"
#endif

namespace cli {
namespace fs = std::filesystem;

namespace {

Result<fs::path> first_of(const std::string& what, std::initializer_list<fs::path> candidates) {
  std::error_code error;
  const auto own = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& candidate : candidates) {
    const auto path = (own / candidate).lexically_normal();
    if (fs::exists(path, error)) return path;
  }
  return refused(fmt::format("{} is not installed beside this program", what), "install everything: cmake --install BUILD");
}

}  // namespace

Result<fs::path> find_program(const std::string& name) {
  return first_of(name, {name, fs::path("../sbin") / name, fs::path("../kms") / name});
}

Result<fs::path> find_module() {
  const fs::path name = "libkeymantle-pkcs11.so";
  return first_of(name.string(), {name, fs::path("..") / KEYMANTLE_LIBDIR / name, "../lib" / name, "../pkcs11" / name});
}

}  // namespace cli
