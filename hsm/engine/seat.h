#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "hsm/engine/session_counts.h"
#include "hsm/engine/token.h"

namespace hsm::engine {

enum class LoginState : std::uint8_t { nobody, user, so };

/// Who is logged in at a seat, seen at one moment.
struct Login {
  LoginState state = LoginState::nobody;
  std::uint64_t number = 0;  ///< of this login; handles of private objects hold for one login only
  UnlockedPtr unlocked;

  UserType as() const { return state == LoginState::so ? UserType::so : UserType::user; }
};

/// One application at one token: its login, its session objects, its sessions' number. Thread-safe.
class Seat {
 public:
  explicit Seat(Token& token) : token_(token) { token_.seat_comes(counts_); }
  ~Seat();

  Token& token() const { return token_; }
  ObjectTable& objects() { return objects_; }
  const ObjectTable& objects() const { return objects_; }

  Login login() const;
  LoginState login_state() const;
  /// Raised by login, logout and by each change of a session object that was known.
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  void something_changed() { epoch_.fetch_add(1, std::memory_order_release); }

  // ---- transitions, of which those of sessions wait for nobody unless a login is concerned; refusals are those of C_OpenSession, C_Login, C_Logout
  /// `part` is the thread_part() that opens the session, or opened it.
  Status session_opens(unsigned part, bool read_write);
  /// True when it was the last one, which logs out.
  bool session_closes(unsigned part, bool read_write);
  Status may_log_in(LoginState as) const;
  Status log_in(LoginState as, UnlockedPtr unlocked);
  Status log_out();
  std::uint64_t sessions() const { return counts_.all(); }
  std::uint64_t rw_sessions() const { return counts_.read_write(); }

  /// Adds a session object unless the login under which it was made has ended.
  Status add(const ObjectPtr& object, const Login& made_under);
  /// The same for another state of one that is there; object_handle_invalid when it is gone, function_failed when it is not `old` any more.
  Status replace(const Object& old, const ObjectPtr& object, const Login& made_under);
  void remove_objects_of(SessionHandle session);

 private:
  void end_login();
  bool stale() const;
  Status check_login(LoginState as) const;
  Status keep_if_login_lasts(const Object& object, const Login& made_under);

  Token& token_;
  ObjectTable objects_{kThreadParts};
  std::atomic<std::uint64_t> epoch_{1};
  SessionCounts counts_;
  std::atomic<bool> so_in_{false};  ///< the security officer is logged in, or about to be

  mutable std::shared_mutex mutex_;  ///< held alone where the login changes; guards unlocked_
  std::atomic<LoginState> state_{LoginState::nobody};
  std::atomic<std::uint64_t> login_number_{0};
  std::atomic<std::uint64_t> incarnation_{0};
  UnlockedPtr unlocked_;
};

}  // namespace hsm::engine
