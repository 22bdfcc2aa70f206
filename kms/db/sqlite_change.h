#pragma once

#include "kms/db/sqlite_rows.h"

namespace kms::db {

/// Holds the writer's lock and its transaction until it goes.
class SqliteChange final : public Change {
 public:
  SqliteChange(std::unique_lock<std::mutex> lock, Connection& connection)
      : lock_(std::move(lock)), connection_(connection), transaction_(connection.db()) {}
  void commit() override { transaction_.commit(); }

  void put_instance(const Instance& instance) override;
  void put_identity(const Identity& identity) override;
  std::optional<Identity> identity(const std::string& iam_id) override;
  void insert_api_key(const ApiKeyRow& row) override;
  void remove_api_keys(const std::string& iam_id) override;
  std::optional<Key> key(const std::string& instance, const std::string& id) override;
  void insert_key(const Key& key) override;
  void update_key(const Key& key) override;
  void insert_version(const std::string& key, const KeyVersion& version) override;
  bool alias_taken(const std::string& instance, const std::string& alias) override;
  void insert_pending(const PendingObject& pending) override;
  void remove_pending(const Bytes& object) override;
  std::optional<Registration> registration(const std::string& key, const std::string& resource) override;
  void put_registration(const Registration& registration) override;
  bool remove_registration(const std::string& key, const std::string& resource) override;
  void remove_registrations(const std::string& key) override;
  Protection protection(const std::string& key) override;
  bool renew_wdek(const Registration& seen, const std::string& wdek, const KeyVersion& version, Time now) override;
  bool mark_rewrap_failure(const Registration& seen, const std::string& target, const std::string& why) override;
  std::uint64_t stale_wdeks(const std::string& key, const std::string& target) override;
  void insert_job(const RewrapJob& job) override;
  void end_jobs(const std::string& key, JobState state, Time now) override;
  std::optional<RewrapJob> open_job(const std::string& key) override;
  std::optional<RewrapJob> lease_job(const std::string& owner, Time now, Time until) override;
  bool save_job(const RewrapJob& job) override;
  void put_import_token(const ImportTokenRow& row) override;
  std::optional<ImportTokenRow> import_token(const std::string& instance) override;
  void remove_import_token(const std::string& instance) override;
  AuditLine audit_head() override;
  void append_audit(const AuditLine& line) override;

 private:
  std::unique_lock<std::mutex> lock_;  // before the transaction: released after it
  Connection& connection_;
  hsm::sqlite::Transaction transaction_;
};

}  // namespace kms::db
