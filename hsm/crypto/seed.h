#pragma once

#include <memory>

#include "hsm/crypto/library.h"
#include "hsm/crypto/operation.h"

namespace Botan {
class BlockCipher;
}

// SEED (RFC 4269) by Botan: the default provider of libcrypto has none. 16 octets of key, 16 of block.

namespace hsm::crypto {

/// Whether this Botan was built with it.
bool has_seed();

/// The cipher itself, keyed. Copies share the key; thread-safe.
class SeedBlock {
 public:
  explicit SeedBlock(ByteView key);
  /// Encrypts whole blocks one by one.
  void run(ByteView in, std::uint8_t* out) const;

 private:
  std::shared_ptr<const Botan::BlockCipher> cipher_;
};

/// Encrypts whole blocks by CBC, or by ECB when `iv` is empty.
void seed_encrypt(ByteView key, ByteView iv, ByteView in, std::uint8_t* out);

/// SEED_ECB, SEED_CBC and SEED_CBC_PAD.
Made begin_seed(const Beginning& wanted, BlockMode mode, bool pads);

}  // namespace hsm::crypto
