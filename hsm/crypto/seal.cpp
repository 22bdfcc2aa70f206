#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/aes_gcm.h"
#include "hsm/crypto/crypto.h"

// sealed = nonce (12 octets, random) || ciphertext || tag (16)

namespace hsm::crypto {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16, kKey = 32;
constexpr std::size_t kPiece = 4096;

/// One context per thread and direction, so that a record costs no allocation. It holds a key schedule only while a Keyed is
/// alive: an all-zero key takes its place afterwards.
struct Scratch {
  std::optional<GcmRunner> encryption, decryption;
};
thread_local Scratch scratch;

class Keyed {
 public:
  Keyed(ByteView key, bool encrypting)
      : slot_(encrypting ? scratch.encryption : scratch.decryption), encrypting_(encrypting) {
    must(key.size() == kKey, "a sealing key has 32 octets");
    if (slot_) {
      set(key.data());
    } else {
      slot_.emplace(keyed_context(BlockMode::gcm, key, encrypting), encrypting);
    }
  }
  ~Keyed() {
    static constexpr std::array<std::uint8_t, kKey> kNothing{};
    if (EVP_CipherInit_ex2(slot_->context(), nullptr, kNothing.data(), nullptr, encrypting_ ? 1 : 0, nullptr) <= 0)
      slot_.reset();
  }
  Keyed(const Keyed&) = delete;
  Keyed& operator=(const Keyed&) = delete;
  GcmRunner* operator->() { return &*slot_; }

 private:
  void set(const std::uint8_t* key) {
    must(EVP_CipherInit_ex2(slot_->context(), nullptr, key, nullptr, encrypting_ ? 1 : 0, nullptr), "cannot key GCM");
  }
  std::optional<GcmRunner>& slot_;
  bool encrypting_;
};

Error does_not_fit() { return fail(Rv::aead_decrypt_failed, "the sealed record does not fit its key and description"); }

}  // namespace

Bytes seal(const Secret& key, ByteView associated, ByteView plaintext) {
  Bytes sealed(kNonce + plaintext.size() + kTag);
  const auto nonce = std::span(sealed).first(kNonce);
  must(random(nonce).ok(), "the random generator does not work");
  Keyed gcm(key.reveal(SecretAccess::use()), true);
  gcm->start(nonce, associated);
  gcm->update(plaintext, sealed.data() + kNonce);
  gcm->tag_into(std::span(sealed).last(kTag));
  return sealed;
}

Bytes seal(const Secret& key, ByteView associated, const Secret& plaintext) {
  return seal(key, associated, plaintext.reveal(SecretAccess::use()));
}

Result<Secret> open(const Secret& key, ByteView associated, ByteView sealed) {
  if (sealed.size() < kNonce + kTag) return does_not_fit();
  const auto body = sealed.subspan(kNonce, sealed.size() - kNonce - kTag);
  Secret plaintext(body.size());
  Keyed gcm(key.reveal(SecretAccess::use()), false);
  gcm->start(sealed.first(kNonce), associated);
  gcm->update(body, plaintext.fill(SecretAccess::use()).data());
  if (!gcm->check(sealed.last(kTag))) return does_not_fit();
  return plaintext;
}

struct SealChecker::State {
  GcmRunner gcm;
  WipedBytes plaintext = WipedBytes(kPiece);
};

SealChecker::SealChecker(const Secret& key)
    : state_(new State{GcmRunner(keyed_context(BlockMode::gcm, key.reveal(SecretAccess::use()), false), false)}) {}
SealChecker::~SealChecker() = default;
SealChecker::SealChecker(SealChecker&&) noexcept = default;

Status SealChecker::check(ByteView associated, ByteView sealed) {
  if (sealed.size() < kNonce + kTag) return does_not_fit();
  auto body = sealed.subspan(kNonce, sealed.size() - kNonce - kTag);
  auto& [gcm, plaintext] = *state_;
  gcm.start(sealed.first(kNonce), associated);
  while (!body.empty()) {
    const auto piece = body.first(std::min(body.size(), kPiece));
    gcm.update(piece, plaintext.data());
    body = body.subspan(piece.size());
  }
  if (!gcm.check(sealed.last(kTag))) return does_not_fit();
  return Done{};
}

}  // namespace hsm::crypto
