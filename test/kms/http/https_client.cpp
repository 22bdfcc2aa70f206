#include "test/kms/http/https_client.h"

#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;

struct HttpsClient::Impl {
  asio::io_context context;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::unique_ptr<asio::ssl::stream<tcp::socket>> stream;
  std::string in;
};

HttpsClient::HttpsClient(std::uint16_t port, std::filesystem::path ca, int tls_version)
    : impl_(std::make_unique<Impl>()) {
  impl_->tls.load_verify_file(ca.string());
  impl_->tls.set_verify_mode(asio::ssl::verify_peer);
  if (tls_version != 0) SSL_CTX_set_max_proto_version(impl_->tls.native_handle(), tls_version);
  impl_->stream = std::make_unique<asio::ssl::stream<tcp::socket>>(impl_->context, impl_->tls);
  auto* ssl = impl_->stream->native_handle();
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1");
  impl_->stream->next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
  impl_->stream->next_layer().set_option(tcp::no_delay(true));
  impl_->stream->handshake(asio::ssl::stream_base::client);
}

HttpsClient::~HttpsClient() = default;
HttpsClient::HttpsClient(HttpsClient&&) noexcept = default;

std::string HttpsClient::tls_version() const { return SSL_get_version(impl_->stream->native_handle()); }
std::string HttpsClient::cipher() const { return SSL_get_cipher(impl_->stream->native_handle()); }

void HttpsClient::write(std::string_view octets) {
  boost::system::error_code ignored;  // a server that refuses early closes; what it said is still to be read
  asio::write(*impl_->stream, asio::buffer(octets), ignored);
}

HttpsClient::Reply HttpsClient::send(std::string_view method, std::string_view target, std::string_view body,
                                     const Headers& headers) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty()) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  write(text.append("\r\n").append(body));
  return read_reply(method == "HEAD");
}

HttpsClient::Reply HttpsClient::read_reply(bool head) {
  auto& in = impl_->in;
  const auto more = [&] {
    char part[16384];
    boost::system::error_code error;
    const auto n = impl_->stream->read_some(asio::buffer(part), error);
    in.append(part, n);
    return n > 0;
  };
  std::size_t end = 0;
  while ((end = in.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return {};
  }
  Reply reply;
  reply.status = std::stoi(in.substr(9, 3));
  for (std::size_t at = in.find("\r\n") + 2; at < end + 2;) {
    const auto line_end = in.find("\r\n", at);
    const auto colon = in.find(':', at);
    auto name = in.substr(at, colon - at);
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    reply.headers[name] = in.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  in.erase(0, end + 4);
  const auto size = reply.headers.contains("content-length") ? std::stoul(reply.headers["content-length"]) : 0UL;
  if (head) return reply;
  while (in.size() < size && more()) {
  }
  reply.body = in.substr(0, size);
  in.erase(0, size);
  return reply;
}
