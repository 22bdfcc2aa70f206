#include "kms/http/message.h"

#include <array>
#include <charconv>

namespace kms::http {
namespace {

struct StatusRow {
  unsigned status;
  std::string_view phrase;
};
constexpr auto kStatuses = std::to_array<StatusRow>({
    {.status = 200, .phrase = "OK"},
    {.status = 201, .phrase = "Created"},
    {.status = 204, .phrase = "No Content"},
    {.status = 400, .phrase = "Bad Request"},
    {.status = 401, .phrase = "Unauthorized"},
    {.status = 403, .phrase = "Forbidden"},
    {.status = 404, .phrase = "Not Found"},
    {.status = 405, .phrase = "Method Not Allowed"},
    {.status = 408, .phrase = "Request Timeout"},
    {.status = 409, .phrase = "Conflict"},
    {.status = 410, .phrase = "Gone"},
    {.status = 413, .phrase = "Payload Too Large"},
    {.status = 422, .phrase = "Unprocessable Entity"},
    {.status = 429, .phrase = "Too Many Requests"},
    {.status = 431, .phrase = "Request Header Fields Too Large"},
    {.status = 500, .phrase = "Internal Server Error"},
    {.status = 501, .phrase = "Not Implemented"},
    {.status = 503, .phrase = "Service Unavailable"},
});

void append_number(hsm::WipedString& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

std::string_view phrase_of(unsigned status) {
  for (const auto& row : kStatuses) {
    if (row.status == status) return row.phrase;
  }
  return "Unknown";
}

hsm::WipedString serialize(const Response& response, std::string_view correlation_id, bool keep_alive, bool head) {
  hsm::WipedString out;
  out.reserve(256 + response.headers.size() + response.body.size());
  out += "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  out += phrase_of(response.status);
  out += "\r\nCorrelation-Id: ";
  out += correlation_id;
  out += "\r\n";
  out += response.headers;
  if (response.status != 204) {  // RFC 9110, 8.6: no Content-Length in a 204
    if (!response.body.empty()) {
      out += "Content-Type: ";
      out += response.content_type;
      out += "\r\n";
    }
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  out += "Cache-Control: no-store\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (!head && response.status != 204) out += response.body;
  return out;
}

}  // namespace kms::http
