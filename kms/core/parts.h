#pragma once

#include <shared_mutex>
#include <unordered_set>

#include "kms/core/audit.h"
#include "kms/core/housekeeper.h"
#include "kms/core/identities.h"
#include "kms/core/key_cache.h"
#include "kms/core/rewrap_worker.h"
#include "kms/core/service.h"
#include "kms/core/uuid.h"
#include "kms/core/wdek.h"
#include "kms/p11/secret_access.h"

// What the service_*.cpp files share.

namespace kms {

inline bool is_destroyed(const Key& key) { return key.state == KeyState::destroyed; }

/// A key past its expiration is deactivated at once, though its row says so only after the next sweep.
inline KeyState state_of(const Key& key, Time now) {
  return key.state == KeyState::active && key.expires && *key.expires <= now ? KeyState::deactivated : key.state;
}

inline AuditSubject subject_of(const Key& key) { return {key.id, key.name, key.crn, key.ring, {}}; }

struct Service::Parts {
  p11::Token& token;
  db::Database& database;
  Settings settings;
  Wrapper wrapper;
  KeyCache keys;
  AuditTrail audit;
  Identities identities;
  RewrapWorker worker;
  Housekeeper housekeeper;
  std::shared_mutex instances_mutex;
  std::unordered_map<std::string, Instance> instances;
  bool started = false;

  Parts(p11::Token& t, db::Database& d, Settings s);

  Time now() const { return settings.now(); }
  std::string event(Action action, const Call& call, const AuditSubject& subject, const Error* error) const {
    return audit_event(row_of(action), call, subject, error, now(), settings.region, settings.crn_service);
  }
  /// The act's event, in the act's transaction.
  Status record(db::Change& change, Action action, const Call& call, const AuditSubject& subject) {
    return audit.append(change, event(action, call, subject, nullptr));
  }

  /// Instance and role.
  Status admit(Action action, const Call& call);
  /// The key, in any state.
  Result<KeyPointer> find(const Call& call, const std::string& key, AuditSubject& subject);
  /// A root key whose state is one of `allowed`.
  Result<KeyPointer> root(const Call& call, const std::string& key, AuditSubject& subject,
                          std::initializer_list<KeyState> allowed);
  Status state_allows(const Key& key, std::initializer_list<KeyState> allowed) const;
  WrappingKey wrapping_key(const KeyEntry& entry, const KeyEntry::Version& version) const {
    return {entry.key.id, version.version.id, version.object, entry.mac};
  }
  WrappingKey current(const KeyEntry& entry) const { return wrapping_key(entry, entry.versions.front()); }

  /// Checks by an import token and makes the token object `name`, or makes it of plain material.
  Status import_root(const std::string& instance, const Import& import, const p11::ObjectName& name);

  /// Runs an act: admission, refusals, exceptions, and the event of what needs no transaction.
  template <class Body>
  auto perform(Action action, const Call& call, Body&& body) {
    AuditSubject subject;
    using Outcome = decltype(body(subject));
    const auto attempt = [&]() -> Outcome {
      try {
        TRY(admit(action, call));
        return body(subject);
      } catch (const std::runtime_error& failure) {
        return refuse(Fault::storage_unavailable, "the database cannot serve").about(failure.what());
      } catch (const std::exception& failure) {
        return refuse(Fault::internal, "an unexpected failure").about(failure.what());
      }
    };
    auto outcome = attempt();
    if (!outcome) {
      audit.enqueue(event(action, call, subject, &outcome.error()));
    } else if (row_of(action).data_event) {
      audit.enqueue(event(action, call, subject, nullptr));
    }
    return outcome;
  }

  /// For the operator's functions: exceptions only.
  template <class Body>
  auto operate(Body&& body) -> decltype(body()) {
    try {
      return body();
    } catch (const std::runtime_error& failure) {
      return refuse(Fault::storage_unavailable, "the database cannot serve").about(failure.what());
    } catch (const std::exception& failure) {
      return refuse(Fault::internal, "an unexpected failure").about(failure.what());
    }
  }
};

/// A token object on its way to a row. Announced in a transaction of its own before it is made; destroyed again at
/// scope exit unless its row was committed. After a crash the housekeeper destroys what is still announced.
class PlannedObject {
 public:
  PlannedObject(Service::Parts& parts, Bytes object);
  PlannedObject(const PlannedObject&) = delete;
  ~PlannedObject();
  /// Removes the announcement with the row's transaction and commits that.
  void commit_with(db::Change& change);

 private:
  Service::Parts& parts_;
  Bytes object_;
  bool settled_ = false;
};

}  // namespace kms
