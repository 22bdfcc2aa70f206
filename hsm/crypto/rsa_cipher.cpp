#include <algorithm>
#include <array>

#include "hsm/crypto/rsa.h"

namespace hsm::crypto {
namespace {

/// Octets that are wiped when they go out of scope.
struct Scratch {
  std::array<std::uint8_t, kMostModulus> octets;
  ~Scratch() { wipe(octets); }
};

class RsaCipher : public WholeInput {
 public:
  RsaCipher(const Beginning& wanted, const PairKey& pair, RsaScheme scheme)
      : mechanism_(wanted.mechanism.type), key_(wanted.key), pair_(pair), size_(pair.modulus_size()),
        scheme_(std::move(scheme)) {}

  Result<bool> restart(const Mechanism& mechanism) override {
    forget();
    return mechanism.type == mechanism_ && TRY(rsa_scheme(mechanism)) == scheme_;
  }

 protected:
  /// The longest message.
  std::size_t most() const {
    if (scheme_.padding == RSA_NO_PADDING) return size_;
    return size_ - (scheme_.padding == RSA_PKCS1_PADDING ? 11 : 2 * scheme_.hash->size + 2);
  }
  std::uint64_t mechanism_;
  KeyPtr key_;
  const PairKey& pair_;
  std::size_t size_;
  RsaScheme scheme_;
};

class RsaEncryption final : public RsaCipher {
 public:
  RsaEncryption(const Beginning& wanted, const PairKey& pair, RsaScheme scheme)
      : RsaCipher(wanted, pair, std::move(scheme)), context_(rsa_context(pair, scheme_, EVP_PKEY_encrypt_init_ex)) {}

  std::uint64_t once_size(std::uint64_t) const override { return size_; }
  Result<std::size_t> once(ByteView in, Room room) override {
    if (in.size() > most()) return fail(Rv::data_len_range, "the data is too long for this RSA key and padding");
    if (room.size() < size_) return fail(Rv::buffer_too_small, "no room for the encrypted data");
    Scratch scratch;
    if (scheme_.padding == RSA_NO_PADDING && in.size() < size_) {
      std::fill_n(scratch.octets.begin(), size_ - in.size(), std::uint8_t{0});
      std::ranges::copy(in, scratch.octets.begin() + static_cast<std::ptrdiff_t>(size_ - in.size()));
      in = ByteView(scratch.octets).first(size_);
    }
    const QuietErrors quiet;
    auto size = size_;
    if (EVP_PKEY_encrypt(context_.get(), room.data(), &size, in.data(), in.size()) <= 0)
      return fail(Rv::data_invalid, "the data is not below the modulus");
    return size;
  }

 private:
  KeyContext context_;
};

class RsaDecryption final : public RsaCipher {
 public:
  RsaDecryption(const Beginning& wanted, const PairKey& pair, RsaScheme scheme)
      : RsaCipher(wanted, pair, std::move(scheme)), context_(rsa_context(pair, primitive(scheme_), EVP_PKEY_decrypt_init_ex)) {}

  std::uint64_t once_size(std::uint64_t) const override { return most(); }
  Result<std::size_t> once(ByteView in, Room room) override {
    if (in.size() != size_) return fail(Rv::encrypted_data_len_range, "the encrypted data is not as long as the modulus");
    Scratch plain, message;
    auto size = plain.octets.size();
    {
      const QuietErrors quiet;
      if (EVP_PKEY_decrypt(context_.get(), plain.octets.data(), &size, in.data(), in.size()) <= 0)
        return fail(Rv::encrypted_data_invalid, "the encrypted data does not decrypt");
    }
    if (scheme_.padding != RSA_PKCS1_PADDING) return put(ByteView(plain.octets).first(size), room);
    size = open_pkcs1(pair_.rejection(), in, std::span(plain.octets).first(size), message.octets.data());
    return put(ByteView(message.octets).first(size), room);
  }

 private:
  /// PKCS#1 v1.5 is unpadded here: libcrypto 3.0 would tell whether the padding is right.
  static RsaScheme primitive(const RsaScheme& scheme) {
    if (scheme.padding != RSA_PKCS1_PADDING) return scheme;
    return RsaScheme{RSA_NO_PADDING, {}, {}, {}, 0, {}};
  }
  KeyContext context_;
};

}  // namespace

Made begin_rsa_cipher(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "this RSA mechanism only encrypts and decrypts");
  auto scheme = TRY(rsa_scheme(wanted.mechanism));
  const auto* pair = TRY(pair_key(*wanted.key, KeyType::rsa, wanted.use));
  if (scheme.padding == RSA_PKCS1_OAEP_PADDING && 2 * scheme.hash->size + 2 > pair->modulus_size())
    return fail(Rv::mechanism_param_invalid, "the hash of OAEP is too long for this key");
  if (wanted.use == Use::encrypt)
    return std::unique_ptr<Operation>(std::make_unique<RsaEncryption>(wanted, *pair, std::move(scheme)));
  return std::unique_ptr<Operation>(std::make_unique<RsaDecryption>(wanted, *pair, std::move(scheme)));
}

}  // namespace hsm::crypto
