#include "hsm/crypto/crypto.h"
#include "hsm/crypto/curve.h"
#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/pq.h"
#include "hsm/crypto/seed.h"

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
  if (row.id >= Mech::gostr3410_key_pair_gen && row.id <= Mech::gostr3411_hmac) return has_gost();
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
    case KeyType::ec_edwards: {
      static const bool edwards = keys_of("ED25519") && keys_of("ED448");
      return edwards;
    }
    case KeyType::ec_montgomery: {
      static const bool montgomery = keys_of("X25519") && keys_of("X448");
      return montgomery;
    }
    case KeyType::ml_kem: {
      static const bool ml_kem = has_pq(KeyType::ml_kem);
      return ml_kem;
    }
    case KeyType::ml_dsa: {
      static const bool ml_dsa = has_pq(KeyType::ml_dsa);
      return ml_dsa;
    }
    case KeyType::slh_dsa: {
      static const bool slh_dsa = has_pq(KeyType::slh_dsa);
      return slh_dsa;
    }
    case KeyType::camellia:
    case KeyType::aria:
      return Library::get().block(row.key, BlockMode::cbc, 16) != nullptr;
    case KeyType::seed:
      return has_seed();
    case KeyType::des:
    case KeyType::des2:
    case KeyType::des3:
      return Library::get().block(row.key, BlockMode::cbc, 24) != nullptr;
    case KeyType::aes:
      return Library::get().aes(BlockMode::gcm, 32) != nullptr;
    default:
      return true;
  }
}

}  // namespace hsm::crypto
