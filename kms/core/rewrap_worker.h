#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "kms/core/audit.h"
#include "kms/core/key_cache.h"
#include "kms/core/wdek.h"

namespace kms {

/// Re-wraps stored WDEKs after a rotation. The job is a row: taken by a lease with a fencing number, moved on in
/// batches whose rows, cursor and counters commit together, each row by compare-and-set. Whoever starts next goes on
/// where a killed worker stopped. A job ends only when no stored WDEK of an older version is left but failed ones.
class RewrapWorker {
 public:
  RewrapWorker(db::Database& database, KeyCache& keys, Wrapper& wrapper, AuditTrail& audit, const Settings& settings)
      : database_(database), keys_(keys), wrapper_(wrapper), audit_(audit), settings_(settings) {}
  ~RewrapWorker() { stop(); }

  void start(std::string owner);
  void stop();
  /// There is a new job.
  void nudge();

 private:
  enum class Next { again, leave };
  void run();
  bool work_once();
  Next advance(RewrapJob& job);
  Next conclude(RewrapJob& job);
  void release(RewrapJob& job);
  bool stopping();

  db::Database& database_;
  KeyCache& keys_;
  Wrapper& wrapper_;
  AuditTrail& audit_;
  const Settings& settings_;
  std::string owner_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool nudged_ = false;
  std::thread thread_;
};

}  // namespace kms
