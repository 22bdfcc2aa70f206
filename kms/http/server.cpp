#include "kms/http/server.h"

#include <boost/asio/post.hpp>
#include <thread>

#include "hsm/base/log.h"
#include "kms/http/loop.h"
#include "kms/http/tls.h"

namespace kms::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

struct Server::Impl {
  Impl(const ServerSettings& settings, Application& application, TlsContext tls)
      : shared(settings, application, tls.release()), loops(make_loops(shared)) {}

  static std::vector<std::unique_ptr<Loop>> make_loops(Shared& shared) {
    const auto wanted = shared.settings.threads != 0 ? shared.settings.threads : std::thread::hardware_concurrency();
    std::vector<std::unique_ptr<Loop>> made;
    for (unsigned i = 0; i < std::max(1U, wanted); ++i) made.push_back(std::make_unique<Loop>(shared));
    return made;
  }

  hsm::Status listen() {
    const auto& settings = shared.settings;
    const auto name = settings.address + ":" + std::to_string(settings.port);
    error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) return hsm::fail(hsm::Rv::arguments_bad, "not an address to listen on").about(settings.address);
    const tcp::endpoint endpoint(address, settings.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
      return hsm::fail(hsm::Rv::device_error, "another program listens on that address already").about(name);
    }
    if (error) return hsm::fail(hsm::Rv::device_error, "cannot listen on that address").about(name);
    port = acceptor.local_endpoint().port();
    return hsm::Done{};
  }

  void run() {
    accept();
    for (auto& loop : loops) {
      watch(*loop);
      threads.emplace_back([&loop = *loop] { loop.context.run(); });
    }
  }

  void accept() {
    auto& loop = *loops[next++ % loops.size()];
    acceptor.async_accept(loop.context, [this, &loop](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (error) {
        // Out of descriptors, most likely: let some connections end before the next try.
        hsm::log::warning("cannot accept a connection: " + error.message());
        pause.expires_after(std::chrono::milliseconds(100));
        pause.async_wait([this](error_code cancelled) {
          if (!cancelled) accept();
        });
        return;
      }
      if (shared.connections.fetch_add(1) >= shared.settings.connection_limit) {
        shared.connections.fetch_sub(1);
      } else {
        asio::post(loop.context, [&loop, s = std::move(socket)]() mutable { serve(std::move(s), loop); });
      }
      accept();
    });
  }

  /// Once a second, instead of a timer per connection: closes what has been waiting too long.
  static void watch(Loop& loop) {
    loop.tick.expires_after(loop.stopping ? std::chrono::milliseconds(20) : std::chrono::milliseconds(1000));
    loop.tick.async_wait([&loop](error_code error) {
      if (error) return;
      const auto now = steady_clock::now();
      if (loop.stopping && (loop.connections.empty() || now >= loop.stop_by)) return loop.context.stop();
      for (auto* connection : std::vector(loop.connections)) {
        if (connection->deadline() <= now) connection->close();
      }
      watch(loop);
    });
  }

  void stop() {
    if (stopped.exchange(true)) return;
    asio::post(loops[0]->context, [this] {
      error_code ignored;
      acceptor.close(ignored);
      pause.cancel();
    });
    for (auto& loop : loops) {
      asio::post(loop->context, [this, &loop = *loop] {
        loop.stopping = true;
        loop.stop_by = steady_clock::now() + shared.settings.stop_time;
        for (auto* connection : std::vector(loop.connections)) connection->finish();
        watch(loop);
      });
    }
    for (auto& thread : threads) thread.join();
    shared.workers.join();
  }

  Shared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  tcp::acceptor acceptor{loops[0]->context};
  asio::steady_timer pause{loops[0]->context};
  std::vector<std::thread> threads;
  std::size_t next = 0;
  std::uint16_t port = 0;
  std::atomic<bool> stopped{false};
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

hsm::Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, Application& application) {
  auto tls = TRY(make_tls_context(settings.tls));
  auto impl = std::make_unique<Impl>(settings, application, std::move(tls));
  TRY(impl->listen());
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port; }

std::string Server::url() const {
  const auto& address = impl_->shared.settings.address;
  const bool v6 = address.find(':') != std::string::npos;
  return "https://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(impl_->port);
}

void Server::stop() { impl_->stop(); }

}  // namespace kms::http
