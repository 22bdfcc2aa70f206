#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <optional>

#include "hsm/base/log.h"
#include "hsm/daemon/admin_service.h"
#include "hsm/daemon/device_service.h"
#include "hsm/daemon/hardening.h"
#include "hsm/daemon/listener.h"
#include "hsm/daemon/options.h"
#include "hsm/daemon/unit.h"

namespace hsm::daemon {
namespace {

/// Blocks the signals that end the daemon in all threads to come; the main thread waits for them.
sigset_t block_ending_signals() {
  sigset_t ending;
  ::sigemptyset(&ending);
  ::sigaddset(&ending, SIGTERM);
  ::sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ending;
}

/// Until a signal comes: once a second the counted uses of keys go into the audit log.
void work_until(const sigset_t& ending, Unit& unit) {
  constexpr timespec second{.tv_sec = 1, .tv_nsec = 0};
  while (::sigtimedwait(&ending, nullptr, &second) < 0) unit.flush_uses();
}

Status run(const Options& options) {
  const auto ending = block_ending_signals();
  TRY(harden_process());
  if (!options.development && !options.admin_socket)
    return fail(Rv::arguments_bad, "a unit that is not --dev needs --admin-socket: without it nobody could unseal it");
  const auto unit = TRY(Unit::open({.store = options.store, .development = options.development, .rehearsal_pins = options.rehearsal_pins}));

  // Others than root and ourselves need the file's permission to connect; who they may be is decided by their credentials.
  const mode_t mode = options.users.empty() && options.groups.empty() ? 0600 : 0666;
  std::optional<Listener> administrators;
  if (options.admin_socket)
    administrators.emplace(TRY(listen_unix(*options.admin_socket, 0600)), "admin", AllowList{},
                           [&](wire::Channel& channel, const Peer& peer) { serve_admin(channel, peer, *unit); });
  std::optional<Listener> devices;
  devices.emplace(TRY(listen_unix(options.socket, mode)), "device", AllowList{options.users, options.groups},
                  [&](wire::Channel& channel, const Peer& peer) {
                    serve_device(channel, peer, *unit);
                  });

  const auto status = TRY(unit->call(admin::GetStatus{}, Peer{}));
  log::info(fmt::format("ready: store {}, socket {}{}{}", options.store, options.socket, options.development ? ", DEVELOPMENT" : "",
                        status.next.empty() ? "" : "; next: " + status.next));
  notify_service_manager("READY=1");
  work_until(ending, *unit);

  log::info("stopping");
  notify_service_manager("STOPPING=1");
  devices.reset();
  administrators.reset();
  ::unlink(options.socket.c_str());
  if (options.admin_socket) ::unlink(options.admin_socket->c_str());
  return Done{};
}

}  // namespace

int serve(const Options& options) {
  log::to_descriptor(STDERR_FILENO, options.log_level, "keymantle-hsmd");
  const auto ended = run(options);
  if (!ended) log::error(ended.error().text());
  return ended ? 0 : 1;
}

}  // namespace hsm::daemon

int main(int argc, char** argv) try {
  const auto options = hsm::daemon::read_options(argc, argv);
  if (const auto* code = std::get_if<int>(&options)) return *code;
  return hsm::daemon::serve(std::get<hsm::daemon::Options>(options));
} catch (const std::exception& error) {
  hsm::log::error(error.what());
  return 1;
}
