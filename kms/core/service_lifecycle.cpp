// rotate, disable, enable, delete.

#include "kms/core/parts.h"

namespace kms {
namespace {

Status rotation_allowed(const Service::Parts& p, const Key& key, const std::optional<Import>& import) {
  TRY(p.state_allows(key, {KeyState::active}));
  if (key.imported && !import) return refuse(Fault::payload_required, "an imported key rotates to key material that comes along").about(key.id);
  if (!key.imported && import) {
    return refuse(Fault::invalid_query_parameter, "a generated key takes no payload").in_field("payload");
  }
  if (key.rotated && p.now() - *key.rotated < p.settings.rotate_again_after) {
    return refuse(Fault::rotation_not_permitted, "the key was rotated too short a time ago").about(key.id);
  }
  return Done{};
}

}  // namespace

Status Service::rotate(const Call& call, const std::string& key, std::optional<Import> import) {
  auto& p = *parts_;
  auto outcome = p.perform(Action::rotate, call, [&](AuditSubject& subject) -> Status {
    const auto entry = TRY(p.root(call, key, subject, {KeyState::active}));
    TRY(rotation_allowed(p, entry->key, import));
    const KeyVersion version{TRY(random_uuid(p.token)), p.now()};
    const p11::ObjectName name{object_id(version.id), entry->key.id + "/" + version.id};
    PlannedObject planned(p, name.id);
    if (import) {
      TRY(p.import_root(call.instance, *import, name));
    } else {
      TRY(lift(p.token.generate_wrapping_key(name)));
    }

    const auto change = p.database.begin();
    auto row = change->key(call.instance, entry->key.id);
    if (!row) return refuse(Fault::key_not_found, "the instance has no such key").about(key);
    TRY(rotation_allowed(p, *row, import));  // again: two rotations may have come here together
    const auto now = p.now();
    subject.response.emplace_back("oldKeyVersionId", row->version->id);
    subject.response.emplace_back("newKeyVersionId", version.id);
    row->version = version;
    row->rotated = now;
    row->updated = now;
    change->insert_version(row->id, version);
    change->update_key(*row);
    change->end_jobs(row->id, JobState::superseded, now);
    RewrapJob job;
    job.id = TRY(random_uuid(p.token));
    job.instance = call.instance;
    job.key = row->id;
    job.target = version.id;
    job.total = change->stale_wdeks(row->id, version.id);
    job.created = now;
    if (job.total == 0) {
      job.state = JobState::done;
      job.finished = now;
    }
    change->insert_job(job);
    TRY(p.record(*change, Action::rotate, call, subject));
    planned.commit_with(*change);
    p.keys.forget(row->id);
    return Done{};
  });
  if (outcome) p.worker.nudge();
  return outcome;
}

Status Service::disable(const Call& call, const std::string& key) {
  auto& p = *parts_;
  return p.perform(Action::disable, call, [&](AuditSubject& subject) -> Status {
    const auto entry = TRY(p.root(call, key, subject, {KeyState::active}));
    const auto change = p.database.begin();
    auto row = change->key(call.instance, entry->key.id);
    if (!row) return refuse(Fault::key_not_found, "the instance has no such key").about(key);
    TRY(p.state_allows(*row, {KeyState::active}));
    row->state = KeyState::suspended;
    row->nonactive_reason = 1;
    row->state_changed = row->updated = p.now();
    change->update_key(*row);
    TRY(p.record(*change, Action::disable, call, subject));
    change->commit();
    p.keys.forget(row->id);
    return Done{};
  });
}

Status Service::enable(const Call& call, const std::string& key) {
  auto& p = *parts_;
  auto outcome = p.perform(Action::enable, call, [&](AuditSubject& subject) -> Status {
    const auto entry = TRY(p.root(call, key, subject, {KeyState::suspended}));
    const auto change = p.database.begin();
    auto row = change->key(call.instance, entry->key.id);
    if (!row) return refuse(Fault::key_not_found, "the instance has no such key").about(key);
    TRY(p.state_allows(*row, {KeyState::suspended}));
    if (row->state_changed && p.now() - *row->state_changed < p.settings.enable_after_disable) {
      return refuse(Fault::too_early, "the key was disabled too short a time ago").about(row->id);
    }
    row->state = KeyState::active;
    row->nonactive_reason.reset();
    row->state_changed = row->updated = p.now();
    change->update_key(*row);
    TRY(p.record(*change, Action::enable, call, subject));
    change->commit();
    p.keys.forget(row->id);
    return Done{};
  });
  if (outcome) p.worker.nudge();
  return outcome;
}

Result<Key> Service::delete_key(const Call& call, const std::string& key, bool force) {
  auto& p = *parts_;
  return p.perform(Action::destroy, call, [&](AuditSubject& subject) -> Result<Key> {
    const auto entry = TRY(p.find(call, key, subject));
    const auto change = p.database.begin();
    auto row = change->key(call.instance, entry->key.id);
    if (!row) return refuse(Fault::key_not_found, "the instance has no such key").about(key);
    if (is_destroyed(*row)) return refuse(Fault::key_deleted, "the key was deleted").about(row->id);
    const auto protection = change->protection(row->id);
    if (protection.preventing > 0) {
      return refuse(Fault::prevent_key_deletion, "a registered resource prevents the deletion, even a forced one").about(row->id);
    }
    if (protection.registrations > 0 && !force) {
      return refuse(Fault::protected_resource, "resources are registered with the key: unregister them, or force").about(row->id);
    }
    const auto now = p.now();
    // The token objects stay: a deleted key can be restored until it is purged.
    row->state = KeyState::destroyed;
    row->nonactive_reason = 2;
    row->deleted = row->updated = now;
    row->deleted_by = call.caller.iam_id;
    change->update_key(*row);
    change->end_jobs(row->id, JobState::cancelled, now);
    change->remove_registrations(row->id);
    subject.response.emplace_back("keyState", "5");
    TRY(p.record(*change, Action::destroy, call, subject));
    change->commit();
    p.keys.forget(row->id);
    return *row;
  });
}

}  // namespace kms
