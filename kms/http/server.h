#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "hsm/base/result.h"
#include "kms/http/certificate.h"
#include "kms/http/message.h"

namespace kms::http {

/// Which thread answers: the connection's own (nothing in it waits for a disk or makes a key pair), or a worker.
enum class Lane : std::uint8_t { fast, slow };

/// What can be wrong with a request before anybody has looked at what it asks for.
enum class BadRequest : std::uint8_t { malformed, body_too_large, headers_too_large, no_such_path, wrong_method };

/// What the server serves. Called by several threads at once; must outlive the server.
class Application {
 public:
  virtual ~Application() = default;
  virtual Lane lane(const Request& request) const = 0;
  virtual Response answer(const Request& request) = 0;
  virtual Response refuse(BadRequest what) = 0;
};

struct ServerSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: one that is free
  TlsFiles tls;
  unsigned threads = 0;  ///< 0: as many as there are processors
  unsigned workers = 2;
  std::size_t body_limit = 65536;
  std::size_t header_limit = 16384;
  std::size_t connection_limit = 4096;
  std::chrono::seconds handshake_time{10};
  std::chrono::seconds request_time{15};  ///< from a request's first octet to its last
  std::chrono::seconds idle_time{75};     ///< between two requests
  std::chrono::seconds write_time{30};
  std::chrono::seconds stop_time{5};  ///< how long stop() waits for answers under way
};

/// An HTTPS/1.1 server with keep-alive: one event loop per thread, each connection on one of them for life. Started by
/// start(), stopped by stop() or the destructor; any thread may call stop().
class Server {
 public:
  static hsm::Result<std::unique_ptr<Server>> start(const ServerSettings& settings, Application& application);
  ~Server();

  std::uint16_t port() const;
  /// "https://127.0.0.1:8443"
  std::string url() const;
  /// Takes no more connections, lets answers under way go out, then ends the threads.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::http
