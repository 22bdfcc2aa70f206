#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/base/codec.h"
#include "hsm/base/sqlite.h"
#include "hsm/store/file_state.h"
#include "hsm/store/rows.h"

// What the reader and the writer of keystore.db share.

namespace hsm::store {

template <class Id>
Id id_of(ByteView octets) {
  Id id;
  if (octets.size() != id.bytes.size()) throw Malformed("an id of another length");
  std::ranges::copy(octets, id.bytes.begin());
  return id;
}

inline std::uint64_t natural(const sqlite::Statement& row, int column) { return static_cast<std::uint64_t>(row.integer(column)); }

/// The row `state`.
struct Counters {
  std::uint64_t change = 0, next_object = 1, removals_from = 0;
};

/// One connection to keystore.db with its statements. Used by one thread at a time; throws sqlite::Failure and Malformed.
struct SqliteConnection {
  SqliteConnection(const std::string& path, sqlite::Database::Mode mode);

  template <class... Args>
  sqlite::Statement& query(std::unique_ptr<sqlite::Statement>& kept, const char* sql, const Args&... args) {
    if (!kept) kept = std::make_unique<sqlite::Statement>(db.prepare(sql));
    kept->bind(args...);
    return *kept;
  }

  /// False for an empty file; throws when the tables are of another version.
  bool has_tables();
  void make_tables();
  /// What it opened has no longer the name by which it was opened.
  bool has_moved();
  /// Waits until what others wrote to the write-ahead log is on the disk.
  void sync_log();

  Counters counters();
  std::optional<Bytes> meta(std::string_view name);
  std::vector<TokenRow> tokens();
  static TokenRow token_of(const sqlite::Statement& row);
  static ObjectView view_of(const sqlite::Statement& row);

  sqlite::Database db;
  using Kept = std::unique_ptr<sqlite::Statement>;
  Kept read_state, write_state, read_meta, write_meta, read_tokens, read_token, write_token, remove_token, read_objects,
      read_changed, read_object, write_object, remove_object, note_removal, note_removals, remove_objects, read_removals,
      forget_removals, add_audit, read_audit;
};

/// Turns what SQLite and the codec throw into a refusal that names the file.
template <class Body>
auto guarded(const std::string& path, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const sqlite::Failure& failure) {
    return sqlite::to_error(failure, describe(path));
  } catch (const Malformed& malformed) {
    return fail(Rv::device_error, "the database is damaged; restore it from a backup").about(path + ": " + malformed.what());
  }
}

}  // namespace hsm::store
