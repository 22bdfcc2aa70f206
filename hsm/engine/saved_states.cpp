#include "hsm/engine/saved_states.h"

#include "hsm/engine/application.h"

// C_GetOperationState, C_SetOperationState (PKCS#11 3.2, 5.6). OpenSSL's contexts cannot be written out, so what the application gets
// is a random name of copies that stay here. A key is named again when its operation goes on, and is asked then whether it may.

namespace hsm::engine {
namespace {

/// Which of the two key arguments an operation's key belongs to; nullptr for a digest.
ObjectHandle SavedState::*key_place(Use use) {
  switch (use) {
    case Use::digest:
      return nullptr;
    case Use::encrypt:
    case Use::decrypt:
      return &SavedState::encryption_key;
    default:
      return &SavedState::authentication_key;
  }
}

Status save(SavedState& state, Use use, const OperationSlot& slot) {
  if (slot.has_waiting()) return fail(Rv::state_unsaveable, "a result waits for a larger buffer");
  if (const auto place = key_place(use); place != nullptr) {
    const auto key = lasting_part(slot.begun().key);
    if (state.*place != kNoHandle && state.*place != key)
      return fail(Rv::state_unsaveable, "there is one argument for the keys of two operations");
    state.*place = key;
  }
  state.uses_private_object = state.uses_private_object || slot.uses_private_object();
  auto copy = TRY(slot.operation()->fork());
  state.operations.push_back(
      {use, slot.begun().mechanism, slot.multipart(), slot.in_parts(), slot.signature(), std::move(copy)});
  return Done{};
}

/// What the policy asks of a mechanism's parameter is, for what can be saved, the length of a MAC at most.
Mechanism mechanism_of(const SavedOperation& saved, const MechanismRow& row) {
  if (row.param == Param::mac_general) return {saved.mechanism, MacGeneralParams{saved.copy->finish_size()}};
  return {saved.mechanism, {}};
}

Status check_key(ObjectHandle saved, ObjectHandle given) {
  if (saved == kNoHandle && given != kNoHandle) return fail(Rv::key_not_needed, "no operation of the state has such a key");
  if (saved != kNoHandle && given == kNoHandle) return fail(Rv::key_needed, "the operation goes on with its key only");
  if (saved != lasting_part(given)) return fail(Rv::key_changed, "another key than that of the operation");
  return Done{};
}

}  // namespace

Bytes SavedStates::keep(SavedState state) {
  Named named{crypto::random_bytes(kNameSize), std::make_shared<const SavedState>(std::move(state))};
  auto name = named.name;
  std::shared_ptr<const SavedState> oldest;  // freed when the lock is released
  const std::scoped_lock lock(mutex_);
  states_.push_back(std::move(named));
  if (states_.size() > kMost) {
    oldest = std::move(states_.front().state);
    states_.pop_front();
  }
  return name;
}

std::shared_ptr<const SavedState> SavedStates::find(ByteView name) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& named : states_)
    if (equal_in_constant_time(named.name, name)) return named.state;
  return nullptr;
}

void SavedStates::forget_private(const Seat& seat) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(states_, [&](const Named& named) { return named.state->seat == &seat && named.state->uses_private_object; });
}

Result<request::Produced> Application::call(const request::GetOperationState& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& token = session->seat->token();
  SavedState state{session->seat, token.incarnation(), kNoHandle, kNoHandle, false, {}};
  for (std::size_t use = 0; use < session->operations.size(); ++use)
    if (const auto& slot = session->operations[use]; slot.running()) TRY(save(state, static_cast<Use>(use), slot));
  if (std::ranges::any_of(session->messages, [](const auto& messages) { return messages != nullptr; }))
    return fail(Rv::state_unsaveable, "the state of message-based operations cannot be copied");
  if (state.operations.empty()) return fail(Rv::operation_not_initialized, "no operation runs in the session");
  constexpr auto kSize = SavedStates::kNameSize;
  if (request.room.data() == nullptr || request.room.size() < kSize) return request::Produced{kSize, false};
  std::ranges::copy(saved_.keep(std::move(state)), request.room.begin());
  return request::Produced{kSize, true};
}

Result<request::Nothing> Application::call(const request::SetOperationState& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& token = session->seat->token();
  TRY(token.refresh());
  const auto state = saved_.find(request.state);
  if (state == nullptr || state->seat != session->seat || state->incarnation != token.incarnation())
    return fail(Rv::saved_state_invalid, "not a state that this application saved at this token");
  TRY(check_key(state->encryption_key, request.encryption_key));
  TRY(check_key(state->authentication_key, request.authentication_key));

  struct Restored {
    const SavedOperation* saved;
    Begun begun;
    ObjectPtr key;
    std::unique_ptr<crypto::Operation> operation;
  };
  std::vector<Restored> all;
  const auto caller = caller_of(*session);
  for (const auto& saved : state->operations) {
    Restored restored{&saved, {saved.mechanism, kNoHandle, token.epoch(), session->seat->epoch()}, nullptr, nullptr};
    const auto* row = TRY(policy::known(saved.mechanism));
    const auto mechanism = mechanism_of(saved, *row);
    if (const auto place = key_place(saved.use); place != nullptr) {
      restored.begun.key = place == &SavedState::encryption_key ? request.encryption_key : request.authentication_key;
      restored.key = TRY(resolve(caller, restored.begun.key, Rv::key_handle_invalid));
      TRY(may_fail(token, mechanism, restored.begun.key));
    }
    TRY(policy::may_begin(saved.use, {token.profile(), *row, mechanism}, restored.key.get()));
    if (restored.key != nullptr) TRY(spend_use(caller, *restored.key));
    restored.operation = TRY(saved.copy->fork());
    all.push_back(std::move(restored));
  }

  // All of it is allowed: what ran in the session ends, searches too (5.6.6).
  for (auto& slot : session->operations) slot.forget();
  for (auto& messages : session->messages) messages.reset();
  session->found.reset();
  for (auto& restored : all) {
    auto& slot = session->operation(restored.saved->use);
    if (const auto* key = restored.key.get(); key != nullptr && key->on_token())
      slot.tally().count_for(token.keystore().use_counter(token.slot(), key->stored().id, act_of(restored.saved->use)));
    slot.start(std::move(restored.operation), restored.begun, restored.key.get(), restored.saved->multipart);
    if (restored.saved->signature) slot.expect(*restored.saved->signature);
    if (restored.saved->in_parts) slot.parts_follow();
    // Its key schedule is a copy, of which the key object knows nothing: whoever begins next looks at the key again.
    slot.never_reuse();
  }
  return request::Nothing{};
}

}  // namespace hsm::engine
