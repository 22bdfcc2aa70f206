#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hsm/base/secret.h"
#include "kms/client/error.h"

namespace kms::client {

/// A parsed https URL: where to connect, and the path everything below it starts with.
struct Origin {
  std::string host;
  std::string port;
  std::string path;  ///< without a trailing slash; may be empty
  std::string url;   ///< as given, for messages

  static Result<Origin> parse(const std::string& url);
};

struct HttpRequest {
  std::string method = "GET";
  std::string target;  ///< path and query, percent-encoded
  std::string content_type;
  hsm::WipedString authorization;
  std::vector<std::pair<std::string, std::string>> headers;
  hsm::WipedString body;
};

struct HttpResponse {
  int status = 0;
  hsm::WipedString body;
  std::string retry_after;
};

/// One keep-alive TLS connection, made on first use and again after it broke. Bodies and the authorization live in
/// wiped memory. Used by one thread.
class HttpsConnection {
 public:
  /// `ca_file` names the certificates to trust; empty means the system's.
  HttpsConnection(Origin origin, std::filesystem::path ca_file, std::chrono::seconds timeout);
  ~HttpsConnection();
  HttpsConnection(HttpsConnection&&) noexcept;

  /// One exchange, whatever its status. An error of kind `unreachable` with code `not_sent` promises that the server
  /// got no whole request; without it the request may have been acted upon.
  Result<HttpResponse> exchange(const HttpRequest& request);
  const Origin& origin() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::client
