#include "kms/http/iam.h"

#include "kms/http/form.h"
#include "kms/http/json_writer.h"

namespace kms::http {
namespace {

constexpr std::string_view kApiKeyGrant = "urn:ibm:params:oauth:grant-type:apikey";

struct IamError {
  unsigned status;
  std::string_view code;
  std::string_view message;
};
constexpr IamError kBadForm{400, "BXNIM0109E", "The request body is not a form with the properties needed"};
constexpr IamError kNoApiKey{400, "BXNIM0109E", "Property missing or empty: apikey"};
constexpr IamError kBadGrant{400, "BXNIM0105E", "This grant type is not supported: use an API key"};
constexpr IamError kUnknownKey{400, "BXNIM0415E", "Provided API key could not be found"};
constexpr IamError kUnavailable{503, "BXNIM0503E", "The token service does not answer: try again"};

Response iam_refusal(const IamError& error, const Request& request, Time started) {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  Response response{.status = error.status};
  JsonWriter json(response.body);
  json.begin_object().member("errorCode", error.code).member("errorMessage", error.message);
  json.member("errorDetails", "").name("context").begin_object();
  json.member("requestId", request.correlation_id).member("requestType", "incoming.Identity_Token");
  json.member("clientIp", request.peer).member("host", "keymantle-kmsd");
  json.name("startTime").plain(rfc3339(started)).name("endTime").plain(rfc3339(now));
  json.name("elapsedTime").plain(std::to_string((now - started).count()));
  json.member("locale", "en_US").end_object().end_object();
  if (error.status == 503) response.headers = "Retry-After: 2\r\n";
  return response;
}

void audit(Service& service, const Request& request, const Error& error) {
  const Call call{.correlation_id = std::string(request.correlation_id),
                  .address = std::string(request.peer),
                  .uri = std::string(request.target)};
  service.audit_refusal(call, "iam-identity.token.create", error);
}

}  // namespace

Response token_endpoint(Service& service, const Request& request) {
  const auto started = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto form = Form::parse(request.body);
  if (!form) return iam_refusal(kBadForm, request, started);
  const auto grant = form->value("grant_type");
  auto api_key = form->value("apikey");
  // A key sent straight from a file (curl --data-urlencode apikey@FILE) brings the file's newline along.
  while (api_key.ends_with('\n') || api_key.ends_with('\r')) api_key.remove_suffix(1);
  // The Python client sends an API key and no grant type.
  if (grant != kApiKeyGrant && !(grant.empty() && !api_key.empty())) {
    return iam_refusal(grant.empty() ? kBadForm : kBadGrant, request, started);
  }
  if (api_key.empty()) return iam_refusal(kNoApiKey, request, started);

  const auto token = service.exchange_api_key(Secret::copy_of(hsm::view(api_key)));
  if (!token) {
    audit(service, request, token.error());
    const bool unknown = token.error().fault == Fault::unauthenticated || token.error().fault == Fault::unauthorized;
    return iam_refusal(unknown ? kUnknownKey : kUnavailable, request, started);
  }
  Response response;
  JsonWriter json(response.body);
  json.begin_object().name("access_token").plain(token->jwt).member("refresh_token", "not_supported");
  json.member("token_type", "Bearer").member("expires_in", token->lifetime.count());
  json.member("expiration", std::chrono::duration_cast<Seconds>(token->expires.time_since_epoch()).count());
  json.member("scope", "ibm openid").end_object();
  return response;
}

}  // namespace kms::http
