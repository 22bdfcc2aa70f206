#include "hsm/wire/channel.h"

#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace hsm::wire {
namespace {

constexpr std::size_t kLength = sizeof(std::uint32_t);
constexpr std::size_t kFirstBuffer = 4096;
constexpr auto kSoon = std::chrono::microseconds(50);

/// Waits for octets. Waking a sleeping thread costs more than a signature, and the next message mostly comes at once: so it looks
/// for a moment, giving way to whoever else can run, before it sleeps.
ssize_t receive_some(int socket, std::span<std::uint8_t> into) {
  const auto deadline = std::chrono::steady_clock::now() + kSoon;
  do {
    const auto got = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
    if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return got;
    ::sched_yield();
  } while (std::chrono::steady_clock::now() < deadline);
  return ::recv(socket, into.data(), into.size(), 0);
}

}  // namespace

Status Channel::send(ByteView frame) { return send_all(socket_, frame); }

void Channel::drop_last_frame() {
  if (frame_ == 0) return;
  const auto rest = filled_ - frame_;
  std::memmove(in_.data(), in_.data() + frame_, rest);
  wipe(std::span(in_).subspan(rest, frame_));
  filled_ = rest;
  frame_ = 0;
}

Status Channel::fill_to(std::size_t octets) {
  if (in_.size() < octets) in_.resize(std::max(octets, kFirstBuffer));
  while (filled_ < octets) {
    const auto got = receive_some(socket_.get(), std::span(in_).subspan(filled_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Rv::device_removed, "the connection broke");
    if (got == 0) {
      if (filled_ != 0) return fail(Rv::device_removed, "the connection was closed in the midst of a message");
      return fail(Rv::device_removed, "the other end closed the connection");
    }
    filled_ += static_cast<std::size_t>(got);
  }
  return Done{};
}

Result<ByteView> Channel::receive() {
  drop_last_frame();
  TRY(fill_to(kLength));
  std::uint32_t length = 0;
  std::memcpy(&length, in_.data(), kLength);
  if (length > kMaxFrame) return fail(Rv::data_len_range, "a message is longer than the limit");
  TRY(fill_to(kLength + length));
  frame_ = kLength + length;
  return ByteView(in_).subspan(kLength, length);
}

}  // namespace hsm::wire
