#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/engine/rate_limits.h"
#include "hsm/engine/object_table.h"
#include "hsm/engine/session_counts.h"
#include "hsm/engine/unread_objects.h"
#include "hsm/store/keystore.h"

namespace hsm::engine {

using UnlockedPtr = std::shared_ptr<const store::Unlocked>;

/// One token as all applications of this process see it: its objects, kept equal to the store. Thread-safe.
class Token {
 public:
  Token(store::Keystore& keystore, SlotId slot) : keystore_(keystore), slot_(slot) {}

  SlotId slot() const { return slot_; }
  store::Keystore& keystore() const { return keystore_; }

  /// nullptr when there is none of that number; private objects are only there while somebody is logged in.
  Result<ObjectPtr> find(std::uint64_t number);
  /// As ObjectTable::select().
  Result<std::vector<ObjectPtr>> select(const Wanted& wanted, const std::function<bool(const Object&)>& visible);

  /// Reads what any process committed since the last call; costs no system call when there is nothing.
  Status refresh();
  /// The same after a commit of our own, which need not be read back when nobody else committed meanwhile.
  Status refresh(const store::Edit& committed);
  /// The same for who needs no objects yet: until somebody does, only the token itself is looked at, so that a user who logs in before
  /// the first search has everything read once, with the key.
  Status notice();
  /// Raised when an object that was known changed or vanished, so that whoever remembers one looks again.
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  /// Another number after each initialisation of the token, by whichever process: logins from before are void.
  std::uint64_t incarnation() const { return incarnation_.load(std::memory_order_acquire); }

  /// Of keys of this token, session objects included; by lasting_part() of their handles.
  RateLimits& padding_failures() { return padding_failures_; }
  RateLimits& uses() { return uses_; }
  /// Held while a use of a key with a limit is taken off it: one at a time.
  std::mutex& spending() { return spending_; }
  /// As of the last refresh().
  PolicyProfile profile() const { return profile_.load(std::memory_order_relaxed); }

  /// A user's login: private objects that were read without it are read and checked again. While one application is logged in,
  /// private objects are checked as they are read; when the last one is gone, their keys are forgotten.
  Status user_came(const UnlockedPtr& unlocked);
  void user_went();

  // ---- the sessions of all applications: a token with open sessions is not initialised again
  void seat_comes(const SessionCounts& counts);
  void seat_goes(const SessionCounts& counts);
  bool has_sessions() const;

 private:
  struct News;
  Status read();
  Result<News> ask();
  void absorb(News news);
  bool drop_stale_login();
  void take(store::StoredObject object);
  Status read_unread(std::vector<std::uint64_t> numbers);

  store::Keystore& keystore_;
  const SlotId slot_;
  ObjectTable objects_;
  std::atomic<bool> some_unread_{false};  ///< unread_ is not empty
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<bool> read_once_{false};
  std::atomic<std::uint64_t> epoch_{1};
  std::atomic<PolicyProfile> profile_{PolicyProfile::strict};
  std::atomic<std::uint64_t> incarnation_{1};

  RateLimits padding_failures_;
  RateLimits uses_;
  std::mutex spending_;

  mutable std::mutex seats_mutex_;  ///< guards what follows
  std::vector<const SessionCounts*> seats_;

  std::mutex mutex_;  ///< guards what follows, and makes one reader of the store at a time
  store::Cursor cursor_;
  UnreadObjects unread_;
  store::TokenId id_;
  UnlockedPtr unlocked_;
  std::uint64_t users_ = 0;
  bool private_checked_ = true;  ///< every private object was verified
};

}  // namespace hsm::engine
