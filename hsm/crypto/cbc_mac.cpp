#include "hsm/crypto/block_mac.h"
#include "hsm/crypto/seed.h"

// MACs out of CBC: CKM_AES_MAC, CKM_AES_MAC_GENERAL and those of other block ciphers (FIPS 113 with them: the last block filled with
// zeros; PKCS#11 3.2, 6.10.8), and CKM_AES_XCBC_MAC (RFC 3566). For applications that still need them; no library here has them.

namespace hsm::crypto {
namespace {

using Block = std::array<std::uint8_t, kAesBlock>;

class BlockCipher {
 public:
  BlockCipher(KeyType type, ByteView key)
      : size_(block_of(type)) {
    if (type == KeyType::seed) {
      seed_.emplace(key);
      return;
    }
    context_ = keyed_context(Library::get().block(type, BlockMode::ecb, key.size()), key, true);
    EVP_CIPHER_CTX_set_padding(context_.get(), 0);
  }
  std::size_t size() const { return size_; }
  /// The first size() octets.
  void run(Block& block) {
    const auto in = block;
    if (seed_) return seed_->run(in, block.data());
    run_cipher(context_.get(), ByteView(in).first(size_), block.data());
  }
  BlockCipher copy() const { return BlockCipher(size_, seed_ ? CipherContext() : copy_of(context_), seed_); }

 private:
  BlockCipher(std::size_t size, CipherContext context, std::optional<SeedBlock> seed)
      : size_(size), context_(std::move(context)), seed_(std::move(seed)) {}

  std::size_t size_;
  CipherContext context_;
  std::optional<SeedBlock> seed_;  ///< instead
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
      if (held_ == cipher_.size()) {
        mix(waiting_);
        cipher_.run(chain_);
        held_ = 0;
      }
      const auto part = in.first(std::min(in.size(), cipher_.size() - held_));
      std::ranges::copy(part, waiting_.begin() + static_cast<std::ptrdiff_t>(held_));
      held_ += part.size();
      in = in.subspan(part.size());
    }
  }
  Block end() override {
    const bool whole = held_ == cipher_.size();
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
  BlockCipher master(KeyType::aes, key);
  auto first = filled_with(1);
  LastKeys last{filled_with(2), filled_with(3)};
  for (auto* block : {&first, &last.whole, &last.filled}) master.run(*block);
  const std::size_t length = wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_xcbc_mac) ? 16 : 12;
  auto made = std::make_unique<CbcMacOperation>(wanted.mechanism.type, BlockCipher(KeyType::aes, first), length, true, last);
  for (auto* block : {&first, &last.whole, &last.filled}) wipe(*block);
  return std::unique_ptr<Operation>(std::move(made));
}

}  // namespace

Made begin_cbc_mac(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "a MAC only signs and verifies");
  const auto* row = TRY(find_mechanism(wanted.mechanism.type));
  const auto key = TRY(block_key(wanted.mechanism, *wanted.key));
  if (row->id == Mech::aes_xcbc_mac || row->id == Mech::aes_xcbc_mac_96) return begin_xcbc(wanted, key.octets());
  const auto block = block_of(row->key);
  const auto length = TRY(mac_length(wanted.mechanism, row->param == Param::mac_general, block / 2, block));
  return std::unique_ptr<Operation>(
      std::make_unique<CbcMacOperation>(wanted.mechanism.type, BlockCipher(row->key, key.octets()), length, false, LastKeys{}));
}

}  // namespace hsm::crypto
