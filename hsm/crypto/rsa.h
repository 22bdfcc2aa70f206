#pragma once

#include <openssl/rsa.h>

#include <vector>

#include "hsm/crypto/digest.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/operation.h"

namespace hsm::crypto {

inline constexpr std::size_t kMostModulus = 2048;  ///< octets

/// What an RSA mechanism does, out of its number and parameter.
struct RsaScheme {
  int padding = 0;             ///< RSA_PKCS1_PADDING ...
  const Hash* message = nullptr;   ///< hashes what is given; nullptr when the caller gives a digest
  const Hash* hash = nullptr;      ///< of PSS and OAEP
  const Hash* mgf = nullptr;
  std::uint64_t salt = 0;
  Bytes label;
  friend bool operator==(const RsaScheme&, const RsaScheme&) = default;
};
Result<RsaScheme> rsa_scheme(const Mechanism& mechanism);

/// A context of the key for the scheme, initialised by `init` (EVP_PKEY_sign_init_ex ...).
KeyContext rsa_context(const PairKey& key, const RsaScheme& scheme, int (*init)(EVP_PKEY_CTX*, const OSSL_PARAM*));

/// Removes PKCS#1 v1.5 encryption padding from `encoded` (in constant time). Where it is bad the answer is a message made of
/// `rejection` and `ciphertext`: always the same, and nobody can tell it from a real one without the key. Gives its length.
std::size_t open_pkcs1(ByteView rejection, ByteView ciphertext, std::span<std::uint8_t> encoded, std::uint8_t* out);

}  // namespace hsm::crypto
