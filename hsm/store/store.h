#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/store/rows.h"

namespace hsm::store {

/// A store at one moment, but for the objects.
struct Snapshot {
  std::uint64_t change = 0;            ///< the number of the last change it contains
  std::uint64_t removals_from = 0;     ///< removals are known of the changes from here on
  bool complete = true;                ///< all objects of the token, or only those changed since the number asked
  std::vector<TokenRow> tokens;        ///< all of the store
  std::vector<ObjectId> removed;       ///< since the number asked; empty when complete
  Bytes head;                          ///< meta "head" at the same moment
};

/// Called with one object after the other while the store is read; what it refuses ends the reading. Must not call the store.
using SeeObject = std::function<Status(const Snapshot& snapshot, const ObjectView& object)>;

/// Rows that become visible and durable together. Sees the latest committed state and its own writes; no other change of any
/// process runs beside it. Rolled back when it is destroyed uncommitted. Belongs to one thread, which must not begin another.
class Change {
 public:
  virtual ~Change() = default;

  /// The number this change will have.
  virtual std::uint64_t number() const = 0;
  virtual Result<std::uint64_t> next_object_number() = 0;

  virtual Result<std::vector<TokenRow>> tokens() = 0;
  virtual Result<std::optional<TokenRow>> token(SlotId slot) = 0;
  virtual Status put_token(const TokenRow& row) = 0;
  /// Removes the row and all its objects.
  virtual Status remove_token(SlotId slot) = 0;

  virtual Result<std::optional<StoredObject>> object(SlotId slot, const ObjectId& id) = 0;
  virtual Status put_object(SlotId slot, const StoredObject& object) = 0;
  virtual Status remove_object(SlotId slot, const ObjectId& id) = 0;
  virtual Status remove_objects(SlotId slot) = 0;

  virtual Result<std::optional<Bytes>> meta(std::string_view name) = 0;
  virtual Status put_meta(std::string_view name, ByteView value) = 0;
  virtual Status add_audit(const AuditRow& row) = 0;

  /// Durable when it returns without an error: survives kill -9 and power loss.
  virtual Status commit() = 0;
};

/// Rows on a disk or in memory; knows nothing of keys. Thread-safe. After a fork the child must neither use nor destroy it.
class Store {
 public:
  virtual ~Store() = default;

  /// The number of the last committed change of any process. No system call in the common case, so that it can be asked before
  /// each use of a key.
  virtual std::uint64_t change() = 0;
  /// Waits for the other writers.
  virtual Result<std::unique_ptr<Change>> begin() = 0;

  /// The store at this moment, but for all objects.
  virtual Result<Snapshot> tokens() = 0;
  /// Shows every object of one token, by id, when `since` is 0 or too long ago, otherwise what changed after `since`.
  virtual Result<Snapshot> read(SlotId slot, std::uint64_t since, const SeeObject& see) = 0;
  /// Shows those of the objects with these numbers that are there, all of one moment.
  virtual Status read_some(SlotId slot, std::span<const std::uint64_t> numbers, const std::function<Status(const ObjectView&)>& see) = 0;
  virtual Result<std::optional<Bytes>> meta(std::string_view name) = 0;
  virtual Result<std::vector<AuditRow>> audit(std::uint64_t first, std::uint64_t most) = 0;

  /// What errors call it: the path of the database file, or "memory".
  virtual std::string name() const = 0;
};

std::unique_ptr<Store> make_memory_store();

/// `directory`/keystore.db and `directory`/changes, made when missing. The directory must exist; errors name the file and its mode.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& directory);

}  // namespace hsm::store
