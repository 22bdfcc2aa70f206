#include "hsm/base/bytes.h"
#include "kms/vpc/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (auto record = kms::vpc::record_from_json(hsm::text_of({data, size}), "input")) (void)kms::vpc::to_json(*record);
  return 0;
}
