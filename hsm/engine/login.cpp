#include <algorithm>

#include "hsm/engine/application.h"

// Who uses the token: C_Login, C_Logout, C_InitPIN, C_SetPIN. A PIN is checked (Argon2id, a durable counter) with no lock held.

namespace hsm::engine {
namespace {

/// Context-specific login: the PIN again, for one operation with a key that asks for it each time.
Status give_pin_to_operation(Session& session, store::Keystore& keystore, const Secret& pin, const std::string& actor) {
  const auto asks = [](const auto& messages) { return messages != nullptr && messages->asks_pin(); };
  if (std::ranges::none_of(session.operations, &OperationSlot::asks_pin) && std::ranges::none_of(session.messages, asks))
    return fail(Rv::operation_not_initialized, "no operation of this session asks for the PIN");
  if (session.seat->login_state() != LoginState::user) return fail(Rv::user_not_logged_in, "the user is not logged in");
  TRY(keystore.check_pin(session.seat->token().slot(), UserType::user, pin, actor));
  for (auto& slot : session.operations)
    if (slot.asks_pin()) slot.pin_given();
  for (auto& messages : session.messages)
    if (asks(messages)) messages->pin_given();
  return Done{};
}

}  // namespace

Result<request::Nothing> Application::call(const request::Login& request) {
  const auto user = static_cast<UserType>(request.user);
  auto& keystore = engine_->keystore();
  if (user == UserType::context_specific) {
    const auto given = [&]() -> Status {
      auto session = TRY(sessions_.lock(request.session));
      return give_pin_to_operation(*session, keystore, request.pin, actor_);
    }();
    if (given) return request::Nothing{};
    // PKCS#11 3.1, 4.9: a PIN that wrong ones have locked logs the user out. Not before the session is unlocked: all are visited.
    if (given.error().rv == Rv::pin_locked) TRY(call(request::Logout{request.session}));
    return given.error();
  }
  if (user != UserType::so && user != UserType::user) return fail(Rv::user_type_invalid, "not a user type");
  const auto as = user == UserType::so ? LoginState::so : LoginState::user;
  auto* seat = TRY(sessions_.lock(request.session))->seat;
  TRY(seat->token().notice());
  TRY(seat->may_log_in(as));
  auto unlocked = TRY(keystore.check_pin(seat->token().slot(), user, request.pin, actor_));
  TRY(seat->log_in(as, std::make_shared<const store::Unlocked>(std::move(unlocked))));
  return request::Nothing{};
}

Result<request::Nothing> Application::call(const request::Logout& request) {
  auto* seat = TRY(sessions_.lock(request.session))->seat;
  auto& token = seat->token();
  // A store that is gone is no reason to stay logged in: the record is missed below.
  static_cast<void>(token.refresh());
  TRY(seat->log_out());
  sessions_.each(*seat, [](Session& session) {
    for (auto& operation : session.operations)
      if (operation.uses_private_object()) operation.forget();
    for (auto& messages : session.messages)
      if (messages != nullptr && messages->key().has(is_private)) messages.reset();
    for (auto& uses : session.key_uses) uses.tally.count_for(nullptr);
    session.found.reset();
    session.recent = {};
  });
  saved_.forget_private(*seat);
  TRY(token.keystore().flush_uses());
  TRY(token.keystore().record(token.slot(), event(store::Act::logout)));
  return request::Nothing{};
}

Result<request::Nothing> Application::call(const request::InitPin& request) {
  const auto caller = TRY(this->caller(request.session));
  if (caller.login.state != LoginState::so) return fail(Rv::user_not_logged_in, "only the security officer gives the user a PIN");
  auto& token = caller.seat->token();
  TRY(token.keystore().set_user_pin(token.slot(), *caller.login.unlocked, request.pin, actor_));
  return request::Nothing{};
}

Result<request::Nothing> Application::call(const request::SetPin& request) {
  const auto caller = TRY(this->caller(request.session));
  if (!caller.read_write) return fail(Rv::session_read_only, "a PIN is changed in a read-write session");
  const auto whose = caller.login.state == LoginState::so ? UserType::so : UserType::user;
  auto& token = caller.seat->token();
  TRY(token.keystore().change_pin(token.slot(), whose, request.old_pin, request.new_pin, actor_));
  return request::Nothing{};
}

}  // namespace hsm::engine
