#include <cstdio>
#include <memory>

#include "test/fuzz/api/world.h"

// A byte string is a sequence of calls, by hostile applications, of all functions of the module.

namespace {

std::unique_ptr<fuzz::World> world;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  world = std::make_unique<fuzz::World>();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world->run({data, size});
  return 0;
}
