#include "hsm/base/codec.h"
#include "hsm/crypto/crypto.h"
#include "hsm/model/template.h"

// A template as it comes in a frame, through every use of the attribute rules; and the same octets as a stored blob.

using namespace hsm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto use = crypto::SecretAccess::use();
  try {
    const AttributeBlob blob(ByteView(data, size));
    blob.check();
    blob.decode();
  } catch (const Malformed&) {
  }
  try {
    const auto given = decode<Template>({data, size});
    const Wanted wanted(given, use);
    const auto kind = kind_of(given, std::nullopt);
    if (!kind) return 0;
    for (const auto on : {on_create, on_generate, on_unwrap, on_derive}) {
      const auto made = new_object(on, *kind, given, UserType::so, use);
      if (!made) continue;
      const auto encoded = AttributeBlob::encode(*made);
      const AttributeBlob blob(encoded);
      blob.check();
      if (blob.kind() != *kind) __builtin_trap();
      for (const auto how : {on_copy, on_set}) (void)changed_attributes(how, *kind, blob, given, UserType::user, use).ok();
      (void)wanted.matches(blob);
      (void)with_demanded(given, blob.decode(), use).ok();
    }
  } catch (const Malformed&) {
  }
  return 0;
}
