#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

// CKM_CHACHA20 (RFC 8439; PKCS#11 3.2, 6.59): a counter of 32 bits with a nonce of 96, or of 64 bits with a nonce of 64.

namespace hsm::crypto {
namespace {

constexpr std::size_t kBlock = 64;

class ChaCha20Operation final : public Operation {
 public:
  ChaCha20Operation(CipherContext context, bool encrypting) : context_(std::move(context)), encrypting_(encrypting) {}

  std::uint64_t once_size(std::uint64_t in) const override { return in; }
  std::uint64_t update_size(std::uint64_t in) const override { return in; }
  std::uint64_t finish_size() const override { return 0; }

  Result<std::size_t> once(ByteView in, Room room) override { return update(in, room); }
  Result<std::size_t> update(ByteView in, Room room) override {
    if (room.size() < in.size()) return fail(Rv::buffer_too_small, "no room for the result");
    if (in.size() > left_) return fail(encrypting_ ? Rv::data_len_range : Rv::encrypted_data_len_range, "the counter would run over");
    left_ -= in.size();
    return run_cipher(context_.get(), in, room.data());
  }
  Result<std::size_t> finish(Room) override { return std::size_t{0}; }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != static_cast<std::uint64_t>(Mech::chacha20)) return false;
    const auto* params = std::get_if<ChaCha20Params>(&mechanism.params);
    if (params == nullptr) return fail(Rv::mechanism_param_invalid, "CKM_CHACHA20 needs CK_CHACHA20_PARAMS");
    const bool short_counter = params->counter.size() == 4 && params->nonce.size() == 12;
    if (!short_counter && (params->counter.size() != 8 || params->nonce.size() != 8))
      return fail(Rv::mechanism_param_invalid, "a counter of 32 bits with a nonce of 96, or of 64 bits with a nonce of 64");
    std::array<std::uint8_t, 16> iv{};
    const auto rest = std::ranges::copy(params->counter, iv.begin()).out;
    std::ranges::copy(params->nonce, rest);
    std::uint64_t counter = 0;
    for (auto i = params->counter.size(); i-- > 0;) counter = counter << 8 | params->counter[i];
    const std::uint64_t blocks = short_counter ? (std::uint64_t{1} << 32) - counter : ~std::uint64_t{0} / kBlock;
    left_ = blocks * kBlock;
    must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, iv.data(), encrypting_ ? 1 : 0, nullptr), "cannot start ChaCha20");
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    auto copy = std::make_unique<ChaCha20Operation>(copy_of(context_), encrypting_);
    copy->left_ = left_;
    return std::unique_ptr<Operation>(std::move(copy));
  }

 private:
  CipherContext context_;
  bool encrypting_;
  std::uint64_t left_ = 0;
};

}  // namespace

Made begin_chacha20(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "ChaCha20 only encrypts and decrypts");
  const auto* key = TRY(secret_key(*wanted.key, KeyType::chacha20));
  const bool encrypting = wanted.use == Use::encrypt;
  std::unique_ptr<Operation> made =
      std::make_unique<ChaCha20Operation>(keyed_context(Library::get().chacha20(), key->value(), encrypting), encrypting);
  TRY(made->restart(wanted.mechanism));
  return made;
}

}  // namespace hsm::crypto
