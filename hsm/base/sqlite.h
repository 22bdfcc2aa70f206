#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/sqlite_forks.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hsm::sqlite {

/// What SQLite reported; `code` is its extended result code (SQLITE_FULL, SQLITE_BUSY, SQLITE_CORRUPT ...).
struct Failure : std::runtime_error {
  Failure(int c, const std::string& text) : std::runtime_error(text), code(c) {}
  int code;
};

/// A prepared statement. Belongs to its Database and to one thread at a time. Throws Failure.
class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  /// Binds values to ?1, ?2 ... in order. ByteView and text must stay alive until the next reset.
  template <class... Args>
  Statement& bind(const Args&... args) {
    reset();
    int index = 0;
    (bind_one(++index, args), ...);
    return *this;
  }
  /// True while there is a row.
  bool step();
  /// Runs to the end.
  void run() {
    while (step()) {
    }
    reset();
  }
  void reset();

  std::int64_t integer(int column) const;
  ByteView blob(int column) const;      ///< valid until the next step
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, std::uint64_t value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, int value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, unsigned value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, bool value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, ByteView value);
  void bind_one(int index, const Bytes& value) { bind_one(index, ByteView(value)); }
  void bind_one(int index, std::string_view value);
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, std::nullptr_t);
  template <class T>
  void bind_one(int index, const std::optional<T>& value) {
    if (value) {
      bind_one(index, *value);
    } else {
      bind_one(index, nullptr);
    }
  }

  sqlite3_stmt* statement_ = nullptr;
};

/// One connection: WAL, synchronous=FULL, foreign keys on, a busy timeout. Used by one thread at a time. A forked child neither uses nor
/// destroys its parent's; it may open its own (sqlite_forks.h).
class Database {
 public:
  enum class Mode { read_write_create, read_write, read_only };
  /// Throws Failure when the file cannot be opened. A created file has mode 0600.
  Database(const std::string& path, Mode mode);
  Database(Database&&) noexcept;
  ~Database();

  void execute(std::string_view sql);
  Statement prepare(std::string_view sql) { return Statement(db_, sql); }
  std::int64_t changes() const;
  std::int64_t last_insert_rowid() const;
  sqlite3* handle() { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

/// BEGIN IMMEDIATE ... COMMIT; rolled back when it goes out of scope uncommitted.
class Transaction {
 public:
  explicit Transaction(Database& db);
  Transaction(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  const Inside inside_;
  Database& db_;
  bool open_ = true;
};

/// The refusal that a Failure means to a user: disk full, read-only, busy, corrupt; names the file.
Error to_error(const Failure& failure, const std::string& path);

}  // namespace hsm::sqlite
