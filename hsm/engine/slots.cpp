#include <algorithm>

#include "hsm/engine/application.h"

// Slots and tokens: C_GetSlotList, C_GetSlotInfo, C_GetTokenInfo, C_GetMechanismList, C_GetMechanismInfo, C_InitToken.

namespace hsm::engine {
namespace {

constexpr std::uint64_t kHasRng = 0x0001;         // CKF_RNG
constexpr std::uint64_t kLoginRequired = 0x0004;  // CKF_LOGIN_REQUIRED
// CKF_EC_F_P, CKF_EC_OID (named curves), CKF_EC_UNCOMPRESS
constexpr std::uint64_t kCurveFlags = 0x00100000 | 0x00800000 | 0x01000000;
constexpr std::size_t kMostLabel = 32;

// CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT, CKF_MESSAGE_SIGN, CKF_MESSAGE_VERIFY, CKF_MULTI_MESSAGE
constexpr std::uint64_t kEncryptsMessages = 0x06, kSignsMessages = 0x08, kVerifiesMessages = 0x10, kMessagesInParts = 0x20;

/// What is signed, or encrypted by an AEAD, may also be a message; a one-time password is of none.
constexpr std::uint64_t message_flags_of(const MechanismRow& row, Uses uses) {
  if (row.param == Param::otp) return 0;
  const auto whole = (row.message != MessageForm::none ? kEncryptsMessages : 0) | ((uses & uses_sign) != 0 ? kSignsMessages : 0) |
                     ((uses & uses_verify) != 0 ? kVerifiesMessages : 0);
  return whole | (whole != 0 && row.multipart ? kMessagesInParts : 0);
}

/// The bits of Uses are the standard's flags from CKF_ENCRYPT (0x100) on, in its order.
constexpr std::uint64_t flags_of(const MechanismRow& row, Uses uses) {
  return (std::uint64_t{uses} << 8) | message_flags_of(row, uses) | (row.keyed && row.key == KeyType::ec ? kCurveFlags : 0);
}
static_assert(uses_encrypt << 8 == 0x100 && uses_generate << 8 == 0x8000 && uses_derive << 8 == 0x80000);
static_assert(uses_encapsulate << 8 == 0x10000000 && uses_decapsulate << 8 == 0x20000000);

/// A slot is there when it has a token or is the one offered for the next token.
Status check_slot(store::Keystore& keystore, SlotId slot) {
  if (keystore.token(slot) || TRY(keystore.empty_slot()) == slot) return Done{};
  return fail(Rv::slot_id_invalid, "no such slot");
}

/// The empty slot answers for the token that will be made there.
PolicyProfile profile_at(store::Keystore& keystore, SlotId slot) {
  const auto token = keystore.token(slot);
  return token ? token->profile : PolicyProfile::strict;
}

}  // namespace

Result<request::SlotList> Application::call(const request::ListSlots&) {
  // The uninitialised token of the empty slot is present, too: that is how an application finds where to make one.
  request::SlotList list;
  for (const auto& token : TRY(engine_->keystore().tokens())) list.slots.push_back(token.slot);
  list.slots.push_back(TRY(engine_->keystore().empty_slot()));
  std::ranges::sort(list.slots);
  return list;
}

Result<request::SlotState> Application::call(const request::GetSlot& request) {
  TRY(check_slot(engine_->keystore(), request.slot));
  return request::SlotState{engine_->description()};
}

Result<request::TokenState> Application::call(const request::GetToken& request) {
  TRY(check_slot(engine_->keystore(), request.slot));
  request::TokenState state;
  state.least_pin = store::kLeastPin;
  state.most_pin = store::kMostPin;
  const auto token = engine_->keystore().token(request.slot);
  if (!token) {
    state.flags = kHasRng | kLoginRequired;
    return state;
  }
  state.label = token->label;
  state.serial = token->serial;
  state.flags = token->flags();
  if (auto* seat = known_seat(request.slot)) {
    state.sessions = seat->sessions();
    state.rw_sessions = seat->rw_sessions();
  }
  return state;
}

Result<request::MechanismList> Application::call(const request::ListMechanisms& request) {
  TRY(check_slot(engine_->keystore(), request.slot));
  request::MechanismList list;
  const auto profile = profile_at(engine_->keystore(), request.slot);
  for (const auto& row : all_mechanisms())
    if (crypto::available(row) && policy::offered(profile, row) != uses_none) list.mechanisms.push_back(static_cast<std::uint64_t>(row.id));
  return list;
}

Result<request::MechanismState> Application::call(const request::GetMechanism& request) {
  TRY(check_slot(engine_->keystore(), request.slot));
  const auto* row = TRY(policy::known(request.mechanism));
  const auto uses = policy::offered(profile_at(engine_->keystore(), request.slot), *row);
  if (uses == uses_none) return fail(Rv::mechanism_invalid, "the token's strict policy refuses this mechanism");
  return request::MechanismState{row->size.least, row->size.most, flags_of(*row, uses)};
}

Result<request::Nothing> Application::call(const request::InitToken& request) {
  TRY(check_slot(engine_->keystore(), request.slot));
  if (request.label.size() > kMostLabel) return fail(Rv::arguments_bad, "a token's label has at most 32 octets");
  if (const auto token = engine_->token(request.slot); token && (*token)->has_sessions())
    return fail(Rv::session_exists, "the token has open sessions");
  TRY(engine_->keystore().init_token(request.slot, request.label, request.pin, actor_));
  TRY(notice(request.slot));
  return request::Nothing{};
}

}  // namespace hsm::engine
