#include "kms/kmsd_options.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <iostream>

namespace kmsd {
namespace {

constexpr auto kExamples =
    "Examples:\n"
    "  keymantle-kmsd --module /usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so --token-label kms \\\n"
    "                 --pin-file /etc/keymantle/kms.pin --listen 127.0.0.1:8443\n"
    "  keymantle-kmsd --config /etc/keymantle/kmsd.toml\n\n"
    "The first start makes an instance and three identities; their API keys are in STATE/manager.apikey,\n"
    "writer.apikey and reader.apikey (0600). Clients trust STATE/ca.pem.";

std::filesystem::path default_state() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    return std::filesystem::path(data) / "keymantle-kms";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::filesystem::path(home) / ".local/share/keymantle-kms";
  }
  return "/var/lib/keymantle-kms";
}

}  // namespace

std::optional<Endpoint> parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  Endpoint endpoint{.address = text.substr(0, colon)};
  if (endpoint.address.size() > 2 && endpoint.address.front() == '[' && endpoint.address.back() == ']') {
    endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
  }
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (error != std::errc() || stop != end) return std::nullopt;
  in6_addr ignored{};
  if (inet_pton(AF_INET, endpoint.address.c_str(), &ignored) != 1 &&
      inet_pton(AF_INET6, endpoint.address.c_str(), &ignored) != 1) {
    return std::nullopt;
  }
  return endpoint;
}

Parsed parse(int argc, const char* const* argv) {
  Options options;
  options.state = default_state();
  std::string listen = "127.0.0.1:8443";
  CLI::App app{"The key-management service of Keymantle: the Key Protect API over HTTPS, keys in a PKCS#11 token.",
               "keymantle-kmsd"};
  app.footer(kExamples);
  app.set_config("--config", "", "Read options from a TOML file (the same names without dashes in front)");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--module", options.module, "PKCS#11 module that holds the keys")->required();
  app.add_option("--token-label", options.token_label, "Its token; by default the first with a user PIN");
  auto* pin_fd = app.add_option("--pin-fd", options.pin_descriptor, "Read the user PIN from this descriptor");
  auto* pin_file = app.add_option("--pin-file", options.pin_file, "Read the user PIN from this file");
  pin_fd->excludes(pin_file);
  auto* so_pin = app.add_option("--so-pin-file", options.so_pin_file, "With --init-token: the security officer's PIN, also /dev/fd/N");
  app.add_flag("--init-token", options.init_token, "Make the token --token-label with these PINs unless it exists, then end")
      ->needs(so_pin);
  app.add_option("--state", options.state, "Directory of the database, the TLS files and the API keys");
  app.add_option("--db", options.database, "Database file (STATE/kms.db)");
  app.add_option("--listen", listen, "ADDRESS:PORT to serve on; port 0 takes a free one");
  app.add_option("--host", options.hosts, "Further name or address for the certificate made on the spot");
  auto* cert = app.add_option("--tls-cert", options.tls_certificate, "Certificate chain (PEM) instead of one of our own");
  auto* key = app.add_option("--tls-key", options.tls_key, "Its private key (PEM)");
  cert->needs(key);
  key->needs(cert);
  app.add_option("--threads", options.threads, "Threads that serve connections (one per processor)");
  app.add_option("--max-connections", options.connections, "Connections at the same time")->check(CLI::PositiveNumber);
  app.add_option("--instance", options.instance, "UUID of the instance that the first start makes");
  app.add_option("--account", options.account, "Account that it belongs to");
  app.add_option("--region", options.region, "Region in the CRNs of keys");
  app.add_option("--api-keys-fd", options.keys_descriptor, "Write new API keys to this descriptor, not to files");
  app.add_option("--token-lifetime", options.token_lifetime, "Seconds that an access token is valid");
  app.add_option("--enable-after-disable", options.enable_after_disable, "Seconds before a disabled key can be enabled");
  app.add_option("--rotate-again-after", options.rotate_again_after, "Seconds between two rotations of a key");
  app.add_option("--import-token-min", options.import_token_min, "Shortest life of an import token in seconds");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return {.options = {}, .exit_code = code == 0 ? 0 : 2};
  }
  const auto endpoint = parse_endpoint(listen);
  if (!endpoint || (options.pin_descriptor < 0 && options.pin_file.empty())) {
    std::cerr << "keymantle-kmsd: "
              << (endpoint ? "the user PIN is missing\nhint: give --pin-file FILE or --pin-fd N\n"
                           : "not an address and a port: " + listen + "\nhint: --listen 127.0.0.1:8443\n");
    return {.options = {}, .exit_code = 2};
  }
  options.address = endpoint->address;
  options.port = endpoint->port;
  if (options.database.empty()) options.database = options.state / "kms.db";
  return {.options = std::move(options), .exit_code = 0};
}

}  // namespace kmsd
