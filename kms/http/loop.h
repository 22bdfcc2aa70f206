#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "kms/http/server.h"
#include "kms/http/tls.h"

// Shared by server.cpp and connection.cpp, and by nothing else: it brings Asio along.

namespace kms::http {

/// What a loop knows of a connection. All calls on the loop's thread.
class Served {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Served() = default;
  virtual Time deadline() const = 0;
  virtual void close() = 0;
  /// Closes now when nothing is under way, otherwise after the answer.
  virtual void finish() = 0;
};

/// What the connections of one server have in common.
struct Shared {
  Shared(const ServerSettings& s, Application& a, SSL_CTX* tls_context)
      : settings(s), application(a), tls(tls_context), workers(std::max(1U, s.workers)) {}

  const ServerSettings settings;
  Application& application;
  boost::asio::ssl::context tls;
  boost::asio::thread_pool workers;
  std::atomic<std::size_t> connections{0};
};

/// One thread's event loop and the connections that live on it. Used by that thread only, `context` apart.
struct Loop {
  explicit Loop(Shared& s) : shared(s) {}

  Shared& shared;
  std::vector<Served*> connections;  // outlives the context: connections still in it take themselves out of this
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  boost::asio::steady_timer tick{context};
  bool stopping = false;
  Served::Time stop_by = Served::Time::max();

  void add(Served* connection) { connections.push_back(connection); }
  void remove(Served* connection) { std::erase(connections, connection); }
};

/// Takes over a fresh connection: handshake, requests, answers, until it closes. To be called on the loop's thread.
void serve(boost::asio::ip::tcp::socket socket, Loop& loop);

}  // namespace kms::http
