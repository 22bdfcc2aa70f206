#include "kms/core/public_key_pem.h"

namespace kms {
namespace {

using p11::Bytes;

Bytes tagged(std::uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else if (content.size() < 0x100) {
    out.insert(out.end(), {0x81, static_cast<std::uint8_t>(content.size())});
  } else {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(content.size() >> 8), static_cast<std::uint8_t>(content.size())});
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes integer(const Bytes& big_endian) {
  auto first = std::find_if(big_endian.begin(), big_endian.end(), [](auto b) { return b != 0; });
  Bytes value(first, big_endian.end());
  if (value.empty() || (value.front() & 0x80) != 0) value.insert(value.begin(), 0);
  return tagged(0x02, value);
}

Bytes joined(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

std::string public_key_pem(const p11::PublicKey& key) {
  // AlgorithmIdentifier: rsaEncryption (1.2.840.113549.1.1.1), NULL
  const Bytes algorithm{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
  auto bits = tagged(0x30, joined(integer(key.modulus), integer(key.exponent)));
  bits.insert(bits.begin(), 0);  // no unused bits
  const auto base64 = hsm::to_base64(tagged(0x30, joined(algorithm, tagged(0x03, bits))));
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t i = 0; i < base64.size(); i += 64) pem += base64.substr(i, 64) + "\n";
  return pem + "-----END PUBLIC KEY-----\n";
}

}  // namespace kms
