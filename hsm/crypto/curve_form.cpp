#include "hsm/crypto/crypto.h"
#include "hsm/crypto/der.h"
#include "hsm/crypto/load.h"

namespace hsm::crypto {
namespace {

Bytes octet_string(ByteView octets) {
  der::Writer<Bytes> writer;
  writer.element(der::kOctetString, octets);
  return writer.take();
}

template <class CurveKind>
void write_params(Template& key, const CurveKind& curve) {
  if (is_bare_name(*find_bytes(key, Attr::ec_params))) put(key, attribute(Attr::ec_params, ec_params_of(curve)));
}

}  // namespace

Status write_curve_as_standard(Template& key) {
  const auto type = static_cast<KeyType>(find_number(key, Attr::key_type).value_or(0));
  const auto* point = find_bytes(key, Attr::ec_point);
  if (type == KeyType::ec) {
    const auto* curve = TRY(curve_in(key));
    if (point != nullptr)
      if (const auto bare = uncompressed_point(*curve, *point)) put(key, attribute(Attr::ec_point, octet_string(*bare)));
    write_params(key, *curve);
  } else if (type == KeyType::ec_edwards || type == KeyType::ec_montgomery) {
    const auto* curve = TRY(raw_curve_in(key, type));
    if (point != nullptr)
      if (const auto bare = bare_point(*point, curve->octets)) put(key, attribute(Attr::ec_point, bytes_of(*bare)));
    write_params(key, *curve);
  }
  return Done{};
}

}  // namespace hsm::crypto
