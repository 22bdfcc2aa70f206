#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/wire/channel.h"
#include "hsm/wire/hello.h"

namespace hsm::wire {

/// A channel whose socket is known to close_connections_in_child() while it lives.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const std::string& path);
  ~Connection();
  Connection(const Connection&) = delete;
  Channel& channel() { return channel_; }

 private:
  Connection(Descriptor socket, std::atomic<int>& registered) : channel_(std::move(socket)), registered_(registered) {}

  Channel channel_;
  std::atomic<int>& registered_;
};

/// The connections of one application to one hsmd. Thread-safe. Grows to as many as there were calls at a time.
class ConnectionPool {
 public:
  static Result<std::unique_ptr<ConnectionPool>> open(const std::string& path);

  /// A connection nobody else uses. Give it back when the exchange on it was complete, and only then.
  Result<std::unique_ptr<Connection>> take();
  void give_back(std::unique_ptr<Connection> connection);
  /// After a broken connection: refuses everything from now on.
  Error lost();
  std::uint64_t change_count() const { return page_.count(); }

 private:
  explicit ConnectionPool(std::string path) : path_(std::move(path)) {}
  Result<std::unique_ptr<Connection>> connect();
  Error refusal() const;

  const std::string path_;
  Bytes application_;
  ChangePage page_;
  std::atomic<bool> lost_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace hsm::wire
