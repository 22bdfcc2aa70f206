#include "kms/http/fields.h"
#include "kms/http/render.h"
#include "kms/http/routes.h"

namespace kms::http {
namespace {

constexpr std::uint64_t kMostLines = 1000;

/// The log is one chain over all instances: its reader must be Manager of each of them.
Status require_auditor(Exchange& exchange) {
  const auto identities = TRY(exchange.core().identities());
  const auto self = std::ranges::find(identities, exchange.call.caller.iam_id, &Identity::iam_id);
  const auto manages = [&](const std::string& instance) {
    return self != identities.end() && std::ranges::any_of(self->grants, [&](const Grant& grant) {
             return grant.role == Role::manager && grant.instance == instance;
           });
  };
  for (const auto& instance : TRY(exchange.core().instances())) {
    if (!manages(instance.id)) return refuse(Fault::unauthorized, "the audit log is for a Manager of every instance");
  }
  if (!manages(exchange.call.instance)) return refuse(Fault::unauthorized, "not a Manager of that instance");
  return Done{};
}

Result<std::uint64_t> number_parameter(const Query& query, std::string_view name, std::uint64_t otherwise) {
  const auto text = query.value(name);
  if (!text || text->empty()) return otherwise;
  const auto number = to_number(*text);
  if (!number) return refuse(Fault::invalid_query_parameter, "this must be a number").in_field(std::string(name));
  return *number;
}

}  // namespace

Answer list_audit(Exchange& exchange) {
  if (auto allowed = require_auditor(exchange); !allowed) {
    exchange.core().audit_refusal(exchange.call, "kms.audit.read", allowed.error());
    return allowed.error();
  }
  const auto after = TRY(number_parameter(exchange.query, "after", 0));
  const auto limit = TRY(number_parameter(exchange.query, "limit", kMostLines));
  if (limit < 1 || limit > kMostLines) {
    return refuse(Fault::invalid_query_parameter, "this must be a number from 1 to 1000").in_field("limit");
  }
  const auto lines = TRY(exchange.core().audit_lines(after, static_cast<std::uint32_t>(limit)));
  // `events` is text, not JSON in JSON: a verifier hashes exactly these octets.
  return collection("audit_line", lines, std::nullopt, [](JsonWriter& json, const AuditLine& line) {
    json.begin_object().member("sequence", line.sequence).name("previous").plain(hsm::to_hex(line.previous));
    json.name("hash").plain(hsm::to_hex(line.hash)).member("events", line.events).end_object();
  });
}

}  // namespace kms::http
