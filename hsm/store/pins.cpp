#include <algorithm>

#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// PINs. A PIN is right when the key that Argon2id makes of it opens the token's private key.

namespace hsm::store {
namespace {

PinRole role_of(UserType user) { return user == UserType::so ? PinRole::so : PinRole::user; }

PinRecord* record_of(TokenBody& body, UserType user) {
  if (user == UserType::so) return &body.so;
  return body.user ? &*body.user : nullptr;
}

Status check_length(const Secret& pin) {
  if (pin.size() < kLeastPin || pin.size() > kMostPin) return fail(Rv::pin_len_range, "a PIN has 4 to 255 octets");
  return Done{};
}

Error not_set() { return fail(Rv::user_pin_not_initialized, "the user has no PIN yet"); }

}  // namespace

Secret Keystore::State::pin_key(const Secret& pin, const PinRecord& record) {
  struct Place {
    explicit Place(std::counting_semaphore<2>& s) : places(s) { places.acquire(); }
    ~Place() { places.release(); }
    std::counting_semaphore<2>& places;
  } place(argon2);
  return crypto::argon2id(pin, record.salt, pepper, record.cost, 32);
}

PinRecord Keystore::State::new_pin(const Secret& pin, const Secret& private_key, const TokenId& id, PinRole role) {
  PinRecord record;
  record.salt = crypto::random_bytes(16);
  record.cost = options.pin_cost;
  record.key = seal_private_key(pin_key(pin, record), private_key, id, role);
  return record;
}

Result<Unlocked> Keystore::check_pin(SlotId slot, UserType user, const Secret& pin, std::string actor) {
  if (user == UserType::context_specific) user = UserType::user;
  PinRecord tried;
  TokenId id;
  {
    // The try is counted, durably, before it can succeed: pulling the plug does not buy another one.
    auto writing = TRY(state_->write());
    const auto known = TRY(writing.token(slot));
    auto body = known->body;
    auto* record = record_of(body, user);
    if (record == nullptr) return not_set();
    if (record->tries >= kPinTries) return fail(Rv::pin_locked, "too many wrong PINs").about(known->title());
    ++record->tries;
    id = known->row.id;
    tried = *record;
    TRY(writing.put_token(slot, id, body));
    TRY(writing.commit());
  }

  auto key = open_private_key(state_->pin_key(pin, tried), tried.key, id, role_of(user));

  auto writing = TRY(state_->write());
  const auto known = TRY(writing.token(slot));
  auto body = known->body;
  auto* record = record_of(body, user);
  AuditEvent event{Act::login, std::move(actor), {}};
  // A PIN that was changed while we computed is not the one that was checked.
  const bool same = known->row.id == id && record != nullptr && record->salt == tried.salt;
  const bool right = key.ok() && same;
  event.outcome = right ? Rv::ok : Rv::pin_incorrect;
  if (right) {
    record->tries = 0;
    TRY(writing.put_token(slot, id, body));
  }
  TRY(writing.record(std::move(event), id));
  TRY(writing.commit());
  if (!right) return fail(Rv::pin_incorrect, "wrong PIN").about(known->title());
  return Unlocked(user, id, std::move(*key));
}

Status Keystore::set_user_pin(SlotId slot, const Unlocked& so, const Secret& pin, std::string actor) {
  TRY(check_length(pin));
  if (so.user() != UserType::so) return fail(Rv::user_not_logged_in, "only the SO gives the user a PIN");
  auto fresh = state_->new_pin(pin, so.key_, so.token(), PinRole::user);
  auto writing = TRY(state_->write());
  const auto known = TRY(writing.token(slot));
  if (known->row.id != so.token()) return fail(Rv::user_not_logged_in, "the token was initialised again");
  auto body = known->body;
  body.user = std::move(fresh);
  TRY(writing.put_token(slot, known->row.id, body));
  AuditEvent event{Act::user_pin_set, std::move(actor), {}};
  TRY(writing.record(std::move(event), known->row.id));
  return writing.commit();
}

Status Keystore::change_pin(SlotId slot, UserType user, const Secret& old_pin, const Secret& new_pin, std::string actor) {
  TRY(check_length(new_pin));
  const auto unlocked = TRY(check_pin(slot, user, old_pin, actor));
  auto fresh = state_->new_pin(new_pin, unlocked.key_, unlocked.token(), role_of(user));
  auto writing = TRY(state_->write());
  const auto known = TRY(writing.token(slot));
  auto body = known->body;
  auto* record = record_of(body, user);
  if (known->row.id != unlocked.token() || record == nullptr)
    return fail(Rv::pin_incorrect, "the token was initialised again");
  *record = std::move(fresh);
  TRY(writing.put_token(slot, known->row.id, body));
  AuditEvent event{Act::pin_changed, std::move(actor), {}};
  TRY(writing.record(std::move(event), known->row.id));
  return writing.commit();
}

}  // namespace hsm::store
