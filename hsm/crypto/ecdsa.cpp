#include <algorithm>
#include <array>

#include "hsm/crypto/der.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/message_signature.h"
#include "hsm/crypto/number.h"
#include "hsm/crypto/operation.h"

// PKCS#11 writes a signature of ECDSA and DSA as r || s, each as long as the order; libcrypto as SEQUENCE { r INTEGER, s INTEGER }.

namespace hsm::crypto {
namespace {

constexpr std::size_t kMostHalf = 66;
constexpr std::size_t kMostDer = 2 * (kMostHalf + 3) + 3;

/// DER to r || s; false when it is not a signature of this size.
bool to_halves(ByteView der, std::size_t half, std::uint8_t* out) {
  der::Reader outer(der);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence) return false;
  der::Reader inner(*sequence);
  for (int i = 0; i < 2; ++i, out += half) {
    const auto number = inner.natural();
    if (!number || number->size() > half) return false;
    const auto zeros = half - number->size();
    std::fill_n(out, zeros, std::uint8_t{0});
    std::ranges::copy(*number, out + zeros);
  }
  return true;
}

/// r || s to DER, without allocating.
std::size_t to_der(ByteView halves, std::array<std::uint8_t, kMostDer>& out) {
  std::array<std::uint8_t, kMostDer> body;
  std::size_t size = 0;
  for (auto number : {halves.first(halves.size() / 2), halves.last(halves.size() / 2)}) {
    while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
    const bool sign_octet = (number[0] & 0x80) != 0;
    body[size++] = der::kInteger;
    body[size++] = static_cast<std::uint8_t>(number.size() + (sign_octet ? 1 : 0));
    if (sign_octet) body[size++] = 0;
    std::ranges::copy(number, body.begin() + static_cast<std::ptrdiff_t>(size));
    size += number.size();
  }
  std::size_t header = 0;
  out[header++] = der::kSequence;
  if (size >= 0x80) out[header++] = 0x81;
  out[header++] = static_cast<std::uint8_t>(size);
  std::copy_n(body.begin(), size, out.begin() + static_cast<std::ptrdiff_t>(header));
  return header + size;
}

/// Octets of the order.
std::size_t half_of(const PairKey& pair) {
  if (pair.type() == KeyType::ec) return pair.curve().octets();
  return octets_of(number_from(pair.pkey(), OSSL_PKEY_PARAM_FFC_Q).get()).size();
}

class PairSignature final : public MessageSignature {
 public:
  PairSignature(std::uint64_t mechanism, KeyPtr key, const PairKey& pair, const Hash* hash, bool signing)
      : MessageSignature(hash, 2 * half_of(pair)), mechanism_(mechanism), key_(std::move(key)), half_(size() / 2),
        context_(EVP_PKEY_CTX_new_from_pkey(Library::get().context(), pair.pkey(), nullptr)) {
    must(context_ != nullptr && (signing ? EVP_PKEY_sign_init(context_.get()) : EVP_PKEY_verify_init(context_.get())) > 0,
         "cannot start a signature");
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_ || !std::holds_alternative<std::monostate>(mechanism.params)) return false;
    start_again();
    return true;
  }

 private:
  Result<std::size_t> sign(ByteView digest, Room room) override {
    if (digest.empty()) return fail(Rv::data_len_range, "there is nothing to sign");
    std::array<std::uint8_t, kMostDer> der;
    auto encoded = der.size();
    must(EVP_PKEY_sign(context_.get(), der.data(), &encoded, digest.data(), digest.size()), "cannot sign");
    must(to_halves(ByteView(der).first(encoded), half_, room.data()), "a signature of another form");
    return 2 * half_;
  }
  Status verify(ByteView digest, ByteView signature) override {
    if (signature.size() != 2 * half_) return fail(Rv::signature_len_range, "the signature is not r || s of this curve");
    const QuietErrors quiet;
    std::array<std::uint8_t, kMostDer> der;
    const auto encoded = to_der(signature, der);
    if (EVP_PKEY_verify(context_.get(), der.data(), encoded, digest.data(), digest.size()) != 1)
      return fail(Rv::signature_invalid, "the signature does not fit");
    return Done{};
  }

  std::uint64_t mechanism_;
  KeyPtr key_;
  std::size_t half_;
  KeyContext context_;
};

}  // namespace

Made begin_ecdsa(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify)
    return fail(Rv::mechanism_invalid, "the mechanism only signs and verifies");
  if (!std::holds_alternative<std::monostate>(wanted.mechanism.params))
    return fail(Rv::mechanism_param_invalid, "the mechanism takes no parameter");
  const auto type = wanted.mechanism.type;
  const auto* dsa_hash = hash_of(type, &Hash::dsa);
  const bool is_dsa = type == static_cast<std::uint64_t>(Mech::dsa) || dsa_hash != nullptr;
  const auto* pair = TRY(pair_key(*wanted.key, is_dsa ? KeyType::dsa : KeyType::ec, wanted.use));
  const auto* hash = is_dsa ? dsa_hash : hash_of(type, &Hash::ecdsa);
  return std::unique_ptr<Operation>(
      std::make_unique<PairSignature>(type, wanted.key, *pair, hash, wanted.use == Use::sign));
}

}  // namespace hsm::crypto
