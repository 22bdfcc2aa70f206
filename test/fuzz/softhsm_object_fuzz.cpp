#include <cstddef>
#include <cstdint>

#include "hsm/softhsm/object_file.h"

// SoftHSM2's object files: what a stranger's directory may hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(hsm::softhsm::parse_object({data, size}));
  return 0;
}
