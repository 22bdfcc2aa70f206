// Registrations, and what can be seen of rewrap jobs.

#include "kms/core/parts.h"

namespace kms {
namespace {

constexpr std::size_t kMostDescription = 240;
constexpr std::size_t kMostMetadata = 4096;

Status check_request(const std::string& resource, const PutRegistration& request) {
  if (resource.size() < 5 || resource.size() > 512 || !resource.starts_with("crn:")) {
    return refuse(Fault::invalid_field, "a resource is a CRN").in_field("resourceCrn");
  }
  if (request.description && request.description->size() > kMostDescription) {
    return refuse(Fault::invalid_field, "a description has at most 240 characters").in_field("description");
  }
  if (request.metadata && request.metadata->size() > kMostMetadata) {
    return refuse(Fault::invalid_field, "metadata has at most 4096 octets").in_field("registrationMetadata");
  }
  return Done{};
}

}  // namespace

Result<Page<Registration>> Service::list_registrations(const Call& call, const RegistrationQuery& query) {
  auto& p = *parts_;
  return p.perform(Action::list_registrations, call, [&](AuditSubject& subject) -> Result<Page<Registration>> {
    auto wanted = query;
    if (query.key) wanted.key = TRY(p.find(call, *query.key, subject))->key.id;
    return p.database.registrations(call.instance, wanted);
  });
}

Result<Registration> Service::get_registration(const Call& call, const std::string& key, const std::string& resource) {
  auto& p = *parts_;
  return p.perform(Action::list_registrations, call, [&](AuditSubject& subject) -> Result<Registration> {
    const auto entry = TRY(p.find(call, key, subject));
    auto found = p.database.begin()->registration(entry->key.id, resource);
    if (!found) return refuse(Fault::registration_not_found, "the key has no registration for this resource").about(resource);
    return *found;
  });
}

Result<Registration> Service::put_registration(const Call& call, const std::string& key, const std::string& resource,
                                               const PutRegistration& request) {
  auto& p = *parts_;
  bool stale = false;
  auto outcome = p.perform(Action::write_registration, call, [&](AuditSubject& subject) -> Result<Registration> {
    if (p.settings.registrations_by_services_only && !call.caller.service) {
      return refuse(Fault::service_only, "registrations are written by services");
    }
    const auto entry = TRY(p.find(call, key, subject));
    if (entry->key.extractable) return refuse(Fault::registration_key_not_root, "only root keys have registrations").about(entry->key.id);
    TRY(check_request(resource, request));
    // The WDEK is tried before the transaction: a call to the HSM holds no lock of the database.
    std::string version = request.version.value_or("");
    if (request.wdek) {
      const auto wdek = parse_wdek(*request.wdek);
      const auto* made_by = wdek ? entry->version(wdek->version) : nullptr;
      if (made_by == nullptr) return refuse(Fault::unprocessable_ciphertext, "the WDEK is not one of this key").in_field("wdek");
      if (!version.empty() && version != wdek->version) {
        return refuse(Fault::registration_key_version, "the WDEK was made by another version than named").in_field("keyVersionId");
      }
      TRY(p.state_allows(entry->key, {KeyState::active, KeyState::deactivated}));
      TRY(p.wrapper.check(p.wrapping_key(*entry, *made_by), *wdek, request.aad.value_or(Aad())));
      version = wdek->version;
    }
    const auto change = p.database.begin();
    const auto row = change->key(call.instance, entry->key.id);
    if (!row || state_of(*row, p.now()) != KeyState::active) {
      return refuse(Fault::registration_key_state, "registrations need an active key").about(entry->key.id);
    }
    auto existing = change->registration(row->id, resource);
    const auto now = p.now();
    auto registration = existing.value_or(Registration());
    if (!existing) {
      registration.instance = call.instance;
      registration.key = row->id;
      registration.resource = resource;
      registration.created = now;
      registration.created_by = call.caller.iam_id;
    } else {
      registration.updated = now;
      registration.updated_by = call.caller.iam_id;
      ++registration.revision;
    }
    registration.key_name = row->name;
    if (request.description) registration.description = *request.description;
    if (request.metadata) registration.metadata = *request.metadata;
    if (request.prevent_key_deletion) registration.prevent_key_deletion = *request.prevent_key_deletion;
    if (request.wdek) {
      registration.wdek = request.wdek;
      registration.aad = request.aad.value_or(Aad());
    } else if (registration.wdek && (!version.empty() || request.aad)) {
      return refuse(Fault::registration_key_version, "the version and aad of a stored WDEK change with the WDEK only")
          .in_field("keyVersionId");
    }
    if (version.empty() && !existing) version = row->version->id;
    if (!version.empty()) {
      const auto* known = entry->version(version);
      if (known == nullptr) return refuse(Fault::registration_key_version, "the key has no such version").in_field("keyVersionId");
      registration.version = known->version;
    }
    change->put_registration(registration);
    stale = registration.wdek && registration.version.id != row->version->id;
    if (stale && !change->open_job(row->id)) {
      RewrapJob job;
      job.id = TRY(random_uuid(p.token));
      job.instance = call.instance;
      job.key = row->id;
      job.target = row->version->id;
      job.total = change->stale_wdeks(row->id, job.target);
      job.created = now;
      change->insert_job(job);
    }
    TRY(p.record(*change, Action::write_registration, call, subject));
    change->commit();
    return registration;
  });
  if (outcome && stale) p.worker.nudge();
  return outcome;
}

Status Service::delete_registration(const Call& call, const std::string& key, const std::string& resource) {
  auto& p = *parts_;
  return p.perform(Action::delete_registration, call, [&](AuditSubject& subject) -> Status {
    if (p.settings.registrations_by_services_only && !call.caller.service) {
      return refuse(Fault::service_only, "registrations are written by services");
    }
    const auto entry = TRY(p.find(call, key, subject));
    const auto change = p.database.begin();
    if (!change->remove_registration(entry->key.id, resource)) {
      return refuse(Fault::registration_not_found, "the key has no registration for this resource").about(resource);
    }
    TRY(p.record(*change, Action::delete_registration, call, subject));
    change->commit();
    return Done{};
  });
}

Result<std::vector<RewrapJob>> Service::rewrap_jobs(const Call& call, const std::string& key) {
  auto& p = *parts_;
  return p.perform(Action::read_jobs, call, [&](AuditSubject& subject) -> Result<std::vector<RewrapJob>> {
    return p.database.jobs(TRY(p.find(call, key, subject))->key.id);
  });
}

Result<std::vector<VersionCensus>> Service::census(const Call& call, const std::string& key) {
  auto& p = *parts_;
  return p.perform(Action::read_jobs, call, [&](AuditSubject& subject) -> Result<std::vector<VersionCensus>> {
    return p.database.census(TRY(p.find(call, key, subject))->key.id);
  });
}

}  // namespace kms
