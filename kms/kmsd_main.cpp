#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hsm/base/config.h"
#include "hsm/base/log.h"
#include "hsm/base/socket.h"
#include "hsm/base/sqlite.h"
#include "kms/core/service.h"
#include "kms/db/sqlite_database.h"
#include "kms/http/api.h"
#include "kms/http/server.h"
#include "kms/kmsd_first_start.h"
#include "kms/kmsd_options.h"
#include "kms/p11/init_token.h"
#include "kms/p11/token.h"

namespace {

using kmsd::Options;

/// Tells systemd, when it started us; PIPE, terminal and container starts have no NOTIFY_SOCKET.
void notify(const char* state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const hsm::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  ::sendto(socket.get(), state, std::strlen(state), MSG_NOSIGNAL,
           static_cast<const sockaddr*>(static_cast<const void*>(&address)), size);
}

hsm::Result<hsm::Secret> read_pin_file(const std::filesystem::path& path) {
  const hsm::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return hsm::fail(hsm::Rv::arguments_bad, "cannot read the PIN file").about(path.string());
  return hsm::Secret::read_from(file.get(), hsm::Secret::Ends::at_newline);
}

hsm::Result<hsm::Secret> read_pin(const Options& options) {
  if (options.pin_descriptor >= 0) {
    auto pin = hsm::Secret::read_from(options.pin_descriptor, hsm::Secret::Ends::at_newline);
    ::close(options.pin_descriptor);
    return pin;
  }
  return read_pin_file(options.pin_file);
}

hsm::Result<kms::http::TlsFiles> tls_files(const Options& options) {
  if (!options.tls_certificate.empty()) {
    return kms::http::TlsFiles{.certificate = options.tls_certificate, .key = options.tls_key, .ca = {}};
  }
  auto hosts = options.hosts;
  if (options.address != "0.0.0.0" && options.address != "::") hosts.push_back(options.address);
  return kms::http::ensure_certificate(options.state, hosts);
}

kms::Settings service_settings(const Options& options) {
  kms::Settings settings;
  settings.region = options.region;
  settings.token_lifetime = kms::Seconds(options.token_lifetime);
  settings.enable_after_disable = kms::Seconds(options.enable_after_disable);
  settings.rotate_again_after = kms::Seconds(options.rotate_again_after);
  settings.import_token_min = kms::Seconds(options.import_token_min);
  return settings;
}

int refuse(const std::string& text) {
  std::fprintf(stderr, "keymantle-kmsd: %s\n", text.c_str());
  return 1;
}

int make_token(const Options& options) {
  const auto user_pin = read_pin(options);
  if (!user_pin) return refuse(user_pin.error().text());
  const auto so_pin = read_pin_file(options.so_pin_file);
  if (!so_pin) return refuse(so_pin.error().text());
  const auto made = kms::p11::init_token({.module = options.module, .label = options.token_label}, *so_pin, *user_pin);
  return made ? 0 : refuse(made.error().text());
}

int serve(const Options& options, sigset_t stop_signals) {
  if (auto made = hsm::ensure_private_directory(options.state); !made) return refuse(made.error().text());
  auto pin = read_pin(options);
  if (!pin) return refuse(pin.error().text());
  if (!hsm::Secret::memory_is_locked()) {
    return refuse("memory for secrets cannot be locked\nhint: raise RLIMIT_MEMLOCK (systemd: LimitMEMLOCK=64M)");
  }
  kms::p11::Settings token_settings;
  token_settings.module = options.module;
  if (!options.token_label.empty()) token_settings.token_label = options.token_label;
  auto token = kms::p11::Token::open(token_settings, std::move(pin).value());
  if (!token) return refuse(token.error().text());
  const auto files = tls_files(options);
  if (!files) return refuse(files.error().text());

  const auto database = kms::db::open_sqlite(options.database.string());
  kms::Service service(**token, *database, service_settings(options));
  if (auto started = service.start(); !started) return refuse(started.error().text());
  const auto instance = kmsd::first_start(service, options);
  if (!instance) return refuse(instance.error().text());

  kms::http::Api api(service);
  auto server = kms::http::Server::start({.address = options.address,
                                          .port = options.port,
                                          .tls = *files,
                                          .threads = options.threads,
                                          .connection_limit = options.connections},
                                         api);
  if (!server) return refuse(server.error().text());
  const auto url = (*server)->url();
  if (!kmsd::write_text(options.state / "url", url + "\n")) return refuse("cannot write " + (options.state / "url").string());
  std::fprintf(stderr, "keymantle-kmsd: instance %s\nready %s\n", instance->c_str(), url.c_str());
  notify("READY=1");

  int signal = 0;
  sigwait(&stop_signals, &signal);
  notify("STOPPING=1");
  (*server)->stop();
  service.stop();
  std::error_code ignored;
  std::filesystem::remove(options.state / "url", ignored);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = kmsd::parse(argc, argv);
  if (!parsed.options) return parsed.exit_code;

  ::umask(077);
  ::prctl(PR_SET_DUMPABLE, 0);
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&stop_signals, signal);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);  // before any thread: only sigwait takes them
  hsm::log::to_descriptor(STDERR_FILENO, hsm::log::Level::warning, "keymantle-kmsd");
  try {
    if (parsed.options->init_token) return make_token(*parsed.options);
    return serve(*parsed.options, stop_signals);
  } catch (const hsm::sqlite::Failure& e) {
    return refuse(hsm::sqlite::to_error(e, parsed.options->database.string()).text());
  } catch (const std::exception& e) {
    return refuse(e.what());
  }
}
