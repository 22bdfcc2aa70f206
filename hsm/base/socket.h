#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"

namespace hsm {

/// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// Who is at the other end of a Unix socket (SO_PEERCRED).
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

Result<Descriptor> connect_unix(const std::string& path);
/// Listens; a stale socket file is replaced, a live one is refused. `mode` are the file's permissions.
Result<Descriptor> listen_unix(const std::string& path, mode_t mode);
Result<Descriptor> accept_from(const Descriptor& listener);
Result<Peer> peer_of(const Descriptor& socket);

/// Both do all or fail (device_removed when the other end closed).
Status send_all(const Descriptor& socket, ByteView bytes);
Status receive_all(const Descriptor& socket, std::span<std::uint8_t> bytes);

/// Passes one descriptor along with one octet, and takes it at the other end.
Status send_descriptor(const Descriptor& socket, int descriptor);
Result<Descriptor> receive_descriptor(const Descriptor& socket);

}  // namespace hsm
