#include <algorithm>
#include <array>

#include "hsm/crypto/rsa.h"

namespace hsm::crypto {
namespace {

using Encoded = std::array<std::uint8_t, kMostModulus>;

class RsaSignature final : public Operation {
 public:
  RsaSignature(const Beginning& wanted, const PairKey& pair, RsaScheme scheme)
      : mechanism_(wanted.mechanism.type), key_(wanted.key), size_(pair.modulus_size()), scheme_(std::move(scheme)),
        message_(scheme_.message), context_(rsa_context(pair, scheme_, initialiser(wanted.use))) {}

  std::uint64_t once_size(std::uint64_t) const override { return size_; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return size_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < size_) return fail(Rv::buffer_too_small, "no room for the signature");
    std::array<std::uint8_t, kMostHash> digest;
    return sign(message_.whole(in, digest), room);
  }
  Result<std::size_t> update(ByteView in, Room) override {
    message_.update(in);
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < size_) return fail(Rv::buffer_too_small, "no room for the signature");
    std::array<std::uint8_t, kMostHash> digest;
    return sign(message_.finish(digest), room);
  }
  Status verify_once(ByteView data, ByteView signature) override {
    std::array<std::uint8_t, kMostHash> digest;
    return verify(message_.whole(data, digest), signature);
  }
  Status verify_finish(ByteView signature) override {
    std::array<std::uint8_t, kMostHash> digest;
    return verify(message_.finish(digest), signature);
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_ || TRY(rsa_scheme(mechanism)) != scheme_) return false;
    message_.reset();
    return true;
  }

 private:
  static int (*initialiser(Use use))(EVP_PKEY_CTX*, const OSSL_PARAM*) {
    return use == Use::sign ? EVP_PKEY_sign_init_ex : EVP_PKEY_verify_init_ex;
  }

  Status check_length(std::size_t size) const {
    const bool fits = scheme_.padding == RSA_PKCS1_PSS_PADDING ? size == scheme_.hash->size
                      : scheme_.padding == RSA_NO_PADDING      ? size <= size_
                                                               : size + 11 <= size_;
    if (!fits) return fail(Rv::data_len_range, "the data has a length that this RSA mechanism does not sign");
    return Done{};
  }
  /// Raw RSA takes shorter data as if zeros stood before it.
  ByteView padded(ByteView data, Encoded& room) const {
    if (scheme_.padding != RSA_NO_PADDING || data.size() == size_) return data;
    std::fill_n(room.begin(), size_ - data.size(), std::uint8_t{0});
    std::ranges::copy(data, room.begin() + static_cast<std::ptrdiff_t>(size_ - data.size()));
    return ByteView(room).first(size_);
  }
  Result<std::size_t> sign(ByteView digest, Room room) {
    TRY(check_length(digest.size()));
    Encoded encoded;
    const auto data = padded(digest, encoded);
    const QuietErrors quiet;
    auto size = size_;
    if (EVP_PKEY_sign(context_.get(), room.data(), &size, data.data(), data.size()) <= 0)
      return fail(Rv::data_invalid, "the key cannot sign this: too short for hash and salt, or the data not below the modulus");
    return size;
  }
  Status verify(ByteView digest, ByteView signature) {
    if (signature.size() != size_) return fail(Rv::signature_len_range, "the signature is not as long as the modulus");
    TRY(check_length(digest.size()));
    Encoded encoded;
    const auto data = padded(digest, encoded);
    const QuietErrors quiet;
    if (EVP_PKEY_verify(context_.get(), signature.data(), signature.size(), data.data(), data.size()) != 1)
      return fail(Rv::signature_invalid, "the signature does not fit");
    return Done{};
  }

  std::uint64_t mechanism_;
  KeyPtr key_;
  std::size_t size_;
  RsaScheme scheme_;
  Message message_;
  KeyContext context_;
};

/// C_SignRecover and C_VerifyRecover with RSA_PKCS and RSA_X_509: signing is the same, verifying gives the data back.
class RsaRecovery final : public WholeInput {
 public:
  RsaRecovery(const Beginning& wanted, const PairKey& pair, const RsaScheme& scheme)
      : mechanism_(wanted.mechanism.type), key_(wanted.key), size_(pair.modulus_size()),
        overhead_(scheme.padding == RSA_PKCS1_PADDING ? 11 : 0),
        context_(rsa_context(pair, scheme, EVP_PKEY_verify_recover_init_ex)) {}

  std::uint64_t once_size(std::uint64_t) const override { return size_ - overhead_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (in.size() != size_) return fail(Rv::signature_len_range, "the signature is not as long as the modulus");
    std::array<std::uint8_t, kMostModulus> data;
    auto size = data.size();
    const QuietErrors quiet;
    if (EVP_PKEY_verify_recover(context_.get(), data.data(), &size, in.data(), in.size()) <= 0)
      return fail(Rv::signature_invalid, "the signature does not fit");
    return put(ByteView(data).first(size), room);
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    forget();
    return mechanism.type == mechanism_ && std::holds_alternative<std::monostate>(mechanism.params);
  }

 private:
  std::uint64_t mechanism_;
  KeyPtr key_;
  std::size_t size_, overhead_;
  KeyContext context_;
};

}  // namespace

Made begin_rsa_signature(const Beginning& wanted) {
  auto scheme = TRY(rsa_scheme(wanted.mechanism));
  const bool recovers = wanted.use == Use::sign_recover || wanted.use == Use::verify_recover;
  const bool raw = scheme.padding != RSA_PKCS1_PSS_PADDING && scheme.message == nullptr;
  if (wanted.use == Use::encrypt || wanted.use == Use::decrypt || (recovers && !raw))
    return fail(Rv::mechanism_invalid, "this RSA mechanism only signs and verifies");
  const auto* pair = TRY(pair_key(*wanted.key, KeyType::rsa, wanted.use));
  if (scheme.padding == RSA_PKCS1_PSS_PADDING &&
      scheme.salt + scheme.hash->size + 2 > (static_cast<std::size_t>(pair->bits()) - 1 + 7) / 8)
    return fail(Rv::mechanism_param_invalid, "hash and salt of PSS do not fit into the modulus");
  if (wanted.use == Use::verify_recover)
    return std::unique_ptr<Operation>(std::make_unique<RsaRecovery>(wanted, *pair, scheme));
  const Beginning as_signature{wanted.use == Use::sign_recover ? Use::sign : wanted.use, wanted.mechanism, wanted.key};
  return std::unique_ptr<Operation>(std::make_unique<RsaSignature>(as_signature, *pair, std::move(scheme)));
}

Made begin_rsa(const Beginning& wanted) {
  const bool cipher = wanted.use == Use::encrypt || wanted.use == Use::decrypt;
  return cipher ? begin_rsa_cipher(wanted) : begin_rsa_signature(wanted);
}

}  // namespace hsm::crypto
