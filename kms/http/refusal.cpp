#include "kms/http/refusal.h"

#include "kms/http/json_writer.h"

namespace kms::http {
namespace {

constexpr std::string_view kNoAccess = "Unauthorized: The user does not have access to the specified resource";
constexpr std::string_view kNoInstance =
    "Bad Request: Request requires valid Bluemix-Instance Header containing a valid UUID";
constexpr std::string_view kMoreInfo = "docs/kms-errors.md#";

std::string message_of(unsigned status, std::string_view what_failed, std::string_view code) {
  std::string text(phrase_of(status));
  if (!what_failed.empty()) text.append(": ").append(what_failed);
  return text.append(": Please see `reasons` for more details (").append(code).append(")");
}

/// Which part of the request the refusal points at.
std::string_view target_type(Fault fault) {
  return fault == Fault::invalid_query_parameter || fault == Fault::protected_resource ? "query_param" : "field";
}

void open_envelope(JsonWriter& json, std::string_view message) {
  json.begin_object().name("metadata").begin_object();
  json.member("collectionType", "application/vnd.ibm.kms.error+json").member("collectionTotal", 1).end_object();
  json.name("resources").begin_array().begin_object().member("errorMsg", message);
}
void close_envelope(JsonWriter& json) { json.end_object().end_array().end_object(); }

void begin_reason(JsonWriter& json, unsigned status, std::string_view code, std::string_view message) {
  json.name("reasons").begin_array().begin_object();
  json.member("code", code).member("message", message).member("status", status);
  json.member("moreInfo", std::string(kMoreInfo) + std::string(code));
}

}  // namespace

Response refusal(const Error& error, std::string_view what_failed) {
  const auto& row = row_of(error.fault);
  Response response{.status = row.status};
  JsonWriter json(response.body);
  if (!row.reasons) {
    open_envelope(json, row.status == 401 ? kNoAccess : kNoInstance);
    close_envelope(json);
    return response;
  }
  open_envelope(json, message_of(row.status, what_failed, row.code));
  begin_reason(json, row.status, row.code, error.text());
  const std::string_view field = error.fault == Fault::protected_resource ? "force" : std::string_view(error.field);
  if (!field.empty()) {
    json.name("target").begin_object().member("type", target_type(error.fault)).member("name", field).end_object();
  }
  json.end_object().end_array();
  close_envelope(json);
  if (row.status == 503) response.headers = "Retry-After: 2\r\n";
  return response;
}

Response refusal(BadRequest what) {
  const auto& row = row_of(what);
  Response response{.status = row.status};
  JsonWriter json(response.body);
  open_envelope(json, message_of(row.status, {}, row.code));
  begin_reason(json, row.status, row.code, row.message);
  json.end_object().end_array();
  close_envelope(json);
  return response;
}

}  // namespace kms::http
