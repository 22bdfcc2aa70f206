#include <cstdlib>

#include "hsm/crypto/crypto.h"

// A PrivateKeyInfo that is accepted makes a template; if that is a key, writing it out and reading it again gives the same document.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hsm;
  auto key = crypto::from_pkcs8(Secret::copy_of({data, size}));
  if (!key) return 0;
  key->push_back(attribute(Attr::object_class, ObjectClass::private_key));
  if (!crypto::load_key(*key)) return 0;
  const auto document = crypto::to_pkcs8(*key);
  if (!document) return 0;
  const auto again = crypto::from_pkcs8(*document);
  if (!again) std::abort();
  const auto same = crypto::to_pkcs8(*again);
  if (!same || !equal_in_constant_time(*document, *same)) std::abort();
  return 0;
}
