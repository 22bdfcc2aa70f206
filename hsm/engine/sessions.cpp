#include <array>
#include <utility>

#include "hsm/engine/application.h"

// Sessions: C_OpenSession, C_CloseSession, C_CloseAllSessions, C_GetSessionInfo, C_SessionCancel, and what needs only a session.

namespace hsm::engine {
namespace {

constexpr std::uint64_t kCancelFind = 0x40;  // CKF_FIND_OBJECTS
constexpr auto kCancel = std::to_array<std::pair<std::uint64_t, Use>>({
    {0x100, Use::encrypt}, {0x200, Use::decrypt}, {0x400, Use::digest}, {0x800, Use::sign}, {0x1000, Use::sign_recover},
    {0x2000, Use::verify}, {0x4000, Use::verify_recover},
});
constexpr auto kCancelMessages = std::to_array<std::pair<std::uint64_t, MessageUse>>({
    {0x02, MessageUse::encrypt}, {0x04, MessageUse::decrypt}, {0x08, MessageUse::sign}, {0x10, MessageUse::verify},
});
constexpr std::uint64_t kMostRandom = std::uint64_t{16} << 20;

SessionState state_of(LoginState login, bool read_write) {
  switch (login) {
    case LoginState::so:
      return SessionState::rw_so;
    case LoginState::user:
      return read_write ? SessionState::rw_user : SessionState::ro_user;
    case LoginState::nobody:
      break;
  }
  return read_write ? SessionState::rw_public : SessionState::ro_public;
}

}  // namespace

Result<Seat*> Application::seat_for_session(SlotId slot) {
  // A seat whose token is as it was last read needs no look at the store.
  if (auto* known = known_seat(slot); known != nullptr && known->token().notice()) return known;
  auto seat = this->seat(slot);
  if (!seat) {
    if (seat.error().rv != Rv::token_not_present) return seat.error();
    if (TRY(engine_->keystore().empty_slot()) == slot) return fail(Rv::token_not_recognized, "the token in this slot is not initialised");
    return fail(Rv::slot_id_invalid, "no such slot");
  }
  TRY((*seat)->token().notice());
  return seat;
}

Result<request::SessionOpened> Application::call(const request::OpenSession& request) {
  auto* seat = TRY(seat_for_session(request.slot));
  const auto part = thread_part();
  TRY(seat->session_opens(part, request.read_write));
  auto handle = sessions_.open(*seat, request.read_write, part);
  if (!handle) {
    seat->session_closes(part, request.read_write);
    return handle.error();
  }
  return request::SessionOpened{*handle};
}

Status Application::close(SessionHandle session) {
  const auto closed = TRY(sessions_.close(session));
  if (closed.made_objects) closed.seat->remove_objects_of(session);
  if (closed.seat->session_closes(closed.part, closed.read_write)) saved_.forget_private(*closed.seat);
  return Done{};
}

Result<request::Nothing> Application::call(const request::CloseSession& request) {
  TRY(close(request.session));
  return request::Nothing{};
}

Result<request::Nothing> Application::call(const request::CloseAllSessions& request) {
  if (auto* seat = known_seat(request.slot)) {
    // One that another thread closes meanwhile is closed.
    for (const auto handle : sessions_.handles(*seat)) static_cast<void>(close(handle));
    return request::Nothing{};
  }
  const request::GetSlot exists{request.slot};
  TRY(call(exists));
  return request::Nothing{};
}

Result<request::SessionInfo> Application::call(const request::GetSession& request) {
  auto session = TRY(sessions_.lock(request.session));
  return request::SessionInfo{session->seat->token().slot(), state_of(session->seat->login_state(), session->read_write),
                              session->read_write};
}

Result<request::Nothing> Application::call(const request::CancelOperations& request) {
  auto session = TRY(sessions_.lock(request.session));
  for (const auto& [flag, use] : kCancel)
    if ((request.flags & flag) != 0) session->operation(use).forget();
  for (const auto& [flag, use] : kCancelMessages)
    if ((request.flags & flag) != 0) session->messages[static_cast<std::size_t>(use)].reset();
  if ((request.flags & kCancelFind) != 0) session->found.reset();
  return request::Nothing{};
}

Result<request::Produced> Application::call(const request::GenerateRandom& request) {
  TRY(sessions_.lock(request.session));
  if (request.room.size() > kMostRandom) return fail(Rv::arguments_bad, "more random octets than one call gives");
  TRY(crypto::random(request.room));
  return request::Produced{request.room.size(), true};
}

Result<request::Nothing> Application::call(const request::SeedRandom& request) {
  TRY(sessions_.lock(request.session));
  TRY(crypto::seed_random(request.seed));
  return request::Nothing{};
}

}  // namespace hsm::engine
