#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "hsm/model/ids.h"

namespace hsm::crypto {

/// Modes of block ciphers by the names of libcrypto: "AES-256-GCM". Camellia, ARIA and Triple DES are there in the first three or two.
enum class BlockMode : std::uint8_t { ecb, cbc, ctr, gcm, ofb, cfb128, cfb8, ccm, cts, cfb1 };
inline constexpr std::size_t kBlockModes = 10;

/// libcrypto's state of our own: a library context with the default provider (engine_free.h) and no configuration file, and every
/// algorithm fetched once. The host's default context is never touched. Made on first use and never destroyed: at process exit other
/// threads and the host's exit handlers may still call us. Thread-safe, because nothing changes after the constructor. A forked child
/// makes another: of the parent's, a thread that the child does not have may hold the lock of the random generator for ever.
class Library {
 public:
  static constexpr std::size_t kHashCount = 12;

  static const Library& get();

  OSSL_LIB_CTX* context() const { return context_; }
  const EVP_MD* hash(std::size_t row) const { return hashes_[row]; }
  /// nullptr when `key_size` is not 16, 24 or 32.
  const EVP_CIPHER* aes(BlockMode mode, std::size_t key_size) const;
  /// The same for any block cipher; nullptr also where libcrypto was built without it.
  const EVP_CIPHER* block(KeyType type, BlockMode mode, std::size_t key_size) const;
  /// nullptr when `key_size` is not 32 or 64.
  const EVP_CIPHER* aes_xts(std::size_t key_size) const;
  const EVP_CIPHER* chacha20() const { return chacha20_; }
  const EVP_CIPHER* chacha20_poly1305() const { return chacha20_poly1305_; }
  EVP_MAC* cmac() const { return cmac_; }
  EVP_MAC* gmac() const { return gmac_; }
  EVP_MAC* poly1305() const { return poly1305_; }

 private:
  Library();
  static const Library& make();

  OSSL_LIB_CTX* context_;
  std::array<const EVP_MD*, kHashCount> hashes_{};
  std::array<std::array<const EVP_CIPHER*, 3>, kBlockModes> ciphers_{};
  std::array<const EVP_CIPHER*, 17> others_{};
  std::array<const EVP_CIPHER*, 2> xts_{};
  const EVP_CIPHER *chacha20_ = nullptr, *chacha20_poly1305_ = nullptr;
  EVP_MAC *cmac_ = nullptr, *gmac_ = nullptr, *poly1305_ = nullptr;
};

}  // namespace hsm::crypto
