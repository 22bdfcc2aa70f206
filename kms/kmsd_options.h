#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kmsd {

/// What keymantle-kmsd was told on its command line and in its configuration file; the command line wins.
struct Options {
  std::filesystem::path module;
  std::string token_label;
  int pin_descriptor = -1;
  std::filesystem::path pin_file;
  bool init_token = false;            ///< make the token and end
  std::filesystem::path so_pin_file;
  std::filesystem::path state;
  std::filesystem::path database;  ///< by default STATE/kms.db
  std::string address = "127.0.0.1";
  std::uint16_t port = 8443;
  std::vector<std::string> hosts;
  std::filesystem::path tls_certificate;
  std::filesystem::path tls_key;
  unsigned threads = 0;
  unsigned connections = 4096;
  std::string instance;
  std::string account;
  std::string region = "local";
  int keys_descriptor = -1;
  std::int64_t token_lifetime = 3600;
  std::int64_t enable_after_disable = 30;
  std::int64_t rotate_again_after = 3600;
  std::int64_t import_token_min = 300;
};

/// The options, or the exit code to end with: help and errors are printed already.
struct Parsed {
  std::optional<Options> options;
  int exit_code = 0;
};
Parsed parse(int argc, const char* const* argv);

/// "127.0.0.1:8443", "[::1]:0"; nothing when it is not an address and a port.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};
std::optional<Endpoint> parse_endpoint(const std::string& text);

}  // namespace kmsd
