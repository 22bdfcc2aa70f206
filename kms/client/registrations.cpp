#include <fmt/core.h>

#include "kms/client/client.h"
#include "kms/client/envelope.h"

namespace kms::client {
namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 200;
constexpr std::size_t kAuditPage = 1000;

std::string registration_path(const std::string& key, const std::string& resource_crn) {
  return fmt::format("/keys/{}/registrations/{}", percent_encode(key), percent_encode(resource_crn));
}

}  // namespace

Result<Registration> Client::put_registration(const std::string& key, const std::string& resource_crn,
                                              const NewRegistration& wanted) {
  json::object resource;
  if (!wanted.description.empty()) resource["description"] = wanted.description;
  resource["preventKeyDeletion"] = wanted.prevent_key_deletion;
  if (!wanted.key_version.empty()) resource["keyVersionId"] = wanted.key_version;
  if (!wanted.wdek.empty()) resource["wdek"] = wanted.wdek;
  const auto body = TRY(session_.call({.method = "PUT",
                                       .path = registration_path(key, resource_crn),
                                       .body = enveloped("registration_input", std::move(resource))}));
  return registration_from(TRY(resource_of(std::string_view(body))));
}

Result<Registration> Client::registration(const std::string& key, const std::string& resource_crn) {
  const auto body = TRY(session_.call({.path = registration_path(key, resource_crn)}));
  return registration_from(TRY(resource_of(std::string_view(body))));
}

Status Client::delete_registration(const std::string& key, const std::string& resource_crn) {
  TRY(session_.call({.method = "DELETE", .path = registration_path(key, resource_crn)}));
  return hsm::Done{};
}

Result<std::vector<Registration>> Client::registrations(const std::string& key) {
  const auto path = key.empty() ? std::string("/keys/registrations")
                                : fmt::format("/keys/{}/registrations", percent_encode(key));
  std::vector<Registration> registrations;
  for (;;) {
    const auto body =
        TRY(session_.call({.path = fmt::format("{}?limit={}&offset={}", path, kPage, registrations.size())}));
    const auto page = TRY(resources_of(std::string_view(body)));
    for (const auto& resource : page) registrations.push_back(registration_from(resource));
    if (page.size() < kPage) return registrations;
  }
}

Result<std::vector<RewrapJob>> Client::rewrap_jobs(const std::string& key) {
  const auto body = TRY(session_.call({.path = fmt::format("/keys/{}/rewrap_jobs", percent_encode(key))}));
  std::vector<RewrapJob> jobs;
  for (const auto& resource : TRY(resources_of(std::string_view(body)))) jobs.push_back(job_from(resource));
  return jobs;
}

Status Client::export_audit(const std::function<bool(std::string_view)>& take) {
  std::int64_t after = 0;
  for (;;) {
    const auto body = TRY(session_.call({.path = fmt::format("/audit?after={}&limit={}", after, kAuditPage)}));
    const auto page = TRY(resources_of(std::string_view(body)));
    for (const auto& resource : page) {
      after = integer_at(resource, "sequence");
      const auto line = fmt::format(R"({{"sequence":{},"previous":"{}","hash":"{}","events":{}}})", after,
                                    text_at(resource, "previous"), text_at(resource, "hash"), text_at(resource, "events"));
      if (!take(line)) return hsm::Done{};
    }
    if (page.size() < kAuditPage) return hsm::Done{};
  }
}

}  // namespace kms::client
