#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <tuple>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/socket.h"

// How a connection begins, on the device socket and on the admin socket:
//
//   device socket: the server passes the descriptor of the change page along with one octet; the client says Hello
//   admin socket:  the client says Hello, with an empty application
//
// The reply to Hello is a Welcome or a refusal; then requests follow, one at a time.

namespace hsm::wire {

inline constexpr std::uint16_t kHelloNumber = 0xFFFF;
inline constexpr std::uint32_t kProtocolVersion = 4;
inline constexpr std::size_t kApplicationOctets = 32;

struct Hello {
  using Reply = struct Welcome;
  std::uint32_t version = kProtocolVersion;
  Bytes application;  ///< random, made by the application's first connection: its connections share sessions and logins
  static constexpr auto fields = std::tuple{&Hello::version, &Hello::application};
};
struct Welcome {
  std::uint32_t version = kProtocolVersion;
  std::string server;  ///< "keymantle-hsmd 0.1.0"
  static constexpr auto fields = std::tuple{&Welcome::version, &Welcome::server};
};

/// A page that hsmd writes and its applications read: it counts the acts after which a request that was accepted before may be
/// refused (logins, logouts, changed and destroyed objects, closed sessions, sealing).
class ChangePage {
 public:
  ChangePage() = default;
  ChangePage(ChangePage&& other) noexcept;
  ChangePage& operator=(ChangePage&& other) noexcept;
  ChangePage(const ChangePage&) = delete;
  ~ChangePage();

  static Result<ChangePage> make();                         ///< the server's, writable by this mapping alone
  static Result<ChangePage> map(const Descriptor& passed);  ///< a client's, read-only

  bool mapped() const { return counter_ != nullptr; }
  std::uint64_t count() const { return counter_->load(std::memory_order_acquire); }
  void bump() { counter_->fetch_add(1, std::memory_order_acq_rel); }
  /// What a server passes on. Empty at a client.
  const Descriptor& descriptor() const { return descriptor_; }

 private:
  std::atomic<std::uint64_t>* counter_ = nullptr;
  Descriptor descriptor_;
};

}  // namespace hsm::wire
