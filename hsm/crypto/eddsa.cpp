#include "hsm/crypto/library.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/operation.h"

// CKM_EDDSA (RFC 8032; PKCS#11 3.2, 6.3.16). Contexts and the pre-hashed variants work where libcrypto has them (3.2 and later).

namespace hsm::crypto {
namespace {

struct Variant {
  const char* instance;  ///< libcrypto's name
  Bytes context;
};

Variant variant_of(const RawCurve& curve, const EddsaParams* params) {
  const bool small = curve.bits == 255;
  if (params == nullptr) return {small ? "Ed25519" : "Ed448", {}};
  if (params->prehash) return {small ? "Ed25519ph" : "Ed448ph", params->context};
  return {small ? (params->context.empty() ? "Ed25519" : "Ed25519ctx") : "Ed448", params->context};
}

class EddsaOperation final : public WholeInput {
 public:
  using Init = decltype(&EVP_DigestSignInit_ex);
  EddsaOperation(KeyPtr key, DigestContext context, Init init, std::size_t size, bool plain)
      : key_(std::move(key)), context_(std::move(context)), init_(init), size_(size), plain_(plain) {}

  std::uint64_t once_size(std::uint64_t) const override { return size_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < size_) return fail(Rv::buffer_too_small, "no room for the signature");
    auto size = room.size();
    must(EVP_DigestSign(context_.get(), room.data(), &size, in.data(), in.size()) > 0 && size == size_, "cannot sign");
    return size;
  }
  Status verify_once(ByteView data, ByteView signature) override {
    if (signature.size() != size_) return fail(Rv::signature_len_range, "the signature has another length");
    const QuietErrors quiet;
    if (EVP_DigestVerify(context_.get(), signature.data(), signature.size(), data.data(), data.size()) != 1)
      return fail(Rv::signature_invalid, "the signature does not fit");
    return Done{};
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (!plain_ || mechanism.type != static_cast<std::uint64_t>(Mech::eddsa) ||
        !std::holds_alternative<std::monostate>(mechanism.params))
      return false;
    forget();
    // From libcrypto 3.4 on a context signs once.
    const QuietErrors quiet;
    return init_(context_.get(), nullptr, nullptr, Library::get().context(), nullptr, nullptr, nullptr) > 0;
  }

 private:
  KeyPtr key_;
  DigestContext context_;
  Init init_;
  std::size_t size_;
  bool plain_;
};

}  // namespace

Made begin_eddsa(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "EdDSA only signs and verifies");
  const auto* pair = TRY(pair_key(*wanted.key, KeyType::ec_edwards, wanted.use));
  const auto* params = std::get_if<EddsaParams>(&wanted.mechanism.params);
  const bool plain = std::holds_alternative<std::monostate>(wanted.mechanism.params);
  if (params == nullptr && !plain) return fail(Rv::mechanism_param_invalid, "EdDSA takes CK_EDDSA_PARAMS or nothing");
  if (params != nullptr && params->context.size() > 255)
    return fail(Rv::mechanism_param_invalid, "the context of EdDSA has at most 255 octets");
  const auto& curve = raw_curve_of(*pair);
  auto variant = variant_of(curve, params);
  const bool special = params != nullptr && (params->prehash || !params->context.empty());
  OSSL_PARAM settings[] = {OSSL_PARAM_construct_utf8_string("instance", const_cast<char*>(variant.instance), 0),
                           OSSL_PARAM_construct_octet_string("context-string", variant.context.data(), variant.context.size()),
                           OSSL_PARAM_construct_end()};
  const auto* given = special ? settings : nullptr;
  DigestContext context(EVP_MD_CTX_new());
  must(context != nullptr, "no signature context");
  EVP_PKEY_CTX* inner = nullptr;
  const auto init = wanted.use == Use::sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
  const QuietErrors quiet;
  must(init(context.get(), &inner, nullptr, Library::get().context(), nullptr, pair->pkey(), nullptr), "cannot start EdDSA");
  // libcrypto before 3.2 has no such parameters and would sign without them.
  if (special && (EVP_PKEY_CTX_settable_params(inner) == nullptr ||
                  OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(inner), "instance") == nullptr ||
                  EVP_PKEY_CTX_set_params(inner, given) <= 0))
    return fail(Rv::mechanism_param_invalid, "this libcrypto has neither contexts nor pre-hashing for this curve");
  return std::unique_ptr<Operation>(std::make_unique<EddsaOperation>(wanted.key, std::move(context), init, 2 * curve.octets, plain));
}

}  // namespace hsm::crypto
