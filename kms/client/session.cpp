#include "kms/client/session.h"

#include <fmt/core.h>

#include <charconv>
#include <thread>

#include "kms/client/json.h"
#include "kms/client/secret_access.h"

namespace kms::client {
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr int kRepeats = 4;
constexpr seconds kLongestWait{30};
constexpr seconds kRenewBefore{60};

bool worth_repeating(int status) { return status == 429 || (status >= 500 && status != 501); }

milliseconds pause_before(int attempt, std::string_view retry_after) {
  int asked = 0;
  const auto [end, error] = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), asked);
  if (error == std::errc() && asked > 0) return std::min(milliseconds(seconds(asked)), milliseconds(kLongestWait));
  return milliseconds(100) * (1 << attempt);
}

void append_percent_encoded(auto& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[octet >> 4]);
      out.push_back(kHex[octet & 15]);
    }
  }
}

std::string hint_for(int status, std::string_view code) {
  if (status == 401) return "check the API key and its role: an unknown thing and a forbidden one answer alike";
  if (code == "PROTECTED_RESOURCE_ERR") return "see what depends on it with: keymantle key registrations KEY";
  if (code == "KEY_ACTION_INVALID_STATE_ERR") return "see its state with: keymantle key show KEY";
  if (code == "UNPROCESSABLE_CIPHERTEXT_ERR") return "the WDEK was made by another key, with another AAD, or was changed";
  if (code == "KEY_NOT_FOUND_ERR") return "list the keys with: keymantle key list";
  if (code == "INCORRECT_NONCE_ERR") return "encrypt the nonce that came with this public key: keymantle import-token get";
  if (code == "INCORRECT_NONCE_IV_ERR") return "encrypt the nonce under the very key that is imported, and give that encryption's IV";
  if (code == "IMPORT_TOKEN_NOT_FOUND_ERR") return "make one with: keymantle import-token create";
  if (code == "IMPORT_TOKEN_EXPIRED_ERR") return "make a new one with: keymantle import-token create";
  return {};
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  append_percent_encoded(out, text);
  return out;
}

Error refusal_of(int status, std::string_view body) {
  Error error{Kind::refused, status, {}, {}, {}};
  if (auto parsed = parse_object(body)) {
    const auto* resources = array_at(*parsed, "resources");
    const auto* first = resources == nullptr || resources->empty() ? nullptr : resources->front().if_object();
    if (first != nullptr) {
      error.message = text_at(*first, "errorMsg");
      const auto* reasons = array_at(*first, "reasons");
      const auto* reason = reasons == nullptr || reasons->empty() ? nullptr : reasons->front().if_object();
      if (reason != nullptr) {
        error.code = text_at(*reason, "code");
        if (auto message = text_at(*reason, "message"); !message.empty()) error.message = std::move(message);
      }
    } else if (auto message = text_at(*parsed, "errorMessage"); !message.empty()) {  // the IAM endpoint's form
      error.code = text_at(*parsed, "errorCode");
      error.message = std::move(message);
    }
  }
  if (error.message.empty()) error.message = fmt::format("the KMS answered with status {}", status);
  error.hint = hint_for(status, error.code);
  if (status == 400 && error.code.empty() && error.message.find("Bluemix-Instance") != std::string::npos) {
    error.hint = "name the KMS's own instance with --instance or KEYMANTLE_INSTANCE (`keymantle dev` prints it)";
  }
  return error;
}

Session::Session(Settings settings, HttpsConnection api, HttpsConnection iam)
    : settings_(std::move(settings)), api_(std::move(api)), iam_(std::move(iam)) {}

Result<Session> Session::open(Settings settings) {
  if (settings.iam_url.empty()) settings.iam_url = settings.url;
  auto api = TRY(Origin::parse(settings.url));
  auto iam = TRY(Origin::parse(settings.iam_url));
  HttpsConnection to_api(std::move(api), settings.ca_file, settings.timeout);
  HttpsConnection to_iam(std::move(iam), settings.ca_file, settings.timeout);
  return Session(std::move(settings), std::move(to_api), std::move(to_iam));
}

Result<HttpResponse> Session::send(HttpsConnection& connection, const HttpRequest& request, bool repeatable) {
  for (int attempt = 0;; ++attempt) {
    auto response = connection.exchange(request);
    if (attempt == kRepeats) return response;
    if (response) {
      if (!worth_repeating(response->status)) return response;
      std::this_thread::sleep_for(pause_before(attempt, response->retry_after));
      continue;
    }
    // A refused connection or a failed handshake is told at once; only a connection that had worked is worth another.
    const auto& error = response.error();
    if (error.kind != Kind::unreachable || attempt > 0) return response;
    if (error.code != "not_sent" && !repeatable) return response;
  }
}

Status Session::renew_token() {
  if (settings_.api_key.empty()) {
    return local_error("api_key", "no API key is known",
                       "set KEYMANTLE_API_KEY (`keymantle dev` prints it) or give --api-key-file FILE");
  }
  HttpRequest request{.method = "POST", .content_type = "application/x-www-form-urlencoded"};
  request.target = iam_.origin().path + "/identity/token";
  request.body = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=";
  append_percent_encoded(request.body, hsm::text_of(SecretAccess::bytes(settings_.api_key)));
  const auto response = TRY(send(iam_, request, true));
  if (response.status != 200) {
    auto error = refusal_of(response.status, std::string_view(response.body));
    if (error.hint.empty()) error.hint = "check the API key";
    return error;
  }
  const auto answer = TRY(parse_object(std::string_view(response.body)));
  const auto token = secret_at(answer, "access_token");
  if (token.empty()) return Error{Kind::unusable, 200, "bad_answer", "the IAM endpoint sent no access_token", {}};
  bearer_ = "Bearer ";
  bearer_ += hsm::text_of(SecretAccess::bytes(token));
  renew_at_ = steady_clock::now() + seconds(integer_at(answer, "expires_in")) - kRenewBefore;
  return hsm::Done{};
}

Result<hsm::WipedString> Session::call(const Call& call) {
  for (bool second = false;; second = true) {
    const bool fresh = bearer_.empty() || steady_clock::now() >= renew_at_;
    if (fresh) TRY(renew_token());
    HttpRequest request{.method = call.method, .target = api_.origin().path + "/api/v2" + call.path};
    request.headers = call.headers;
    request.headers.emplace_back("Bluemix-Instance", settings_.instance);
    request.authorization = bearer_;
    request.body = call.body;
    if (!call.body.empty()) request.content_type = "application/json";
    auto response = TRY(send(api_, request, call.repeatable));
    if (response.status >= 200 && response.status < 300) return std::move(response.body);
    // A server that was restarted may have forgotten the key that signed our token: one fresh token, one more try.
    if (response.status == 401 && !fresh && !second) {
      bearer_.clear();
      continue;
    }
    return refusal_of(response.status, std::string_view(response.body));
  }
}

}  // namespace kms::client
