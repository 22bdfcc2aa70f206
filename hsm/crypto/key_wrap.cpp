#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

// RFC 3394 (CKM_AES_KEY_WRAP) and RFC 5649 (CKM_AES_KEY_WRAP_KWP; CKM_AES_KEY_WRAP_PAD means the same to the software tokens in use).
// CKM_AES_KEY_WRAP_PKCS7 is RFC 3394 over a value filled up to half blocks as PKCS#7 does.

namespace hsm::crypto {
namespace {

constexpr std::size_t kHalfBlock = 8;

class KeyWrapOperation final : public WholeInput {
 public:
  KeyWrapOperation(std::uint64_t mechanism, BlockMode mode, ByteView key, bool encrypting)
      : mechanism_(mechanism), pads_(mode == BlockMode::wrap_pad),
        fills_(mechanism == static_cast<std::uint64_t>(Mech::aes_key_wrap_pkcs7)), encrypting_(encrypting),
        context_(keyed_context(mode, key, encrypting)) {}

  std::uint64_t once_size(std::uint64_t in) const override {
    if (!encrypting_) return in < 2 * kHalfBlock ? 0 : in - kHalfBlock;
    if (fills_) return (in / kHalfBlock + 1) * kHalfBlock + kHalfBlock;
    return (in + kHalfBlock - 1) / kHalfBlock * kHalfBlock + kHalfBlock;
  }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (fills_) return once_filled(in, room);
    TRY(check_length(in.size()));
    const auto most = once_size(in.size());
    const bool removes_padding = pads_ && !encrypting_;
    if (room.size() < most && !removes_padding) return fail(Rv::buffer_too_small, "no room for the result");
    // When libcrypto refuses an RFC 5649 value it wipes as many octets of the output as the input has.
    const auto touched = removes_padding ? in.size() : most;
    if (room.size() >= touched && !overlap(in, room)) return run(in, room.data());
    WipedBytes out(touched);
    const auto size = TRY(run(in, out.data()));
    return put(ByteView(out).first(size), room);
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    const auto* params = std::get_if<IvParams>(&mechanism.params);
    if (params == nullptr && !std::holds_alternative<std::monostate>(mechanism.params))
      return fail(Rv::mechanism_param_invalid, "AES key wrap takes an initial value or nothing");
    const bool given = params != nullptr && !params->iv.empty();
    if (given && params->iv.size() != (pads_ ? 4u : 8u))
      return fail(Rv::mechanism_param_invalid, "the initial value has 8 octets (RFC 3394) or 4 (RFC 5649)");
    if (own_value_ && !given) return false;
    own_value_ = given;
    if (given)
      must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, params->iv.data(), encrypting_ ? 1 : 0, nullptr),
           "cannot set an initial value");
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
    WipedBytes out(value.size() + kHalfBlock);
    const auto size = TRY(run(value, out.data()));
    if (encrypting_) return put(ByteView(out).first(size), room);
    // RFC 3394 has checked the octets already: what is wrong here was wrapped so.
    const std::size_t filling = out[size - 1];
    if (filling == 0 || filling > kHalfBlock ||
        std::any_of(out.begin() + static_cast<std::ptrdiff_t>(size - filling), out.begin() + static_cast<std::ptrdiff_t>(size),
                    [&](std::uint8_t octet) { return octet != filling; }))
      return fail(Rv::encrypted_data_invalid, "the wrapped value is not filled up");
    return put(ByteView(out).first(size - filling), room);
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
  Result<std::size_t> run(ByteView in, std::uint8_t* out) {
    const QuietErrors quiet;
    int size = 0;
    if (EVP_CipherUpdate(context_.get(), out, &size, in.data(), static_cast<int>(in.size())) <= 0) {
      must(!encrypting_, "cannot wrap");
      return fail(Rv::encrypted_data_invalid, "the wrapped data does not fit the key");
    }
    return static_cast<std::size_t>(size);
  }

  static constexpr std::size_t kMost = std::size_t{1} << 30;
  std::uint64_t mechanism_;
  bool pads_, fills_;
  bool encrypting_;
  bool own_value_ = false;
  CipherContext context_;
};

}  // namespace

Made begin_key_wrap(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "AES key wrap only encrypts and decrypts");
  const auto* key = TRY(aes_key(*wanted.key));
  const auto mode =
      wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_key_wrap) ||
              wanted.mechanism.type == static_cast<std::uint64_t>(Mech::aes_key_wrap_pkcs7)
          ? BlockMode::wrap
          : BlockMode::wrap_pad;
  std::unique_ptr<Operation> made = std::make_unique<KeyWrapOperation>(wanted.mechanism.type, mode, key->value(),
                                                                       wanted.use == Use::encrypt);
  TRY(made->restart(wanted.mechanism));
  return made;
}

}  // namespace hsm::crypto
