#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/base/socket.h"
#include "hsm/wire/channel.h"

namespace hsm::daemon {

/// Who may connect: the users named, members of the groups named, the daemon's own user, root.
struct AllowList {
  std::vector<uid_t> users;
  std::vector<gid_t> groups;
  /// `groups_of_peer` are its supplementary groups.
  bool allows(const Peer& peer, const std::vector<gid_t>& groups_of_peer) const;
};
std::vector<gid_t> supplementary_groups(const Descriptor& socket);

/// Serves a socket: a lane (thread) for each connection, which `serve` speaks on until it returns. Stops, with all lanes, when it
/// is destroyed.
class Listener {
 public:
  using Serve = std::function<void(wire::Channel&, const Peer&)>;
  /// `name` is for the log.
  Listener(Descriptor socket, std::string name, AllowList allowed, Serve serve);
  ~Listener();
  Listener(const Listener&) = delete;

 private:
  struct Lane {
    wire::Channel channel;
    std::atomic<bool> ended{false};
    std::thread thread;
  };
  void accept_all();
  void start_lane(Descriptor socket, const Peer& peer);
  void drop_ended_lanes();

  const Descriptor socket_;
  const std::string name_;
  const AllowList allowed_;
  const Serve serve_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  ///< guards lanes_
  std::list<Lane> lanes_;
  std::thread accepting_;
};

}  // namespace hsm::daemon
