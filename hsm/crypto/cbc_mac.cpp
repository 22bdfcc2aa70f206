#include "hsm/crypto/block_mac.h"

// MACs out of CBC: CKM_AES_MAC and CKM_AES_MAC_GENERAL (FIPS 113 with AES: the last block filled with zeros; PKCS#11 3.2, 6.10.8) and
// CKM_AES_XCBC_MAC (RFC 3566). For applications that still need them; no library here has them.

namespace hsm::crypto {
namespace {

using Block = std::array<std::uint8_t, kAesBlock>;

class BlockCipher {
 public:
  explicit BlockCipher(ByteView key) : context_(keyed_context(AesMode::ecb, key, true)) {
    EVP_CIPHER_CTX_set_padding(context_.get(), 0);
  }
  void run(Block& block) { run_cipher(context_.get(), Block(block), block.data()); }
  BlockCipher copy() const { return BlockCipher(copy_of(context_)); }

 private:
  explicit BlockCipher(CipherContext context) : context_(std::move(context)) {}

  CipherContext context_;
};

/// XCBC's keys for the last block, all zero for the plain MAC.
struct LastKeys {
  Block whole{}, filled{};
};

class CbcMacOperation final : public BlockMac {
 public:
  CbcMacOperation(std::uint64_t mechanism, BlockCipher cipher, std::size_t length, bool is_xcbc, const LastKeys& last)
      : BlockMac(mechanism, length), cipher_(std::move(cipher)), is_xcbc_(is_xcbc), last_(last) {}
  ~CbcMacOperation() override {
    wipe(last_.whole);
    wipe(last_.filled);
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (!same(mechanism)) return false;
    begin();
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    auto copy = std::make_unique<CbcMacOperation>(mechanism(), cipher_.copy(), length(), is_xcbc_, last_);
    copy->chain_ = chain_;
    copy->waiting_ = waiting_;
    copy->held_ = held_;
    return std::unique_ptr<Operation>(std::move(copy));
  }

 private:
  void begin() override {
    chain_ = {};
    held_ = 0;
  }
  void mix(ByteView block) {
    for (std::size_t i = 0; i < block.size(); ++i) chain_[i] ^= block[i];
  }
  /// Keeps the last block back, even a whole one: it is treated apart.
  void feed(ByteView in) override {
    while (!in.empty()) {
      if (held_ == kAesBlock) {
        mix(waiting_);
        cipher_.run(chain_);
        held_ = 0;
      }
      const auto part = in.first(std::min(in.size(), kAesBlock - held_));
      std::ranges::copy(part, waiting_.begin() + static_cast<std::ptrdiff_t>(held_));
      held_ += part.size();
      in = in.subspan(part.size());
    }
  }
  Block end() override {
    const bool whole = held_ == kAesBlock;
    std::fill(waiting_.begin() + static_cast<std::ptrdiff_t>(held_), waiting_.end(), std::uint8_t{0});
    if (is_xcbc_ && !whole) waiting_[held_] = 0x80;
    mix(waiting_);
    mix(whole ? last_.whole : last_.filled);
    cipher_.run(chain_);
    const auto mac = chain_;
    begin();
    return mac;
  }

  BlockCipher cipher_;
  bool is_xcbc_;
  LastKeys last_;
  Block chain_{}, waiting_{};
  std::size_t held_ = 0;
};

Block filled_with(std::uint8_t octet) {
  Block block;
  block.fill(octet);
  return block;
}

Made begin_xcbc(const Beginning& wanted, ByteView key) {
  if (key.size() != 16) return fail(Rv::key_size_range, "AES-XCBC-MAC is defined for keys of 16 octets");
  if (!std::holds_alternative<std::monostate>(wanted.mechanism.params))
    return fail(Rv::mechanism_param_invalid, "CKM_AES_XCBC_MAC takes no parameter");
  BlockCipher master(key);
  auto first = filled_with(1);
  LastKeys last{filled_with(2), filled_with(3)};
  for (auto* block : {&first, &last.whole, &last.filled}) master.run(*block);
  const std::size_t length = wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_xcbc_mac) ? 16 : 12;
  auto made = std::make_unique<CbcMacOperation>(wanted.mechanism.type, BlockCipher(first), length, true, last);
  for (auto* block : {&first, &last.whole, &last.filled}) wipe(*block);
  return std::unique_ptr<Operation>(std::move(made));
}

}  // namespace

Made begin_cbc_mac(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "a MAC only signs and verifies");
  const auto key = TRY(aes_key(*wanted.key))->value();
  const auto type = static_cast<Mech>(wanted.mechanism.type);
  if (type == Mech::aes_xcbc_mac || type == Mech::aes_xcbc_mac_96) return begin_xcbc(wanted, key);
  const auto length = TRY(mac_length(wanted.mechanism, type == Mech::aes_mac_general, kAesBlock / 2));
  return std::unique_ptr<Operation>(
      std::make_unique<CbcMacOperation>(wanted.mechanism.type, BlockCipher(key), length, false, LastKeys{}));
}

}  // namespace hsm::crypto
