#include "hsm/crypto/seed.h"

#include <botan/block_cipher.h>
#include <botan/cipher_mode.h>
#include <botan/exceptn.h>

#include <optional>

namespace hsm::crypto {
namespace {

constexpr std::size_t kBlock = 16;

std::unique_ptr<Botan::BlockCipher> keyed(ByteView key) {
  auto cipher = Botan::BlockCipher::create_or_throw("SEED");
  cipher->set_key(key.data(), key.size());
  return cipher;
}

/// Enumerators of both Botans by their number: 2 and 3 name them differently.
constexpr auto kEncryption = Botan::Cipher_Dir{0}, kDecryption = Botan::Cipher_Dir{1};

class SeedOperation final : public Operation {
 public:
  SeedOperation(std::uint64_t mechanism, ByteView key, BlockMode mode, bool pads, bool encrypting)
      : mechanism_(mechanism), pads_(pads), encrypting_(encrypting) {
    if (mode == BlockMode::ecb) {
      block_ = keyed(key);
      return;
    }
    chain_ = Botan::Cipher_Mode::create_or_throw(pads ? "SEED/CBC/PKCS7" : "SEED/CBC/NoPadding", encrypting ? kEncryption : kDecryption);
    chain_->set_key(key.data(), key.size());
  }

  std::uint64_t once_size(std::uint64_t in) const override { return adds_padding() ? (in / kBlock + 1) * kBlock : in; }
  std::uint64_t update_size(std::uint64_t in) const override {
    const auto total = held_.size() + in;
    if (removes_padding() && total != 0) return (total - 1) / kBlock * kBlock;
    return total / kBlock * kBlock;
  }
  std::uint64_t finish_size() const override {
    if (!pads_) return 0;
    return adds_padding() ? kBlock : held_.size();
  }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (!adds_padding() && (in.size() % kBlock != 0 || (removes_padding() && in.empty()))) return wrong_length();
    if (!removes_padding() && room.size() < once_size(in.size())) return fail(Rv::buffer_too_small, "no room for the result");
    begin();
    WipedBytes out(in.size() + kBlock);
    const auto body = TRY(update(in, out));
    const auto last = TRY(finish(Room(out).subspan(body)));
    begin();
    return put(ByteView(out).first(body + last), room);
  }

  Result<std::size_t> update(ByteView in, Room room) override {
    const auto size = update_size(in.size());
    if (room.size() < size) return fail(Rv::buffer_too_small, "no room for the result");
    WipedBytes text(held_);
    text.insert(text.end(), in.begin(), in.end());
    held_.assign(text.begin() + static_cast<std::ptrdiff_t>(size), text.end());
    run(Room(text).first(size));
    return put(ByteView(text).first(size), room);
  }

  Result<std::size_t> finish(Room room) override {
    if (!last_) last_ = TRY(last_block());
    auto written = put(*last_, room);
    if (written) last_.reset();
    return written;
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    TRY(start(mechanism));
    return true;
  }

  Status start(const Mechanism& mechanism) {
    if (chain_ == nullptr) {
      if (!std::holds_alternative<std::monostate>(mechanism.params)) return fail(Rv::mechanism_param_invalid, "ECB takes no parameter");
    } else {
      const auto* params = std::get_if<IvParams>(&mechanism.params);
      if (params == nullptr || params->iv.size() != kBlock) return fail(Rv::mechanism_param_invalid, "CBC needs an IV of one block");
      iv_ = params->iv;
    }
    begin();
    return Done{};
  }

 private:
  bool adds_padding() const { return pads_ && encrypting_; }
  bool removes_padding() const { return pads_ && !encrypting_; }

  void begin() {
    held_.clear();
    last_.reset();
    if (chain_ != nullptr) chain_->start(iv_.data(), iv_.size());
  }
  /// Whole blocks in place.
  void run(Room blocks) const {
    if (blocks.empty()) return;
    if (chain_ != nullptr) {
      chain_->process(blocks.data(), blocks.size());
    } else if (encrypting_) {
      block_->encrypt_n(blocks.data(), blocks.data(), blocks.size() / kBlock);
    } else {
      block_->decrypt_n(blocks.data(), blocks.data(), blocks.size() / kBlock);
    }
  }
  Result<WipedBytes> last_block() {
    if (!pads_ ? !held_.empty() : removes_padding() && held_.size() != kBlock) return wrong_length();
    if (!pads_) return WipedBytes();
    Botan::secure_vector<std::uint8_t> text(held_.begin(), held_.end());
    held_.clear();
    try {
      chain_->finish(text);
    } catch (const Botan::Exception&) {
      return fail(Rv::encrypted_data_invalid, "the encrypted data does not decrypt");
    }
    return WipedBytes(text.begin(), text.end());
  }
  Error wrong_length() const {
    return encrypting_ ? fail(Rv::data_len_range, "the data is not a whole number of blocks")
                       : fail(Rv::encrypted_data_len_range, "the encrypted data is not a whole number of blocks");
  }

  std::uint64_t mechanism_;
  bool pads_, encrypting_;
  std::unique_ptr<Botan::BlockCipher> block_;  ///< of ECB
  std::unique_ptr<Botan::Cipher_Mode> chain_;  ///< of CBC
  Bytes iv_;
  WipedBytes held_;                 ///< what is not yet a block
  std::optional<WipedBytes> last_;  ///< made, but there was no room for it
};

}  // namespace

bool has_seed() {
  static const bool there = Botan::BlockCipher::create("SEED") != nullptr &&
                            Botan::Cipher_Mode::create("SEED/CBC/PKCS7", kEncryption) != nullptr;
  return there;
}

SeedBlock::SeedBlock(ByteView key) : cipher_(keyed(key)) {}

void SeedBlock::run(ByteView in, std::uint8_t* out) const { cipher_->encrypt_n(in.data(), out, in.size() / kBlock); }

void seed_encrypt(ByteView key, ByteView iv, ByteView in, std::uint8_t* out) {
  if (iv.empty()) return SeedBlock(key).run(in, out);
  const auto chain = Botan::Cipher_Mode::create_or_throw("SEED/CBC/NoPadding", kEncryption);
  chain->set_key(key.data(), key.size());
  chain->start(iv.data(), iv.size());
  std::ranges::copy(in, out);
  chain->process(out, in.size());
}

Made begin_seed(const Beginning& wanted, BlockMode mode, bool pads) {
  const auto key = TRY(secret_key(*wanted.key, KeyType::seed))->value();
  auto made = std::make_unique<SeedOperation>(wanted.mechanism.type, key, mode, pads, wanted.use == Use::encrypt);
  TRY(made->start(wanted.mechanism));
  return std::unique_ptr<Operation>(std::move(made));
}

}  // namespace hsm::crypto
