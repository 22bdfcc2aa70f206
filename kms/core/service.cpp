#include "kms/core/service.h"

#include <unistd.h>

#include <fmt/format.h>

#include "hsm/base/log.h"
#include "kms/core/parts.h"

namespace kms {
namespace {

Settings completed(Settings settings) {
  if (!settings.now) {
    settings.now = [] { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); };
  }
  return settings;
}

}  // namespace

Service::Parts::Parts(p11::Token& t, db::Database& d, Settings s)
    : token(t), database(d), settings(completed(std::move(s))), wrapper(t), keys(d),
      audit(t, d, settings.audit_queue, settings.audit_flush), identities(t, d, settings.now, settings.token_lifetime),
      worker(d, keys, wrapper, audit, settings), housekeeper(t, d, keys, audit, settings) {}

Status Service::Parts::admit(Action action, const Call& call) {
  {
    const std::shared_lock lock(instances_mutex);
    if (instances.find(call.instance) == instances.end()) {
      return refuse(Fault::invalid_instance, "no such instance").about(call.instance);
    }
  }
  const auto identity = identities.find(call.caller.iam_id);
  if (identity == nullptr) return refuse(Fault::unauthenticated, "no such identity");
  for (const auto& grant : identity->grants) {
    if (grant.instance == call.instance && allows(grant.role, action)) return Done{};
  }
  return refuse(Fault::unauthorized, "the identity's roles on this instance do not allow the action").about(std::string(row_of(action).name));
}

Result<KeyPointer> Service::Parts::find(const Call& call, const std::string& key, AuditSubject& subject) {
  subject.key = key;
  auto entry = keys.find(call.instance, key);
  if (entry == nullptr) return refuse(Fault::key_not_found, "the instance has no such key").about(key);
  subject = subject_of(entry->key);
  return entry;
}

Status Service::Parts::state_allows(const Key& key, std::initializer_list<KeyState> allowed) const {
  const auto state = state_of(key, now());
  if (std::find(allowed.begin(), allowed.end(), state) != allowed.end()) return Done{};
  if (state == KeyState::destroyed) return refuse(Fault::key_deleted, "the key was deleted").about(key.id);
  if (state == KeyState::suspended) return refuse(Fault::invalid_state, "the key is disabled").about(key.id);
  if (state == KeyState::deactivated) return refuse(Fault::invalid_state, "the key is deactivated").about(key.id);
  return refuse(Fault::invalid_state, "the key is active").about(key.id);
}

Result<KeyPointer> Service::Parts::root(const Call& call, const std::string& key, AuditSubject& subject,
                                        std::initializer_list<KeyState> allowed) {
  auto entry = TRY(find(call, key, subject));
  if (entry->key.extractable) return refuse(Fault::root_key_required, "this needs a root key; the key is a standard key").about(entry->key.id);
  TRY(state_allows(entry->key, allowed));
  if (entry->versions.empty()) return refuse(Fault::incomplete_metadata, "the key has no version").about(entry->key.id);
  return entry;
}

PlannedObject::PlannedObject(Service::Parts& parts, Bytes object) : parts_(parts), object_(std::move(object)) {
  const auto change = parts_.database.begin();
  change->insert_pending({object_, parts_.now()});
  change->commit();
}

void PlannedObject::commit_with(db::Change& change) {
  change.remove_pending(object_);
  settled_ = true;  // should commit() fail to say what happened, the announcement decides at the next sweep
  change.commit();
}

PlannedObject::~PlannedObject() {
  if (settled_) return;
  try {
    if (!parts_.token.destroy(object_)) return;
    const auto change = parts_.database.begin();
    change->remove_pending(object_);
    change->commit();
  } catch (const std::exception& failure) {
    hsm::log::warning(std::string("a planned token object is left to the next sweep: ") + failure.what());
  }
}

Service::Service(p11::Token& token, db::Database& database, Settings settings)
    : parts_(std::make_unique<Parts>(token, database, std::move(settings))) {}

Service::~Service() { stop(); }

Status Service::start() {
  auto& p = *parts_;
  return p.operate([&]() -> Status {
    if (!p.token.offers().gcm_wrap && !p.token.offers().key_wrap_pad) {
      return refuse(Fault::hsm_unavailable, "the module offers neither CKM_AES_GCM nor CKM_AES_KEY_WRAP_PAD for wrapping");
    }
    TRY(p.identities.start());
    for (auto& instance : p.database.instances()) p.instances[instance.id] = instance;
    TRY(p.housekeeper.sweep());
    p.audit.start();
    p.housekeeper.start();
    if (p.settings.rewrap_worker) p.worker.start(fmt::format("{}-{}", getpid(), TRY(random_uuid(p.token))));
    p.started = true;
    return Done{};
  });
}

void Service::stop() {
  parts_->worker.stop();
  parts_->housekeeper.stop();
  parts_->audit.stop();
}

Status Service::health() {
  auto& p = *parts_;
  return p.operate([&]() -> Status {
    TRY(lift(p.token.ping()));
    p.database.ping();
    return Done{};
  });
}

Result<Instance> Service::create_instance(Instance instance) {
  auto& p = *parts_;
  return p.operate([&]() -> Result<Instance> {
    if (instance.id.empty()) instance.id = TRY(random_uuid(p.token));
    if (!is_uuid(instance.id)) return refuse(Fault::invalid_instance, "an instance id is a UUID").about(instance.id);
    {
      const std::shared_lock lock(p.instances_mutex);
      if (const auto found = p.instances.find(instance.id); found != p.instances.end()) return found->second;
    }
    const auto mac = p.keys.mac_of(instance.id);
    if (!TRY(lift(p.token.exists(*mac)))) {
      TRY(lift(p.token.generate_mac_key({mac->id(), std::string(hsm::text_of(mac->id()))})));
    }
    instance.created = p.now();
    const auto change = p.database.begin();
    change->put_instance(instance);
    change->commit();
    const std::unique_lock lock(p.instances_mutex);
    p.instances[instance.id] = instance;
    return instance;
  });
}

Result<std::vector<Instance>> Service::instances() {
  auto& p = *parts_;
  return p.operate([&]() -> Result<std::vector<Instance>> { return p.database.instances(); });
}

Result<NewIdentity> Service::create_identity(Identity identity) {
  auto& p = *parts_;
  return p.operate([&]() -> Result<NewIdentity> { return p.identities.create(std::move(identity)); });
}
Result<Secret> Service::create_api_key(const std::string& iam_id) {
  auto& p = *parts_;
  return p.operate([&]() -> Result<Secret> { return p.identities.create_api_key(iam_id); });
}
Status Service::revoke_api_keys(const std::string& iam_id) {
  auto& p = *parts_;
  return p.operate([&]() -> Status { return p.identities.revoke_api_keys(iam_id); });
}
Status Service::set_grants(const std::string& iam_id, std::vector<Grant> grants) {
  auto& p = *parts_;
  return p.operate([&]() -> Status { return p.identities.set_grants(iam_id, std::move(grants)); });
}
Result<std::vector<Identity>> Service::identities() {
  auto& p = *parts_;
  return p.operate([&]() -> Result<std::vector<Identity>> { return p.database.identities(); });
}
Result<AccessToken> Service::exchange_api_key(const Secret& api_key) {
  auto& p = *parts_;
  return p.operate([&]() -> Result<AccessToken> { return p.identities.exchange(api_key); });
}
Result<Caller> Service::authenticate(std::string_view jwt) {
  auto& p = *parts_;
  return p.operate([&]() -> Result<Caller> { return p.identities.authenticate(jwt); });
}

Result<std::vector<AuditLine>> Service::audit_lines(std::uint64_t after, std::uint32_t limit) {
  auto& p = *parts_;
  return p.operate([&]() -> Result<std::vector<AuditLine>> {
    TRY(p.audit.flush());
    return p.database.audit_lines(after, limit);
  });
}

void Service::audit_refusal(const Call& call, std::string_view action, const Error& error) {
  auto& p = *parts_;
  p.audit.enqueue(audit_event(action, Severity::normal, false, call, {}, &error, p.now(), p.settings.region,
                              p.settings.crn_service));
}

}  // namespace kms
