#pragma once

#include <cstdint>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/base/socket.h"

namespace hsm::wire {

/// The most octets behind the length of a frame: the largest room or message, and what surrounds it.
inline constexpr std::uint32_t kMaxFrame = (std::uint32_t{64} << 20) + (std::uint32_t{1} << 20);

/// One end of a connection that carries frames (u32 length, little-endian; then that many octets). Owned by one thread at a
/// time. What has been received is wiped before it is overwritten or given back.
class Channel {
 public:
  Channel() = default;
  explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}

  /// `frame` begins with its length, as finish_frame() leaves it.
  Status send(ByteView frame);
  /// The octets behind the length. The view is valid until the next receive(). device_removed when the other end closed or
  /// closed in the midst of a frame, data_len_range when a frame is longer than the limit.
  Result<ByteView> receive();

  const Descriptor& socket() const { return socket_; }

 private:
  Status fill_to(std::size_t octets);
  void drop_last_frame();

  Descriptor socket_;
  WipedBytes in_;
  std::size_t filled_ = 0;  ///< octets of in_ that have been received
  std::size_t frame_ = 0;   ///< octets of the frame given out last, its length included
};

}  // namespace hsm::wire
