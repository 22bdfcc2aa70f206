#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "hsm/base/secret.h"
#include "kms/client/https.h"

namespace kms::client {

/// Where a KMS is and who calls it.
struct Settings {
  std::string url;       ///< https base; the API lies under /api/v2
  std::string iam_url;   ///< https base of the token endpoint; empty: the same as `url`
  std::string instance;  ///< UUID of the service instance
  std::filesystem::path ca_file;
  hsm::Secret api_key;
  std::chrono::seconds timeout{30};
};

/// One call of the API.
struct Call {
  std::string method = "GET";
  std::string path;  ///< below /api/v2, with its query
  hsm::WipedString body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool repeatable = true;  ///< false: never sent twice when the first may have been acted upon
};

/// Sends calls with a bearer token, fetched when needed and renewed a minute before it ends; repeats what may be repeated
/// (lost connections, 429, 5xx but 501; at most 4 times, honouring Retry-After). Used by one thread.
class Session {
 public:
  static Result<Session> open(Settings settings);

  /// The body of a 2xx answer, or the refusal that the error envelope tells.
  Result<hsm::WipedString> call(const Call& call);

 private:
  Session(Settings settings, HttpsConnection api, HttpsConnection iam);
  Status renew_token();
  Result<HttpResponse> send(HttpsConnection& connection, const HttpRequest& request, bool repeatable);

  Settings settings_;
  HttpsConnection api_;
  HttpsConnection iam_;
  hsm::WipedString bearer_;
  std::chrono::steady_clock::time_point renew_at_;
};

/// The refusal behind an answer that is not 2xx.
Error refusal_of(int status, std::string_view body);

/// RFC 3986: everything but unreserved characters as %XX.
std::string percent_encode(std::string_view text);

}  // namespace kms::client
