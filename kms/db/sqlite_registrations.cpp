#include "kms/db/sqlite_change.h"

namespace kms::db {
namespace {

constexpr auto kOne = "SELECT " KM_REGISTRATION_COLUMNS
                      " FROM kms_registration r JOIN kms_key k ON k.id = r.key_id WHERE r.key_id = ?1 AND r.resource = ?2";
constexpr auto kPut =
    "INSERT INTO kms_registration (key_id, resource, instance, description, metadata, prevent_key_deletion, version_id, "
    "version_created, wdek, aad, created, created_by, updated, updated_by, revision, rewrap_failure, failed_target) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, '', '') "
    "ON CONFLICT (key_id, resource) DO UPDATE SET description = excluded.description, metadata = excluded.metadata, "
    "prevent_key_deletion = excluded.prevent_key_deletion, version_id = excluded.version_id, "
    "version_created = excluded.version_created, wdek = excluded.wdek, aad = excluded.aad, updated = excluded.updated, "
    "updated_by = excluded.updated_by, revision = excluded.revision, rewrap_failure = '', failed_target = ''";
constexpr auto kRemove = "DELETE FROM kms_registration WHERE key_id = ?1 AND resource = ?2";
constexpr auto kRemoveAll = "DELETE FROM kms_registration WHERE key_id = ?1";
constexpr auto kProtection =
    "SELECT COUNT(*), COALESCE(SUM(prevent_key_deletion), 0) FROM kms_registration WHERE key_id = ?1";
constexpr auto kRenew =
    "UPDATE kms_registration SET wdek = ?5, version_id = ?6, version_created = ?7, updated = ?8, revision = revision + 1, "
    "rewrap_failure = '', failed_target = '' WHERE key_id = ?1 AND resource = ?2 AND version_id = ?3 AND wdek = ?4";
constexpr auto kMarkFailure =
    "UPDATE kms_registration SET rewrap_failure = ?5, failed_target = ?6, revision = revision + 1 "
    "WHERE key_id = ?1 AND resource = ?2 AND version_id = ?3 AND wdek = ?4";
constexpr auto kStale =
    "SELECT COUNT(*) FROM kms_registration WHERE key_id = ?1 AND wdek IS NOT NULL AND version_id <> ?2 AND failed_target <> ?2";

}  // namespace

Registration registration_from(const hsm::sqlite::Statement& row) {
  Registration r;
  r.key = row.text(0);
  r.resource = row.text(1);
  r.instance = row.text(2);
  r.description = row.text(3);
  r.metadata = row.text(4);
  r.prevent_key_deletion = row.integer(5) != 0;
  r.version = {row.text(6), time_at(row.integer(7))};
  if (!row.is_null(8)) r.wdek = row.text(8);
  r.aad = unpacked(row.blob(9));
  r.created = time_at(row.integer(10));
  r.created_by = row.text(11);
  r.updated = maybe_time(row, 12);
  r.updated_by = row.text(13);
  r.revision = count_at(row, 14);
  r.rewrap_failure = row.text(15);
  r.key_name = row.text(16);
  return r;
}

std::optional<Registration> read_registration(Connection& connection, const std::string& key,
                                              const std::string& resource) {
  auto row = connection.query(kOne, key, resource);
  if (!row->step()) return std::nullopt;
  return registration_from(*row);
}

std::optional<Registration> SqliteChange::registration(const std::string& key, const std::string& resource) {
  return read_registration(connection_, key, resource);
}

void SqliteChange::put_registration(const Registration& r) {
  connection_.run(kPut, r.key, r.resource, r.instance, r.description, r.metadata, r.prevent_key_deletion, r.version.id,
                  ms(r.version.created), r.wdek, packed(r.aad), ms(r.created), r.created_by, ms(r.updated), r.updated_by,
                  r.revision);
}

bool SqliteChange::remove_registration(const std::string& key, const std::string& resource) {
  return connection_.run(kRemove, key, resource) == 1;
}
void SqliteChange::remove_registrations(const std::string& key) { connection_.run(kRemoveAll, key); }

Protection SqliteChange::protection(const std::string& key) {
  auto row = connection_.query(kProtection, key);
  row->step();
  return {count_at(*row, 0), count_at(*row, 1)};
}

bool SqliteChange::renew_wdek(const Registration& seen, const std::string& wdek, const KeyVersion& version, Time now) {
  return connection_.run(kRenew, seen.key, seen.resource, seen.version.id, seen.wdek, wdek, version.id,
                         ms(version.created), ms(now)) == 1;
}

bool SqliteChange::mark_rewrap_failure(const Registration& seen, const std::string& target, const std::string& why) {
  return connection_.run(kMarkFailure, seen.key, seen.resource, seen.version.id, seen.wdek, why, target) == 1;
}

std::uint64_t SqliteChange::stale_wdeks(const std::string& key, const std::string& target) {
  auto row = connection_.query(kStale, key, target);
  row->step();
  return count_at(*row, 0);
}

}  // namespace kms::db
