#include "hsm/base/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hsm/base/sqlite_forks.h"

namespace hsm::sqlite {
namespace {

[[noreturn]] void raise(sqlite3* db, const char* doing) {
  const int code = db != nullptr ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
  throw Failure(code, std::string(doing) + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
}

void check(sqlite3* db, int code, const char* doing) {
  if (code != SQLITE_OK) raise(db, doing);
}

/// Many writers take turns within it; a process that was stopped in the middle of a change makes the others wait no longer.
constexpr int kBusyMilliseconds = 10000;

/// Makes the file with a mode of its own: SQLite would take the umask's, and the keystore is nobody else's business. Opens nothing that
/// exists: closing it again would drop this process's locks on it (POSIX).
void make_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return;
  }
  struct stat state {};
  if (errno == EEXIST && ::lstat(path.c_str(), &state) == 0 && S_ISLNK(state.st_mode)) errno = ELOOP;
  if (errno != EEXIST && errno != EACCES && errno != EROFS) throw Failure(SQLITE_CANTOPEN, std::string("open: ") + std::strerror(errno));
}

}  // namespace

Statement::Statement(sqlite3* db, std::string_view sql) {
  const Inside inside;
  check(db, sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement_, nullptr),
        "prepare");
}
Statement::Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}
Statement::~Statement() {
  const Inside inside;
  sqlite3_finalize(statement_);
}

bool Statement::step() {
  const Inside inside;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto* db = sqlite3_db_handle(statement_);
  const Failure failure(sqlite3_extended_errcode(db), std::string("step: ") + sqlite3_errmsg(db));
  sqlite3_reset(statement_);
  throw failure;
}

void Statement::reset() {
  const Inside inside;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
ByteView Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
std::string Statement::text(int column) const { return std::string(text_of(blob(column))); }
bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

void Statement::bind_one(int index, std::int64_t value) {
  check(sqlite3_db_handle(statement_), sqlite3_bind_int64(statement_, index, value), "bind");
}
void Statement::bind_one(int index, ByteView value) {
  // A null pointer would bind NULL, not an empty blob.
  const void* data = value.data() != nullptr ? static_cast<const void*>(value.data()) : static_cast<const void*>("");
  check(sqlite3_db_handle(statement_), sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_STATIC), "bind");
}
void Statement::bind_one(int index, std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";
  check(sqlite3_db_handle(statement_),
        sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8), "bind");
}
void Statement::bind_one(int index, std::nullptr_t) {
  check(sqlite3_db_handle(statement_), sqlite3_bind_null(statement_, index), "bind");
}

Database::Database(const std::string& path, Mode mode) {
  leave_parents_connections();
  const Inside inside;
  if (mode == Mode::read_write_create) make_private(path);
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  const int code = sqlite3_open_v2(path.c_str(), &db_, flags, nullptr);
  if (code != SQLITE_OK) {
    const Failure failure(db_ != nullptr ? sqlite3_extended_errcode(db_) : code,
                          std::string("open: ") + (db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory"));
    sqlite3_close_v2(db_);
    throw failure;
  }
  try {
    remember(db_);
    sqlite3_busy_timeout(db_, kBusyMilliseconds);
    execute("PRAGMA foreign_keys=ON");
    if (mode != Mode::read_only) {
      execute("PRAGMA journal_mode=WAL");
      execute("PRAGMA synchronous=FULL");
    }
  } catch (...) {
    forget(db_);
    sqlite3_close_v2(db_);
    throw;
  }
}
Database::Database(Database&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
Database::~Database() {
  const Inside inside;
  forget(db_);
  sqlite3_close_v2(db_);
}

void Database::execute(std::string_view sql) {
  const Inside inside;
  check(db_, sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr), "execute");
}
std::int64_t Database::changes() const { return sqlite3_changes64(db_); }
std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }

Transaction::Transaction(Database& db) : db_(db) { db_.execute("BEGIN IMMEDIATE"); }
Transaction::~Transaction() {
  if (!open_) return;
  sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}
void Transaction::commit() {
  db_.execute("COMMIT");
  open_ = false;
}

Error to_error(const Failure& failure, const std::string& path) {
  switch (failure.code & 0xFF) {
    case SQLITE_FULL:
      return fail(Rv::device_memory, "the disk is full; nothing was changed; free some space and try again").about(path);
    case SQLITE_READONLY:
      return fail(Rv::token_write_protected, "the file cannot be written; check its owner and mode").about(path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Rv::device_error, "another process keeps the database locked; look for one that was stopped or is stuck, and try again").about(path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(Rv::device_error, "the database is damaged; restore it from a backup").about(path);
    case SQLITE_CANTOPEN:
      return fail(Rv::device_error, "the database cannot be opened; check that it exists, its owner and mode").about(path);
    case SQLITE_IOERR:
      return fail(Rv::device_error, "the disk reported an error; check it and its free space").about(path);
    case SQLITE_MISUSE:
      return fail(Rv::general_error, "this process was forked from one that was writing to the database; fork earlier, or start by exec")
          .about(path);
    default:
      return fail(Rv::device_error, "the database refused").about(path + " (" + failure.what() + ")");
  }
}

}  // namespace hsm::sqlite
