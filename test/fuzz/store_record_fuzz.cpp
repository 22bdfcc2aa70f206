#include <cstdlib>

#include "hsm/base/codec.h"
#include "hsm/store/header.h"
#include "hsm/store/record.h"

namespace {

/// There is one encoding of each value.
template <class T>
void decode_and_encode(hsm::ByteView octets) {
  try {
    const auto again = hsm::encode(hsm::decode<T>(octets));
    if (!std::ranges::equal(again, octets)) std::abort();
  } catch (const hsm::Malformed&) {
  }
}

}  // namespace

// What the store's columns hold once they are opened.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hsm::ByteView octets(data, size);
  decode_and_encode<hsm::store::HeaderRow>(octets);
  decode_and_encode<hsm::store::TokenBody>(octets);
  decode_and_encode<hsm::store::Head>(octets);
  decode_and_encode<hsm::store::AuditRecord>(octets);
  decode_and_encode<hsm::Template>(octets);
  static_cast<void>(hsm::store::decode_header(octets, "fuzz").ok());
  hsm::store::StoredObject object;
  object.public_attributes = hsm::bytes_of(octets);
  static_cast<void>(hsm::store::title_of(object));
  return 0;
}
