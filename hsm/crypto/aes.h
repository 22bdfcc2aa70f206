#pragma once

#include "hsm/base/bytes.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/crypto/handle.h"
#include "hsm/crypto/library.h"
#include "hsm/model/mechanism.h"

namespace hsm::crypto {

inline constexpr std::size_t kAesBlock = 16, kMostBlock = 16;
/// Octets of a block of the ciphers of block_cipher.cpp.
constexpr std::size_t block_of(KeyType type) {
  return type == KeyType::des || type == KeyType::des2 || type == KeyType::des3 ? 8 : 16;
}

/// A key as its block cipher takes it: one of single DES or of two parts is a key of Triple DES with equal parts. As long as the key lives.
class BlockKey {
 public:
  BlockKey(KeyType type, ByteView value);
  ByteView octets() const { return expanded_.empty() ? value_ : ByteView(expanded_); }

 private:
  ByteView value_;
  WipedBytes expanded_;
};
/// The key that a mechanism with a block cipher works with; key_type_inconsistent for one of a type that it does not take.
Result<BlockKey> block_key(const Mechanism& mechanism, const Key& key);

/// A context with the key schedule in it; the IV comes later. `encrypting` as EVP_CipherInit counts it.
CipherContext keyed_context(BlockMode mode, ByteView key, bool encrypting);
CipherContext keyed_context(const EVP_CIPHER* cipher, ByteView key, bool encrypting);
/// A context that goes on from where `context` is.
CipherContext copy_of(const CipherContext& context);
/// EVP_CipherUpdate for any length.
std::size_t run_cipher(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out);
/// The block up to which a mechanism wraps a value with zeros behind it; 0 for those that do not (PKCS#11 3.1, 6.10.4 and 6.10.5).
std::size_t zero_padded_block(const Mechanism& mechanism);
bool overlap(ByteView a, ByteView b);

}  // namespace hsm::crypto
