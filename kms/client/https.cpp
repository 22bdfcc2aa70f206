#include "kms/client/https.h"

#include <fmt/core.h>
#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace kms::client {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

using WipedBody = http::basic_string_body<char, std::char_traits<char>, hsm::WipingAllocator<char>>;
using WipedFields = http::basic_fields<hsm::WipingAllocator<char>>;
using WipedBuffer = beast::basic_flat_buffer<hsm::WipingAllocator<char>>;
using Stream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::uint64_t kLargestBody = std::uint64_t{64} << 20;

Error unreachable(const Origin& origin, std::string code, const std::string& why, std::string hint) {
  return {Kind::unreachable, 0, std::move(code), fmt::format("{} cannot be reached: {}", origin.url, why), std::move(hint)};
}

std::string hint_for(const error_code& error) {
  if (error == asio::error::connection_refused) return "start it with: keymantle dev";
  if (error.category() == asio::error::get_ssl_category()) {
    return "name the certificate authority of the KMS with --ca FILE or KEYMANTLE_CA";
  }
  return {};
}

}  // namespace

Result<Origin> Origin::parse(const std::string& url) {
  constexpr std::string_view kScheme = "https://";
  const auto refuse = [&](std::string_view why) {
    return local_error("url", fmt::format("{}: {}", why, url), "an example: https://127.0.0.1:8443");
  };
  if (!url.starts_with(kScheme)) return refuse("the address does not start with https://");
  auto rest = std::string_view(url).substr(kScheme.size());
  const auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  Origin origin{.host = {}, .port = "443", .path = {}, .url = url};
  if (slash != std::string_view::npos) origin.path = rest.substr(slash);
  while (origin.path.ends_with('/')) origin.path.pop_back();
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return refuse("the address has an open bracket");
  if (const auto colon = authority.find(':', bracket); colon != std::string_view::npos) {
    origin.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  origin.host = bracket == 0 ? authority : authority.substr(1, bracket - 1);
  const bool digits = std::ranges::all_of(origin.port, [](char c) { return c >= '0' && c <= '9'; });
  if (origin.host.empty() || origin.port.empty() || !digits) return refuse("the address names no host and port");
  return origin;
}

struct HttpsConnection::Impl {
  Origin origin;
  std::filesystem::path ca_file;
  std::chrono::seconds timeout;
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::unique_ptr<Stream> stream;
  bool trusts = false;

  /// Runs one asynchronous step to its end; the stream's own timer bounds it.
  template <class Start>
  error_code wait_for(Start start) {
    error_code outcome = asio::error::operation_aborted;
    start([&outcome](const error_code& error, auto&&...) { outcome = error; });
    io.restart();
    io.run();
    return outcome;
  }

  Status prepare_trust() {
    if (trusts) return hsm::Done{};
    error_code error;
    tls.set_verify_mode(asio::ssl::verify_peer, error);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    if (ca_file.empty()) {
      tls.set_default_verify_paths(error);
    } else {
      tls.load_verify_file(ca_file.string(), error);
    }
    if (error) {
      return local_error("ca", fmt::format("the CA file cannot be read: {}: {}", ca_file.string(), error.message()),
                         "name a PEM file with --ca FILE or KEYMANTLE_CA");
    }
    trusts = true;
    return hsm::Done{};
  }

  Status connect() {
    TRY(prepare_trust());
    error_code error;
    asio::ip::tcp::resolver resolver(io);
    const auto endpoints = resolver.resolve(origin.host, origin.port, error);
    if (error) return unreachable(origin, "not_sent", error.message(), {});
    auto fresh = std::make_unique<Stream>(io, tls);
    SSL_set_tlsext_host_name(fresh->native_handle(), origin.host.c_str());
    fresh->set_verify_callback(asio::ssl::host_name_verification(origin.host), error);
    auto& tcp = beast::get_lowest_layer(*fresh);
    tcp.expires_after(timeout);
    error = wait_for([&](auto done) { tcp.async_connect(endpoints, done); });
    if (!error) {
      tcp.socket().set_option(asio::ip::tcp::no_delay(true), error);
      error = wait_for([&](auto done) { fresh->async_handshake(asio::ssl::stream_base::client, done); });
    }
    if (error) return unreachable(origin, "not_sent", error.message(), hint_for(error));
    stream = std::move(fresh);
    return hsm::Done{};
  }

  http::request<WipedBody, WipedFields> message_from(const HttpRequest& request) const {
    http::request<WipedBody, WipedFields> message;
    message.method_string(request.method);
    message.target(request.target);
    message.version(11);
    message.set(http::field::host, origin.port == "443" ? origin.host : origin.host + ":" + origin.port);
    message.set(http::field::accept, "application/json");
    message.set(http::field::user_agent, "keymantle");
    if (!request.content_type.empty()) message.set(http::field::content_type, request.content_type);
    if (!request.authorization.empty()) {
      message.set(http::field::authorization, std::string_view(request.authorization));
    }
    for (const auto& [name, value] : request.headers) message.set(name, value);
    message.body() = request.body;
    message.prepare_payload();
    return message;
  }
};

HttpsConnection::HttpsConnection(Origin origin, std::filesystem::path ca_file, std::chrono::seconds timeout)
    : impl_(std::make_unique<Impl>()) {
  impl_->origin = std::move(origin);
  impl_->ca_file = std::move(ca_file);
  impl_->timeout = timeout;
}
HttpsConnection::~HttpsConnection() = default;
HttpsConnection::HttpsConnection(HttpsConnection&&) noexcept = default;

const Origin& HttpsConnection::origin() const { return impl_->origin; }

Result<HttpResponse> HttpsConnection::exchange(const HttpRequest& request) {
  auto& my = *impl_;
  const bool reused = my.stream != nullptr;
  if (!reused) TRY(my.connect());
  const auto message = my.message_from(request);
  auto& tcp = beast::get_lowest_layer(*my.stream);
  tcp.expires_after(my.timeout);
  if (const auto error = my.wait_for([&](auto done) { http::async_write(*my.stream, message, done); })) {
    my.stream.reset();
    return unreachable(my.origin, "not_sent", error.message(), hint_for(error));
  }
  WipedBuffer buffer;
  http::response_parser<WipedBody, hsm::WipingAllocator<char>> parser;
  parser.body_limit(kLargestBody);
  if (request.method == "HEAD") parser.skip(true);
  if (const auto error = my.wait_for([&](auto done) { http::async_read(*my.stream, buffer, parser, done); })) {
    my.stream.reset();
    // A server that closed an idle connection before the first octet of an answer never looked at the request.
    const bool idle = reused && !parser.got_some() && error != beast::error::timeout;
    return unreachable(my.origin, idle ? "not_sent" : "no_answer", error.message(), {});
  }
  auto answer = parser.release();
  HttpResponse response;
  response.status = static_cast<int>(answer.result_int());
  response.retry_after = std::string(answer[http::field::retry_after]);
  response.body = std::move(answer.body());
  if (!answer.keep_alive()) my.stream.reset();
  return response;
}

}  // namespace kms::client
