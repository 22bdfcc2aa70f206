#include "hsm/store/sqlite_connection.h"

#include <sqlite3.h>

namespace hsm::store {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), change INTEGER NOT NULL, next_object INTEGER NOT NULL,
                    removals_from INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (slot INTEGER PRIMARY KEY, token BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS objects (number INTEGER PRIMARY KEY, slot INTEGER NOT NULL, change INTEGER NOT NULL, id BLOB NOT NULL,
                    version INTEGER NOT NULL, private INTEGER NOT NULL, attributes BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_change ON objects (slot, change);
CREATE TABLE IF NOT EXISTS removals (number INTEGER PRIMARY KEY, slot INTEGER NOT NULL, change INTEGER NOT NULL, id BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS audit (sequence INTEGER PRIMARY KEY, record BLOB NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0, 1, 0);
)";

constexpr auto kReadState = "SELECT change, next_object, removals_from FROM state WHERE id = 1";
constexpr auto kReadMeta = "SELECT value FROM meta WHERE name = ?1";
constexpr auto kReadTokens = "SELECT slot, token, sealed FROM tokens ORDER BY slot";

constexpr int kCachePages = 256;

}  // namespace

SqliteConnection::SqliteConnection(const std::string& path, sqlite::Database::Mode mode) : db(path, mode) {
  db.execute("PRAGMA cache_size = " + std::to_string(kCachePages));
}

bool SqliteConnection::has_tables() {
  auto version = db.prepare("PRAGMA user_version");
  version.step();
  const auto found = version.integer(0);
  version.reset();
  if (found != kSchema && found != 0) throw Malformed("its schema is of another version of keymantle");
  return found != 0;
}

void SqliteConnection::make_tables() {
  sqlite::Transaction transaction(db);
  db.execute(kTables);
  db.execute("PRAGMA user_version = " + std::to_string(kSchema));
  transaction.commit();
}

bool SqliteConnection::has_moved() {
  int moved = 0;
  sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

void SqliteConnection::sync_log() {
  const sqlite::Inside inside;
  sqlite3_file* log = nullptr;
  const int found = sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (found != SQLITE_OK || log == nullptr || log->pMethods == nullptr) return;
  if (const int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL); code != SQLITE_OK) throw sqlite::Failure(code, "sync of the log");
}

Counters SqliteConnection::counters() {
  auto& row = query(read_state, kReadState);
  if (!row.step()) throw Malformed("the state row is missing");
  const Counters found{natural(row, 0), natural(row, 1), natural(row, 2)};
  row.reset();
  return found;
}

std::optional<Bytes> SqliteConnection::meta(std::string_view name) {
  auto& row = query(read_meta, kReadMeta, name);
  std::optional<Bytes> value;
  if (row.step()) value = bytes_of(row.blob(0));
  row.reset();
  return value;
}

TokenRow SqliteConnection::token_of(const sqlite::Statement& row) {
  return {natural(row, 0), id_of<TokenId>(row.blob(1)), bytes_of(row.blob(2))};
}

std::vector<TokenRow> SqliteConnection::tokens() {
  std::vector<TokenRow> found;
  auto& row = query(read_tokens, kReadTokens);
  while (row.step()) found.push_back(token_of(row));
  row.reset();
  return found;
}

ObjectView SqliteConnection::view_of(const sqlite::Statement& row) {
  ObjectView view;
  view.id = id_of<ObjectId>(row.blob(0));
  view.version = natural(row, 1);
  view.private_object = row.integer(2) != 0;
  view.public_attributes = row.blob(3);
  view.sealed = row.blob(4);
  return view;
}

}  // namespace hsm::store
