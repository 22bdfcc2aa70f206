#include <algorithm>
#include <array>

#include "hsm/crypto/message_signature.h"
#include "hsm/crypto/rsa.h"

namespace hsm::crypto {
namespace {

using Encoded = std::array<std::uint8_t, kMostModulus>;

class RsaSignature final : public MessageSignature {
 public:
  RsaSignature(const Beginning& wanted, const PairKey& pair, RsaScheme scheme)
      : MessageSignature(scheme.message, pair.modulus_size()), mechanism_(wanted.mechanism.type), key_(wanted.key),
        scheme_(std::move(scheme)), context_(rsa_context(pair, scheme_, initialiser(wanted.use))) {}

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_ || TRY(rsa_scheme(mechanism)) != scheme_) return false;
    start_again();
    return true;
  }

 private:
  static int (*initialiser(Use use))(EVP_PKEY_CTX*, const OSSL_PARAM*) {
    return use == Use::sign ? EVP_PKEY_sign_init_ex : EVP_PKEY_verify_init_ex;
  }

  Status check_length(std::size_t octets) const {
    const bool fits = scheme_.padding == RSA_PKCS1_PSS_PADDING ? octets == scheme_.hash->size
                      : scheme_.padding == RSA_NO_PADDING      ? octets <= size()
                                                               : octets + 11 <= size();
    if (!fits) return fail(Rv::data_len_range, "the data has a length that this RSA mechanism does not sign");
    return Done{};
  }
  /// Raw RSA takes shorter data as if zeros stood before it.
  ByteView padded(ByteView data, Encoded& room) const {
    if (scheme_.padding != RSA_NO_PADDING || data.size() == size()) return data;
    std::fill_n(room.begin(), size() - data.size(), std::uint8_t{0});
    std::ranges::copy(data, room.begin() + static_cast<std::ptrdiff_t>(size() - data.size()));
    return ByteView(room).first(size());
  }
  Result<std::size_t> sign(ByteView digest, Room room) override {
    TRY(check_length(digest.size()));
    Encoded encoded;
    const auto data = padded(digest, encoded);
    const QuietErrors quiet;
    auto written = size();
    if (EVP_PKEY_sign(context_.get(), room.data(), &written, data.data(), data.size()) <= 0)
      return fail(Rv::data_invalid, "the key cannot sign this: too short for hash and salt, or the data not below the modulus");
    return written;
  }
  Status verify(ByteView digest, ByteView signature) override {
    if (signature.size() != size()) return fail(Rv::signature_len_range, "the signature is not as long as the modulus");
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
  RsaScheme scheme_;
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
