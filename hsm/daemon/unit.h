#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/base/socket.h"
#include "hsm/ceremony/master_key.h"
#include "hsm/ceremony/shares.h"
#include "hsm/daemon/applications.h"
#include "hsm/engine/engine.h"
#include "hsm/model/requests.h"
#include "hsm/wire/admin.h"
#include "hsm/wire/hello.h"

namespace hsm::daemon {

/// The HSM of this daemon: one store, the state of its master key, the engine while that key is in memory, the applications. Answers
/// the admin requests, one at a time. Thread-safe.
class Unit {
 public:
  struct Options {
    std::filesystem::path store;
    bool development = false;  ///< the master key lies in a file beside the store
    bool rehearsal_pins = false;  ///< of a development unit: PINs cost little to guess
  };
  /// Takes the store for this process: refused while another hsmd has it, and for a store of the other profile.
  static Result<std::unique_ptr<Unit>> open(const Options& options);

  Applications& applications() { return applications_; }
  wire::ChangePage& changes() { return changes_; }
  /// What applications may know of the master key.
  request::CeremonyStatus ceremony();
  /// Commits the uses of keys that were counted since the last time.
  void flush_uses();

  // unit.cpp
  Result<admin::UnitStatus> call(const admin::GetStatus&, const Peer&);
  Result<admin::UnitStatus> call(const admin::Seal&, const Peer&);
  // unit_shares.cpp
  Result<admin::ShareFiles> call(const admin::MakeShares&, const Peer&);
  Result<admin::ShareChecked> call(const admin::CheckShare&, const Peer&);
  Result<admin::UnitStatus> call(const admin::Activate&, const Peer&);
  Result<admin::UnitStatus> call(const admin::Discard&, const Peer&);
  Result<admin::UnitStatus> call(const admin::Unseal&, const Peer&);
  // unit_audit.cpp
  Result<admin::AuditPage> call(const admin::ExportAudit&, const Peer&);
  Result<admin::Verified> call(const admin::VerifyAudit&, const Peer&);

 private:
  using Empty = ceremony::Empty;
  using Staged = ceremony::Staged;
  using Sealed = ceremony::Sealed;
  using Operational = ceremony::Active;
  using State = ceremony::MasterKeyState;

  Unit(Options options, Descriptor lock, wire::ChangePage changes);
  Status mount_development();
  Status look_at_store();
  Status mount(const ceremony::MasterKey& key, const ceremony::ShareInfo& from, store::Act act, const Peer& peer);
  std::shared_ptr<engine::Engine> engine();
  void set_engine(std::shared_ptr<engine::Engine> engine);
  Result<std::shared_ptr<engine::Engine>> running_engine();
  admin::UnitStatus status();
  std::string next_step() const;

  const Options options_;
  const Descriptor lock_;
  wire::ChangePage changes_;
  Applications applications_;
  std::mutex admin_mutex_;   ///< guards state_
  State state_;
  std::mutex engine_mutex_;  ///< guards engine_
  std::shared_ptr<engine::Engine> engine_;
};

/// "uid 0 pid 17", for the audit log.
std::string actor_of(const Peer& peer);

}  // namespace hsm::daemon
