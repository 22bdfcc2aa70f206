#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/engine/token.h"
#include "hsm/model/device.h"
#include "hsm/store/keystore.h"

namespace hsm::engine {

/// The HSM of one process: a keystore under its master key and the tokens in it, shared by all applications. Thread-safe. Outlived
/// by none of the devices that it gave out: each holds it.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  /// `description` names where the keys are and under which profile; it becomes the slots' description.
  static std::shared_ptr<Engine> over(std::unique_ptr<store::Keystore> keystore, std::string description);

  /// One application's view: its sessions, session objects and login states. `actor` names it in the audit log ("uid 1000 pid 4711").
  std::shared_ptr<Device> attach(std::string actor);

  store::Keystore& keystore() { return *keystore_; }
  const std::string& description() const { return description_; }
  /// The token in a slot, known from its first use on; token_not_present for a slot without one.
  Result<Token*> token(SlotId slot);
  /// What every token has without being stored (built_in.h).
  const std::vector<ObjectPtr>& built_in_objects() const { return built_in_; }
  /// A number that no session object of this process had before.
  std::uint64_t next_number() { return numbers_.fetch_add(1, std::memory_order_relaxed); }

 private:
  Engine(std::unique_ptr<store::Keystore> keystore, std::string description);

  std::unique_ptr<store::Keystore> keystore_;
  std::string description_;
  std::atomic<std::uint64_t> numbers_{1};
  std::vector<ObjectPtr> built_in_;
  std::mutex mutex_;  ///< guards tokens_
  std::map<SlotId, std::unique_ptr<Token>> tokens_;
};

}  // namespace hsm::engine
