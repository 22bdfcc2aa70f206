#include <algorithm>
#include <array>
#include <optional>

#include "hsm/crypto/library.h"
#include "hsm/crypto/message_signature.h"
#include "hsm/crypto/pq.h"

// CKM_ML_DSA, CKM_SLH_DSA and their forms that hash first (FIPS 204, 5.4; FIPS 205, 10.2; PKCS#11 3.2, 6.67 and 6.68). libcrypto
// signs messages; what a hash form signs is built here and given to it as already encoded.

namespace hsm::crypto {
namespace {

constexpr std::size_t kMostContext = 255;
constexpr std::uint64_t kDeterministic = 2;  // CKH_DETERMINISTIC_REQUIRED

constexpr std::uint8_t kShake128Arc = 11, kShake256Arc = 12;

struct HashForm {
  Mech ml_dsa, slh_dsa;
  std::optional<Mech> digest;  ///< empty for SHAKE, which is no mechanism of its own
  std::uint8_t arc;            ///< the last arc of 2.16.840.1.101.3.4.2
};
constexpr auto kHashForms = std::to_array<HashForm>({
    {Mech::hash_ml_dsa_sha224, Mech::hash_slh_dsa_sha224, Mech::sha224, 4},
    {Mech::hash_ml_dsa_sha256, Mech::hash_slh_dsa_sha256, Mech::sha256, 1},
    {Mech::hash_ml_dsa_sha384, Mech::hash_slh_dsa_sha384, Mech::sha384, 2},
    {Mech::hash_ml_dsa_sha512, Mech::hash_slh_dsa_sha512, Mech::sha512, 3},
    {Mech::hash_ml_dsa_sha3_224, Mech::hash_slh_dsa_sha3_224, Mech::sha3_224, 7},
    {Mech::hash_ml_dsa_sha3_256, Mech::hash_slh_dsa_sha3_256, Mech::sha3_256, 8},
    {Mech::hash_ml_dsa_sha3_384, Mech::hash_slh_dsa_sha3_384, Mech::sha3_384, 9},
    {Mech::hash_ml_dsa_sha3_512, Mech::hash_slh_dsa_sha3_512, Mech::sha3_512, 10},
    {Mech::hash_ml_dsa_shake128, Mech::hash_slh_dsa_shake128, std::nullopt, kShake128Arc},
    {Mech::hash_ml_dsa_shake256, Mech::hash_slh_dsa_shake256, std::nullopt, kShake256Arc},
});

bool is_pure(Mech id) { return id == Mech::ml_dsa || id == Mech::slh_dsa; }
bool takes_digest(Mech id) { return id == Mech::hash_ml_dsa || id == Mech::hash_slh_dsa; }

const HashForm* form_of(Mech id, std::uint64_t digest) {
  const auto it = std::ranges::find_if(kHashForms, [&](const HashForm& form) {
    return takes_digest(id) ? form.digest && static_cast<std::uint64_t>(*form.digest) == digest : form.ml_dsa == id || form.slh_dsa == id;
  });
  return it == kHashForms.end() ? nullptr : &*it;
}

/// What the form does to a message (FIPS 204, algorithm 4: 256 bits of SHAKE128, 512 of SHAKE256).
struct Hashing {
  Message message;
  std::size_t size;
};
Hashing hashing_of(const HashForm& form) {
  if (!form.digest) {
    const auto xof = form.arc == kShake128Arc ? Xof{shake_128(), 32} : Xof{shake_256(), 64};
    return {Message(xof), xof.size};
  }
  const auto* hash = hash_of(static_cast<std::uint64_t>(*form.digest), &Hash::digest);
  return {Message(hash), hash->size};
}

class PqSignature final : public MessageSignature {
 public:
  /// `digest` is the size of what the prefix stands before; without a prefix the message itself is signed.
  PqSignature(KeyPtr key, DigestContext context, std::size_t size, Message message, Bytes prefix, std::size_t digest)
      : MessageSignature(std::move(message), size), key_(std::move(key)), context_(std::move(context)), prefix_(std::move(prefix)),
        digest_(digest) {}

  Result<bool> restart(const Mechanism&) override { return false; }

 private:
  /// What libcrypto is given: the message, or the encoded digest.
  Result<ByteView> encoded(ByteView data) {
    if (prefix_.empty()) return data;
    if (data.size() != digest_) return fail(Rv::data_len_range, "the data is not a digest of the hash that was named");
    whole_ = prefix_;
    whole_.insert(whole_.end(), data.begin(), data.end());
    return ByteView(whole_);
  }
  Result<std::size_t> sign(ByteView data, Room room) override {
    const auto in = TRY(encoded(data));
    auto written = room.size();
    must(EVP_DigestSign(context_.get(), room.data(), &written, in.data(), in.size()) > 0 && written == size(), "cannot sign");
    return written;
  }
  Status verify(ByteView data, ByteView signature) override {
    if (signature.size() != size()) return fail(Rv::signature_len_range, "the signature has another length");
    const auto in = TRY(encoded(data));
    const QuietErrors quiet;
    if (EVP_DigestVerify(context_.get(), signature.data(), signature.size(), in.data(), in.size()) != 1)
      return fail(Rv::signature_invalid, "the signature does not fit");
    return Done{};
  }

  KeyPtr key_;
  DigestContext context_;
  Bytes prefix_, whole_;
  std::size_t digest_;
};

/// 1 || |context| || context || OID of the hash: what stands before the digest (FIPS 204, algorithm 4).
Bytes prefix_of(const HashForm& form, const Bytes& context) {
  Bytes prefix{1, static_cast<std::uint8_t>(context.size())};
  prefix.insert(prefix.end(), context.begin(), context.end());
  const std::array<std::uint8_t, 11> oid = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, form.arc};
  prefix.insert(prefix.end(), oid.begin(), oid.end());
  return prefix;
}

}  // namespace

Made begin_pq_signature(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "the mechanism only signs and verifies");
  const auto id = static_cast<Mech>(wanted.mechanism.type);
  const auto* row = TRY(find_mechanism(wanted.mechanism.type));
  const auto* pair = TRY(pair_key(*wanted.key, row->key, wanted.use));
  const auto* given = std::get_if<SignContextParams>(&wanted.mechanism.params);
  if (given == nullptr && (takes_digest(id) || !std::holds_alternative<std::monostate>(wanted.mechanism.params)))
    return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_SIGN_ADDITIONAL_CONTEXT, with a hash where it signs digests");
  const SignContextParams params = given != nullptr ? *given : SignContextParams{};
  if (params.context.size() > kMostContext || params.hedge > kDeterministic)
    return fail(Rv::mechanism_param_invalid, "a context of more than 255 octets, or an unknown hedge");
  const auto* form = is_pure(id) ? nullptr : form_of(id, params.hash);
  if (!is_pure(id) && form == nullptr) return fail(Rv::mechanism_param_invalid, "an unknown hash");

  int deterministic = params.hedge == kDeterministic ? 1 : 0;
  int encoding = form == nullptr ? 1 : 0;  // 0: the message is encoded already
  auto context_octets = params.context;
  std::array<OSSL_PARAM, 4> settings;
  std::size_t count = 0;
  if (wanted.use == Use::sign) settings[count++] = OSSL_PARAM_construct_int("deterministic", &deterministic);
  settings[count++] = OSSL_PARAM_construct_int("message-encoding", &encoding);
  if (form == nullptr && !context_octets.empty())
    settings[count++] = OSSL_PARAM_construct_octet_string("context-string", context_octets.data(), context_octets.size());
  settings[count] = OSSL_PARAM_construct_end();
  DigestContext context(EVP_MD_CTX_new());
  const auto init = wanted.use == Use::sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
  must(context != nullptr &&
           init(context.get(), nullptr, nullptr, Library::get().context(), nullptr, pair->pkey(), settings.data()) > 0,
       "cannot start a signature");
  const auto size = static_cast<std::size_t>(EVP_PKEY_get_size(pair->pkey()));
  const Hash* const no_hash = nullptr;
  auto hashing = form == nullptr ? Hashing{Message(no_hash), 0} : hashing_of(*form);
  if (takes_digest(id)) hashing.message = Message(no_hash);
  return std::unique_ptr<Operation>(
      std::make_unique<PqSignature>(wanted.key, std::move(context), size, std::move(hashing.message),
                                    form == nullptr ? Bytes() : prefix_of(*form, params.context), hashing.size));
}

}  // namespace hsm::crypto
