#include "hsm/daemon/hardening.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>

#include "hsm/base/log.h"
#include "hsm/base/secret.h"
#include "hsm/base/socket.h"

namespace hsm::daemon {

Status harden_process() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return fail(Rv::general_error, "core dumps cannot be switched off");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail(Rv::general_error, "tracing cannot be switched off");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(Rv::general_error, "new privileges cannot be given up");
  rlimit locked{};
  if (::getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur < locked.rlim_max) {
    locked.rlim_cur = locked.rlim_max;
    if (::setrlimit(RLIMIT_MEMLOCK, &locked) != 0) log::warning("the limit of locked memory cannot be raised");
  }
  const Secret first(32);  // the arena locks its memory with the first one
  if (!Secret::memory_is_locked())
    return fail(Rv::host_memory, "memory for secrets cannot be locked: raise `ulimit -l` (LimitMEMLOCK= in the unit) to 64 MiB or more");
  return Done{};
}

void notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) < 2 || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, std::strlen(path));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             static_cast<const sockaddr*>(static_cast<const void*>(&address)), size);
  if (sent < 0) log::warning("the service manager cannot be told that the daemon is ready");
}

}  // namespace hsm::daemon
