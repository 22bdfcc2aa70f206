#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "kms/p11/token.h"
#include "pkcs11/cryptoki.h"

// Not for other folders: this header knows CK_* types.

namespace kms::p11 {

inline Status verdict(CK_RV rv, hsm::Literal why, hsm::Place place = hsm::Place::here()) {
  if (rv == CKR_OK) return hsm::Done{};
  return hsm::fail(static_cast<hsm::Rv>(rv), why, place);
}

/// A borrowed session. Given back to the pool at scope exit.
class Session {
 public:
  Session(Connection& connection, CK_SESSION_HANDLE handle, std::uint64_t generation)
      : connection_(&connection), handle_(handle), generation_(generation) {}
  Session(Session&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)), handle_(other.handle_), generation_(other.generation_) {}
  Session(const Session&) = delete;
  ~Session();

  CK_SESSION_HANDLE handle() const { return handle_; }
  std::uint64_t generation() const { return generation_; }
  CK_FUNCTION_LIST& call() const;
  /// The handle of a token key, from its reference or by a search.
  Result<CK_OBJECT_HANDLE> find(const KeyRef& key) const;
  Result<std::vector<CK_OBJECT_HANDLE>> find_all(ByteView id) const;

 private:
  Connection* connection_;
  CK_SESSION_HANDLE handle_;
  std::uint64_t generation_;
};

/// A session object that is destroyed at scope exit.
class Passing {
 public:
  Passing(const Session& session, CK_OBJECT_HANDLE handle) : session_(session), handle_(handle) {}
  Passing(const Passing&) = delete;
  ~Passing() { session_.call().C_DestroyObject(session_.handle(), handle_); }
  CK_OBJECT_HANDLE handle() const { return handle_; }

 private:
  const Session& session_;
  CK_OBJECT_HANDLE handle_;
};

/// The module, its slot, the login and the pool of sessions. `generation` counts logins: sessions and handles of an
/// older one are dropped when they are met.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(Settings settings, Secret pin);
  ~Connection();
  Connection(const Connection&) = delete;

  const Capabilities& offers() const { return offers_; }

  /// Runs `body` on a session; once more on a new one when the module had lost it. `body` must be repeatable.
  template <class Body>
  auto with_session(Body&& body) -> decltype(body(std::declval<const Session&>())) {
    std::uint64_t generation = 0;
    {
      const auto session = TRY(take());
      generation = session.generation();
      auto result = body(session);
      if (result || !is_loss(result.error().rv)) return result;
    }
    TRY(recover(generation));
    const auto session = TRY(take());
    return body(session);
  }

  /// The code says that the session is gone, not that the request was wrong.
  static bool is_loss(hsm::Rv rv);
  /// A token key's handle was refused: look it up anew next time.
  static void forget(const KeyRef& key) { key.generation_.store(0, std::memory_order_release); }

 private:
  friend class Session;
  Connection(Settings settings, Secret pin) : settings_(std::move(settings)), pin_(std::move(pin)) {}

  Status load();
  Status choose_slot();
  Status log_in();
  void probe();
  Result<Session> take();
  void give_back(CK_SESSION_HANDLE handle, std::uint64_t generation);
  Status recover(std::uint64_t generation);
  Result<CK_SESSION_HANDLE> open_session();

  Settings settings_;
  Secret pin_;
  CK_FUNCTION_LIST* functions_ = nullptr;
  bool initialised_here_ = false;
  CK_SLOT_ID slot_ = 0;
  Capabilities offers_;

  std::mutex recovery_;
  CK_SESSION_HANDLE keeper_ = 0;  ///< holds the login open while the pool is empty
  std::atomic<std::uint64_t> generation_{1};

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<CK_SESSION_HANDLE> free_;  ///< of the current generation
  std::size_t out_ = 0;
};

inline CK_FUNCTION_LIST& Session::call() const { return *connection_->functions_; }

}  // namespace kms::p11
