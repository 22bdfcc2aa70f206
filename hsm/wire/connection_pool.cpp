#include "hsm/wire/connection_pool.h"

#include <sys/random.h>
#include <unistd.h>

#include <array>

#include "hsm/wire/protocol.h"
#include "hsm/wire/remote_device.h"

namespace hsm::wire {
namespace {

// The sockets of this process, each plus one (zero: a free place). An array, so that a forked child can walk it whatever the
// threads of its parent were doing.
constexpr std::size_t kMostConnections = 1024;
constinit std::array<std::atomic<int>, kMostConnections> sockets{};

std::atomic<int>* register_socket(int descriptor) {
  for (auto& place : sockets) {
    int free = 0;
    if (place.compare_exchange_strong(free, descriptor + 1)) return &place;
  }
  return nullptr;
}

Result<Bytes> random_name() {
  Bytes name(kApplicationOctets);
  if (::getrandom(name.data(), name.size(), 0) != static_cast<ssize_t>(name.size()))
    return fail(Rv::general_error, "the kernel gave no random octets");
  return name;
}

}  // namespace

void close_connections_in_child() {
  for (auto& place : sockets) {
    if (const int taken = place.exchange(0); taken != 0) ::close(taken - 1);
  }
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path) {
  auto socket = TRY(connect_unix(path));
  auto* registered = register_socket(socket.get());
  if (registered == nullptr) return fail(Rv::host_memory, "too many calls to keymantle-hsmd at a time");
  return std::unique_ptr<Connection>(new Connection(std::move(socket), *registered));
}

Connection::~Connection() { registered_.store(0); }

Result<std::unique_ptr<ConnectionPool>> ConnectionPool::open(const std::string& path) {
  std::unique_ptr<ConnectionPool> pool(new ConnectionPool(path));
  pool->application_ = TRY(random_name());
  pool->idle_.push_back(TRY(pool->connect()));
  return pool;
}

Result<std::unique_ptr<Connection>> ConnectionPool::connect() {
  auto connection = TRY(Connection::open(path_));
  auto& channel = connection->channel();
  const auto passed = receive_descriptor(channel.socket());
  if (!passed) return fail(Rv::device_removed, "keymantle-hsmd did not accept this process; its log says why").about(path_);
  TRY(channel.send(encode_request(kHelloNumber, Hello{kProtocolVersion, application_})));
  const auto welcome = TRY(decode_reply(Hello{}, TRY(channel.receive())));
  if (welcome.version != kProtocolVersion)
    return fail(Rv::device_error, "keymantle-hsmd speaks another version of the protocol").about(welcome.server);
  const std::scoped_lock lock(mutex_);
  if (!page_.mapped()) page_ = TRY(ChangePage::map(*passed));
  return connection;
}

Error ConnectionPool::refusal() const {
  return fail(Rv::device_removed, "keymantle-hsmd went away, and the sessions with it: finalize and initialize again").about(path_);
}

Error ConnectionPool::lost() {
  lost_.store(true);
  return refusal();
}

Result<std::unique_ptr<Connection>> ConnectionPool::take() {
  if (lost_.load(std::memory_order_relaxed)) return refusal();
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto connection = connect();
  // A daemon that is reachable no longer took this application's sessions with it; a crowded one did not.
  if (!connection && connection.error().rv == Rv::device_removed) return lost();
  return connection;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace hsm::wire
