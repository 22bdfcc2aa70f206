#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "hsm/base/config.h"
#include "pkcs11/reserved.h"

// The text of CK_C_INITIALIZE_ARGS.pReserved, and the same text as a configuration file.

namespace {

/// A file without a folder: Config reads files by their names only.
struct File {
  File() : descriptor(::memfd_create("settings", MFD_CLOEXEC)), name("/proc/self/fd/" + std::to_string(descriptor)) {
    if (descriptor < 0 || ::fchmod(descriptor, 0600) != 0) throw std::runtime_error("memfd_create");
    for (const auto* variable : {"KEYMANTLE_HSM", "KEYMANTLE_CONF", "KEYMANTLE_LOG", "KEYMANTLE_PINS", "KEYMANTLE_STORE"}) ::unsetenv(variable);
    ::setenv("HOME", "/nonexistent", 1);
  }
  void set(const std::uint8_t* data, std::size_t size) {
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, data, size, 0) != static_cast<ssize_t>(size)) throw std::runtime_error("pwrite");
  }
  int descriptor;
  std::string name;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  if (const auto said = p11::read_reserved(text.c_str())) {
    // Not the files that it names: those are the fuzzer's own machine.
    const hsm::Config::Overrides harmless{.store = said->store, .hsm = said->hsm, .config_file = "/dev/null"};
    static_cast<void>(hsm::Config::load(harmless).ok());
  }
  static File file;
  file.set(data, size);
  const auto config = hsm::Config::load({.config_file = file.name});
  if (config && config->store.empty() && !config->hsm_socket) __builtin_trap();
  return 0;
}
