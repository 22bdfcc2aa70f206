#pragma once

#include <mutex>
#include <string_view>
#include <unordered_map>

#include "hsm/base/sqlite.h"
#include "kms/db/database.h"

// Shared by the sqlite_*.cpp files: the connection with its prepared statements, and rows to values.

namespace kms::db {

/// A connection that prepares each statement once. Statements are keyed by the address of their constexpr text.
class Connection {
 public:
  explicit Connection(const std::string& path) : db_(path, hsm::sqlite::Database::Mode::read_write_create) {}

  /// A statement in use: bound, stepped, and reset at scope exit so that it holds no snapshot.
  class Use {
   public:
    explicit Use(hsm::sqlite::Statement& statement) : statement_(statement) {}
    Use(const Use&) = delete;
    ~Use() { statement_.reset(); }
    hsm::sqlite::Statement* operator->() { return &statement_; }
    hsm::sqlite::Statement& operator*() { return statement_; }

   private:
    hsm::sqlite::Statement& statement_;
  };
  template <class... Args>
  Use query(const char* sql, const Args&... args) {
    return Use(prepared(sql).bind(args...));
  }
  template <class... Args>
  std::int64_t run(const char* sql, const Args&... args) {
    prepared(sql).bind(args...).run();
    return db_.changes();
  }
  hsm::sqlite::Database& db() { return db_; }

 private:
  hsm::sqlite::Statement& prepared(const char* sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return found->second;
    return statements_.emplace(sql, db_.prepare(sql)).first->second;
  }
  hsm::sqlite::Database db_;
  std::unordered_map<const void*, hsm::sqlite::Statement> statements_;
};

inline std::int64_t ms(Time time) { return time.time_since_epoch().count(); }
inline std::optional<std::int64_t> ms(const std::optional<Time>& time) {
  return time ? std::optional(ms(*time)) : std::nullopt;
}
inline Time time_at(std::int64_t value) { return Time(std::chrono::milliseconds(value)); }
inline std::optional<Time> maybe_time(const hsm::sqlite::Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(time_at(row.integer(column)));
}
inline std::uint64_t count_at(const hsm::sqlite::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

Bytes packed(const std::vector<std::string>& texts);
std::vector<std::string> unpacked(ByteView blob);

// Reads, on whichever connection: of the readers, or of a running change.
std::optional<Key> read_key(Connection& connection, const std::string& instance, const std::string& id);
std::vector<std::string> read_aliases(Connection& connection, const std::string& key);
std::optional<Registration> read_registration(Connection& connection, const std::string& key,
                                              const std::string& resource);
std::vector<Identity> read_identities(Connection& connection);
std::optional<ImportTokenRow> read_import_token(Connection& connection, const std::string& instance);
RewrapJob job_from(const hsm::sqlite::Statement& row);
Key key_from(const hsm::sqlite::Statement& row);
Registration registration_from(const hsm::sqlite::Statement& row);
ImportTokenRow import_token_from(const hsm::sqlite::Statement& row);

Page<Key> query_keys(Connection& connection, const std::string& instance, const KeyQuery& query, bool only_count);
Page<Registration> query_registrations(Connection& connection, const std::string& instance,
                                       const RegistrationQuery& query);

#define KM_KEY_COLUMNS                                                                                           \
  "k.id, k.instance, k.crn, k.name, k.description, k.tags, k.ring, k.state, k.extractable, k.imported, "         \
  "k.nonactive_reason, k.created, k.created_by, k.updated, k.rotated, k.state_changed, k.expires, k.deleted, "   \
  "k.deleted_by, k.version_id, k.version_created"
#define KM_REGISTRATION_COLUMNS                                                                                  \
  "r.key_id, r.resource, r.instance, r.description, r.metadata, r.prevent_key_deletion, r.version_id, "          \
  "r.version_created, r.wdek, r.aad, r.created, r.created_by, r.updated, r.updated_by, r.revision, "             \
  "r.rewrap_failure, k.name"
#define KM_JOB_COLUMNS                                                                                           \
  "j.id, j.instance, j.key_id, j.target, j.state, j.total, j.done, j.failed, j.position, j.lease_owner, "        \
  "j.lease_until, j.fence, j.created, j.finished"
#define KM_TOKEN_COLUMNS \
  "instance, id, created, expires, expiration, max_retrievals, remaining, object, public_key, nonce"

}  // namespace kms::db
