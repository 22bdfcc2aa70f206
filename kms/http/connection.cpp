#include <openssl/rand.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "hsm/base/log.h"
#include "kms/http/loop.h"
#include "kms/http/uri.h"

namespace kms::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

/// Headers carry tokens and bodies carry data keys: both lie in wiped memory.
using Parser =
    beast::http::request_parser<beast::http::basic_string_body<char, std::char_traits<char>, hsm::WipingAllocator<char>>,
                                hsm::WipingAllocator<char>>;

constexpr std::size_t kRecord = 16384;

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get: return Method::get;
    case beast::http::verb::head: return Method::head;
    case beast::http::verb::post: return Method::post;
    case beast::http::verb::put: return Method::put;
    case beast::http::verb::patch: return Method::patch;
    case beast::http::verb::delete_: return Method::del;
    default: return Method::other;
  }
}

std::string random_uuid() {
  std::array<std::uint8_t, 16> raw{};
  RAND_bytes(raw.data(), static_cast<int>(raw.size()));
  raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
  auto text = hsm::to_hex(raw);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

class Connection final : public Served, public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, Loop& loop)
      : loop_(loop), settings_(loop.shared.settings), stream_(std::move(socket), loop.shared.tls) {
    loop_.add(this);
    in_.resize(settings_.header_limit + kRecord);
  }
  ~Connection() override {
    loop_.remove(this);
    loop_.shared.connections.fetch_sub(1);
  }

  void start() {
    error_code ignored;
    auto& socket = stream_.next_layer();
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto peer = socket.remote_endpoint(ignored);
    if (!ignored) peer_ = peer.address().to_string();
    expire_in(settings_.handshake_time);
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code error) {
      if (!error) self->await_request();
    });
  }

  Time deadline() const override { return deadline_; }
  void close() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }
  void finish() override {
    finishing_ = true;
    if (state_ == State::idle) close();
  }

 private:
  enum class State : std::uint8_t { handshake, idle, reading, answering };

  void expire_in(std::chrono::seconds time) { deadline_ = steady_clock::now() + time; }

  void await_request() {
    if (finishing_) return close();
    state_ = State::idle;
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(static_cast<std::uint32_t>(settings_.header_limit));
    parser_->body_limit(settings_.body_limit);
    continued_ = false;
    expire_in(settings_.idle_time);
    if (used_ > 0) return parse();  // the client has sent its next request already
    read();
  }

  void read() {
    stream_.async_read_some(asio::buffer(in_.data() + used_, in_.size() - used_),
                            [self = shared_from_this()](error_code error, std::size_t n) {
                              if (error) return;
                              self->used_ += n;
                              self->parse();
                            });
  }

  void parse() {
    if (state_ == State::idle) {
      state_ = State::reading;
      expire_in(settings_.request_time);
    }
    error_code error;
    while (used_ > 0 && !parser_->is_done()) {
      const auto taken = parser_->put(asio::const_buffer(in_.data(), used_), error);
      std::memmove(in_.data(), in_.data() + taken, used_ - taken);
      hsm::wipe({in_.data() + used_ - taken, taken});
      used_ -= taken;
      if (error) break;
    }
    if (error == beast::http::error::need_more) error = {};
    if (error) return refuse(what_is_wrong(error));
    if (parser_->is_done()) return answer();
    if (used_ == in_.size()) return refuse(BadRequest::headers_too_large);
    if (parser_->is_header_done() && !continued_ && parser_->get()[beast::http::field::expect] == "100-continue") {
      return invite();
    }
    read();
  }

  void invite() {
    continued_ = true;
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue), [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->read();
    });
  }

  static BadRequest what_is_wrong(error_code error) {
    if (error == beast::http::error::body_limit) return BadRequest::body_too_large;
    if (error == beast::http::error::header_limit) return BadRequest::headers_too_large;
    return BadRequest::malformed;
  }

  std::string_view header(beast::string_view name) const {
    const auto found = parser_->get().find(name);
    return found == parser_->get().end() ? std::string_view() : std::string_view(found->value());
  }

  void choose_correlation_id(std::string_view sent) {
    const bool usable = !sent.empty() && sent.size() <= 64 && std::ranges::all_of(sent, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    });
    if (usable) {
      correlation_id_ = sent;
    } else {
      correlation_id_ = random_uuid();
    }
  }

  void answer() {
    state_ = State::answering;
    deadline_ = Time::max();
    const auto& message = parser_->get();
    choose_correlation_id(header("Correlation-Id"));
    request_ = {.method = method_of(message.method()),
                .target = message.target(),
                .authorization = header("Authorization"),
                .instance = header("Bluemix-Instance"),
                .correlation_id = correlation_id_,
                .prefer = header("Prefer"),
                .key_ring = header("X-Kms-Key-Ring"),
                .body = message.body(),
                .peer = peer_};
    keep_alive_ = message.keep_alive() && !finishing_;
    auto& application = loop_.shared.application;
    if (application.lane(request_) == Lane::fast) return send(application.answer(request_));
    asio::post(loop_.shared.workers, [self = shared_from_this()]() mutable {
      auto response = std::make_shared<Response>(self->loop_.shared.application.answer(self->request_));
      auto& context = self->loop_.context;
      asio::post(context, [connection = std::move(self), response] { connection->send(std::move(*response)); });
    });
  }

  void refuse(BadRequest what) {
    state_ = State::answering;
    request_ = {};
    choose_correlation_id(parser_->is_header_done() ? header("Correlation-Id") : std::string_view());
    keep_alive_ = false;  // where the next request would begin is not known
    send(loop_.shared.application.refuse(what));
  }

  void send(Response response) {
    out_ = serialize(response, correlation_id_, keep_alive_, request_.method == Method::head);
    parser_.reset();
    expire_in(settings_.write_time);
    asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this()](error_code error, std::size_t) {
      self->out_ = {};
      if (error) return;
      if (self->keep_alive_ && !self->finishing_) return self->await_request();
      self->say_goodbye();
    });
  }

  void say_goodbye() {
    expire_in(std::chrono::seconds(2));
    stream_.async_shutdown([self = shared_from_this()](error_code) { self->close(); });
  }

  Loop& loop_;
  const ServerSettings& settings_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  std::string peer_;
  Time deadline_ = Time::max();
  State state_ = State::handshake;
  bool finishing_ = false;
  bool keep_alive_ = false;
  bool continued_ = false;
  hsm::WipedBytes in_;
  std::size_t used_ = 0;
  std::optional<Parser> parser_;
  std::string correlation_id_;
  Request request_;
  hsm::WipedString out_;
};

}  // namespace

void serve(asio::ip::tcp::socket socket, Loop& loop) {
  std::make_shared<Connection>(std::move(socket), loop)->start();
}

}  // namespace kms::http
