#include <openssl/x509.h>

#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/der.h"
#include "hsm/crypto/digest.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/pkcs8.h"
#include "hsm/crypto/seed.h"

// What a key tells of itself: its check value, and SubjectPublicKeyInfo (RFC 5280) of a pair's half.

namespace hsm::crypto {
namespace {

constexpr std::size_t kCheckValue = 3;

Bytes public_info(const der::Writer<Bytes>& algorithm, ByteView key) {
  der::Writer<Bytes> inside, whole;
  inside.element(der::kSequence, algorithm);
  inside.bits(key);
  whole.element(der::kSequence, inside);
  return whole.take();
}

Bytes rsa_info(const Template& key) {
  const auto* modulus = find_bytes(key, Attr::modulus);
  const auto* exponent = find_bytes(key, Attr::public_exponent);
  if (modulus == nullptr || exponent == nullptr || modulus->empty() || exponent->empty()) return {};
  der::Writer<Bytes> numbers, body, algorithm;
  numbers.natural(*modulus);
  numbers.natural(*exponent);
  body.element(der::kSequence, numbers);
  algorithm.element(der::kOid, view(kRsaEncryption));
  algorithm.element(der::kNull, ByteView());
  return public_info(algorithm, body.buffer());
}

Bytes ec_info(const Template& key) {
  const auto curve = curve_in(key);
  if (!curve) return {};
  Bytes point;
  if (const auto* given = find_bytes(key, Attr::ec_point)) {
    const auto bare = uncompressed_point(**curve, *given);
    if (!bare) return {};
    point = bytes_of(*bare);
  } else if (const auto* scalar = find_secret(key, Attr::value)) {
    point = public_point(**curve, *scalar);
  } else {
    return {};
  }
  der::Writer<Bytes> algorithm;
  algorithm.element(der::kOid, view(kEcPublicKey));
  algorithm.element(der::kOid, view((*curve)->oid));
  return public_info(algorithm, point);
}

/// Of a key of any other type, where libcrypto knows its public half.
Bytes other_info(const Template& key) {
  const auto loaded = load_key(key);
  const auto* pair = loaded ? pair_of(**loaded) : nullptr;
  if (pair == nullptr) return {};
  const QuietErrors quiet;
  std::uint8_t* encoded = nullptr;
  const auto size = i2d_PUBKEY(pair->pkey(), &encoded);
  if (size <= 0) return {};
  Bytes info(encoded, encoded + size);
  OPENSSL_free(encoded);
  return info;
}

/// ECMA-182: bit by bit, most significant one first, because it is calculated once in a key's life.
std::uint64_t crc64(ByteView octets) {
  constexpr std::uint64_t kPolynomial = 0x42F0E1EBA9EA3693;
  std::uint64_t remainder = 0;
  for (const auto octet : octets) {
    remainder ^= std::uint64_t{octet} << 56;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder << 1 ^ ((remainder >> 63) != 0 ? kPolynomial : 0);
  }
  return remainder;
}

}  // namespace

Bytes public_crc64(const Template& key) {
  Template half;
  const auto type = static_cast<KeyType>(find_number(key, Attr::key_type).value_or(0));
  const auto checked = type == KeyType::rsa ? Attr::modulus : Attr::value;
  const auto* octets = find_bytes(key, checked);
  if (octets == nullptr && type != KeyType::ec && type != KeyType::ec_edwards && type != KeyType::ec_montgomery) {
    auto computed = public_half(key);
    if (computed) half = std::move(*computed);
    octets = find_bytes(half, checked);
  }
  if (octets == nullptr) return {};
  const auto sum = crc64(*octets);
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(sum >> shift));
  return out;
}

Bytes check_value(KeyType type, const Secret& value) {
  const BlockKey key(type, value.reveal(SecretAccess::use()));
  const auto octets = key.octets();
  constexpr std::array<std::uint8_t, kMostBlock> kZero{};
  std::array<std::uint8_t, kMostHash> out{};
  if (const auto* cipher = Library::get().block(type, BlockMode::ecb, octets.size())) {
    const auto context = keyed_context(cipher, octets, true);
    run_cipher(context.get(), ByteView(kZero).first(block_of(type)), out.data());
  } else if (type == KeyType::seed && has_seed() && octets.size() == 16) {
    SeedBlock(octets).run(kZero, out.data());
  } else if (type == KeyType::aes) {
    return {};
  } else {
    digest_into(sha1(), {octets}, out.data());
  }
  return Bytes(out.begin(), out.begin() + kCheckValue);
}

Bytes public_key_info(const Template& key) {
  const auto type = find_number(key, Attr::key_type);
  if (type == static_cast<std::uint64_t>(KeyType::rsa)) return rsa_info(key);
  if (type == static_cast<std::uint64_t>(KeyType::ec)) return ec_info(key);
  if (type == static_cast<std::uint64_t>(KeyType::gostr3410)) return gost_info(key);
  return other_info(key);
}

}  // namespace hsm::crypto
