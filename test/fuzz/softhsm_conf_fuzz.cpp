#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "hsm/softhsm/token.h"

// softhsm2.conf, for the one line in it that we read.

namespace {

struct File {
  File() : descriptor(::memfd_create("softhsm2.conf", MFD_CLOEXEC)) {
    if (descriptor < 0) throw std::runtime_error("memfd_create");
    ::setenv("SOFTHSM2_CONF", ("/proc/self/fd/" + std::to_string(descriptor)).c_str(), 1);
    ::setenv("HOME", "/nonexistent", 1);
  }
  int descriptor;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const File file;
  if (::ftruncate(file.descriptor, 0) != 0 || ::pwrite(file.descriptor, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  const auto directory = hsm::softhsm::default_directory().string();
  if (directory.find('\n') != std::string::npos || directory.starts_with(' ') || directory.ends_with(' ')) std::abort();
  return 0;
}
