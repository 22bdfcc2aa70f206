#include <algorithm>

#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// Tokens: listing, making, wiping.

namespace hsm::store {
namespace {

// CKF_* of CK_TOKEN_INFO (PKCS#11 3.1, 3.2).
constexpr std::uint64_t kRng = 0x1, kLoginRequired = 0x4, kUserPinInitialized = 0x8, kTokenInitialized = 0x400;
constexpr std::uint64_t kUserCountLow = 0x10000, kSoCountLow = 0x100000;

/// COUNT_LOW, FINAL_TRY and LOCKED are neighbours, for both users.
std::uint64_t try_flags(std::uint32_t tries, std::uint64_t count_low) {
  if (tries >= kPinTries) return count_low << 2;
  if (tries == kPinTries - 1) return count_low | count_low << 1;
  return tries > 0 ? count_low : 0;
}

TokenState state_of(const KnownToken& token) {
  TokenState state;
  state.slot = token.row.slot;
  state.id = token.row.id;
  state.label = token.body.label;
  state.serial = token.body.serial;
  state.user_pin_set = token.body.user.has_value();
  state.user_tries = token.body.user ? token.body.user->tries : 0;
  state.so_tries = token.body.so.tries;
  state.cost = token.body.user ? token.body.user->cost : token.body.so.cost;
  state.objects = token.body.objects;
  state.profile = token.body.profile;
  return state;
}

SlotId next_slot(const Head& head) {
  SlotId next = 0;
  for (const auto& token : head.tokens) next = std::max(next, token.slot + 1);
  return next;
}

}  // namespace

std::uint64_t TokenState::flags() const {
  return kRng | kLoginRequired | kTokenInitialized | (user_pin_set ? kUserPinInitialized : 0) |
         try_flags(user_tries, kUserCountLow) | try_flags(so_tries, kSoCountLow);
}

bool TokenState::cheap_pins() const {
  const crypto::Argon2Cost usual;
  return cost.memory_kib < usual.memory_kib || cost.passes < usual.passes;
}

Result<std::vector<TokenState>> Keystore::tokens() {
  TRY(state_->look_at_tokens());
  const std::lock_guard lock(state_->mutex);
  std::vector<TokenState> found;
  for (const auto& [slot, token] : state_->tokens) found.push_back(state_of(*token));
  return found;
}

Result<TokenState> Keystore::token(SlotId slot) { return state_of(*TRY(state_->token(slot))); }

Result<SlotId> Keystore::empty_slot() {
  TRY(state_->look_at_tokens());
  const std::lock_guard lock(state_->mutex);
  return state_->tokens.empty() ? SlotId{0} : state_->tokens.rbegin()->first + 1;
}

Status Keystore::init_token(SlotId slot, std::string label, const Secret& so_pin, std::string actor) {
  if (so_pin.size() < kLeastPin || so_pin.size() > kMostPin) return fail(Rv::pin_len_range, "a PIN has 4 to 255 octets");
  if (label.size() > 32) return fail(Rv::arguments_bad, "a label has at most 32 octets");
  const auto before = token(slot);
  if (before) {
    TRY(check_pin(slot, UserType::so, so_pin, actor));
  } else if (before.error().rv != Rv::token_not_present) {
    return before.error();
  }

  TokenBody body;
  body.label = std::move(label);
  TokenId id;
  const auto fresh = crypto::random_bytes(id.bytes.size());
  std::ranges::copy(fresh, id.bytes.begin());
  body.serial = before ? before->serial : to_hex(ByteView(fresh).first(8));
  body.public_key = state_->sealer.seal_public_key(crypto::random_secret(32), id);
  body.so = state_->new_pin(so_pin, crypto::random_secret(32), id, PinRole::so);
  body.digest = Bytes(16);

  auto writing = TRY(state_->write());
  const auto now = TRY(writing.rows().token(slot));
  // Somebody may have been here between the look and now.
  if (now.has_value() != before.ok() || (now && now->id != before->id) || (!now && slot != next_slot(writing.head())))
    return fail(Rv::slot_id_invalid, "the slot is not the empty one, or its token changed meanwhile");
  TRY(writing.rows().remove_objects(slot));
  TRY(writing.put_token(slot, id, body));
  AuditEvent event{Act::token_initialised, std::move(actor), {}};
  TRY(writing.record(std::move(event), id));
  return writing.commit();
}

Status Keystore::set_profile(SlotId slot, const Unlocked& unlocked, PolicyProfile profile, std::string actor) {
  if (unlocked.user() != UserType::so) return fail(Rv::user_not_logged_in, "only the security officer changes the policy");
  auto writing = TRY(state_->write());
  const auto known = TRY(writing.token(slot));
  if (known->row.id != unlocked.token()) return fail(Rv::user_not_logged_in, "the token was initialised again");
  auto body = known->body;
  body.profile = profile;
  TRY(writing.put_token(slot, known->row.id, body));
  AuditEvent event{Act::policy_changed, std::move(actor), {}};
  TRY(writing.record(std::move(event), known->row.id));
  return writing.commit();
}

Status Keystore::remove_token(SlotId slot, std::string actor) {
  auto writing = TRY(state_->write());
  const auto known = TRY(writing.token(slot));
  TRY(writing.remove_token(slot));
  AuditEvent event{Act::token_removed, std::move(actor), {}};
  TRY(writing.record(std::move(event), known->row.id));
  return writing.commit();
}

}  // namespace hsm::store
