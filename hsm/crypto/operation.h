#pragma once

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/key.h"

namespace hsm::crypto {

/// What begin() is asked; `key` is empty only for digests.
struct Beginning {
  Use use;
  const Mechanism& mechanism;
  const KeyPtr& key;
};
using Made = Result<std::unique_ptr<Operation>>;

Made begin_digest(const Beginning& wanted);
Made begin_hmac(const Beginning& wanted);
Made begin_block_cipher(const Beginning& wanted);  // ECB, CBC, CBC_PAD, CTR, OFB, CFB of AES, Camellia, ARIA, SEED and DES
Made begin_aes_gcm(const Beginning& wanted);
Made begin_cmac(const Beginning& wanted);
Made begin_gmac(const Beginning& wanted);
Made begin_poly1305(const Beginning& wanted);
Made begin_cbc_mac(const Beginning& wanted);   // AES_MAC, DES3_MAC, AES_XCBC_MAC and relatives
Made begin_aead(const Beginning& wanted);      // AES_CCM, CHACHA20_POLY1305
Made begin_whole_cipher(const Beginning& wanted);  // AES_CTS, AES_XTS
Made begin_chacha20(const Beginning& wanted);
Made begin_key_wrap(const Beginning& wanted);  // KEY_WRAP, KEY_WRAP_PAD, KEY_WRAP_KWP, KEY_WRAP_PKCS7
Made begin_rsa_signature(const Beginning& wanted);
Made begin_rsa_cipher(const Beginning& wanted);
Made begin_rsa(const Beginning& wanted);       // RSA_PKCS and RSA_X_509: a signature or a cipher
Made begin_ecdsa(const Beginning& wanted);      // ECDSA and DSA
Made begin_tls_mac(const Beginning& wanted);
Made begin_eddsa(const Beginning& wanted);
Made begin_pq_signature(const Beginning& wanted);  // ML-DSA and SLH-DSA

/// An operation that needs its whole input at once: update() keeps it, finish() is once() over what was kept.
class WholeInput : public Operation {
 public:
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return once_size(kept_.size()); }
  Result<std::size_t> update(ByteView in, Room) override {
    kept_.insert(kept_.end(), in.begin(), in.end());
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    auto written = once(kept_, room);
    if (written || written.error().rv != Rv::buffer_too_small) kept_.clear();
    return written;
  }
  Status verify_finish(ByteView signature) override {
    const auto kept = std::exchange(kept_, {});
    return verify_once(kept, signature);
  }

 protected:
  void forget() { kept_.clear(); }

 private:
  WipedBytes kept_;
};

/// The key of an AES mechanism; key_type_inconsistent for any other.
Result<const SecretKey*> aes_key(const Key& key);
/// The same for another type of secret key.
Result<const SecretKey*> secret_key(const Key& key, KeyType type);
/// The RSA or EC key of an operation, of the half that `use` needs.
Result<const PairKey*> pair_key(const Key& key, KeyType type, Use use);

/// Puts a result that was made elsewhere into the room; buffer_too_small when it does not fit.
Result<std::size_t> put(ByteView result, Room room);

}  // namespace hsm::crypto
