#pragma once

#include "hsm/base/bytes.h"
#include "hsm/crypto/handle.h"
#include "hsm/crypto/library.h"

namespace hsm::crypto {

inline constexpr std::size_t kAesBlock = 16;

/// A context with the key schedule in it; the IV comes later. `encrypting` as EVP_CipherInit counts it.
CipherContext keyed_context(AesMode mode, ByteView key, bool encrypting);
CipherContext keyed_context(const EVP_CIPHER* cipher, ByteView key, bool encrypting);
/// A context that goes on from where `context` is.
CipherContext copy_of(const CipherContext& context);
/// EVP_CipherUpdate for any length.
std::size_t run_cipher(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out);
bool overlap(ByteView a, ByteView b);

}  // namespace hsm::crypto
