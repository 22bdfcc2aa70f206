#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hsm/engine/message_operation.h"
#include "hsm/engine/operation_slot.h"
#include "hsm/engine/recent.h"
#include "hsm/engine/seat.h"

namespace hsm::engine {

/// Uses of the stored key that a session last wrapped, unwrapped or derived with.
struct KeyUses {
  store::ObjectId key;
  UseTally tally;
};

/// A session. Whoever holds its mutex (through SessionTable::lock) may touch it.
struct alignas(128) Session {  // one thread works in each: they share no cache line
  std::mutex mutex;
  SessionHandle handle = kNoHandle;  ///< no handle: a free place
  Seat* seat = nullptr;
  bool read_write = false;
  bool made_objects = false;  ///< session objects that go with it
  std::array<OperationSlot, 7> operations;  ///< by Use
  std::array<std::unique_ptr<MessageOperation>, 4> messages;  ///< by MessageUse; most sessions have none
  std::array<KeyUses, 3> key_uses;  ///< wrapping, unwrapping, deriving
  Recent recent;
  std::optional<std::vector<ObjectHandle>> found;  ///< of a running search, in reverse order
  std::uint32_t generation = 0;
  unsigned part = 0;  ///< the thread_part() that opened it: where it is counted, and where its place goes back to

  OperationSlot& operation(Use use) { return operations[static_cast<std::size_t>(use)]; }
};

/// A session that is locked until the end of the scope.
class LockedSession {
 public:
  LockedSession(std::unique_lock<std::mutex> lock, Session& session) : lock_(std::move(lock)), session_(&session) {}
  Session* operator->() const { return session_; }
  Session& operator*() const { return *session_; }

 private:
  std::unique_lock<std::mutex> lock_;
  Session* session_;
};

/// What a session that was closed leaves to do.
struct ClosedSession {
  Seat* seat = nullptr;
  bool read_write = false;
  bool made_objects = false;
  unsigned part = 0;
};

/// The sessions of one application. Looking one up takes no lock but its own, and threads open and close theirs without waiting for each
/// other. A handle holds the place and how often the place was
/// used, so that it never comes back. Thread-safe.
class SessionTable {
 public:
  static constexpr std::size_t kMostSessions = 65536;

  ~SessionTable();
  Result<SessionHandle> open(Seat& seat, bool read_write, unsigned part);
  Result<LockedSession> lock(SessionHandle handle);
  /// Ends what runs in the session and frees its place.
  Result<ClosedSession> close(SessionHandle handle);
  /// Calls `visit` with each open session of `seat`, locked one after the other.
  void each(const Seat& seat, const std::function<void(Session&)>& visit);
  std::vector<SessionHandle> handles(const Seat& seat);

 private:
  static constexpr std::size_t kChunk = 64;
  using Chunk = std::array<Session, kChunk>;
  Session* place(std::size_t index) const;
  struct alignas(64) FreeList {
    std::mutex mutex;  ///< guards what follows
    std::vector<std::uint32_t> places;
    std::optional<std::size_t> take();
  };
  Result<std::size_t> free_place(unsigned part);
  Result<std::size_t> new_place();

  std::array<std::atomic<Chunk*>, kMostSessions / kChunk> chunks_{};
  std::array<FreeList, kThreadParts> free_;
  std::mutex mutex_;  ///< guards what follows
  std::vector<std::unique_ptr<Chunk>> owned_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace hsm::engine
