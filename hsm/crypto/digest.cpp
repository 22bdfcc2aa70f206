#include "hsm/crypto/digest.h"

#include <algorithm>

#include "hsm/crypto/key.h"

namespace hsm::crypto {
namespace {

class DigestOperation final : public Operation {
 public:
  explicit DigestOperation(const Hash& hash) : hash_(hash), context_(EVP_MD_CTX_new()) {
    must(context_ != nullptr, "no digest context");
    begin();
  }

  std::uint64_t once_size(std::uint64_t) const override { return hash_.size; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return hash_.size; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < hash_.size) return fail(Rv::buffer_too_small, "no room for the digest");
    if (dirty_) begin();
    return write(in, room);
  }
  Result<std::size_t> update(ByteView in, Room) override {
    if (std::exchange(finished_, false)) begin();
    feed(in);
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < hash_.size) return fail(Rv::buffer_too_small, "no room for the digest");
    return write({}, room);
  }
  Status update_with(const Key& key) override {
    const auto* secret = secret_of(key);
    if (secret == nullptr) return fail(Rv::key_indigestible, "only the value of a secret key can be digested");
    feed(secret->value());
    return Done{};
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != static_cast<std::uint64_t>(hash_.digest) ||
        !std::holds_alternative<std::monostate>(mechanism.params))
      return false;
    begin();
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    auto copy = std::make_unique<DigestOperation>(hash_);
    must(EVP_MD_CTX_copy_ex(copy->context_.get(), context_.get()), "cannot copy a digest state");
    copy->dirty_ = dirty_;
    copy->finished_ = finished_;
    return std::unique_ptr<Operation>(std::move(copy));
  }

 private:
  void begin() {
    must(EVP_DigestInit_ex2(context_.get(), algorithm(hash_), nullptr), "cannot start a digest");
    dirty_ = finished_ = false;
  }
  void feed(ByteView in) {
    must(EVP_DigestUpdate(context_.get(), in.data(), in.size()), "cannot digest");
    dirty_ = true;
  }
  Result<std::size_t> write(ByteView in, Room room) {
    if (!in.empty()) feed(in);
    must(EVP_DigestFinal_ex(context_.get(), room.data(), nullptr), "cannot finish a digest");
    dirty_ = finished_ = true;
    return hash_.size;
  }

  const Hash& hash_;
  DigestContext context_;
  bool dirty_ = false;     ///< something was fed since begin()
  bool finished_ = false;
};

class HmacOperation final : public Operation {
 public:
  HmacOperation(HmacState state, std::size_t length, std::uint64_t mechanism)
      : state_(std::move(state)), length_(length), mechanism_(mechanism) {}

  std::uint64_t once_size(std::uint64_t) const override { return length_; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return length_; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < length_) return fail(Rv::buffer_too_small, "no room for the MAC");
    state_.start();
    state_.update(in);
    return write(room);
  }
  Result<std::size_t> update(ByteView in, Room) override {
    if (!std::exchange(running_, true)) state_.start();
    state_.update(in);
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < length_) return fail(Rv::buffer_too_small, "no room for the MAC");
    if (!running_) state_.start();
    return write(room);
  }
  Status verify_once(ByteView data, ByteView signature) override {
    state_.start();
    state_.update(data);
    running_ = true;
    return verify_finish(signature);
  }
  Status verify_finish(ByteView signature) override {
    if (!std::exchange(running_, false)) state_.start();
    std::array<std::uint8_t, kMostHash> mac;
    state_.finish(mac.data());
    if (signature.size() != length_) return fail(Rv::signature_len_range, "the MAC has another length");
    if (!equal_in_constant_time(ByteView(mac).first(length_), signature))
      return fail(Rv::signature_invalid, "the MAC does not fit");
    return Done{};
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_) return false;
    if (const auto* general = std::get_if<MacGeneralParams>(&mechanism.params)) {
      if (mechanism_ == static_cast<std::uint64_t>(state_.hash().hmac) || general->length != length_) return false;
    } else if (mechanism_ != static_cast<std::uint64_t>(state_.hash().hmac) ||
               !std::holds_alternative<std::monostate>(mechanism.params)) {
      return false;
    }
    running_ = false;
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    auto copy = std::make_unique<HmacOperation>(state_.copy(), length_, mechanism_);
    copy->running_ = running_;
    return std::unique_ptr<Operation>(std::move(copy));
  }

 private:
  Result<std::size_t> write(Room room) {
    running_ = false;
    if (length_ == state_.hash().size) {
      state_.finish(room.data());
      return length_;
    }
    std::array<std::uint8_t, kMostHash> mac;
    state_.finish(mac.data());
    std::copy_n(mac.begin(), length_, room.begin());
    return length_;
  }

  HmacState state_;
  std::size_t length_;
  std::uint64_t mechanism_;
  bool running_ = false;
};

}  // namespace

void digest_into(const Hash& hash, std::initializer_list<ByteView> pieces, std::uint8_t* out) {
  const DigestContext context(EVP_MD_CTX_new());
  must(context != nullptr && EVP_DigestInit_ex2(context.get(), algorithm(hash), nullptr) > 0, "cannot start a digest");
  for (const auto piece : pieces) must(EVP_DigestUpdate(context.get(), piece.data(), piece.size()), "cannot digest");
  must(EVP_DigestFinal_ex(context.get(), out, nullptr), "cannot finish a digest");
}

Message::Message(const EVP_MD* algorithm, std::size_t size, bool extendable)
    : algorithm_(algorithm), size_(size), extendable_(extendable), context_(algorithm != nullptr ? EVP_MD_CTX_new() : nullptr) {
  must(algorithm == nullptr || context_ != nullptr, "no digest context");
  reset();
}
Message::Message(const Hash* hash) : Message(hash != nullptr ? algorithm(*hash) : nullptr, hash != nullptr ? hash->size : 0, false) {}
Message::Message(const Xof& xof) : Message(xof.algorithm, xof.size, true) {}

void Message::reset() {
  kept_.clear();
  if (algorithm_ != nullptr && dirty_) must(EVP_DigestInit_ex2(context_.get(), algorithm_, nullptr), "cannot start a digest");
  dirty_ = false;
}

void Message::update(ByteView in) {
  dirty_ = true;
  if (algorithm_ == nullptr) {
    kept_.insert(kept_.end(), in.begin(), in.end());
    return;
  }
  must(EVP_DigestUpdate(context_.get(), in.data(), in.size()), "cannot digest");
}

ByteView Message::whole(ByteView in, std::array<std::uint8_t, kMostHash>& room) {
  if (algorithm_ == nullptr) return in;
  reset();
  update(in);
  return finish(room);
}

ByteView Message::finish(std::array<std::uint8_t, kMostHash>& room) {
  if (algorithm_ == nullptr) return kept_;
  dirty_ = true;
  must(extendable_ ? EVP_DigestFinalXOF(context_.get(), room.data(), size_) : EVP_DigestFinal_ex(context_.get(), room.data(), nullptr),
       "cannot finish a digest");
  return ByteView(room).first(size_);
}

HmacState::HmacState(const Hash& hash, ByteView key)
    : hash_(&hash), inner_(EVP_MD_CTX_new()), outer_(EVP_MD_CTX_new()), running_(EVP_MD_CTX_new()) {
  must(inner_ != nullptr && outer_ != nullptr && running_ != nullptr, "no digest context");
  std::array<std::uint8_t, kMostHashBlock> pad{};
  if (key.size() > hash.block) {
    digest_into(hash, {key}, pad.data());
  } else {
    std::ranges::copy(key, pad.begin());
  }
  for (auto& octet : pad) octet ^= 0x36;
  bool worked = EVP_DigestInit_ex2(inner_.get(), algorithm(hash), nullptr) > 0 &&
                EVP_DigestUpdate(inner_.get(), pad.data(), hash.block) > 0;
  for (auto& octet : pad) octet ^= 0x36 ^ 0x5C;
  worked = worked && EVP_DigestInit_ex2(outer_.get(), algorithm(hash), nullptr) > 0 &&
           EVP_DigestUpdate(outer_.get(), pad.data(), hash.block) > 0;
  wipe(pad);
  must(worked, "cannot start an HMAC");
}

void HmacState::start() { must(EVP_MD_CTX_copy_ex(running_.get(), inner_.get()), "cannot start an HMAC"); }

void HmacState::update(ByteView in) {
  must(EVP_DigestUpdate(running_.get(), in.data(), in.size()), "cannot continue an HMAC");
}

void HmacState::finish(std::uint8_t* out) {
  std::array<std::uint8_t, kMostHash> inner;
  const bool worked = EVP_DigestFinal_ex(running_.get(), inner.data(), nullptr) > 0 &&
                      EVP_MD_CTX_copy_ex(running_.get(), outer_.get()) > 0 &&
                      EVP_DigestUpdate(running_.get(), inner.data(), hash_->size) > 0 &&
                      EVP_DigestFinal_ex(running_.get(), out, nullptr) > 0;
  must(worked, "cannot finish an HMAC");
}

HmacState HmacState::copy() const {
  HmacState other(*hash_);
  for (const auto part : {&HmacState::inner_, &HmacState::outer_, &HmacState::running_}) {
    other.*part = DigestContext(EVP_MD_CTX_new());
    must(other.*part != nullptr, "no digest context");
    // A context that was never started has no algorithm and cannot be copied.
    if (EVP_MD_CTX_get0_md((this->*part).get()) != nullptr)
      must(EVP_MD_CTX_copy_ex((other.*part).get(), (this->*part).get()), "cannot copy an HMAC state");
  }
  return other;
}

void hmac_into(const Hash& hash, ByteView key, std::initializer_list<ByteView> pieces, std::uint8_t* out) {
  HmacState state(hash, key);
  state.start();
  for (const auto piece : pieces) state.update(piece);
  state.finish(out);
}

std::unique_ptr<Operation> make_digest(const Hash& hash) { return std::make_unique<DigestOperation>(hash); }

std::unique_ptr<Operation> make_hmac(const Hash& hash, ByteView key, std::size_t length, std::uint64_t mechanism) {
  return std::make_unique<HmacOperation>(HmacState(hash, key), length, mechanism);
}

}  // namespace hsm::crypto
