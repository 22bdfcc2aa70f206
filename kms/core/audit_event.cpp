// CADF events as text, and the lines of the chain.

#include <charconv>

#include <fmt/format.h>

#include "kms/core/audit.h"

namespace kms {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

/// One JSON object, members in the order of the calls; empty texts are left out.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    member(name);
    append_quoted(out_, value);
    return *this;
  }
  Object& raw(std::string_view name, std::string_view json) {
    member(name);
    out_ += json;
    return *this;
  }
  std::string done() { return std::move(out_) + "}"; }

 private:
  void member(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    append_quoted(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

Severity severity_of(Severity base, const Error* error) {
  if (error == nullptr || base == Severity::critical) return base;
  switch (error->fault) {
    case Fault::unauthenticated:
    case Fault::unauthorized:
    case Fault::service_only:
    case Fault::resource_owner:
    case Fault::hsm_unavailable:
    case Fault::storage_unavailable:
      return Severity::critical;
    default:
      return Severity::warning;
  }
}

constexpr std::string_view kPreimageTag = "keymantle kms audit v1";

std::optional<std::string_view> cut_between(std::string_view& text, std::string_view before, char end) {
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(before.size());
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto value = text.substr(0, at);
  text.remove_prefix(at);
  return value;
}

}  // namespace

std::string audit_event(const ActionRow& row, const Call& call, const AuditSubject& subject, const Error* error,
                        Time now, std::string_view region, std::string_view service) {
  return audit_event(row.name, row.severity, row.data_event, call, subject, error, now, region, service);
}

std::string audit_event(std::string_view action, Severity severity, bool data_event, const Call& call,
                        const AuditSubject& subject, const Error* error, Time now, std::string_view region,
                        std::string_view service) {
  static constexpr std::array<std::string_view, 3> kSeverities = {"normal", "warning", "critical"};
  Object host;
  host.text("address", call.address).text("addressType", call.address.find(':') == std::string::npos ? "IPv4" : "IPv6");
  Object initiator;
  initiator.text("id", call.caller.iam_id)
      .text("typeURI", call.caller.service ? "service/security/account/serviceid" : "service/security/account/user")
      .text("name", call.caller.name)
      .text("authnId", call.caller.iam_id);
  if (!call.address.empty()) initiator.raw("host", host.done());
  initiator.raw("credential", R"({"type":"token"})");
  Object target;
  target.text("id", subject.crn.empty() ? subject.key : subject.crn).text("typeURI", "kms/secrets").text("name", subject.key_name);
  Object request;
  request.text("requestURI", call.uri).text("instanceID", call.instance).text("keyRingId", call.ring.value_or(""));
  Object response;
  response.text("keyId", subject.key).text("keyRingId", subject.key_ring);
  for (const auto& [name, value] : subject.response) response.text(name, value);
  Object event;
  event.text("eventTime", rfc3339(now)).text("action", action).text("outcome", error == nullptr ? "success" : "failure");
  const auto verb = action.substr(action.rfind('.') + 1);
  event.text("message", fmt::format("Key Protect: {} key {}", verb, subject.key_name.empty() ? subject.key : subject.key_name))
      .text("severity", kSeverities[static_cast<std::size_t>(severity_of(severity, error))])
      .raw("dataEvent", data_event ? "true" : "false")
      .text("logSourceCRN", fmt::format("crn:v1:bluemix:public:{}:{}:a/{}:{}::", service, region, call.caller.account, call.instance))
      .text("correlationId", call.correlation_id)
      .raw("initiator", initiator.done())
      .raw("target", target.done())
      .raw("observer", R"({"name":"ActivityTracker"})");
  if (error != nullptr) {
    Object reason;
    reason.text("reasonType", name_of(error->fault)).text("reasonForFailure", error->why);
    event.raw("reason", reason.done());
  }
  event.raw("requestData", request.done()).raw("responseData", response.done());
  return event.done();
}

Bytes audit_preimage(std::uint64_t sequence, ByteView previous, std::string_view events) {
  Bytes out = hsm::bytes_of(kPreimageTag);
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(sequence >> (8 * i)));
  out.insert(out.end(), previous.begin(), previous.end());
  const auto text = hsm::view(events);
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

std::string audit_export(const AuditLine& line) {
  return fmt::format(R"({{"sequence":{},"previous":"{}","hash":"{}","events":{}}})", line.sequence,
                     hsm::to_hex(line.previous), hsm::to_hex(line.hash), line.events);
}

std::optional<AuditLine> parse_audit_export(std::string_view text) {
  AuditLine line;
  const auto sequence = cut_between(text, "{\"sequence\":", ',');
  if (!sequence) return std::nullopt;
  const auto* end = sequence->data() + sequence->size();
  const auto read = std::from_chars(sequence->data(), end, line.sequence);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  const auto previous = cut_between(text, ",\"previous\":\"", '"');
  if (!previous) return std::nullopt;
  const auto hash = cut_between(text, "\",\"hash\":\"", '"');
  if (!hash) return std::nullopt;
  constexpr std::string_view kEvents = "\",\"events\":";
  if (!text.starts_with(kEvents) || !text.ends_with('}') || text.size() <= kEvents.size()) return std::nullopt;
  auto raw_previous = hsm::from_hex(*previous);
  auto raw_hash = hsm::from_hex(*hash);
  if (!raw_previous || !raw_hash) return std::nullopt;
  line.previous = std::move(*raw_previous);
  line.hash = std::move(*raw_hash);
  line.events = std::string(text.substr(kEvents.size(), text.size() - kEvents.size() - 1));
  return line;
}

}  // namespace kms
