#include "hsm/daemon/listener.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "hsm/base/log.h"

namespace hsm::daemon {
namespace {

constexpr std::size_t kMostLanes = 4096;
constexpr auto kPauseWhenOutOfResources = std::chrono::milliseconds(100);

}  // namespace

bool AllowList::allows(const Peer& peer, const std::vector<gid_t>& groups_of_peer) const {
  const auto named = [&](gid_t group) { return std::ranges::find(groups, group) != groups.end(); };
  return peer.uid == 0 || peer.uid == ::geteuid() || std::ranges::find(users, peer.uid) != users.end() || named(peer.gid) ||
         std::ranges::any_of(groups_of_peer, named);
}

std::vector<gid_t> supplementary_groups(const Descriptor& socket) {
  std::vector<gid_t> groups(64);
  for (int tries = 0; tries < 2; ++tries) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int asked = ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    groups.resize(size / sizeof(gid_t));  // with ERANGE: what is needed
    if (asked == 0) return groups;
    if (errno != ERANGE) break;
  }
  return {};
}

Listener::Listener(Descriptor socket, std::string name, AllowList allowed, Serve serve)
    : socket_(std::move(socket)),
      name_(std::move(name)),
      allowed_(std::move(allowed)),
      serve_(std::move(serve)),
      accepting_([this] { accept_all(); }) {}

Listener::~Listener() {
  stopping_.store(true);
  ::shutdown(socket_.get(), SHUT_RDWR);
  accepting_.join();
  for (auto& lane : lanes_) ::shutdown(lane.channel.socket().get(), SHUT_RDWR);
  for (auto& lane : lanes_) lane.thread.join();
}

void Listener::accept_all() {
  while (!stopping_.load()) {
    auto socket = accept_from(socket_);
    if (stopping_.load()) return;
    if (!socket) {
      log::error(fmt::format("{} socket: {}", name_, socket.error().text()));
      std::this_thread::sleep_for(kPauseWhenOutOfResources);
      continue;
    }
    const auto peer = peer_of(*socket);
    if (!peer || !allowed_.allows(*peer, supplementary_groups(*socket))) {
      log::warning(fmt::format("{} socket: refused uid {} gid {} pid {}: not on the allow-list (--allow-uid, --allow-gid)", name_,
                               peer ? peer->uid : uid_t(-1), peer ? peer->gid : gid_t(-1), peer ? peer->pid : pid_t(-1)));
      continue;
    }
    start_lane(std::move(*socket), *peer);
  }
}

void Listener::start_lane(Descriptor socket, const Peer& peer) {
  const std::scoped_lock lock(mutex_);
  drop_ended_lanes();
  if (lanes_.size() >= kMostLanes) {
    log::error(fmt::format("{} socket: refused uid {} pid {}: {} connections are open", name_, peer.uid, peer.pid, lanes_.size()));
    return;
  }
  auto& lane = lanes_.emplace_back();
  lane.channel = wire::Channel(std::move(socket));
  lane.thread = std::thread([this, &lane, peer] {
    serve_(lane.channel, peer);
    ::shutdown(lane.channel.socket().get(), SHUT_RDWR);
    lane.ended.store(true);
  });
}

void Listener::drop_ended_lanes() {
  std::erase_if(lanes_, [](Lane& lane) {
    if (!lane.ended.load()) return false;
    lane.thread.join();
    return true;
  });
}

}  // namespace hsm::daemon
