#include "kms/db/sqlite_database.h"

#include "kms/db/sqlite_change.h"
#include "kms/db/sqlite_schema.h"

namespace kms::db {
namespace {

constexpr auto kInstances = "SELECT id, name, account, created FROM kms_instance ORDER BY id";
constexpr auto kApiKey = "SELECT id, iam_id, salt, mac FROM kms_api_key WHERE id = ?1";
constexpr auto kAlias = "SELECT key_id FROM kms_alias WHERE instance = ?1 AND alias = ?2";
constexpr auto kVersions = "SELECT id, created FROM kms_version WHERE key_id = ?1 ORDER BY ordinal DESC";
constexpr auto kExpired =
    "SELECT " KM_KEY_COLUMNS " FROM kms_key k WHERE k.expires <= ?1 AND k.state IN (1, 2) ORDER BY k.id LIMIT 1000";
constexpr auto kPending = "SELECT object, since FROM kms_pending_object WHERE since < ?1";
constexpr auto kStaleBatch =
    "SELECT " KM_REGISTRATION_COLUMNS
    " FROM kms_registration r JOIN kms_key k ON k.id = r.key_id WHERE r.key_id = ?1 AND r.resource > ?3 "
    "AND r.wdek IS NOT NULL AND r.version_id <> ?2 AND r.failed_target <> ?2 ORDER BY r.resource LIMIT ?4";
constexpr auto kCensus =
    "SELECT v.id, v.created, COUNT(r.resource), COUNT(r.wdek) FROM kms_version v "
    "LEFT JOIN kms_registration r ON r.key_id = v.key_id AND r.version_id = v.id WHERE v.key_id = ?1 "
    "GROUP BY v.id, v.created, v.ordinal ORDER BY v.ordinal DESC";
constexpr auto kJobs = "SELECT " KM_JOB_COLUMNS " FROM kms_rewrap_job j WHERE j.key_id = ?1 ORDER BY j.created DESC, j.id";
constexpr auto kExpiredTokens = "SELECT " KM_TOKEN_COLUMNS " FROM kms_import_token WHERE expires <= ?1";
constexpr auto kAudit = "SELECT sequence, previous, hash, events FROM kms_audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
constexpr auto kPing = "SELECT 1";

/// One connection writes, one reads: WAL lets them work side by side.
class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(const std::string& path) : writer_(prepared(path)), reader_(path) {}

  std::unique_ptr<Change> begin() override {
    return std::make_unique<SqliteChange>(std::unique_lock(writing_), writer_);
  }
  void ping() override {
    const std::lock_guard lock(reading_);
    reader_.query(kPing)->step();
  }

  std::vector<Instance> instances() override {
    const std::lock_guard lock(reading_);
    std::vector<Instance> all;
    auto rows = reader_.query(kInstances);
    while (rows->step()) all.push_back({rows->text(0), rows->text(1), rows->text(2), time_at(rows->integer(3))});
    return all;
  }
  std::vector<Identity> identities() override {
    const std::lock_guard lock(reading_);
    return read_identities(reader_);
  }
  std::optional<ApiKeyRow> api_key(const std::string& id) override {
    const std::lock_guard lock(reading_);
    auto row = reader_.query(kApiKey, id);
    if (!row->step()) return std::nullopt;
    return ApiKeyRow{row->text(0), row->text(1), hsm::bytes_of(row->blob(2)), hsm::bytes_of(row->blob(3))};
  }

  std::optional<Key> key(const std::string& instance, const std::string& id) override {
    const std::lock_guard lock(reading_);
    return read_key(reader_, instance, id);
  }
  std::optional<std::string> key_of_alias(const std::string& instance, const std::string& alias) override {
    const std::lock_guard lock(reading_);
    auto row = reader_.query(kAlias, instance, alias);
    if (!row->step()) return std::nullopt;
    return row->text(0);
  }
  std::vector<KeyVersion> versions(const std::string& key) override {
    const std::lock_guard lock(reading_);
    std::vector<KeyVersion> all;
    auto rows = reader_.query(kVersions, key);
    while (rows->step()) all.push_back({rows->text(0), time_at(rows->integer(1))});
    return all;
  }
  Page<Key> list_keys(const std::string& instance, const KeyQuery& query) override {
    const std::lock_guard lock(reading_);
    return query_keys(reader_, instance, query, false);
  }
  std::uint64_t count_keys(const std::string& instance, const KeyQuery& query) override {
    const std::lock_guard lock(reading_);
    return query_keys(reader_, instance, query, true).total;
  }
  std::vector<Key> expired_keys(Time now) override {
    const std::lock_guard lock(reading_);
    std::vector<Key> all;
    auto rows = reader_.query(kExpired, ms(now));
    while (rows->step()) all.push_back(key_from(*rows));
    return all;
  }
  std::vector<PendingObject> pending_objects(Time before) override {
    const std::lock_guard lock(reading_);
    std::vector<PendingObject> all;
    auto rows = reader_.query(kPending, ms(before));
    while (rows->step()) all.push_back({hsm::bytes_of(rows->blob(0)), time_at(rows->integer(1))});
    return all;
  }

  Page<Registration> registrations(const std::string& instance, const RegistrationQuery& query) override {
    const std::lock_guard lock(reading_);
    return query_registrations(reader_, instance, query);
  }
  std::vector<Registration> stale_batch(const std::string& key, const std::string& target, const std::string& cursor,
                                        std::uint32_t limit) override {
    const std::lock_guard lock(reading_);
    std::vector<Registration> batch;
    auto rows = reader_.query(kStaleBatch, key, target, cursor, limit);
    while (rows->step()) batch.push_back(registration_from(*rows));
    return batch;
  }
  std::vector<VersionCensus> census(const std::string& key) override {
    const std::lock_guard lock(reading_);
    std::vector<VersionCensus> all;
    auto rows = reader_.query(kCensus, key);
    while (rows->step()) {
      all.push_back({{rows->text(0), time_at(rows->integer(1))}, count_at(*rows, 2), count_at(*rows, 3)});
    }
    return all;
  }
  std::vector<RewrapJob> jobs(const std::string& key) override {
    const std::lock_guard lock(reading_);
    std::vector<RewrapJob> all;
    auto rows = reader_.query(kJobs, key);
    while (rows->step()) all.push_back(job_from(*rows));
    return all;
  }

  std::optional<ImportTokenRow> import_token(const std::string& instance) override {
    const std::lock_guard lock(reading_);
    return read_import_token(reader_, instance);
  }
  std::vector<ImportTokenRow> expired_import_tokens(Time now) override {
    const std::lock_guard lock(reading_);
    std::vector<ImportTokenRow> all;
    auto rows = reader_.query(kExpiredTokens, ms(now));
    while (rows->step()) all.push_back(import_token_from(*rows));
    return all;
  }

  std::vector<AuditLine> audit_lines(std::uint64_t after, std::uint32_t limit) override {
    const std::lock_guard lock(reading_);
    std::vector<AuditLine> all;
    auto rows = reader_.query(kAudit, after, limit);
    while (rows->step()) {
      all.push_back({count_at(*rows, 0), hsm::bytes_of(rows->blob(1)), hsm::bytes_of(rows->blob(2)), rows->text(3)});
    }
    return all;
  }

 private:
  static Connection prepared(const std::string& path) {
    Connection connection(path);
    connection.db().execute(kSchema);
    return connection;
  }

  std::mutex writing_;
  Connection writer_;
  std::mutex reading_;
  Connection reader_;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::string& path) { return std::make_unique<SqliteDatabase>(path); }

}  // namespace kms::db
