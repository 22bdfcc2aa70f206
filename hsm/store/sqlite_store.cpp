#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>

#include "hsm/base/log.h"
#include "hsm/base/sqlite.h"
#include "hsm/store/changes_page.h"
#include "hsm/store/file_state.h"
#include "hsm/store/open_files.h"
#include "hsm/store/sqlite_connection.h"
#include "hsm/store/store.h"

// The database keystore.db. Everything that the columns `sealed`, `record` and `value` hold is described in docs/storage-format.md.

namespace hsm::store {
namespace {

constexpr auto kWriteState = "UPDATE state SET change = ?1, next_object = ?2, removals_from = ?3 WHERE id = 1";
constexpr auto kWriteMeta = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
constexpr auto kReadToken = "SELECT slot, token, sealed FROM tokens WHERE slot = ?1";
constexpr auto kWriteToken = "INSERT INTO tokens VALUES (?1, ?2, ?3) ON CONFLICT (slot) DO UPDATE SET token = ?2, sealed = ?3";
constexpr auto kRemoveToken = "DELETE FROM tokens WHERE slot = ?1";
/// The plus keeps SQLite from its index: a walk over the table in its own order is twice as fast as a sorted one.
constexpr auto kReadObjects = "SELECT id, version, private, attributes, sealed FROM objects WHERE +slot = ?1 ORDER BY number";
constexpr auto kReadChanged = "SELECT id, version, private, attributes, sealed FROM objects WHERE slot = ?1 AND change > ?2 ORDER BY number";
constexpr auto kReadObject = "SELECT id, version, private, attributes, sealed FROM objects WHERE number = ?1 AND slot = ?2";
constexpr auto kWriteObject =
    "INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (number) DO UPDATE SET slot = ?2, change = ?3, "
    "id = ?4, version = ?5, private = ?6, attributes = ?7, sealed = ?8";
constexpr auto kRemoveObject = "DELETE FROM objects WHERE number = ?1 AND slot = ?2";
constexpr auto kNoteRemoval = "INSERT OR REPLACE INTO removals VALUES (?1, ?2, ?3, ?4)";
constexpr auto kNoteRemovals =
    "INSERT OR REPLACE INTO removals SELECT number, slot, ?2, id FROM objects WHERE slot = ?1";
constexpr auto kRemoveObjects = "DELETE FROM objects WHERE slot = ?1";
constexpr auto kReadRemovals = "SELECT id FROM removals WHERE slot = ?1 AND change > ?2";
constexpr auto kForgetRemovals = "DELETE FROM removals WHERE change <= ?1";
constexpr auto kAddAudit = "INSERT INTO audit VALUES (?1, ?2)";
constexpr auto kReadAudit = "SELECT sequence, record FROM audit WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2";

/// A reader that looks again within this many changes learns what was removed; a later one reads everything.
constexpr std::uint64_t kRemembered = 4096;
constexpr std::uint64_t kLookEvery = 1'000'000'000;
constexpr std::chrono::seconds kWaitForMaker{2};
/// No commit has this number.
constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

/// The page of changes is raised when a commit is on the disk: a database that knows less is an old copy, or was cut.
Status not_older(const std::string& path, std::uint64_t change, std::uint64_t shown) {
  if (change >= shown) return Done{};
  return fail(Rv::device_error,
              "the database is older than what was committed: an old copy was put back, or its log was cut; put the newest one back, or remove "
              "the file `changes` beside it to go on with this one, its PIN counters and its deleted objects")
      .about(describe(path) + ": knows " + std::to_string(change) + " changes, " + std::to_string(shown) + " were committed");
}

class SqliteChange final : public Change {
 public:
  SqliteChange(std::unique_lock<std::mutex> turn, SqliteConnection& on, ChangesPage& page, const OpenFiles& files, const std::string& path)
      : turn_(std::move(turn)), on_(on), page_(page), files_(files), path_(path), transaction_(on.db), counters_(on.counters()) {
    ++counters_.change;
  }

  std::uint64_t number() const override { return counters_.change; }
  Result<std::uint64_t> next_object_number() override { return counters_.next_object++; }

  Result<std::vector<TokenRow>> tokens() override {
    return guarded(path_, [&]() -> Result<std::vector<TokenRow>> { return on_.tokens(); });
  }
  Result<std::optional<TokenRow>> token(SlotId slot) override {
    return guarded(path_, [&]() -> Result<std::optional<TokenRow>> {
      auto& row = on_.query(on_.read_token, kReadToken, slot);
      std::optional<TokenRow> found;
      if (row.step()) found = SqliteConnection::token_of(row);
      row.reset();
      return found;
    });
  }
  Status put_token(const TokenRow& token) override {
    return run(on_.write_token, kWriteToken, token.slot, ByteView(token.id.bytes), token.sealed);
  }
  Status remove_token(SlotId slot) override {
    TRY(remove_objects(slot));
    return run(on_.remove_token, kRemoveToken, slot);
  }

  Result<std::optional<StoredObject>> object(SlotId slot, const ObjectId& id) override {
    return guarded(path_, [&]() -> Result<std::optional<StoredObject>> {
      auto& row = on_.query(on_.read_object, kReadObject, id.number(), slot);
      std::optional<StoredObject> found;
      if (row.step()) found = SqliteConnection::view_of(row).copy();
      row.reset();
      if (found && found->id != id) found.reset();
      return found;
    });
  }
  Status put_object(SlotId slot, const StoredObject& object) override {
    return run(on_.write_object, kWriteObject, object.id.number(), slot, counters_.change, ByteView(object.id.bytes),
               object.version, object.private_object, object.public_attributes, object.sealed);
  }
  Status remove_object(SlotId slot, const ObjectId& id) override {
    TRY(run(on_.note_removal, kNoteRemoval, id.number(), slot, counters_.change, ByteView(id.bytes)));
    return run(on_.remove_object, kRemoveObject, id.number(), slot);
  }
  Status remove_objects(SlotId slot) override {
    TRY(run(on_.note_removals, kNoteRemovals, slot, counters_.change));
    return run(on_.remove_objects, kRemoveObjects, slot);
  }

  Result<std::optional<Bytes>> meta(std::string_view name) override {
    return guarded(path_, [&]() -> Result<std::optional<Bytes>> { return on_.meta(name); });
  }
  Status put_meta(std::string_view name, ByteView value) override { return run(on_.write_meta, kWriteMeta, name, value); }
  Status add_audit(const AuditRow& row) override { return run(on_.add_audit, kAddAudit, row.sequence, row.record); }

  Status commit() override {
    if (counters_.change > counters_.removals_from + 2 * kRemembered) {
      counters_.removals_from = counters_.change - kRemembered;
      TRY(run(on_.forget_removals, kForgetRemovals, counters_.removals_from));
    }
    TRY(run(on_.write_state, kWriteState, counters_.change, counters_.next_object, counters_.removals_from));
    TRY(guarded(path_, [&]() -> Status {
      transaction_.commit();
      return Done{};
    }));
    TRY(files_.check());  // it is durable, but where nobody finds it
    page_.publish(counters_.change);
    return Done{};
  }

 private:
  template <class... Args>
  Status run(SqliteConnection::Kept& kept, const char* sql, const Args&... args) {
    return guarded(path_, [&]() -> Status {
      on_.query(kept, sql, args...).run();
      return Done{};
    });
  }

  std::unique_lock<std::mutex> turn_;
  SqliteConnection& on_;
  ChangesPage& page_;
  const OpenFiles& files_;
  const std::string& path_;
  sqlite::Transaction transaction_;
  Counters counters_;
};

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path, std::unique_ptr<ChangesPage> page) {
    // The page before the database: others may commit meanwhile, and the later number of the two must be the database's.
    const auto shown = page->committed();
    if (shown > 0 && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
      return fail(Rv::device_error,
                  "the database is missing, though something was committed to it; put it back, or restore a backup and remove the file "
                  "`changes` beside it")
          .about(path);
    std::unique_ptr<SqliteStore> store(new SqliteStore(path, std::move(page)));
    TRY(store->prepare(shown));
    return std::unique_ptr<Store>(std::move(store));
  }

  std::uint64_t change() override {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    const auto time = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
    auto last = looked_.load(std::memory_order_relaxed);
    if (time - last > kLookEvery && looked_.compare_exchange_strong(last, time)) look();
    return lost_.load(std::memory_order_relaxed) ? kUnknown : page_->committed();
  }

  Result<std::unique_ptr<Change>> begin() override {
    return guarded(path_, [&]() -> Result<std::unique_ptr<Change>> {
      auto change =
          std::make_unique<SqliteChange>(std::unique_lock(writing_), writer_, *page_, files_, path_);
      TRY(files_.check());
      TRY(not_older(path_, change->number() - 1, page_->committed()));
      return std::unique_ptr<Change>(std::move(change));
    });
  }

  Result<Snapshot> tokens() override {
    return reading([&]() -> Result<Snapshot> {
      const auto shown = page_->committed();
      const Moment moment(reader_.db);
      return snapshot(shown);
    });
  }
  Result<Snapshot> read(SlotId slot, std::uint64_t since, const SeeObject& see) override {
    return reading([&]() -> Result<Snapshot> { return read_locked(slot, since, see); });
  }
  Status read_some(SlotId slot, std::span<const std::uint64_t> numbers, const std::function<Status(const ObjectView&)>& see) override {
    return reading([&]() -> Status {
      const Moment moment(reader_.db);
      for (const auto number : numbers) TRY(show_rows(reader_.query(reader_.read_object, kReadObject, number, slot), see));
      return Done{};
    });
  }
  Result<std::optional<Bytes>> meta(std::string_view name) override {
    return reading([&]() -> Result<std::optional<Bytes>> { return reader_.meta(name); });
  }
  Result<std::vector<AuditRow>> audit(std::uint64_t first, std::uint64_t most) override {
    return reading([&]() -> Result<std::vector<AuditRow>> {
      std::vector<AuditRow> found;
      auto& row = reader_.query(reader_.read_audit, kReadAudit, first, most);
      while (row.step()) found.push_back({natural(row, 0), bytes_of(row.blob(1))});
      row.reset();
      return found;
    });
  }
  std::string name() const override { return path_; }

 private:
  /// One reader at a time, of files that are still there.
  template <class Body>
  auto reading(Body&& body) -> decltype(body()) {
    const std::lock_guard lock(reading_);
    return guarded(path_, [&]() -> decltype(body()) {
      TRY(files_.check());
      return body();
    });
  }

  SqliteStore(std::string path, std::unique_ptr<ChangesPage> page)
      : path_(std::move(path)), page_(std::move(page)), files_(path_), writer_(path_, sqlite::Database::Mode::read_write_create),
        reader_(path_, sqlite::Database::Mode::read_write) {}

  Status prepare(std::uint64_t shown) {
    if (!writer_.has_tables()) {
      TRY(not_older(path_, 0, shown));
      writer_.make_tables();
    }
    TRY(files_.see());
    if (writer_.has_moved() || reader_.has_moved())
      return fail(Rv::device_error, "the database was replaced while it was opened; open it again").about(describe(path_));
    const auto change = reader_.counters().change;
    TRY(not_older(path_, change, shown));
    if (shown == 0 && change > 0)
      log::warning(path_ + ": the page of changes beside it is new: whether the database is an old copy cannot be told");
    return show(change);
  }

  /// Raises the page for a commit that another one made and did not show, as one that was killed. What the page says must outlive a loss of
  /// power, and that one may have died before its log was on the disk.
  Status show(std::uint64_t change) {
    if (page_->committed() >= change) return Done{};
    reader_.sync_log();
    page_->publish(change);
    return Done{};
  }

  /// What a writer that died, a replaced page or a removed store would hide. Whoever asks for the change number meanwhile is told one that
  /// nobody has seen, so that he reads, and the reading says what is wrong. SQLite is entered only where something was written: a child
  /// forked meanwhile could not use it (sqlite_forks.h).
  void look() {
    const std::lock_guard lock(reading_);
    const auto looked = guarded(path_, [&]() -> Status {
      TRY(page_->follow_file());
      TRY(files_.check());  // after the page was mapped: another store's is never raised
      const auto log = files_.log();
      if (log == seen_log_ && log != OpenFiles::Log{}) return Done{};
      TRY(show(reader_.counters().change));
      seen_log_ = log;
      return Done{};
    });
    if (!lost_.exchange(!looked, std::memory_order_relaxed) && !looked) log::error(looked.error().text());
  }

  /// While it lives, everything that is read is of one moment.
  class Moment {
   public:
    explicit Moment(sqlite::Database& db) : db_(db) { db.execute("BEGIN"); }
    ~Moment() { sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr); }
    Moment(const Moment&) = delete;

   private:
    const sqlite::Inside inside_;
    sqlite::Database& db_;
  };

  /// Shows what the statement selects, and leaves it ready for the next time whatever happens.
  template <class See>
  static Status show_rows(sqlite::Statement& rows, const See& see) {
    struct Reset {
      sqlite::Statement& rows;
      ~Reset() { rows.reset(); }
    } reset{rows};
    while (rows.step()) TRY(see(SqliteConnection::view_of(rows)));
    return Done{};
  }

  /// Of the Moment; `shown` is what the page said before it.
  Result<Snapshot> snapshot(std::uint64_t shown) {
    Snapshot found;
    const auto counters = reader_.counters();
    TRY(not_older(path_, counters.change, shown));
    found.change = counters.change;
    found.removals_from = counters.removals_from;
    found.tokens = reader_.tokens();
    if (auto head = reader_.meta("head")) found.head = std::move(*head);
    return found;
  }

  Result<Snapshot> read_locked(SlotId slot, std::uint64_t since, const SeeObject& see) {
    const auto shown = page_->committed();
    const Moment moment(reader_.db);
    auto snapshot = TRY(this->snapshot(shown));
    snapshot.complete = since == 0 || since < snapshot.removals_from || since > snapshot.change;
    const auto see_one = [&](const ObjectView& object) { return see(snapshot, object); };
    if (snapshot.complete) {
      TRY(show_rows(reader_.query(reader_.read_objects, kReadObjects, slot), see_one));
      return snapshot;
    }
    TRY(show_rows(reader_.query(reader_.read_changed, kReadChanged, slot, since), see_one));
    auto& row = reader_.query(reader_.read_removals, kReadRemovals, slot, since);
    while (row.step()) snapshot.removed.push_back(id_of<ObjectId>(row.blob(0)));
    row.reset();
    return snapshot;
  }

  const std::string path_;
  std::unique_ptr<ChangesPage> page_;
  OpenFiles files_;
  std::mutex writing_, reading_;
  SqliteConnection writer_, reader_;
  std::atomic<std::uint64_t> looked_{0};
  std::atomic<bool> lost_{false};
  OpenFiles::Log seen_log_;  ///< under reading_
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& directory) {
  struct stat state {};
  if (::stat(directory.c_str(), &state) != 0)
    return fail(Rv::device_error, "the store directory cannot be found; make it or name another").about(describe(directory, errno));
  if (!S_ISDIR(state.st_mode)) return fail(Rv::device_error, "the store is not a directory").about(describe(directory));
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return fail(Rv::token_write_protected, "the store directory cannot be written; check its owner and mode")
        .about(describe(directory, errno));
  const auto path = (directory / "keystore.db").string();
  return guarded(path, [&]() -> Result<std::unique_ptr<Store>> {
    auto page = TRY(ChangesPage::open(directory / "changes"));
    // Two processes may make the store at the same moment; SQLite does not wait for a change of the journal mode.
    const auto until = std::chrono::steady_clock::now() + kWaitForMaker;
    for (;;) try {
        return SqliteStore::open(path, std::move(page));
      } catch (const sqlite::Failure& failure) {
        if ((failure.code & 0xFF) != SQLITE_BUSY || std::chrono::steady_clock::now() > until) throw;
        ::usleep(20'000);
        page = TRY(ChangesPage::open(directory / "changes"));
      }
  });
}

}  // namespace hsm::store
