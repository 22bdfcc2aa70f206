#include "kms/core/audit.h"

#include "hsm/base/log.h"
#include "kms/core/lift.h"

namespace kms {
namespace {
constexpr std::size_t kGroup = 256;  // events of a line: one hash and one row for all of them
}

AuditTrail::AuditTrail(p11::Token& token, db::Database& database, std::size_t most, std::chrono::milliseconds flush)
    : token_(token), database_(database), most_(most), interval_(flush) {}

void AuditTrail::start() {
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void AuditTrail::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status AuditTrail::append_line(db::Change& change, std::string events) {
  const auto head = change.audit_head();
  AuditLine line{head.sequence + 1, head.hash, {}, std::move(events)};
  line.hash = TRY(lift(token_.digest(audit_preimage(line.sequence, line.previous, line.events))));
  change.append_audit(line);
  return Done{};
}

Status AuditTrail::append(db::Change& change, std::string_view event) {
  return append_line(change, "[" + std::string(event) + "]");
}

void AuditTrail::enqueue(std::string event) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return waiting_.size() < most_ || stopping_; });
  waiting_.push_back(std::move(event));
  ++enqueued_;
  if (waiting_.size() == kGroup) wake_.notify_one();
}

Status AuditTrail::flush() {
  std::unique_lock lock(mutex_);
  const auto goal = enqueued_;
  hurry_ = true;
  wake_.notify_one();
  written_.wait(lock, [&] { return finished_ >= goal || failing_ || stopping_ || !thread_.joinable(); });
  if (finished_ < goal) return refuse(Fault::storage_unavailable, "the audit log cannot be written");
  return Done{};
}

Status AuditTrail::write_group(const std::deque<std::string>& group) {
  try {
    const auto change = database_.begin();
    for (std::size_t from = 0; from < group.size(); from += kGroup) {
      std::string events = "[";
      for (std::size_t i = from; i < std::min(from + kGroup, group.size()); ++i) {
        if (i != from) events += ',';
        events += group[i];
      }
      TRY(append_line(*change, events + "]"));
    }
    change->commit();
    return Done{};
  } catch (const std::runtime_error& failure) {
    return refuse(Fault::storage_unavailable, "the audit log cannot be written").about(failure.what());
  }
}

void AuditTrail::run() {
  std::deque<std::string> group;
  std::unique_lock lock(mutex_);
  int attempts_while_stopping = 0;
  for (;;) {
    wake_.wait_for(lock, interval_, [&] { return stopping_ || hurry_ || waiting_.size() >= kGroup * 16; });
    hurry_ = false;
    if (group.empty()) {
      group.swap(waiting_);
      written_.notify_all();
    }
    if (group.empty()) {
      if (stopping_) return;
      continue;
    }
    lock.unlock();
    const auto result = write_group(group);
    lock.lock();
    failing_ = !result;
    if (result) {
      finished_ += group.size();
      group.clear();
    } else {
      hsm::log::error(result.error().text());
      if (stopping_ && ++attempts_while_stopping > 3) return;  // the disk is full for good: the log above says so
    }
    written_.notify_all();
  }
}

}  // namespace kms
