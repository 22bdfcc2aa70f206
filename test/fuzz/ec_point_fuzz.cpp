#include <array>
#include <cstdlib>

#include "hsm/crypto/crypto.h"

// Octets as CKA_EC_PARAMS and CKA_EC_POINT: the first tells how many belong to the parameters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hsm;
  if (size < 1 || data[0] >= size) return 0;
  const ByteView params(data + 1, data[0]);
  const ByteView point(data + 1 + data[0], size - 1 - data[0]);
  Template key;
  key.push_back(attribute(Attr::object_class, ObjectClass::public_key));
  key.push_back(attribute(Attr::key_type, KeyType::ec));
  key.push_back(attribute(Attr::ec_params, bytes_of(params)));
  key.push_back(attribute(Attr::ec_point, bytes_of(point)));
  const auto loaded = crypto::load_key(key);
  // A point that was accepted can be used: a signature that is none is refused, and nothing else happens.
  if (loaded) {
    const Mechanism mechanism{static_cast<std::uint64_t>(Mech::ecdsa), {}};
    const std::array<std::uint8_t, 64> zeros{};
    auto operation = crypto::begin(Use::verify, mechanism, *loaded);
    if (!operation || (*operation)->verify_once(ByteView(zeros).first(32), zeros).ok()) std::abort();
  }
  return 0;
}
