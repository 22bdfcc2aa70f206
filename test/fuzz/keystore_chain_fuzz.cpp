#include <cstdlib>

#include "hsm/ceremony/keystore_chain.h"

// Lines of an exported audit log: whatever is read must be written again as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = hsm::text_of({data, size});
  if (const auto record = hsm::ceremony::from_json_line(line); record && hsm::store::to_json_line(*record) != line) std::abort();
  hsm::ceremony::KeystoreChain chain;
  static_cast<void>(chain.add(line).ok());
  return 0;
}
