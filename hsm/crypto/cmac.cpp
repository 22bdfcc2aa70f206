#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

// CKM_AES_CMAC and CKM_AES_CMAC_GENERAL (NIST SP 800-38B; PKCS#11 3.1, 6.13.9).

namespace hsm::crypto {
namespace {

using MacContext = std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>>;

/// The keyed state is made once; a message begins with a copy of it.
class CmacOperation final : public Operation {
 public:
  CmacOperation(std::uint64_t mechanism, MacContext keyed, std::size_t length)
      : mechanism_(mechanism), keyed_(std::move(keyed)), length_(length) {}

  std::uint64_t once_size(std::uint64_t) const override { return length_; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return length_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < length_) return fail(Rv::buffer_too_small, "no room for the MAC");
    running_.reset();
    feed(in);
    return finish(room);
  }
  Result<std::size_t> update(ByteView in, Room) override {
    feed(in);
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < length_) return fail(Rv::buffer_too_small, "no room for the MAC");
    const auto mac = end();
    std::copy_n(mac.begin(), length_, room.begin());
    return length_;
  }
  Status verify_once(ByteView data, ByteView signature) override {
    running_.reset();
    feed(data);
    return verify_finish(signature);
  }
  Status verify_finish(ByteView signature) override {
    const auto mac = end();
    if (signature.size() != length_) return fail(Rv::signature_len_range, "the MAC has another length");
    if (!equal_in_constant_time(ByteView(mac).first(length_), signature)) return fail(Rv::signature_invalid, "the MAC does not fit");
    return Done{};
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    if (const auto* general = std::get_if<MacGeneralParams>(&mechanism.params); general != nullptr && general->length != length_)
      return false;
    running_.reset();
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    auto copy = std::make_unique<CmacOperation>(mechanism_, copy_of(keyed_), length_);
    if (running_ != nullptr) copy->running_ = copy_of(running_);
    return std::unique_ptr<Operation>(std::move(copy));
  }

 private:
  static MacContext copy_of(const MacContext& from) {
    MacContext copy(EVP_MAC_CTX_dup(from.get()));
    must(copy != nullptr, "cannot copy a CMAC state");
    return copy;
  }
  void feed(ByteView in) {
    if (running_ == nullptr) running_ = copy_of(keyed_);
    must(EVP_MAC_update(running_.get(), in.data(), in.size()), "cannot continue a CMAC");
  }
  std::array<std::uint8_t, kAesBlock> end() {
    feed({});
    std::array<std::uint8_t, kAesBlock> mac;
    std::size_t size = 0;
    must(EVP_MAC_final(running_.get(), mac.data(), &size, mac.size()) > 0 && size == mac.size(), "cannot finish a CMAC");
    running_.reset();
    return mac;
  }

  std::uint64_t mechanism_;
  MacContext keyed_, running_;
  std::size_t length_;
};

}  // namespace

Made begin_cmac(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "a CMAC only signs and verifies");
  const auto* key = TRY(aes_key(*wanted.key));
  const auto* general = std::get_if<MacGeneralParams>(&wanted.mechanism.params);
  const bool wants_length = wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_cmac_general);
  if (wants_length ? general == nullptr : !std::holds_alternative<std::monostate>(wanted.mechanism.params))
    return fail(Rv::mechanism_param_invalid, "CKM_AES_CMAC takes no parameter, CKM_AES_CMAC_GENERAL the length of the MAC");
  if (general != nullptr && (general->length == 0 || general->length > kAesBlock))
    return fail(Rv::mechanism_param_invalid, "the length of the MAC is not between 1 and 16");
  const auto* cipher = Library::get().aes(AesMode::cbc, key->value().size());
  MacContext keyed(EVP_MAC_CTX_new(Library::get().cmac()));
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, const_cast<char*>(EVP_CIPHER_get0_name(cipher)), 0),
      OSSL_PARAM_construct_end()};
  must(keyed != nullptr && EVP_MAC_init(keyed.get(), key->value().data(), key->value().size(), params) > 0, "cannot start a CMAC");
  return std::unique_ptr<Operation>(
      std::make_unique<CmacOperation>(wanted.mechanism.type, std::move(keyed), general != nullptr ? general->length : kAesBlock));
}

}  // namespace hsm::crypto
