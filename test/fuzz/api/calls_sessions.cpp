#include "test/fuzz/api/calls.h"

namespace fuzz {
namespace {

CK_USER_TYPE any_user(World& w) {
  static constexpr auto kUsers = std::to_array<CK_USER_TYPE>({CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC});
  return w.choices().once_in(16) ? w.choices().number() : w.choices().one_of(kUsers);
}

}  // namespace

void open_session(World& w) {
  const auto slot = w.slot();
  const CK_FLAGS flags = w.choices().once_in(8) ? w.choices().number() : CKF_SERIAL_SESSION | (w.choices().below(2) == 0 ? CKF_RW_SESSION : 0);
  auto* session = place<CK_SESSION_HANDLE>(w);
  const auto rv = w.judge(C_OpenSession(slot, flags, nullptr, nullptr, session));
  if (rv == CKR_OK) w.opened(slot, (flags & CKF_RW_SESSION) != 0, *session);
}

void close_session(World& w) {
  const auto session = w.session();
  if (w.judge(C_CloseSession(session)) == CKR_OK) w.closed(session);
}

void close_all_sessions(World& w) {
  const auto slot = w.slot();
  if (w.judge(C_CloseAllSessions(slot)) == CKR_OK) w.closed_all(slot);
}

void login(World& w) {
  const auto session = w.session();
  const auto user = any_user(w);
  const auto pin = w.pin();
  const auto rv = w.judge(C_Login(session, user, pin.data, pin.size));
  if (rv == CKR_OK) w.logged_in(session, user);
  if (rv != CKR_OK) w.changed();  // wrong PINs are counted
}

void login_user(World& w) {
  const auto session = w.session();
  const auto user = any_user(w);
  const auto pin = w.pin();
  const auto name = w.choices().once_in(4) ? w.memory().input(Limit::memory) : In{};
  const auto rv = w.judge(C_LoginUser(session, user, pin.data, pin.size, name.data, name.size));
  if (rv == CKR_OK) w.logged_in(session, user);
  if (rv != CKR_OK) w.changed();
}

void logout(World& w) {
  const auto session = w.session();
  if (w.judge(C_Logout(session)) == CKR_OK) w.logged_out(session);
}

void set_operation_state(World& w) {
  const auto session = w.session();
  const auto state = w.memory().input(Limit::memory);
  const auto key = w.choices().once_in(2) ? w.object() : CK_INVALID_HANDLE;
  w.judge(C_SetOperationState(session, state.data, state.size, key, w.choices().once_in(2) ? w.object() : CK_INVALID_HANDLE));
}

}  // namespace fuzz
