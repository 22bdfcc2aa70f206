#include "hsm/crypto/aes_gcm.h"

#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

namespace hsm::crypto {
namespace {

constexpr std::size_t kMostIv = 128;  // libcrypto's limit; the standard allows 256

Result<const GcmParams*> gcm_params(const Mechanism& mechanism) {
  const auto* params = std::get_if<GcmParams>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "CKM_AES_GCM needs CK_GCM_PARAMS");
  if (params->iv.empty() || params->iv.size() > kMostIv)
    return fail(Rv::mechanism_param_invalid, "the IV has neither 12 nor any other length from 1 to 128 octets");
  // SP 800-38D, 5.2.1.2: 128, 120, 112, 104, 96, and 64 or 32 where an application can bear it.
  const auto bits = params->tag_bits;
  if (bits % 8 != 0 || bits > 128 || (bits < 96 && bits != 64 && bits != 32))
    return fail(Rv::mechanism_param_invalid, "the tag has a length that GCM does not allow");
  return params;
}

class GcmEncryption final : public Operation {
 public:
  explicit GcmEncryption(ByteView key) : runner_(keyed_context(BlockMode::gcm, key, true), true) {}

  std::uint64_t once_size(std::uint64_t in) const override { return in + tag_; }
  std::uint64_t update_size(std::uint64_t in) const override { return in; }
  std::uint64_t finish_size() const override { return tag_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < in.size() + tag_) return fail(Rv::buffer_too_small, "no room for ciphertext and tag");
    runner_.update(in, room.data());
    runner_.tag_into(room.subspan(in.size(), tag_));
    return in.size() + tag_;
  }
  Result<std::size_t> update(ByteView in, Room room) override {
    if (room.size() < in.size()) return fail(Rv::buffer_too_small, "no room for the ciphertext");
    runner_.update(in, room.data());
    return in.size();
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < tag_) return fail(Rv::buffer_too_small, "no room for the tag");
    runner_.tag_into(room.first(tag_));
    return tag_;
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != static_cast<std::uint64_t>(Mech::aes_gcm)) return false;
    const auto* params = TRY(gcm_params(mechanism));
    tag_ = params->tag_bits / 8;
    runner_.start(params->iv, params->aad);
    return true;
  }

 private:
  GcmRunner runner_;
  std::size_t tag_ = 0;
};

class GcmDecryption final : public WholeInput {
 public:
  explicit GcmDecryption(ByteView key) : runner_(keyed_context(BlockMode::gcm, key, false), false) {}

  std::uint64_t once_size(std::uint64_t in) const override { return in < tag_ ? 0 : in - tag_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (in.size() < tag_) return fail(Rv::encrypted_data_len_range, "the encrypted data is shorter than its tag");
    const auto size = in.size() - tag_;
    if (room.size() < size) return fail(Rv::buffer_too_small, "no room for the plaintext");
    // In place, the plaintext may reach the tag when the caller's room begins within the input.
    std::array<std::uint8_t, kAesBlock> tag;
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(size), tag_, tag.begin());
    runner_.update(in.first(size), room.data());
    if (!runner_.check(ByteView(tag).first(tag_))) {
      wipe(room.first(size));
      return fail(Rv::encrypted_data_invalid, "the tag does not fit key, IV, associated data and ciphertext");
    }
    return size;
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != static_cast<std::uint64_t>(Mech::aes_gcm)) return false;
    const auto* params = TRY(gcm_params(mechanism));
    tag_ = params->tag_bits / 8;
    forget();
    runner_.start(params->iv, params->aad);
    return true;
  }

 private:
  GcmRunner runner_;
  std::size_t tag_ = 0;
};

}  // namespace

void GcmRunner::start(ByteView iv, ByteView associated) {
  if (iv.size() != iv_size_) {
    must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(iv.size()), nullptr),
         "cannot set the length of an IV");
    iv_size_ = iv.size();
  }
  must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, iv.data(), encrypting_ ? 1 : 0, nullptr), "cannot set an IV");
  run_cipher(context_.get(), associated, nullptr);
}

void GcmRunner::update(ByteView in, std::uint8_t* out) { run_cipher(context_.get(), in, out); }

void GcmRunner::tag_into(std::span<std::uint8_t> tag) {
  std::array<std::uint8_t, kAesBlock> unused;
  int size = 0;
  must(EVP_CipherFinal_ex(context_.get(), unused.data(), &size), "cannot finish GCM");
  OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag.data(), tag.size()),
                         OSSL_PARAM_construct_end()};
  must(EVP_CIPHER_CTX_get_params(context_.get(), params), "cannot read a tag");
}

bool GcmRunner::check(ByteView tag) {
  const QuietErrors quiet;
  std::array<std::uint8_t, kAesBlock> octets;
  std::copy(tag.begin(), tag.end(), octets.begin());
  int size = 0;
  must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), octets.data()),
       "cannot set a tag");
  return EVP_CipherFinal_ex(context_.get(), octets.data(), &size) > 0;
}

Made begin_aes_gcm(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "GCM only encrypts and decrypts");
  const auto* key = TRY(aes_key(*wanted.key));
  std::unique_ptr<Operation> made;
  if (wanted.use == Use::encrypt) {
    made = std::make_unique<GcmEncryption>(key->value());
  } else {
    made = std::make_unique<GcmDecryption>(key->value());
  }
  TRY(made->restart(wanted.mechanism));
  return made;
}

}  // namespace hsm::crypto
