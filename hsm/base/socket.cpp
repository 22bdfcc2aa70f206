#include "hsm/base/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hsm {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(Rv::arguments_bad, "a socket's path has 1 to 107 characters").about(path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

std::string with_errno(const std::string& path) { return path + " (" + std::strerror(errno) + ")"; }

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Descriptor> connect_unix(const std::string& path) {
  const auto address = TRY(address_of(path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail(Rv::device_error, "cannot make a socket").about(std::strerror(errno));
  while (::connect(socket.get(), generic(address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    return fail(Rv::device_removed, "cannot reach the socket; is its daemon running?").about(with_errno(path));
  }
  return socket;
}

Result<Descriptor> listen_unix(const std::string& path, mode_t mode) {
  const auto address = TRY(address_of(path));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail(Rv::device_error, "cannot make a socket").about(std::strerror(errno));
  struct stat existing {};
  if (::lstat(path.c_str(), &existing) == 0) {
    if (!S_ISSOCK(existing.st_mode)) return fail(Rv::device_error, "a file that is no socket is in the way").about(path);
    if (connect_unix(path)) return fail(Rv::device_error, "another process already serves this socket").about(path);
    ::unlink(path.c_str());
  }
  const mode_t before = ::umask(0777 & ~mode);
  const int bound = ::bind(socket.get(), generic(address), sizeof address);
  const int bind_errno = errno;
  ::umask(before);
  errno = bind_errno;
  if (bound != 0) return fail(Rv::device_error, "cannot make the socket; check the directory and its mode").about(with_errno(path));
  if (::listen(socket.get(), 128) != 0) return fail(Rv::device_error, "cannot listen").about(with_errno(path));
  return socket;
}

Result<Descriptor> accept_from(const Descriptor& listener) {
  while (true) {
    Descriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket) return socket;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    return fail(Rv::device_error, "cannot accept a connection").about(std::strerror(errno));
  }
}

Result<Peer> peer_of(const Descriptor& socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return fail(Rv::device_error, "cannot ask who is at the other end").about(std::strerror(errno));
  return Peer{who.pid, who.uid, who.gid};
}

Status send_all(const Descriptor& socket, ByteView bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return fail(Rv::device_removed, "the other end closed the connection");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return Done{};
}

Status receive_all(const Descriptor& socket, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Rv::device_removed, "the other end closed the connection");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return Done{};
}

Status send_descriptor(const Descriptor& socket, int descriptor) {
  std::uint8_t octet = 0;
  iovec data{&octet, 1};
  alignas(cmsghdr) std::uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  while (::sendmsg(socket.get(), &message, MSG_NOSIGNAL) != 1) {
    if (errno != EINTR) return fail(Rv::device_removed, "cannot pass a descriptor").about(std::strerror(errno));
  }
  return Done{};
}

Result<Descriptor> receive_descriptor(const Descriptor& socket) {
  std::uint8_t octet = 0;
  iovec data{&octet, 1};
  alignas(cmsghdr) std::uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const auto* header = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int)))
    return fail(Rv::device_removed, "no descriptor came");
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return Descriptor(descriptor);
}

}  // namespace hsm
