#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms/core/types.h"

namespace kms::db {

/// An import token with what the API does not show.
struct ImportTokenRow {
  std::string instance;
  ImportToken token;
  Bytes object;              ///< CKA_ID of the private key
  std::string public_key_pem;
  Bytes nonce;
};

struct ApiKeyRow {
  std::string id;            ///< the public part of the API key
  std::string iam_id;
  Bytes salt;
  Bytes mac;
};

/// A token object that is about to be made for a row that is not committed yet. Written before the object, removed in
/// the transaction of the row: what is still here after a crash names an object that nobody needs.
struct PendingObject {
  Bytes object;
  Time since;
};

struct Protection {
  std::uint64_t registrations = 0;
  std::uint64_t preventing = 0;  ///< with preventKeyDeletion
};

/// One write transaction, serializable. Reads see its own writes. Nothing of it happened unless commit() returned.
class Change {
 public:
  virtual ~Change() = default;
  virtual void commit() = 0;

  virtual void put_instance(const Instance& instance) = 0;
  virtual void put_identity(const Identity& identity) = 0;  ///< replaces its grants
  virtual std::optional<Identity> identity(const std::string& iam_id) = 0;
  virtual void insert_api_key(const ApiKeyRow& row) = 0;
  virtual void remove_api_keys(const std::string& iam_id) = 0;

  virtual std::optional<Key> key(const std::string& instance, const std::string& id) = 0;
  virtual void insert_key(const Key& key) = 0;  ///< with aliases and, for a root key, its first version
  virtual void update_key(const Key& key) = 0;  ///< all but id, instance, aliases
  virtual void insert_version(const std::string& key, const KeyVersion& version) = 0;
  virtual bool alias_taken(const std::string& instance, const std::string& alias) = 0;
  virtual void insert_pending(const PendingObject& pending) = 0;
  virtual void remove_pending(const Bytes& object) = 0;

  virtual std::optional<Registration> registration(const std::string& key, const std::string& resource) = 0;
  virtual void put_registration(const Registration& registration) = 0;
  virtual bool remove_registration(const std::string& key, const std::string& resource) = 0;
  virtual void remove_registrations(const std::string& key) = 0;
  virtual Protection protection(const std::string& key) = 0;
  /// Compare and set on (version, blob): false, and nothing changed, when the row is not as `seen` any more.
  virtual bool renew_wdek(const Registration& seen, const std::string& wdek, const KeyVersion& version, Time now) = 0;
  /// The same comparison; the row is left out of further passes to `target`.
  virtual bool mark_rewrap_failure(const Registration& seen, const std::string& target, const std::string& why) = 0;
  /// Stored WDEKs of other versions than `target` that did not fail on the way to it.
  virtual std::uint64_t stale_wdeks(const std::string& key, const std::string& target) = 0;

  virtual void insert_job(const RewrapJob& job) = 0;
  /// Ends the unfinished jobs of a key.
  virtual void end_jobs(const std::string& key, JobState state, Time now) = 0;
  virtual std::optional<RewrapJob> open_job(const std::string& key) = 0;
  /// Takes one job that nobody holds and whose key may re-wrap; its fence is one higher than before.
  virtual std::optional<RewrapJob> lease_job(const std::string& owner, Time now, Time until) = 0;
  /// Saves cursor, counters, state and lease if the fence is still the job's: false when the lease was lost.
  virtual bool save_job(const RewrapJob& job) = 0;

  virtual void put_import_token(const ImportTokenRow& row) = 0;  ///< one per instance
  virtual std::optional<ImportTokenRow> import_token(const std::string& instance) = 0;
  virtual void remove_import_token(const std::string& instance) = 0;

  /// The last line of the chain; sequence 0 and 32 zero octets before the first.
  virtual AuditLine audit_head() = 0;
  virtual void append_audit(const AuditLine& line) = 0;
};

/// The KMS's memory. Any thread may call anything; a Change belongs to the thread that began it, and others wait for
/// their own until it ends. Functions throw std::runtime_error when the database cannot serve (gone, full, corrupt).
class Database {
 public:
  virtual ~Database() = default;

  virtual std::unique_ptr<Change> begin() = 0;
  virtual void ping() = 0;

  virtual std::vector<Instance> instances() = 0;
  virtual std::vector<Identity> identities() = 0;
  virtual std::optional<ApiKeyRow> api_key(const std::string& id) = 0;

  virtual std::optional<Key> key(const std::string& instance, const std::string& id) = 0;
  virtual std::optional<std::string> key_of_alias(const std::string& instance, const std::string& alias) = 0;
  virtual std::vector<KeyVersion> versions(const std::string& key) = 0;  ///< newest first
  virtual Page<Key> list_keys(const std::string& instance, const KeyQuery& query) = 0;
  virtual std::uint64_t count_keys(const std::string& instance, const KeyQuery& query) = 0;
  /// Active and suspended keys whose expiration has come.
  virtual std::vector<Key> expired_keys(Time now) = 0;
  virtual std::vector<PendingObject> pending_objects(Time before) = 0;

  virtual Page<Registration> registrations(const std::string& instance, const RegistrationQuery& query) = 0;
  /// The next stored WDEKs to re-wrap, in the order of their resources, behind `cursor`.
  virtual std::vector<Registration> stale_batch(const std::string& key, const std::string& target,
                                                const std::string& cursor, std::uint32_t limit) = 0;
  virtual std::vector<VersionCensus> census(const std::string& key) = 0;
  virtual std::vector<RewrapJob> jobs(const std::string& key) = 0;  ///< newest first

  virtual std::optional<ImportTokenRow> import_token(const std::string& instance) = 0;
  virtual std::vector<ImportTokenRow> expired_import_tokens(Time now) = 0;

  virtual std::vector<AuditLine> audit_lines(std::uint64_t after, std::uint32_t limit) = 0;
};

}  // namespace kms::db
