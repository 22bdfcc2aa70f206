#include "hsm/crypto/hash.h"

#include <algorithm>
#include <array>

#include "hsm/crypto/handle.h"
#include "hsm/crypto/library.h"

namespace hsm::crypto {
namespace {

constexpr auto kHashes = std::to_array<Hash>({
    {.digest = Mech::sha_1, .hmac = Mech::sha_1_hmac, .hmac_general = Mech::sha_1_hmac_general,
     .rsa_pkcs = Mech::sha1_rsa_pkcs, .rsa_pss = Mech::sha1_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha1, .dsa = Mech::dsa_sha1,
     .key_derivation = Mech::sha1_key_derivation, .mgf = Mgf::sha1,
     .kdf = Kdf::sha1, .hmac_key = KeyType::sha1_hmac, .name = "SHA1", .size = 20, .block = 64},
    {.digest = Mech::sha224, .hmac = Mech::sha224_hmac, .hmac_general = Mech::sha224_hmac_general,
     .rsa_pkcs = Mech::sha224_rsa_pkcs, .rsa_pss = Mech::sha224_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha224, .dsa = Mech::dsa_sha224,
     .key_derivation = Mech::sha224_key_derivation,
     .mgf = Mgf::sha224, .kdf = Kdf::sha224, .hmac_key = KeyType::sha224_hmac, .name = "SHA2-224", .size = 28, .block = 64},
    {.digest = Mech::sha256, .hmac = Mech::sha256_hmac, .hmac_general = Mech::sha256_hmac_general,
     .rsa_pkcs = Mech::sha256_rsa_pkcs, .rsa_pss = Mech::sha256_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha256, .dsa = Mech::dsa_sha256,
     .key_derivation = Mech::sha256_key_derivation,
     .mgf = Mgf::sha256, .kdf = Kdf::sha256, .hmac_key = KeyType::sha256_hmac, .name = "SHA2-256", .size = 32, .block = 64},
    {.digest = Mech::sha384, .hmac = Mech::sha384_hmac, .hmac_general = Mech::sha384_hmac_general,
     .rsa_pkcs = Mech::sha384_rsa_pkcs, .rsa_pss = Mech::sha384_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha384, .dsa = Mech::dsa_sha384,
     .key_derivation = Mech::sha384_key_derivation,
     .mgf = Mgf::sha384, .kdf = Kdf::sha384, .hmac_key = KeyType::sha384_hmac, .name = "SHA2-384", .size = 48, .block = 128},
    {.digest = Mech::sha512, .hmac = Mech::sha512_hmac, .hmac_general = Mech::sha512_hmac_general,
     .rsa_pkcs = Mech::sha512_rsa_pkcs, .rsa_pss = Mech::sha512_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha512, .dsa = Mech::dsa_sha512,
     .key_derivation = Mech::sha512_key_derivation,
     .mgf = Mgf::sha512, .kdf = Kdf::sha512, .hmac_key = KeyType::sha512_hmac, .name = "SHA2-512", .size = 64, .block = 128},
    {.digest = Mech::sha512_224, .hmac = Mech::sha512_224_hmac, .hmac_general = Mech::sha512_224_hmac_general,
     .key_derivation = Mech::sha512_224_key_derivation,
     .hmac_key = KeyType::sha512_224_hmac, .name = "SHA2-512/224", .size = 28, .block = 128},
    {.digest = Mech::sha512_256, .hmac = Mech::sha512_256_hmac, .hmac_general = Mech::sha512_256_hmac_general,
     .key_derivation = Mech::sha512_256_key_derivation,
     .hmac_key = KeyType::sha512_256_hmac, .name = "SHA2-512/256", .size = 32, .block = 128},
    {.digest = Mech::sha3_224, .hmac = Mech::sha3_224_hmac, .hmac_general = Mech::sha3_224_hmac_general,
     .rsa_pkcs = Mech::sha3_224_rsa_pkcs, .rsa_pss = Mech::sha3_224_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha3_224, .dsa = Mech::dsa_sha3_224,
     .key_derivation = Mech::sha3_224_key_derivation,
     .mgf = Mgf::sha3_224, .kdf = Kdf::sha3_224, .hmac_key = KeyType::sha3_224_hmac, .name = "SHA3-224", .size = 28,
     .block = 144},
    {.digest = Mech::sha3_256, .hmac = Mech::sha3_256_hmac, .hmac_general = Mech::sha3_256_hmac_general,
     .rsa_pkcs = Mech::sha3_256_rsa_pkcs, .rsa_pss = Mech::sha3_256_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha3_256, .dsa = Mech::dsa_sha3_256,
     .key_derivation = Mech::sha3_256_key_derivation,
     .mgf = Mgf::sha3_256, .kdf = Kdf::sha3_256, .hmac_key = KeyType::sha3_256_hmac, .name = "SHA3-256", .size = 32,
     .block = 136},
    {.digest = Mech::sha3_384, .hmac = Mech::sha3_384_hmac, .hmac_general = Mech::sha3_384_hmac_general,
     .rsa_pkcs = Mech::sha3_384_rsa_pkcs, .rsa_pss = Mech::sha3_384_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha3_384, .dsa = Mech::dsa_sha3_384,
     .key_derivation = Mech::sha3_384_key_derivation,
     .mgf = Mgf::sha3_384, .kdf = Kdf::sha3_384, .hmac_key = KeyType::sha3_384_hmac, .name = "SHA3-384", .size = 48,
     .block = 104},
    {.digest = Mech::sha3_512, .hmac = Mech::sha3_512_hmac, .hmac_general = Mech::sha3_512_hmac_general,
     .rsa_pkcs = Mech::sha3_512_rsa_pkcs, .rsa_pss = Mech::sha3_512_rsa_pkcs_pss, .ecdsa = Mech::ecdsa_sha3_512, .dsa = Mech::dsa_sha3_512,
     .key_derivation = Mech::sha3_512_key_derivation,
     .mgf = Mgf::sha3_512, .kdf = Kdf::sha3_512, .hmac_key = KeyType::sha3_512_hmac, .name = "SHA3-512", .size = 64,
     .block = 72},
    {.digest = Mech::blake2b_512, .hmac = Mech::blake2b_512_hmac, .hmac_general = Mech::blake2b_512_hmac_general,
     .key_derivation = Mech::blake2b_512_key_derive,
     .hmac_key = KeyType::blake2b_512_hmac, .name = "BLAKE2B-512", .size = 64, .block = 128},
    {.digest = Mech::md5, .hmac = Mech::md5_hmac, .hmac_general = Mech::md5_hmac_general, .rsa_pkcs = Mech::md5_rsa_pkcs,
     .key_derivation = Mech::md5_key_derivation, .hmac_key = KeyType::md5_hmac, .name = "MD5", .size = 16, .block = 64, .broken = true},
});
static_assert(std::ranges::all_of(kHashes, [](const Hash& h) { return h.size <= kMostHash && h.block <= kMostHashBlock; }));
static_assert(kHashes.size() == Library::kHashCount);

template <class Matches>
const Hash* first(Matches matches) {
  const auto it = std::ranges::find_if(kHashes, matches);
  return it == kHashes.end() ? nullptr : &*it;
}

}  // namespace

std::span<const Hash> all_hashes() { return kHashes; }

const Hash* hash_of(std::uint64_t id, Mech Hash::*column) {
  return first([&](const Hash& h) { return static_cast<std::uint64_t>(h.*column) == id; });
}
const Hash* hash_of(std::uint64_t id, std::optional<Mech> Hash::*column) {
  return first([&](const Hash& h) { return (h.*column).has_value() && static_cast<std::uint64_t>(*(h.*column)) == id; });
}
const Hash* hash_inside(std::uint64_t id, Mech Hash::*column) {
  const auto* hash = hash_of(id, column);
  return hash == nullptr || hash->broken ? nullptr : hash;
}
const Hash* hash_of(Mgf mgf) {
  return mgf == Mgf::none ? nullptr : first([&](const Hash& h) { return h.mgf == mgf; });
}
const Hash* hash_of(Kdf kdf) {
  return first([&](const Hash& h) { return h.kdf == kdf; });
}
const Hash& sha1() { return kHashes[0]; }
const Hash& sha_256() { return kHashes[2]; }

const EVP_MD* algorithm(const Hash& hash) {
  return Library::get().hash(static_cast<std::size_t>(&hash - kHashes.data()));
}

namespace {
const EVP_MD* fetched(const char* name) {
  const auto* algorithm = EVP_MD_fetch(Library::get().context(), name, nullptr);
  must(algorithm != nullptr, "the default provider lacks SHAKE");
  return algorithm;
}
}  // namespace

const EVP_MD* shake_128() {
  static const EVP_MD* const kept = fetched("SHAKE-128");
  return kept;
}
const EVP_MD* shake_256() {
  static const EVP_MD* const kept = fetched("SHAKE-256");
  return kept;
}

}  // namespace hsm::crypto
