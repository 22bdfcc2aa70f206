#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// PINs of a token. The counter of wrong tries is raised durably before each check, so that stopping the process in the middle
// gives no free try.

namespace hsm::store {
namespace {

std::string_view name_of(UserType user) { return user == UserType::so ? "so" : "user"; }

Status check_length(const Secret& pin) {
  if (pin.size() < kLeastPin || pin.size() > kMostPin) return fail(Rv::pin_len_range, "a PIN has 4 to 255 octets");
  return Done{};
}

Result<PinLock*> lock_of(TokenContent& content, UserType user) {
  if (user == UserType::so) return &content.so;
  if (user != UserType::user) return fail(Rv::user_type_invalid, "a PIN belongs to the user or the security officer");
  if (!content.user) return fail(Rv::user_pin_not_initialized, "the security officer has not set a user PIN yet");
  return &*content.user;
}

/// Raises the counter and gives the lock as it is now.
struct Attempt {
  TokenId token;
  PinLock lock;
};
Result<Attempt> begin_attempt(KeystoreState& state, SlotId slot, UserType user) {
  auto change = TRY(state.store->begin());
  auto token = TRY(open_token(state, *change, slot));
  auto* lock = TRY(lock_of(token.content, user));
  if (lock->tries >= kPinTries)
    return fail(Rv::pin_locked, "the PIN is locked after ten wrong tries; the security officer can set a new user PIN");
  ++lock->tries;
  Attempt attempt{token.row.id, *lock};
  TRY(keep_token(state, *change, token));
  TRY(change->commit());
  return attempt;
}

/// Writes down how the attempt ended; a right PIN clears the counter. `replacement` is the lock of a new PIN.
Status end_attempt(KeystoreState& state, SlotId slot, UserType user, const Attempt& attempt, const AuditEvent& event,
                   const PinLock* replacement) {
  auto change = TRY(state.store->begin());
  auto token = TRY(open_token(state, *change, slot));
  auto* lock = TRY(lock_of(token.content, user));
  // The SO may have given the user another PIN meanwhile; then this one is of no use any more.
  if (token.row.id != attempt.token || lock->salt != attempt.lock.salt) return fail(Rv::pin_incorrect, "the PIN was changed just now");
  if (event.outcome == Rv::ok) {
    if (replacement != nullptr) *lock = *replacement;
    lock->tries = 0;
    TRY(keep_token(state, *change, token));
  }
  TRY(append(*change, state.keys, token.row.id, event, state.options.actor));
  return change->commit();
}

}  // namespace

Result<Unlocked> Keystore::check_pin(SlotId slot, UserType user, const Secret& pin) {
  const auto attempt = TRY(begin_attempt(*state_, slot, user));
  auto key = state_->keys.open_lock(attempt.lock, pin, attempt.token, name_of(user));
  const auto outcome = key ? Rv::ok : key.error().rv;
  TRY(end_attempt(*state_, slot, user, attempt, {.act = Act::login, .actor = {}, .object = {}, .outcome = outcome}, nullptr));
  if (!key) return std::move(key).error();
  return Unlocked(user, attempt.token, std::move(key).value());
}

Status Keystore::set_user_pin(SlotId slot, const Unlocked& so, const Secret& pin) {
  if (so.user() != UserType::so) return fail(Rv::user_not_logged_in, "only the security officer sets a user PIN");
  TRY(check_length(pin));
  auto lock = state_->keys.lock(pin, state_->options.pin_cost, so.token(), name_of(UserType::user), so.key_);
  auto change = TRY(state_->store->begin());
  auto token = TRY(open_token(*state_, *change, slot));
  if (token.row.id != so.token()) return fail(Rv::user_not_logged_in, "the token was initialised again");
  token.content.user = std::move(lock);
  TRY(keep_token(*state_, *change, token));
  TRY(append(*change, state_->keys, token.row.id, {.act = Act::user_pin_set, .actor = {}, .object = {}}, state_->options.actor));
  return change->commit();
}

Status Keystore::change_pin(SlotId slot, UserType user, const Secret& old_pin, const Secret& new_pin) {
  TRY(check_length(new_pin));
  const auto attempt = TRY(begin_attempt(*state_, slot, user));
  auto key = state_->keys.open_lock(attempt.lock, old_pin, attempt.token, name_of(user));
  AuditEvent event{.act = Act::pin_changed, .actor = {}, .object = {}};
  if (!key) {
    event.outcome = key.error().rv;
    TRY(end_attempt(*state_, slot, user, attempt, event, nullptr));
    return std::move(key).error();
  }
  const auto lock = state_->keys.lock(new_pin, state_->options.pin_cost, attempt.token, name_of(user), *key);
  return end_attempt(*state_, slot, user, attempt, event, &lock);
}

}  // namespace hsm::store
