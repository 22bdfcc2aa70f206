#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

/// A small HTTPS client of the tests: blocking, one connection, no help for malformed requests, so that they can be sent.
class HttpsClient {
 public:
  struct Reply {
    int status = 0;  ///< 0: the connection ended without an answer
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
  };
  using Headers = std::map<std::string, std::string>;

  HttpsClient(std::uint16_t port, std::filesystem::path ca, int tls_version = 0);
  ~HttpsClient();
  HttpsClient(HttpsClient&&) noexcept;

  Reply send(std::string_view method, std::string_view target, std::string_view body = {}, const Headers& headers = {});
  /// Writes octets as they are.
  void write(std::string_view octets);
  Reply read_reply(bool head = false);
  std::string tls_version() const;
  std::string cipher() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
