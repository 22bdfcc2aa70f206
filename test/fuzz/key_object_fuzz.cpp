#include "hsm/base/codec.h"
#include "hsm/crypto/crypto.h"

// The attributes of a key as C_CreateObject gets them: numbers that are no RSA, DH or EC key must be refused, not computed with.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hsm;
  try {
    const auto given = decode<Template>({data, size});
    const auto key = crypto::load_key(given);
    if (!key) return 0;
    static_cast<void>(crypto::to_pkcs8(given).ok());
  } catch (const Malformed&) {
    // What no boundary makes.
  }
  return 0;
}
