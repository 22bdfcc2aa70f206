// Wraps per second over HTTPS with keep-alive: N connections, each always waiting for exactly one answer.
//
//   keymantle-https-load --port 8443 --ca STATE/ca.pem --api-key-file STATE/writer.apikey --instance UUID --key ID

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string host = "127.0.0.1";
  std::string port;
  std::string ca;
  std::string instance;
  std::string key;
  std::string api_key_file;
  std::string get;  ///< GET this path instead of wrapping
  unsigned connections = 32;
  unsigned threads = 1;
  unsigned seconds = 5;
};

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

[[noreturn]] void die(const std::string& why) {
  fmt::print(stderr, "keymantle-https-load: {}\n", why);
  std::exit(1);
}

/// A connection with its TLS session made; blocking until made_nonblocking.
struct Connection {
  int fd = -1;
  Ssl ssl;
  std::string in;
  Clock::time_point sent;

  Connection(SSL_CTX* context, const Options& options) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(options.host.c_str(), options.port.c_str(), &hints, &found) != 0) die("unknown host " + options.host);
    fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (!connected) die("cannot connect to " + options.host + ":" + options.port);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssl.reset(SSL_new(context));
    SSL_set_fd(ssl.get(), fd);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), options.host.c_str()) != 1) {
      SSL_set1_host(ssl.get(), options.host.c_str());
    }
    if (SSL_connect(ssl.get()) != 1) die("the TLS handshake failed: is --ca the server's ca.pem?");
  }
  Connection(const Connection&) = delete;
  ~Connection() {
    ssl.reset();
    ::close(fd);
  }

  void send(std::string_view text) {
    sent = Clock::now();
    if (SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())) <= 0) die("the server closed the connection");
  }

  /// Reads what is there; true once a whole answer is in `in`.
  bool receive() {
    char part[16384];
    for (;;) {
      const int n = SSL_read(ssl.get(), part, sizeof part);
      if (n > 0) {
        in.append(part, static_cast<std::size_t>(n));
        if (whole()) return true;
        continue;
      }
      if (SSL_get_error(ssl.get(), n) == SSL_ERROR_WANT_READ) return false;
      die("the server closed the connection");
    }
  }

  bool whole() const {
    const auto end = in.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view kLength = "Content-Length: ";
    const auto at = in.find(kLength);
    std::size_t length = 0;
    if (at < end) std::from_chars(in.data() + at + kLength.size(), in.data() + end, length);
    return in.size() >= end + 4 + length;
  }
  bool succeeded() const { return in.starts_with("HTTP/1.1 200 "); }
};

Context make_context(const Options& options) {
  Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(context.get(), 1);
  if (SSL_CTX_load_verify_locations(context.get(), options.ca.c_str(), nullptr) != 1) die("cannot read " + options.ca);
  return context;
}

/// An access token for the API key in the file.
std::string fetch_token(SSL_CTX* context, const Options& options) {
  const int file = ::open(options.api_key_file.c_str(), O_RDONLY | O_CLOEXEC);
  char request[2048] = "";
  char key[512];
  const auto size = file < 0 ? -1 : ::read(file, key, sizeof key);
  if (size <= 0) die("cannot read " + options.api_key_file);
  ::close(file);
  const auto key_size = static_cast<int>(std::string_view(key, static_cast<std::size_t>(size)).find_last_not_of("\r\n") + 1);
  constexpr std::string_view kGrant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=";
  const int length = std::snprintf(request, sizeof request,
                                   "POST /identity/token HTTP/1.1\r\nHost: kms\r\nContent-Length: %d\r\n\r\n%s%.*s",
                                   static_cast<int>(kGrant.size()) + key_size, kGrant.data(), key_size, key);
  Connection connection(context, options);
  connection.send({request, static_cast<std::size_t>(length)});
  OPENSSL_cleanse(request, sizeof request);
  OPENSSL_cleanse(key, sizeof key);
  connection.receive();
  constexpr std::string_view kMember = "\"access_token\":\"";
  const auto at = connection.in.find(kMember);
  if (!connection.succeeded() || at == std::string::npos) die("the API key was refused");
  const auto start = at + kMember.size();
  return connection.in.substr(start, connection.in.find('"', start) - start);
}

std::string make_request(const Options& options, const std::string& token) {
  const auto headers = fmt::format("Host: {}\r\nAuthorization: Bearer {}\r\nBluemix-Instance: {}\r\n", options.host, token,
                                   options.instance);
  if (!options.get.empty()) return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", options.get, headers);
  const std::string body = R"({"plaintext":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="})";
  return fmt::format("POST /api/v2/keys/{}/actions/wrap HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                     options.key, headers, body.size(), body);
}

struct Tally {
  std::vector<std::uint32_t> micros;
  std::size_t failures = 0;
};

void drive(SSL_CTX* context, const Options& options, const std::string& request, unsigned count, Tally& tally) {
  std::vector<std::unique_ptr<Connection>> connections;
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (unsigned i = 0; i < count; ++i) {
    auto& connection = *connections.emplace_back(std::make_unique<Connection>(context, options));
    ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, connection.fd, &event);
  }
  tally.micros.reserve(options.seconds * 40000U);
  const auto stop = Clock::now() + std::chrono::seconds(options.seconds);
  for (auto& connection : connections) connection->send(request);
  for (unsigned waiting = count; waiting > 0;) {
    std::array<epoll_event, 64> events{};
    const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 10000);
    if (ready == 0) die("the server gave no answer for 10 seconds");
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!connection.receive()) continue;
      const auto now = Clock::now();
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - connection.sent).count();
      tally.micros.push_back(static_cast<std::uint32_t>(took));
      if (!connection.succeeded() && tally.failures++ == 0) fmt::print(stderr, "{}\n", connection.in);
      connection.in.clear();
      if (now < stop) {
        connection.send(request);
      } else {
        --waiting;
      }
    }
  }
  ::close(poll);
}

Options parse(int argc, char** argv) {
  Options options;
  const auto number = [](const char* text) { return static_cast<unsigned>(std::max(1, std::atoi(text))); };
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--host") options.host = value;
    else if (name == "--port") options.port = value;
    else if (name == "--ca") options.ca = value;
    else if (name == "--instance") options.instance = value;
    else if (name == "--key") options.key = value;
    else if (name == "--api-key-file") options.api_key_file = value;
    else if (name == "--get") options.get = value;
    else if (name == "--connections") options.connections = number(value);
    else if (name == "--threads") options.threads = number(value);
    else if (name == "--seconds") options.seconds = number(value);
    else die("unknown option " + std::string(name));
  }
  if (options.port.empty() || options.ca.empty() || (options.get.empty() && options.key.empty())) {
    die("--port, --ca, --api-key-file, --instance and --key are needed");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  const auto context = make_context(options);
  const auto token = options.api_key_file.empty() ? std::string() : fetch_token(context.get(), options);
  const auto request = make_request(options, token);

  std::vector<Tally> tallies(options.threads);
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (unsigned i = 0; i < options.threads; ++i) {
    const auto share = options.connections / options.threads + (i < options.connections % options.threads ? 1U : 0U);
    threads.emplace_back([&, i, share] { drive(context.get(), options, request, share, tallies[i]); });
  }
  for (auto& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();

  std::vector<std::uint32_t> micros;
  std::size_t failures = 0;
  for (const auto& tally : tallies) {
    micros.insert(micros.end(), tally.micros.begin(), tally.micros.end());
    failures += tally.failures;
  }
  std::ranges::sort(micros);
  const auto at = [&](double part) { return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))]; };
  fmt::print("requests {}  failures {}  requests/s {:.0f}  p50 {} us  p99 {} us  connections {}\n", micros.size(), failures,
             static_cast<double>(micros.size()) / elapsed, at(0.5), at(0.99), options.connections);
  return failures == 0 ? 0 : 1;
}
