#include <openssl/modes.h>

#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

// RFC 3394 (CKM_AES_KEY_WRAP) and RFC 5649 (CKM_AES_KEY_WRAP_KWP; CKM_AES_KEY_WRAP_PAD means the same to the software tokens in use).
// CKM_AES_KEY_WRAP_PKCS7 is RFC 3394 over a value filled up to half blocks as PKCS#7 does.
//
// By libcrypto's wrapping over its own AES: its finished ciphers for that take AES from tables in memory, which is several times slower and
// tells more to whoever shares the processor.

namespace hsm::crypto {
namespace {

constexpr std::size_t kHalfBlock = 8;

/// AES, one block at a time, as libcrypto's wrapping calls it.
struct BlockByBlock {
  CipherContext context;
  bool works = true;
};
void run_block(const unsigned char* in, unsigned char* out, const void* cipher) {
  auto& block = *static_cast<BlockByBlock*>(const_cast<void*>(cipher));
  int size = 0;
  block.works = EVP_CipherUpdate(block.context.get(), out, &size, in, kAesBlock) > 0 && block.works;
}

class KeyWrapOperation final : public WholeInput {
 public:
  KeyWrapOperation(std::uint64_t mechanism, ByteView key, bool encrypting)
      : mechanism_(mechanism), pads_(!is(Mech::aes_key_wrap) && !is(Mech::aes_key_wrap_pkcs7)), fills_(is(Mech::aes_key_wrap_pkcs7)),
        encrypting_(encrypting), aes_{keyed_context(BlockMode::ecb, key, encrypting)} {
    EVP_CIPHER_CTX_set_padding(aes_.context.get(), 0);
  }

  std::uint64_t once_size(std::uint64_t in) const override {
    if (!encrypting_) return in < 2 * kHalfBlock ? 0 : in - kHalfBlock;
    if (fills_) return (in / kHalfBlock + 1) * kHalfBlock + kHalfBlock;
    return (in + kHalfBlock - 1) / kHalfBlock * kHalfBlock + kHalfBlock;
  }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (fills_) return once_filled(in, room);
    TRY(check_length(in.size()));
    const bool removes_padding = pads_ && !encrypting_;
    if (room.size() < once_size(in.size()) && !removes_padding) return fail(Rv::buffer_too_small, "no room for the result");
    return put(TRY(run(in)), room);
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    const auto* params = std::get_if<IvParams>(&mechanism.params);
    if (params == nullptr && !std::holds_alternative<std::monostate>(mechanism.params))
      return fail(Rv::mechanism_param_invalid, "AES key wrap takes an initial value or nothing");
    const bool given = params != nullptr && !params->iv.empty();
    if (given && params->iv.size() != (pads_ ? 4u : 8u))
      return fail(Rv::mechanism_param_invalid, "the initial value has 8 octets (RFC 3394) or 4 (RFC 5649)");
    initial_value_ = given ? params->iv : Bytes();
    forget();
    return true;
  }

 private:
  Result<std::size_t> once_filled(ByteView in, Room room) {
    if (encrypting_ && room.size() < once_size(in.size())) return fail(Rv::buffer_too_small, "no room for the result");
    WipedBytes value(in.begin(), in.end());
    if (encrypting_) {
      const auto filling = kHalfBlock - in.size() % kHalfBlock;
      value.insert(value.end(), filling, static_cast<std::uint8_t>(filling));
    }
    TRY(check_length(value.size()));
    const auto out = TRY(run(value));
    if (encrypting_) return put(out, room);
    // RFC 3394 has checked the octets already: what is wrong here was wrapped so.
    const std::size_t filling = out.back();
    if (filling == 0 || filling > kHalfBlock ||
        std::any_of(out.end() - static_cast<std::ptrdiff_t>(filling), out.end(), [&](std::uint8_t octet) { return octet != filling; }))
      return fail(Rv::encrypted_data_invalid, "the wrapped value is not filled up");
    return put(ByteView(out).first(out.size() - filling), room);
  }
  Status check_length(std::size_t size) const {
    if (encrypting_) {
      const bool fits = pads_ ? size > 0 && size < kMost : size % kHalfBlock == 0 && size >= 2 * kHalfBlock && size < kMost;
      if (!fits) return fail(Rv::data_len_range, "the data has a length that AES key wrap does not take");
      return Done{};
    }
    if (size % kHalfBlock != 0 || size < (pads_ ? 2u : 3u) * kHalfBlock || size > kMost)
      return fail(Rv::encrypted_data_len_range, "the wrapped data has a length that AES key wrap does not make");
    return Done{};
  }
  Result<WipedBytes> run(ByteView in) {
    const auto* value = initial_value_.empty() ? nullptr : initial_value_.data();  // none: the standard's own
    WipedBytes out(in.size() + 2 * kHalfBlock);
    const auto wrapping = encrypting_ ? (pads_ ? CRYPTO_128_wrap_pad : CRYPTO_128_wrap) : (pads_ ? CRYPTO_128_unwrap_pad : CRYPTO_128_unwrap);
    const auto size = wrapping(&aes_, value, out.data(), in.data(), in.size(), run_block);
    must(aes_.works && (size > 0 || !encrypting_), "cannot wrap");
    if (size == 0) return fail(Rv::encrypted_data_invalid, "the wrapped data does not fit the key");
    out.resize(size);
    return out;
  }
  bool is(Mech mech) const { return mechanism_ == static_cast<std::uint64_t>(mech); }

  static constexpr std::size_t kMost = std::size_t{1} << 30;
  std::uint64_t mechanism_;
  bool pads_, fills_;
  bool encrypting_;
  BlockByBlock aes_;
  Bytes initial_value_;
};

}  // namespace

Made begin_key_wrap(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "AES key wrap only encrypts and decrypts");
  const auto* key = TRY(aes_key(*wanted.key));
  std::unique_ptr<Operation> made =
      std::make_unique<KeyWrapOperation>(wanted.mechanism.type, key->value(), wanted.use == Use::encrypt);
  TRY(made->restart(wanted.mechanism));
  return made;
}

}  // namespace hsm::crypto
