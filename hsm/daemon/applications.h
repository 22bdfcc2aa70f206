#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/socket.h"
#include "hsm/model/device.h"

namespace hsm::daemon {

/// One application: all connections of one process that named themselves alike. Its device, with sessions and logins, ends with its
/// last connection. Thread-safe.
class Application {
 public:
  using Attach = std::function<std::shared_ptr<Device>(const std::string& actor)>;
  Application(Peer peer, const Attach& attach);

  bool is_of(const Peer& peer) const { return peer.pid == peer_.pid && peer.uid == peer_.uid; }
  /// The engine's view of it; the sealed device while the unit is sealed.
  std::shared_ptr<Device> device();
  /// Ends its sessions.
  void detach();

 private:
  const Peer peer_;
  const Attach& attach_;
  std::mutex mutex_;
  std::shared_ptr<Device> device_;
};

/// The applications by the random name that each made for itself. Thread-safe.
class Applications {
 public:
  /// `attach` gives a device, or none while the unit is sealed.
  explicit Applications(Application::Attach attach) : attach_(std::move(attach)) {}

  /// The application of a connection; hold it as long as the connection. Refused for a name of another process, which a forked
  /// child would have.
  Result<std::shared_ptr<Application>> join(const Bytes& name, const Peer& peer);
  void detach_all();
  std::size_t count();

 private:
  void drop_ended();

  const Application::Attach attach_;
  std::mutex mutex_;
  std::map<Bytes, std::weak_ptr<Application>> by_name_;
};

}  // namespace hsm::daemon
