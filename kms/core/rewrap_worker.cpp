#include "kms/core/rewrap_worker.h"

#include "hsm/base/log.h"

namespace kms {

void RewrapWorker::start(std::string owner) {
  owner_ = std::move(owner);
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void RewrapWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RewrapWorker::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  wake_.notify_all();
}

bool RewrapWorker::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void RewrapWorker::run() {
  for (;;) {
    bool worked = false;
    try {
      worked = work_once();
    } catch (const std::exception& failure) {
      hsm::log::error(std::string("the rewrap worker waits: ") + failure.what());
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (!worked) wake_.wait_for(lock, settings_.rewrap_poll, [&] { return stopping_ || nudged_; });
    nudged_ = false;
    if (stopping_) return;
  }
}

bool RewrapWorker::work_once() {
  std::optional<RewrapJob> job;
  {
    const auto change = database_.begin();
    const auto now = settings_.now();
    job = change->lease_job(owner_, now, now + settings_.rewrap_lease);
    if (!job) return false;
    change->commit();
  }
  keys_.forget(job->key);  // another process may have rotated it
  while (advance(*job) == Next::again) {
    if (!stopping()) continue;
    release(*job);
    return true;
  }
  return job->state == JobState::done;
}

void RewrapWorker::release(RewrapJob& job) {
  job.lease_owner.clear();
  job.lease_until.reset();
  const auto change = database_.begin();
  if (change->save_job(job)) change->commit();
}

RewrapWorker::Next RewrapWorker::advance(RewrapJob& job) {
  const auto entry = keys_.find(job.instance, job.key);
  const auto* target = entry == nullptr ? nullptr : entry->version(job.target);
  if (target == nullptr) {
    hsm::log::error("a rewrap job names a key version that does not exist: " + job.id);
    return Next::leave;
  }
  const auto batch = database_.stale_batch(job.key, job.target, job.cursor, settings_.rewrap_batch);
  if (batch.empty()) return conclude(job);

  const WrappingKey to{job.key, job.target, target->object, entry->mac};
  struct Renewal {
    const Registration* row;
    std::string wdek;
    std::string failure;
  };
  std::vector<Renewal> renewals;
  renewals.reserve(batch.size());
  for (const auto& row : batch) {
    const auto wdek = parse_wdek(*row.wdek);
    const auto* from = wdek ? entry->version(wdek->version) : nullptr;
    if (from == nullptr) {
      renewals.push_back({&row, {}, "the stored WDEK is not one of this key"});
      continue;
    }
    auto renewed = wrapper_.rewrap({job.key, from->version.id, from->object, entry->mac}, *wdek, to, row.aad);
    if (renewed) {
      renewals.push_back({&row, std::move(*renewed), {}});
      continue;
    }
    if (renewed.error().fault == Fault::hsm_unavailable) {
      hsm::log::warning("the rewrap job waits for the HSM: " + renewed.error().text());
      release(job);
      return Next::leave;
    }
    renewals.push_back({&row, {}, std::string(renewed.error().why)});
  }

  auto change = database_.begin();
  const auto key = change->key(job.instance, job.key);
  const auto now = settings_.now();
  if (!key || key->state == KeyState::suspended || key->state == KeyState::destroyed) {
    change.reset();
    release(job);
    return Next::leave;
  }
  for (const auto& renewal : renewals) {
    // Not counted when the row changed meanwhile: the last look before the end finds it again if it needs work.
    if (renewal.failure.empty()) {
      job.done += change->renew_wdek(*renewal.row, renewal.wdek, target->version, now) ? 1 : 0;
    } else {
      job.failed += change->mark_rewrap_failure(*renewal.row, job.target, renewal.failure) ? 1 : 0;
    }
  }
  job.cursor = batch.back().resource;
  job.lease_until = now + settings_.rewrap_lease;
  if (!change->save_job(job)) return Next::leave;  // the lease is another's: nothing of this batch is kept
  change->commit();
  return Next::again;
}

RewrapWorker::Next RewrapWorker::conclude(RewrapJob& job) {
  const auto change = database_.begin();
  const auto now = settings_.now();
  if (change->stale_wdeks(job.key, job.target) != 0) {
    job.cursor.clear();
    job.lease_until = now + settings_.rewrap_lease;
    if (!change->save_job(job)) return Next::leave;
    change->commit();
    return Next::again;
  }
  job.state = JobState::done;
  job.finished = now;
  job.lease_owner.clear();
  job.lease_until.reset();
  if (!change->save_job(job)) return Next::leave;
  const auto key = change->key(job.instance, job.key);
  AuditSubject subject;
  if (key) subject = {key->id, key->name, key->crn, key->ring, {}};
  subject.response = {{"newKeyVersionId", job.target},
                      {"rewrapped", std::to_string(job.done)},
                      {"failed", std::to_string(job.failed)}};
  Call call;
  call.instance = job.instance;
  call.caller.iam_id = "keymantle-rewrap";
  call.correlation_id = job.id;
  if (!audit_.append(*change, audit_event("kms.secrets.ack-rotate", Severity::normal, false, call, subject, nullptr, now,
                                          settings_.region, settings_.crn_service))) {
    return Next::leave;
  }
  change->commit();
  return Next::leave;
}

}  // namespace kms
