#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <optional>
#include <span>

#include "hsm/model/ids.h"

namespace hsm::crypto {

/// A hash and every number under which PKCS#11 uses it.
struct Hash {
  Mech digest, hmac, hmac_general;
  std::optional<Mech> rsa_pkcs, rsa_pss, ecdsa, dsa;
  Mech key_derivation;
  Mgf mgf = Mgf::none;
  std::optional<Kdf> kdf;
  KeyType hmac_key;
  const char* name;  ///< for libcrypto
  std::size_t size, block;
  bool broken = false;  ///< only by its own mechanisms, never inside another one's parameter
};

inline constexpr std::size_t kMostHash = 64;
inline constexpr std::size_t kMostHashBlock = 144;

std::span<const Hash> all_hashes();
/// The row whose `column` is `id`; nullptr when there is none.
const Hash* hash_of(std::uint64_t id, Mech Hash::*column);
const Hash* hash_of(std::uint64_t id, std::optional<Mech> Hash::*column);
/// The same for the number inside another mechanism's parameter: of hashes that are not broken.
const Hash* hash_inside(std::uint64_t id, Mech Hash::*column);
const Hash* hash_of(Mgf mgf);
const Hash* hash_of(Kdf kdf);
const Hash& sha1();
const Hash& sha_256();

/// The fetched algorithm; never null (the default provider has all rows).
const EVP_MD* algorithm(const Hash& hash);

/// SHAKE (FIPS 202, 6.2) where it stands in a hash's place, with so many octets of output.
struct Xof {
  const EVP_MD* algorithm;  ///< never null
  std::size_t size;
};
const EVP_MD* shake_128();
const EVP_MD* shake_256();

}  // namespace hsm::crypto
