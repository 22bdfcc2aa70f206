#include "hsm/crypto/gost.h"

#include <botan/hash.h>
#include <botan/mac.h>

#include <array>
#include <type_traits>

// CKM_GOSTR3411 and CKM_GOSTR3411_HMAC.

namespace hsm::crypto {
namespace {

constexpr std::size_t kMac = kGostValue;

/// A digest or a MAC, whichever Botan's object is. Finishing it makes it ready for the next message.
template <class Computation>
class GostOperation final : public Operation {
 public:
  GostOperation(std::uint64_t mechanism, std::unique_ptr<Computation> computation)
      : mechanism_(mechanism), computation_(std::move(computation)) {}

  std::uint64_t once_size(std::uint64_t) const override { return kMac; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return kMac; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < kMac) return no_room();
    computation_->update(in.data(), in.size());
    computation_->final(room.data());
    return kMac;
  }
  Result<std::size_t> update(ByteView in, Room) override {
    computation_->update(in.data(), in.size());
    running_ = true;
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < kMac) return no_room();
    computation_->final(room.data());
    running_ = false;
    return kMac;
  }
  Status verify_once(ByteView data, ByteView signature) override {
    computation_->update(data.data(), data.size());
    return verify_finish(signature);
  }
  Status verify_finish(ByteView signature) override {
    std::array<std::uint8_t, kMac> mac;
    computation_->final(mac.data());
    running_ = false;
    if (signature.size() != kMac) return fail(Rv::signature_len_range, "the MAC has another length");
    if (!equal_in_constant_time(mac, signature)) return fail(Rv::signature_invalid, "the MAC does not fit");
    return Done{};
  }
  Status update_with(const Key& key) override {
    if (!std::is_same_v<Computation, Botan::HashFunction>) return Operation::update_with(key);
    const auto* secret = secret_of(key);
    if (secret == nullptr) return fail(Rv::key_indigestible, "only the value of a secret key can be digested");
    TRY(update(secret->value(), {}));
    return Done{};
  }
  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != mechanism_ || running_) return false;
    TRY(check_gost_hash(mechanism));
    return true;
  }
  Result<std::unique_ptr<Operation>> fork() const override {
    if constexpr (std::is_same_v<Computation, Botan::HashFunction>) {
      auto copy = std::make_unique<GostOperation>(mechanism_, std::unique_ptr<Computation>(computation_->copy_state()));
      copy->running_ = running_;
      return std::unique_ptr<Operation>(std::move(copy));
    } else {
      return Operation::fork();
    }
  }

 private:
  static Error no_room() { return fail(Rv::buffer_too_small, "no room for the result"); }

  std::uint64_t mechanism_;
  std::unique_ptr<Computation> computation_;
  bool running_ = false;
};

}  // namespace

Status check_gost_hash(const Mechanism& mechanism) {
  const auto* params = std::get_if<RawParams>(&mechanism.params);
  if (params == nullptr || (!params->octets.empty() && !is_gost_hash(params->octets)))
    return fail(Rv::mechanism_param_invalid, "the parameter is not the OBJECT IDENTIFIER of CryptoPro's parameters of GOST R 34.11-94");
  return Done{};
}

Made begin_gost_digest(const Beginning& wanted) {
  TRY(check_gost_hash(wanted.mechanism));
  return std::unique_ptr<Operation>(std::make_unique<GostOperation<Botan::HashFunction>>(
      wanted.mechanism.type, Botan::HashFunction::create_or_throw(kGostHash)));
}

Made begin_gost_hmac(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "an HMAC only signs and verifies");
  TRY(check_gost_hash(wanted.mechanism));
  const auto* key = TRY(secret_key(*wanted.key, KeyType::generic_secret));
  auto mac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(GOST-R-34.11-94)");
  mac->set_key(key->value().data(), key->value().size());
  return std::unique_ptr<Operation>(
      std::make_unique<GostOperation<Botan::MessageAuthenticationCode>>(wanted.mechanism.type, std::move(mac)));
}

}  // namespace hsm::crypto
