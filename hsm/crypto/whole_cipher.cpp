#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

// Ciphers whose last blocks depend on each other, so that a message is taken whole: CKM_AES_CTS (NIST SP 800-38A addendum, CBC-CS1;
// PKCS#11 3.2, 6.13.6) and CKM_AES_XTS (SP 800-38E; 6.13.15).

namespace hsm::crypto {
namespace {

class WholeCipher final : public WholeInput {
 public:
  WholeCipher(std::uint64_t mechanism, CipherContext context, bool encrypting)
      : mechanism_(mechanism), context_(std::move(context)), encrypting_(encrypting) {}

  std::uint64_t once_size(std::uint64_t in) const override { return in; }

  Result<std::size_t> once(ByteView in, Room room) override {
    // SP 800-38E, 4: at most 2^20 blocks in a data unit.
    constexpr std::size_t kMost = kAesBlock << 20;
    if (in.size() < kAesBlock || in.size() > kMost)
      return fail(encrypting_ ? Rv::data_len_range : Rv::encrypted_data_len_range, "the mechanism takes one block to 16 MiB");
    if (room.size() < in.size()) return fail(Rv::buffer_too_small, "no room for the result");
    WipedBytes copy;
    if (overlap(in, room)) {
      copy.assign(in.begin(), in.end());
      in = copy;
    }
    must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, iv_.data(), encrypting_ ? 1 : 0, nullptr), "cannot start a cipher");
    return run_cipher(context_.get(), in, room.data());
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    const auto* params = std::get_if<IvParams>(&mechanism.params);
    if (params == nullptr || params->iv.size() != iv_.size())
      return fail(Rv::mechanism_param_invalid, "the mechanism needs 16 octets: an IV, or the number of a data unit");
    std::ranges::copy(params->iv, iv_.begin());
    forget();
    return true;
  }

 private:
  std::uint64_t mechanism_;
  CipherContext context_;
  bool encrypting_;
  std::array<std::uint8_t, kAesBlock> iv_{};
};

Result<CipherContext> context_of(const Beginning& wanted, bool encrypting) {
  if (wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_xts)) {
    const auto key = TRY(secret_key(*wanted.key, KeyType::aes_xts))->value();
    const auto half = key.size() / 2;
    // FIPS 140 IG C.I: with equal halves XTS is not XTS.
    if (equal_in_constant_time(key.first(half), key.last(half)))
      return fail(Rv::key_type_inconsistent, "the two halves of the XTS key are equal");
    return keyed_context(Library::get().aes_xts(key.size()), key, encrypting);
  }
  auto context = keyed_context(BlockMode::cts, TRY(aes_key(*wanted.key))->value(), encrypting);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, const_cast<char*>(OSSL_CIPHER_CTS_MODE_CS1), 0),
      OSSL_PARAM_construct_end()};
  must(EVP_CIPHER_CTX_set_params(context.get(), params), "libcrypto lacks CBC-CS1");
  return context;
}

}  // namespace

Made begin_whole_cipher(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "the mechanism only encrypts and decrypts");
  const bool encrypting = wanted.use == Use::encrypt;
  std::unique_ptr<Operation> made =
      std::make_unique<WholeCipher>(wanted.mechanism.type, TRY(context_of(wanted, encrypting)), encrypting);
  TRY(made->restart(wanted.mechanism));
  return made;
}

}  // namespace hsm::crypto
