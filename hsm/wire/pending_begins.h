#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "hsm/model/requests.h"

namespace hsm::wire {

/// Lets C_EncryptInit + C_Encrypt (and digest, sign, decrypt) cost one round trip. A Begin like one that was accepted before, in the
/// same session, since when nothing changed that could make it refused, is answered here and kept; the Once that follows takes it
/// along as BeginOnce. Every other request that might see the difference has the kept ones sent first. Thread-safe.
class PendingBegins {
 public:
  using Begin = request::Begin;

  /// True when `begin` is kept, which is to say: accepted. `count` is the change counter now.
  bool keep(const Begin& begin, std::uint64_t count);
  /// `begin` was sent and accepted; `count` is the change counter from before it was sent.
  void accepted(const Begin& begin, std::uint64_t count);
  /// The operation of that family is known to have ended, or to be running, or nothing is known of it any more.
  enum class Now { ended, running, unknown };
  void note(SessionHandle session, Use use, Now now);

  std::optional<Begin> take(SessionHandle session, Use use);
  std::vector<Begin> take_all();
  void forget(SessionHandle session);
  void forget_all();

 private:
  struct Slot {
    bool ended = false;
    std::optional<Begin> accepted;
    std::uint64_t count = 0;
    std::optional<Begin> kept;
  };
  Slot& slot(SessionHandle session, Use use) { return sessions_[session][static_cast<std::size_t>(use)]; }

  std::mutex mutex_;
  std::unordered_map<SessionHandle, std::array<Slot, 7>> sessions_;
  std::atomic<std::uint64_t> kept_{0};
};

}  // namespace hsm::wire
