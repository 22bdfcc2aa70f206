#include "kms/http/api.h"

#include "hsm/base/log.h"
#include "kms/http/iam.h"
#include "kms/http/json_writer.h"
#include "kms/http/refusal.h"
#include "kms/http/routes.h"

namespace kms::http {
namespace {

constexpr std::string_view kBase = "/api/v2";
constexpr std::string_view kUnmatched = "kms.secrets.default";

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The text behind "Bearer " in any case; empty for another scheme.
std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() || !same_word(authorization.substr(0, kScheme.size()), kScheme)) return {};
  authorization.remove_prefix(kScheme.size());
  return authorization.substr(std::min(authorization.find_first_not_of(' '), authorization.size()));
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Lane Api::lane(const Request& request) const {
  const auto path = split_target(request.target).first;
  if (request.method == Method::post) {
    return path.ends_with("/wrap") || path.ends_with("/unwrap") || path.ends_with("/rewrap") ? Lane::fast : Lane::slow;
  }
  const bool reads = request.method == Method::get || request.method == Method::head;
  return reads && path.starts_with("/api/v2/keys/") && path.ends_with("/metadata") ? Lane::fast : Lane::slow;
}

Response Api::refuse(BadRequest what) { return refusal(what); }

Response Api::answer(const Request& request) {
  try {
    return dispatch(request);
  } catch (const std::exception& e) {
    hsm::log::error(std::string("a request ended in an exception: ") + e.what());
    return refusal(kms::refuse(Fault::internal, "the service failed: its log says more"), {});
  }
}

Response Api::dispatch(const Request& request) {
  auto [path, query] = split_target(request.target);
  if (path.starts_with(kBase) && (path.size() == kBase.size() || path[kBase.size()] == '/')) {
    return call_endpoint(request, path.substr(kBase.size()), query);
  }
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const bool token_path = path == "/identity/token" || path == "/oidc/token";
  if (token_path) {
    return request.method == Method::post ? token_endpoint(service_, request) : refusal(BadRequest::wrong_method);
  }
  if (path == "/healthz") {
    const bool reads = request.method == Method::get || request.method == Method::head;
    return reads ? health() : refusal(BadRequest::wrong_method);
  }
  return refusal(BadRequest::no_such_path);
}

Response Api::call_endpoint(const Request& request, std::string_view path, std::string_view query_text) {
  Exchange exchange(service_, request);
  auto& call = exchange.call;
  call.correlation_id = request.correlation_id;
  call.address = request.peer;
  call.uri = request.target;
  if (!request.key_ring.empty()) call.ring = std::string(request.key_ring);
  call.instance = lower_case(request.instance);

  const auto segments = split_path(path);
  auto query = Query::parse(query_text);
  auto match = segments && query ? find_route(request.method, *segments, query->value("action")) : Match();
  const auto action = match.route != nullptr ? match.route->action : kUnmatched;
  const auto failure = match.route != nullptr ? match.route->failure : std::string_view("Action could not be performed");
  // The core writes its own refusals into the audit log; these never reach it.
  const auto refused = [&](const Error& error) {
    service_.audit_refusal(call, action, error);
    return refusal(error, failure);
  };

  auto caller = service_.authenticate(bearer_token(request.authorization));
  if (!caller) return refused(caller.error());
  call.caller = std::move(caller).value();
  if (!is_uuid(call.instance)) {
    call.instance.clear();
    return refused(kms::refuse(Fault::invalid_instance, "the Bluemix-Instance header is missing or not a UUID"));
  }
  if (!segments || !query) {
    return refused(kms::refuse(Fault::invalid_query_parameter, "the path or query holds a broken percent escape"));
  }
  if (match.route == nullptr) {
    service_.audit_refusal(call, action, kms::refuse(Fault::invalid_query_parameter, "no such path or method"));
    return refusal(match.path_known ? BadRequest::wrong_method : BadRequest::no_such_path);
  }
  auto body = JsonBody::parse(request.body);
  if (!body) return refused(kms::refuse(Fault::bad_body, "the body is not valid JSON"));
  exchange.captures = std::move(match.captures);
  exchange.query = std::move(*query);
  exchange.body = std::move(*body);
  auto answer = match.route->endpoint(exchange);
  if (!answer) return exchange.asked() ? refusal(answer.error(), failure) : refused(answer.error());
  return std::move(answer).value();
}

Response Api::health() {
  const auto status = service_.health();
  Response response{.status = status ? 200U : 503U};
  JsonWriter json(response.body);
  json.begin_object().member("status", status ? "ok" : "unavailable");
  if (!status) json.member("reason", status.error().why);
  json.end_object();
  return response;
}

}  // namespace kms::http
