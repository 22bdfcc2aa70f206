#include <cstdlib>

#include "hsm/ceremony/shares.h"

// Headers only get as far as Argon2id when their cost is small: the fuzzer would do nothing else otherwise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hsm;
  const ByteView file(data, size);
  const auto info = ceremony::read_share_info(file);
  if (!info) return 0;
  if (info->threshold < ceremony::kLeastThreshold || info->threshold > info->count || info->index == 0 ||
      info->index > info->count || info->count > ceremony::kMostShares)
    std::abort();
  return 0;
}
