#include "hsm/engine/application.h"

// C_WaitForSlotEvent, and what an application may know of the master key.

namespace hsm::engine {

Result<std::map<SlotId, store::TokenId>> Application::tokens_by_slot() {
  std::map<SlotId, store::TokenId> tokens;
  for (const auto& token : TRY(engine_->keystore().tokens())) tokens.emplace(token.slot, token.id);
  return tokens;
}

Status Application::notice(SlotId slot) {
  const auto token = TRY(engine_->keystore().token(slot));
  const std::scoped_lock lock(noticed_.mutex);
  noticed_.tokens.insert_or_assign(slot, token.id);
  return Done{};
}

Result<request::SlotEvent> Application::call(const request::PollSlotEvent&) {
  const std::scoped_lock lock(noticed_.mutex);
  const auto change = engine_->keystore().change();
  if (change == noticed_.change) return request::SlotEvent{};
  const auto now = TRY(tokens_by_slot());
  for (const auto& [slot, id] : now) {
    const auto known = noticed_.tokens.find(slot);
    if (known != noticed_.tokens.end() && known->second == id) continue;
    noticed_.tokens.insert_or_assign(slot, id);
    return request::SlotEvent{slot};
  }
  for (const auto& [slot, id] : noticed_.tokens) {
    if (now.contains(slot)) continue;
    const request::SlotEvent gone{slot};
    noticed_.tokens.erase(slot);
    return gone;
  }
  noticed_.change = change;
  return request::SlotEvent{};
}

/// The mounting inside a process: its master key lies in a file, in use for as long as the process. keymantle-hsmd
/// answers for itself.
Result<request::CeremonyStatus> Application::call(const request::GetCeremony&) {
  const auto& header = engine_->keystore().header();
  return request::CeremonyStatus{
      header.profile == store::Profile::development ? CeremonyProfile::development : CeremonyProfile::isolated,
      CeremonyState::operational,
      to_hex(header.pattern),
      0,
      0,
      0};
}

}  // namespace hsm::engine
