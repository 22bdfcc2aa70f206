#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "kms/core/audit.h"
#include "kms/core/key_cache.h"

namespace kms {

/// Now and then: deactivates keys whose expiration came, destroys the private keys of expired import tokens, and
/// destroys token objects that a crash left without a row.
class Housekeeper {
 public:
  Housekeeper(p11::Token& token, db::Database& database, KeyCache& keys, AuditTrail& audit, const Settings& settings)
      : token_(token), database_(database), keys_(keys), audit_(audit), settings_(settings) {}
  ~Housekeeper() { stop(); }

  void start();
  void stop();
  /// One round; throws what the database throws.
  Status sweep();

 private:
  p11::Token& token_;
  db::Database& database_;
  KeyCache& keys_;
  AuditTrail& audit_;
  const Settings& settings_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kms
