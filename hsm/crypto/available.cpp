#include "hsm/crypto/crypto.h"
#include "hsm/crypto/curve.h"
#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/library.h"

namespace hsm::crypto {
namespace {

bool keys_of(const char* type) {
  const QuietErrors quiet;
  const auto context = key_context_of(type);
  return context != nullptr && EVP_PKEY_keygen_init(context.get()) > 0;
}

}  // namespace

bool available(const MechanismRow& row) {
  // Hashes and AES modes are fetched when the library starts, which fails without them.
  if (!row.keyed) return true;
  switch (row.key) {
    case KeyType::rsa: {
      static const bool rsa = keys_of("RSA");
      return rsa;
    }
    case KeyType::ec: {
      static const bool ec = keys_of("EC");
      return ec;
    }
    case KeyType::aes:
      return Library::get().aes(AesMode::gcm, 32) != nullptr;
    default:
      return true;
  }
}

}  // namespace hsm::crypto
