#include "hsm/engine/seat.h"

namespace hsm::engine {

Seat::~Seat() {
  if (state_ != LoginState::nobody) end_login();
  token_.seat_goes(counts_);
}

bool Seat::stale() const { return incarnation_ != token_.incarnation(); }

Login Seat::login() const {
  std::shared_lock lock(mutex_);
  if (state_ == LoginState::nobody || stale()) return {};
  return {state_, login_number_, unlocked_};
}

LoginState Seat::login_state() const {
  std::shared_lock lock(mutex_);
  return stale() ? LoginState::nobody : state_.load();
}

Status Seat::session_opens(unsigned part, bool read_write) {
  // Counted first, asked then; the security officer's login does it the other way round, so that one of the two sees the other.
  counts_.opened(part, read_write);
  if (read_write || !so_in_.load()) return Done{};
  std::scoped_lock lock(mutex_);
  if (state_ != LoginState::so || stale()) return Done{};
  counts_.closed(part, read_write);
  return fail(Rv::session_read_write_so_exists, "the security officer is logged in: only read-write sessions");
}

bool Seat::session_closes(unsigned part, bool read_write) {
  counts_.closed(part, read_write);
  const auto login = login_number_.load();
  if (counts_.any()) return false;
  // There was a moment without sessions, and `login` was before it. A later login is that of a session that came since.
  std::scoped_lock lock(mutex_);
  if (state_ != LoginState::nobody && login_number_.load() == login) end_login();
  return true;
}

Status Seat::check_login(LoginState as) const {
  const auto state = stale() ? LoginState::nobody : state_.load();
  if (state == as) return fail(Rv::user_already_logged_in, "already logged in");
  if (state != LoginState::nobody) return fail(Rv::user_another_already_logged_in, "the other user is logged in");
  if (as == LoginState::so && counts_.read_only() > 0)
    return fail(Rv::session_read_only_exists, "the security officer cannot log in beside a read-only session");
  return Done{};
}

Status Seat::may_log_in(LoginState as) const {
  std::scoped_lock lock(mutex_);
  return check_login(as);
}

Status Seat::log_in(LoginState as, UnlockedPtr unlocked) {
  if (as == LoginState::user) TRY(token_.user_came(unlocked));
  std::scoped_lock lock(mutex_);
  if (as == LoginState::so) so_in_.store(true);
  if (auto allowed = check_login(as); !allowed) {
    so_in_.store(state_ == LoginState::so);
    if (as == LoginState::user) token_.user_went();
    return allowed;
  }
  ++login_number_;  // before the state, by which alone an object of an earlier login would be taken for one of this
  unlocked_ = std::move(unlocked);
  incarnation_ = token_.incarnation();
  state_ = as;
  something_changed();
  return Done{};
}

Status Seat::log_out() {
  std::scoped_lock lock(mutex_);
  if (state_ == LoginState::nobody || stale()) return fail(Rv::user_not_logged_in, "nobody is logged in");
  end_login();
  return Done{};
}

void Seat::end_login() {
  if (state_ == LoginState::user && !stale()) token_.user_went();
  state_ = LoginState::nobody;
  so_in_.store(false);
  unlocked_ = nullptr;
  for (const auto& object : objects_.all([](const Object& o) { return o.has(is_private); })) objects_.remove(object->number());
  something_changed();
}

/// Objects are put first, and the login asked for then; a login ends first and takes the private objects away then: one of the two sees
/// the other.
Status Seat::keep_if_login_lasts(const Object& object, const Login& made_under) {
  if (!object.has(is_private)) return Done{};
  if (state_ == LoginState::user && login_number_ == made_under.number && !stale()) return Done{};
  if (objects_.remove(object.number()) != nullptr) something_changed();
  return fail(Rv::user_not_logged_in, "the login ended while the object was made");
}

Status Seat::add(const ObjectPtr& object, const Login& made_under) {
  objects_.put(object);
  return keep_if_login_lasts(*object, made_under);
}

Status Seat::replace(const Object& old, const ObjectPtr& object, const Login& made_under) {
  switch (objects_.replace(old, object)) {
    case ObjectTable::Replacing::gone:
      return fail(Rv::object_handle_invalid, "the object was destroyed meanwhile");
    case ObjectTable::Replacing::changed:
      return fail(Rv::function_failed, "the object was changed meanwhile");
    case ObjectTable::Replacing::done:
      break;
  }
  something_changed();
  return keep_if_login_lasts(*object, made_under);
}

void Seat::remove_objects_of(SessionHandle session) {
  if (objects_.remove_all_of(session) > 0) something_changed();
}

}  // namespace hsm::engine
