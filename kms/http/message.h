#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/base/secret.h"

namespace kms::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, other };

/// One request as the endpoints see it: views into the connection's buffer, which outlives the answer's making.
/// Header values are empty when the header was not sent.
struct Request {
  Method method = Method::other;
  std::string_view target;  ///< path and query, still percent-encoded
  std::string_view authorization;
  std::string_view instance;        ///< Bluemix-Instance
  std::string_view correlation_id;  ///< Correlation-Id
  std::string_view prefer;
  std::string_view key_ring;  ///< X-Kms-Key-Ring
  std::string_view body;
  std::string_view peer;  ///< the client's address, for the audit log
};

/// One answer. The body may hold a data key, so it lives in wiped memory; whoever sends it copies it nowhere else.
struct Response {
  unsigned status = 200;
  hsm::WipedString body;
  std::string_view content_type = "application/json";
  std::string headers;  ///< further header lines, each ended by CRLF; never anything a client sent unchecked
};

/// The phrase of a status line ("Not Found").
std::string_view phrase_of(unsigned status);

/// Status line, headers and body in one piece, ready for one write. `head` drops the body but keeps its length.
hsm::WipedString serialize(const Response& response, std::string_view correlation_id, bool keep_alive, bool head);

}  // namespace kms::http
