#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

// CKM_AES_CCM (NIST SP 800-38C; PKCS#11 3.2, 6.13.4) and CKM_CHACHA20_POLY1305 (RFC 8439; 6.61): the tag follows the ciphertext, and
// no plaintext is given away before the tag was checked.

namespace hsm::crypto {
namespace {

constexpr std::size_t kMostTag = 16;
constexpr std::size_t kPolyTag = 16, kPolyNonce = 12;

/// A message's parameter, whatever the mechanism.
struct Message {
  ByteView nonce, aad;
  std::size_t tag = kPolyTag;
  std::optional<std::uint64_t> length;  ///< of the plaintext, where it was announced
};

Result<Message> message_of(const Mechanism& mechanism) {
  if (mechanism.type == static_cast<std::uint64_t>(Mech::aes_ccm)) {
    const auto* params = std::get_if<CcmParams>(&mechanism.params);
    if (params == nullptr) return fail(Rv::mechanism_param_invalid, "CKM_AES_CCM needs CK_CCM_PARAMS");
    if (params->nonce.size() < 7 || params->nonce.size() > 13)
      return fail(Rv::mechanism_param_invalid, "the nonce of CCM has 7 to 13 octets");
    if (params->mac_length < 4 || params->mac_length > kMostTag || params->mac_length % 2 != 0)
      return fail(Rv::mechanism_param_invalid, "the MAC of CCM has 4, 6, 8, 10, 12, 14 or 16 octets");
    return Message{params->nonce, params->aad, static_cast<std::size_t>(params->mac_length), params->data_length};
  }
  const auto* params = std::get_if<AeadParams>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_SALSA20_CHACHA20_POLY1305_PARAMS");
  if (params->nonce.size() != kPolyNonce) return fail(Rv::mechanism_param_invalid, "the nonce of ChaCha20-Poly1305 has 12 octets");
  return Message{params->nonce, params->aad, kPolyTag, {}};
}

class AeadOperation final : public WholeInput {
 public:
  /// `key` is the value of `owner`.
  AeadOperation(std::uint64_t mechanism, KeyPtr owner, ByteView key, CipherContext context, bool encrypting)
      : mechanism_(mechanism), owner_(std::move(owner)), key_(key), context_(std::move(context)), encrypting_(encrypting) {}

  std::uint64_t once_size(std::uint64_t in) const override {
    if (encrypting_) return in + tag_;
    return in < tag_ ? 0 : in - tag_;
  }

  Result<std::size_t> once(ByteView in, Room room) override {
    TRY(check_length(in.size()));
    if (room.size() < once_size(in.size())) return fail(Rv::buffer_too_small, "no room for the result");
    WipedBytes copy;
    if (overlap(in, room)) {
      copy.assign(in.begin(), in.end());
      in = copy;
    }
    return encrypting_ ? encrypt(in, room) : decrypt(in, room);
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    const auto message = TRY(message_of(mechanism));
    nonce_ = bytes_of(message.nonce);
    aad_ = bytes_of(message.aad);
    tag_ = message.tag;
    length_ = message.length;
    forget();
    return true;
  }

 private:
  bool is_ccm() const { return mechanism_ == static_cast<std::uint64_t>(Mech::aes_ccm); }

  Status check_length(std::size_t size) const {
    if (!encrypting_ && size < tag_) return fail(Rv::encrypted_data_len_range, "the encrypted data is shorter than its tag");
    const auto plain = encrypting_ ? size : size - tag_;
    // A length field of 15 - nonce octets (SP 800-38C, A.1).
    const auto field = 8 * (15 - nonce_.size());
    if (is_ccm() && field < 64 && std::uint64_t{plain} >> field != 0)
      return fail(encrypting_ ? Rv::data_len_range : Rv::encrypted_data_len_range, "too long for a nonce of this length");
    if (length_ && *length_ != plain)
      return fail(encrypting_ ? Rv::data_len_range : Rv::encrypted_data_len_range, "the data has not the length that was announced");
    return Done{};
  }
  void start(ByteView tag, std::size_t plain) {
    auto* context = context_.get();
    auto* expected = tag.empty() ? nullptr : const_cast<std::uint8_t*>(tag.data());
    bool worked = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce_.size()), nullptr) > 0;
    if (is_ccm() || expected != nullptr)
      worked = worked && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_), expected) > 0;
    // CCM sets its key up for these two lengths.
    const auto* key = is_ccm() ? key_.data() : nullptr;
    worked = worked && EVP_CipherInit_ex2(context, nullptr, key, nonce_.data(), encrypting_ ? 1 : 0, nullptr) > 0;
    int size = 0;
    if (is_ccm()) worked = worked && EVP_CipherUpdate(context, nullptr, &size, nullptr, static_cast<int>(plain)) > 0;
    must(worked, "cannot start an AEAD");
    run_cipher(context, aad_, nullptr);
  }
  /// CCM takes its whole message in one call, an empty one too.
  bool run(ByteView in, std::uint8_t* out) {
    std::uint8_t nothing = 0;
    int size = 0;
    if (EVP_CipherUpdate(context_.get(), in.empty() ? &nothing : out, &size, in.empty() ? &nothing : in.data(),
                         static_cast<int>(in.size())) <= 0)
      return false;
    return is_ccm() || EVP_CipherFinal_ex(context_.get(), &nothing, &size) > 0;
  }
  Result<std::size_t> encrypt(ByteView in, Room room) {
    start({}, in.size());
    must(run(in, room.data()) && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_),
                                                     room.data() + in.size()) > 0,
         "cannot encrypt");
    return in.size() + tag_;
  }
  Result<std::size_t> decrypt(ByteView in, Room room) {
    const QuietErrors quiet;
    const auto plain = in.size() - tag_;
    start(in.last(tag_), plain);
    if (!run(in.first(plain), room.data())) {
      wipe(room.first(plain));
      return fail(Rv::encrypted_data_invalid, "the tag does not fit key, nonce, associated data and ciphertext");
    }
    return plain;
  }

  std::uint64_t mechanism_;
  KeyPtr owner_;
  ByteView key_;
  CipherContext context_;
  bool encrypting_;
  Bytes nonce_, aad_;
  std::size_t tag_ = kPolyTag;
  std::optional<std::uint64_t> length_;
};

}  // namespace

Made begin_aead(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "an AEAD only encrypts and decrypts");
  const bool encrypting = wanted.use == Use::encrypt;
  const bool ccm = wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_ccm);
  const auto key = TRY(secret_key(*wanted.key, ccm ? KeyType::aes : KeyType::chacha20))->value();
  auto context = ccm ? keyed_context(BlockMode::ccm, key, encrypting)
                     : keyed_context(Library::get().chacha20_poly1305(), key, encrypting);
  std::unique_ptr<Operation> made =
      std::make_unique<AeadOperation>(wanted.mechanism.type, wanted.key, key, std::move(context), encrypting);
  TRY(made->restart(wanted.mechanism));
  return made;
}

}  // namespace hsm::crypto
