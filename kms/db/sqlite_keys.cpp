#include "hsm/base/codec.h"
#include "kms/db/sqlite_change.h"

namespace kms::db {
namespace {

constexpr auto kKey = "SELECT " KM_KEY_COLUMNS " FROM kms_key k WHERE k.id = ?1 AND k.instance = ?2";
constexpr auto kInsertKey =
    "INSERT INTO kms_key (id, instance, crn, name, description, tags, ring, state, extractable, imported, "
    "nonactive_reason, created, created_by, updated, rotated, state_changed, expires, deleted, deleted_by, version_id, "
    "version_created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
constexpr auto kUpdateKey =
    "UPDATE kms_key SET name = ?2, description = ?3, tags = ?4, ring = ?5, state = ?6, nonactive_reason = ?7, updated = ?8, "
    "rotated = ?9, state_changed = ?10, expires = ?11, deleted = ?12, deleted_by = ?13, version_id = ?14, "
    "version_created = ?15 WHERE id = ?1";
constexpr auto kInsertVersion =
    "INSERT INTO kms_version (id, key_id, ordinal, created) VALUES (?1, ?2, "
    "(SELECT COALESCE(MAX(v.ordinal), 0) + 1 FROM kms_version v WHERE v.key_id = ?2), ?3)";
constexpr auto kAliases = "SELECT alias FROM kms_alias WHERE key_id = ?1 ORDER BY alias";
constexpr auto kInsertAlias = "INSERT INTO kms_alias (instance, alias, key_id) VALUES (?1, ?2, ?3)";
constexpr auto kAliasTaken = "SELECT 1 FROM kms_alias WHERE instance = ?1 AND alias = ?2";
constexpr auto kInsertPending = "INSERT INTO kms_pending_object (object, since) VALUES (?1, ?2)";
constexpr auto kRemovePending = "DELETE FROM kms_pending_object WHERE object = ?1";

std::optional<std::string> version_id(const Key& key) {
  return key.version ? std::optional(key.version->id) : std::nullopt;
}
std::optional<std::int64_t> version_created(const Key& key) {
  return key.version ? std::optional(ms(key.version->created)) : std::nullopt;
}

}  // namespace

Bytes packed(const std::vector<std::string>& texts) {
  const auto encoded = hsm::encode(texts);
  return {encoded.begin(), encoded.end()};
}

std::vector<std::string> unpacked(ByteView blob) { return hsm::decode<std::vector<std::string>>(blob); }

Key key_from(const hsm::sqlite::Statement& row) {
  Key key;
  key.id = row.text(0);
  key.instance = row.text(1);
  key.crn = row.text(2);
  key.name = row.text(3);
  key.description = row.text(4);
  key.tags = unpacked(row.blob(5));
  key.ring = row.text(6);
  key.state = static_cast<KeyState>(row.integer(7));
  key.extractable = row.integer(8) != 0;
  key.imported = row.integer(9) != 0;
  if (!row.is_null(10)) key.nonactive_reason = static_cast<int>(row.integer(10));
  key.created = time_at(row.integer(11));
  key.created_by = row.text(12);
  key.updated = maybe_time(row, 13);
  key.rotated = maybe_time(row, 14);
  key.state_changed = maybe_time(row, 15);
  key.expires = maybe_time(row, 16);
  key.deleted = maybe_time(row, 17);
  key.deleted_by = row.text(18);
  if (!row.is_null(19)) key.version = KeyVersion{row.text(19), time_at(row.integer(20))};
  return key;
}

std::vector<std::string> read_aliases(Connection& connection, const std::string& key) {
  std::vector<std::string> aliases;
  auto rows = connection.query(kAliases, key);
  while (rows->step()) aliases.push_back(rows->text(0));
  return aliases;
}

std::optional<Key> read_key(Connection& connection, const std::string& instance, const std::string& id) {
  std::optional<Key> key;
  {
    auto row = connection.query(kKey, id, instance);
    if (row->step()) key = key_from(*row);
  }
  if (key) key->aliases = read_aliases(connection, id);
  return key;
}

std::optional<Key> SqliteChange::key(const std::string& instance, const std::string& id) {
  return read_key(connection_, instance, id);
}

void SqliteChange::insert_key(const Key& key) {
  connection_.run(kInsertKey, key.id, key.instance, key.crn, key.name, key.description, packed(key.tags), key.ring,
                  static_cast<int>(key.state), key.extractable, key.imported, key.nonactive_reason, ms(key.created),
                  key.created_by, ms(key.updated), ms(key.rotated), ms(key.state_changed), ms(key.expires),
                  ms(key.deleted), key.deleted_by, version_id(key), version_created(key));
  for (const auto& alias : key.aliases) connection_.run(kInsertAlias, key.instance, alias, key.id);
  if (key.version) insert_version(key.id, *key.version);
}

void SqliteChange::update_key(const Key& key) {
  connection_.run(kUpdateKey, key.id, key.name, key.description, packed(key.tags), key.ring,
                  static_cast<int>(key.state), key.nonactive_reason, ms(key.updated), ms(key.rotated),
                  ms(key.state_changed), ms(key.expires), ms(key.deleted), key.deleted_by, version_id(key),
                  version_created(key));
}

void SqliteChange::insert_version(const std::string& key, const KeyVersion& version) {
  connection_.run(kInsertVersion, version.id, key, ms(version.created));
}

bool SqliteChange::alias_taken(const std::string& instance, const std::string& alias) {
  return connection_.query(kAliasTaken, instance, alias)->step();
}

void SqliteChange::insert_pending(const PendingObject& pending) {
  connection_.run(kInsertPending, pending.object, ms(pending.since));
}
void SqliteChange::remove_pending(const Bytes& object) { connection_.run(kRemovePending, object); }

}  // namespace kms::db
