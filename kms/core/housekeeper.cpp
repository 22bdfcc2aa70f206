#include "kms/core/housekeeper.h"

#include "hsm/base/log.h"
#include "kms/core/lift.h"

namespace kms {

void Housekeeper::start() {
  stopping_ = false;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, settings_.expiry_sweep, [&] { return stopping_; })) {
      lock.unlock();
      try {
        if (const auto swept = sweep(); !swept) hsm::log::warning("housekeeping waits: " + swept.error().text());
      } catch (const std::exception& failure) {
        hsm::log::warning(std::string("housekeeping waits: ") + failure.what());
      }
      lock.lock();
    }
  });
}

void Housekeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status Housekeeper::sweep() {
  const auto now = settings_.now();
  for (const auto& pending : database_.pending_objects(now - settings_.orphan_age + std::chrono::milliseconds(1))) {
    TRY(lift(token_.destroy(pending.object)));
    const auto change = database_.begin();
    change->remove_pending(pending.object);
    change->commit();
  }
  for (auto& row : database_.expired_import_tokens(now)) {
    if (row.object.empty()) continue;
    TRY(lift(token_.destroy(row.object)));
    const auto change = database_.begin();
    const auto still = change->import_token(row.instance);
    if (!still || still->token.id != row.token.id) continue;
    row.object.clear();
    change->put_import_token(row);
    change->commit();
  }
  for (const auto& seen : database_.expired_keys(now)) {
    const auto change = database_.begin();
    auto key = change->key(seen.instance, seen.id);
    if (!key || (key->state != KeyState::active && key->state != KeyState::suspended)) continue;
    key->state = KeyState::deactivated;
    key->updated = now;
    change->update_key(*key);
    Call call;
    call.instance = key->instance;
    call.caller.iam_id = "keymantle";
    AuditSubject subject{key->id, key->name, key->crn, key->ring, {{"keyState", "3"}}};
    TRY(audit_.append(*change, audit_event(row_of(Action::expire), call, subject, nullptr, now, settings_.region,
                                           settings_.crn_service)));
    change->commit();
    keys_.forget(key->id);
  }
  return Done{};
}

}  // namespace kms
