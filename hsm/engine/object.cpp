#include "hsm/engine/object.h"

#include <array>
#include <utility>

namespace hsm::engine {
namespace {

constexpr auto kTraits = std::to_array<std::pair<Attr, Trait>>({
    {Attr::encrypt, can_encrypt}, {Attr::decrypt, can_decrypt}, {Attr::sign, can_sign}, {Attr::verify, can_verify},
    {Attr::sign_recover, can_sign_recover}, {Attr::verify_recover, can_verify_recover}, {Attr::wrap, can_wrap},
    {Attr::unwrap, can_unwrap}, {Attr::derive, can_derive}, {Attr::encapsulate, can_encapsulate}, {Attr::decapsulate, can_decapsulate},
    {Attr::private_, is_private}, {Attr::sensitive, is_sensitive},
    {Attr::extractable, is_extractable}, {Attr::wrap_with_trusted, needs_trusted_wrapping}, {Attr::trusted, is_trusted},
    {Attr::modifiable, is_modifiable}, {Attr::copyable, is_copyable}, {Attr::destroyable, is_destroyable},
    {Attr::always_authenticate, asks_pin_each_time}, {Attr::local, is_local}, {Attr::always_sensitive, was_always_sensitive},
    {Attr::never_extractable, was_never_extractable},
});

/// Of an attribute that says something when it is not empty.
constexpr auto kDemands = std::to_array<std::pair<Attr, Trait>>({
    {Attr::allowed_mechanisms, restricts_mechanisms}, {Attr::wrap_template, demands_of_wrapped},
    {Attr::unwrap_template, demands_of_unwrapped}, {Attr::derive_template, demands_of_derived},
    {Attr::encapsulate_template, demands_of_encapsulated}, {Attr::decapsulate_template, demands_of_decapsulated},
});
template <class Table>
std::uint32_t trait_in(const Table& table, std::uint64_t type) {
  const auto found = std::ranges::find(table, static_cast<Attr>(type), &std::pair<Attr, Trait>::first);
  return found == table.end() ? Trait{} : found->second;
}

constexpr std::size_t kEmptyList = 5;  // octets of a list of mechanisms or attributes with nothing in it

/// Holds a flag for the few instructions that copy a shared pointer.
class Briefly {
 public:
  explicit Briefly(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Briefly() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag& flag_;
};

}  // namespace

Object::Object(std::uint64_t number, SessionHandle owner, Template attributes) : number_(number), owner_(owner) {
  stored_.public_attributes = AttributeBlob::encode(attributes);
  for (auto& attribute : attributes)
    if (std::holds_alternative<Secret>(attribute.value)) secrets_.push_back(std::move(attribute));
  read_traits();
}

Object::Object(store::StoredObject stored) : number_(stored.id.number()), stored_(std::move(stored)) {
  attributes().check();
  read_traits();
}

void Object::read_traits() {
  kind_ = attributes().kind();
  attributes().each([&](std::uint64_t type, ByteView value) {
    if (const auto demand = trait_in(kDemands, type); demand != 0) {
      if (value.size() > kEmptyList) traits_ |= demand;
      return;
    }
    if (type == static_cast<std::uint64_t>(Attr::start_date) || type == static_cast<std::uint64_t>(Attr::end_date)) {
      if (!octets_in(value).empty()) traits_ |= has_dates;
      return;
    }
    if (type == static_cast<std::uint64_t>(Attr::keymantle_uses_left) ||
        type == static_cast<std::uint64_t>(Attr::keymantle_uses_per_minute)) {
      traits_ |= limits_uses;
      return;
    }
    if (boolean_in(value) == true) traits_ |= trait_in(kTraits, type);
  });
}

bool Object::allows(std::uint64_t mechanism) const {
  if (!has(restricts_mechanisms)) return true;
  const auto value = attributes().value(static_cast<std::uint64_t>(Attr::allowed_mechanisms));
  const auto* allowed = value ? std::get_if<MechanismSet>(&*value) : nullptr;
  return allowed != nullptr && std::ranges::find(*allowed, mechanism) != allowed->end();
}

std::optional<Template> Object::demands(Attr template_attribute) const {
  const auto type = static_cast<std::uint64_t>(template_attribute);
  if ((traits_ & trait_in(kDemands, type)) == 0) return std::nullopt;
  auto value = attributes().value(type);
  auto* demanded = value ? std::get_if<Template>(&*value) : nullptr;
  return demanded == nullptr ? std::nullopt : std::optional(std::move(*demanded));
}

Result<Template> Object::secrets(store::Keystore& keystore, SlotId slot, const store::Unlocked* unlocked) const {
  if (on_token()) return keystore.open_secrets(slot, stored_, unlocked);
  return clone(secrets_, crypto::SecretAccess::use());
}

Result<Template> Object::everything(store::Keystore& keystore, SlotId slot, const store::Unlocked* unlocked) const {
  auto all = attributes().decode();
  for (auto& secret : TRY(secrets(keystore, slot, unlocked))) put(all, std::move(secret));
  return all;
}

Result<crypto::KeyPtr> Object::key(store::Keystore& keystore, SlotId slot, const store::Unlocked* unlocked) const {
  if (auto kept = kept_key()) return kept;
  auto parsed = TRY(crypto::load_key(TRY(everything(keystore, slot, unlocked))));
  if (!keep_key(parsed)) return fail(Rv::key_handle_invalid, "the key was destroyed meanwhile");
  return parsed;
}

crypto::KeyPtr Object::kept_key() const {
  Briefly hold(key_busy_);
  return key_;
}

std::shared_ptr<NonceLedger> Object::nonces() const {
  Briefly hold(key_busy_);
  if (nonces_ == nullptr) nonces_ = std::make_shared<NonceLedger>();
  return nonces_;
}

void Object::share_nonces_of(const Object& other) const {
  auto shared = other.nonces();
  Briefly hold(key_busy_);
  nonces_.swap(shared);
}

bool Object::keep_key(crypto::KeyPtr key) const {
  Briefly hold(key_busy_);
  if (retired_) return false;
  key_.swap(key);
  return true;
}

bool Object::retire() const {
  Briefly hold(key_busy_);
  retired_ = true;
  return std::exchange(key_, nullptr) != nullptr;
}

}  // namespace hsm::engine
