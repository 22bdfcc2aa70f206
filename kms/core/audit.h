#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "kms/core/roles.h"
#include "kms/core/service.h"
#include "kms/db/database.h"
#include "kms/p11/token.h"

// The audit chain. A line holds a JSON array of CADF events, exactly as hashed:
//
//   hash = SHA-256( "keymantle kms audit v1" || sequence (u64, little-endian) || previous || events )
//
// previous is the hash of the line before, 32 zero octets for the first; sequences are 1, 2, 3 ... An exported line is
// {"sequence":N,"previous":"hex","hash":"hex","events":[...]}, the array as hashed: what stands between `"events":` and
// the last `}`.

namespace kms {

/// What an event is about; filled while the act runs.
struct AuditSubject {
  std::string key;
  std::string key_name;
  std::string crn;
  std::string key_ring;
  std::vector<std::pair<std::string, std::string>> response;  ///< further members of responseData
};

std::string audit_event(const ActionRow& row, const Call& call, const AuditSubject& subject, const Error* error,
                        Time now, std::string_view region, std::string_view service);
/// For a request that reached no action.
std::string audit_event(std::string_view action, Severity severity, bool data_event, const Call& call,
                        const AuditSubject& subject, const Error* error, Time now, std::string_view region,
                        std::string_view service);

/// What is hashed for a line.
Bytes audit_preimage(std::uint64_t sequence, ByteView previous, std::string_view events);
std::string audit_export(const AuditLine& line);
std::optional<AuditLine> parse_audit_export(std::string_view line);

/// Appends to the chain: an act's events in its own transaction, data events in groups by a thread.
class AuditTrail {
 public:
  AuditTrail(p11::Token& token, db::Database& database, std::size_t most, std::chrono::milliseconds flush);
  ~AuditTrail() { stop(); }
  void start();
  /// Writes what waits, then ends the thread.
  void stop();

  /// `events` is one event; it becomes a line of the change.
  Status append(db::Change& change, std::string_view event);
  /// Waits while the queue is full.
  void enqueue(std::string event);
  /// Returns when everything enqueued before the call is written, or could not be.
  Status flush();

 private:
  void run();
  Status write_group(const std::deque<std::string>& group);
  Status append_line(db::Change& change, std::string events);

  p11::Token& token_;
  db::Database& database_;
  const std::size_t most_;
  const std::chrono::milliseconds interval_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::deque<std::string> waiting_;
  std::uint64_t enqueued_ = 0;
  std::uint64_t finished_ = 0;
  bool hurry_ = false;
  bool stopping_ = false;
  bool failing_ = false;
  std::thread thread_;
};

}  // namespace kms
