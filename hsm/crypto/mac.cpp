#include "hsm/crypto/block_mac.h"

// CKM_AES_CMAC, CKM_DES3_CMAC and their general forms (NIST SP 800-38B; PKCS#11 3.2, 6.13.9), CKM_AES_GMAC (SP 800-38D; 6.13.5) and
// CKM_POLY1305 (RFC 8439; 6.60).

namespace hsm::crypto {
namespace {

using MacContext = std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>>;

/// The keyed state is made once; a message begins with a copy of it.
class MacOperation final : public BlockMac {
 public:
  MacOperation(std::uint64_t mechanism, MacContext keyed, std::size_t length)
      : BlockMac(mechanism, length), keyed_(std::move(keyed)) {}

  Result<bool> restart(const Mechanism& mechanism) override {
    // A GMAC has another IV, and a Poly1305 key is for one message.
    if (!reusable() || !same(mechanism)) return false;
    begin();
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    auto copy = std::make_unique<MacOperation>(mechanism(), copy_of(keyed_), length());
    if (running_ != nullptr) copy->running_ = copy_of(running_);
    return std::unique_ptr<Operation>(std::move(copy));
  }

 private:
  bool reusable() const {
    return mechanism() != static_cast<std::uint64_t>(Mech::aes_gmac) && mechanism() != static_cast<std::uint64_t>(Mech::poly1305);
  }
  static MacContext copy_of(const MacContext& from) {
    MacContext copy(EVP_MAC_CTX_dup(from.get()));
    must(copy != nullptr, "cannot copy a MAC state");
    return copy;
  }
  void begin() override { running_.reset(); }
  void feed(ByteView in) override {
    if (running_ == nullptr) running_ = copy_of(keyed_);
    must(EVP_MAC_update(running_.get(), in.data(), in.size()), "cannot continue a MAC");
  }
  Block end() override {
    feed({});
    Block mac{};
    std::size_t size = 0;
    must(EVP_MAC_final(running_.get(), mac.data(), &size, mac.size()) > 0 && size >= length(), "cannot finish a MAC");
    running_.reset();
    return mac;
  }

  MacContext keyed_, running_;
};

MacContext keyed_mac(EVP_MAC* algorithm, ByteView key, const OSSL_PARAM* params) {
  MacContext context(EVP_MAC_CTX_new(algorithm));
  must(context != nullptr && EVP_MAC_init(context.get(), key.data(), key.size(), params) > 0, "cannot start a MAC");
  return context;
}

Status signs(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "a MAC only signs and verifies");
  return Done{};
}

OSSL_PARAM cipher_param(KeyType type, BlockMode mode, std::size_t key_size) {
  const auto* cipher = Library::get().block(type, mode, key_size);
  return OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, const_cast<char*>(EVP_CIPHER_get0_name(cipher)), 0);
}

}  // namespace

Result<std::size_t> mac_length(const Mechanism& mechanism, bool takes_length, std::size_t usual, std::size_t most) {
  const auto* general = std::get_if<MacGeneralParams>(&mechanism.params);
  if (takes_length ? general == nullptr : !std::holds_alternative<std::monostate>(mechanism.params))
    return fail(Rv::mechanism_param_invalid, "this MAC takes no parameter, its general form the length of the MAC");
  if (general == nullptr) return usual;
  if (general->length == 0 || general->length > most)
    return fail(Rv::mechanism_param_invalid, "the length of the MAC is not between 1 and that of a block");
  return static_cast<std::size_t>(general->length);
}

Made begin_cmac(const Beginning& wanted) {
  TRY(signs(wanted));
  const auto* row = TRY(find_mechanism(wanted.mechanism.type));
  const auto key = TRY(block_key(wanted.mechanism, *wanted.key));
  const auto block = block_of(row->key);
  const auto length = TRY(mac_length(wanted.mechanism, row->param == Param::mac_general, block, block));
  const OSSL_PARAM params[] = {cipher_param(row->key, BlockMode::cbc, key.octets().size()), OSSL_PARAM_construct_end()};
  return std::unique_ptr<Operation>(
      std::make_unique<MacOperation>(wanted.mechanism.type, keyed_mac(Library::get().cmac(), key.octets(), params), length));
}

Made begin_gmac(const Beginning& wanted) {
  TRY(signs(wanted));
  const auto key = TRY(aes_key(*wanted.key))->value();
  const auto* given = std::get_if<GcmParams>(&wanted.mechanism.params);
  if (given == nullptr) return fail(Rv::mechanism_param_invalid, "CKM_AES_GMAC needs CK_GCM_PARAMS");
  if (given->iv.empty() || given->iv.size() > 128) return fail(Rv::mechanism_param_invalid, "the IV has 1 to 128 octets");
  if (given->tag_bits % 8 != 0 || given->tag_bits < 32 || given->tag_bits > 128)
    return fail(Rv::mechanism_param_invalid, "the tag has 32 to 128 bits");
  const OSSL_PARAM params[] = {
      cipher_param(KeyType::aes, BlockMode::gcm, key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, const_cast<std::uint8_t*>(given->iv.data()), given->iv.size()),
      OSSL_PARAM_construct_end()};
  auto made = std::make_unique<MacOperation>(wanted.mechanism.type, keyed_mac(Library::get().gmac(), key, params), given->tag_bits / 8);
  if (!given->aad.empty()) TRY(made->update(given->aad, {}));
  return std::unique_ptr<Operation>(std::move(made));
}

Made begin_poly1305(const Beginning& wanted) {
  TRY(signs(wanted));
  const auto key = TRY(secret_key(*wanted.key, KeyType::poly1305))->value();
  if (!std::holds_alternative<std::monostate>(wanted.mechanism.params))
    return fail(Rv::mechanism_param_invalid, "CKM_POLY1305 takes no parameter");
  return std::unique_ptr<Operation>(
      std::make_unique<MacOperation>(wanted.mechanism.type, keyed_mac(Library::get().poly1305(), key, nullptr), kAesBlock));
}

}  // namespace hsm::crypto
