#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "hsm/store/store.h"

namespace hsm::store {
namespace {

/// Everything that a commit makes visible; a change works on a copy.
struct Rows {
  struct Kept {
    StoredObject object;
    std::uint64_t change = 0;
  };
  std::uint64_t change = 0, next_object = 1;
  std::map<SlotId, TokenRow> tokens;
  std::map<std::pair<SlotId, ObjectId>, Kept> objects;
  std::map<std::pair<SlotId, ObjectId>, std::uint64_t> removals;
  std::map<std::string, Bytes, std::less<>> meta;
  std::map<std::uint64_t, Bytes> audit;

  std::vector<TokenRow> all_tokens() const {
    std::vector<TokenRow> found;
    for (const auto& [slot, row] : tokens) found.push_back(row);
    return found;
  }
  std::optional<Bytes> find_meta(std::string_view name) const {
    const auto found = meta.find(name);
    return found == meta.end() ? std::nullopt : std::optional(found->second);
  }
};

class MemoryStore;

class MemoryChange final : public Change {
 public:
  MemoryChange(std::unique_lock<std::mutex> turn, MemoryStore& store, Rows rows)
      : turn_(std::move(turn)), store_(store), rows_(std::move(rows)) {
    ++rows_.change;
  }

  std::uint64_t number() const override { return rows_.change; }
  Result<std::uint64_t> next_object_number() override { return rows_.next_object++; }
  Result<std::vector<TokenRow>> tokens() override { return rows_.all_tokens(); }
  Result<std::optional<TokenRow>> token(SlotId slot) override {
    const auto found = rows_.tokens.find(slot);
    return found == rows_.tokens.end() ? std::nullopt : std::optional(found->second);
  }
  Status put_token(const TokenRow& row) override {
    rows_.tokens[row.slot] = row;
    return Done{};
  }
  Status remove_token(SlotId slot) override {
    rows_.tokens.erase(slot);
    return remove_objects(slot);
  }
  Result<std::optional<StoredObject>> object(SlotId slot, const ObjectId& id) override {
    const auto found = rows_.objects.find({slot, id});
    return found == rows_.objects.end() ? std::nullopt : std::optional(found->second.object);
  }
  Status put_object(SlotId slot, const StoredObject& object) override {
    rows_.objects[{slot, object.id}] = {object, rows_.change};
    return Done{};
  }
  Status remove_object(SlotId slot, const ObjectId& id) override {
    rows_.objects.erase({slot, id});
    rows_.removals[{slot, id}] = rows_.change;
    return Done{};
  }
  Status remove_objects(SlotId slot) override {
    std::erase_if(rows_.objects, [&](const auto& kept) {
      if (kept.first.first != slot) return false;
      rows_.removals[kept.first] = rows_.change;
      return true;
    });
    return Done{};
  }
  Result<std::optional<Bytes>> meta(std::string_view name) override { return rows_.find_meta(name); }
  Status put_meta(std::string_view name, ByteView value) override {
    rows_.meta[std::string(name)] = bytes_of(value);
    return Done{};
  }
  Status add_audit(const AuditRow& row) override {
    if (!rows_.audit.emplace(row.sequence, row.record).second)
      return fail(Rv::device_error, "the store has an audit record of this number");
    return Done{};
  }
  Status commit() override;

 private:
  std::unique_lock<std::mutex> turn_;
  MemoryStore& store_;
  Rows rows_;
};

class MemoryStore final : public Store {
 public:
  std::uint64_t change() override { return change_.load(std::memory_order_acquire); }
  Result<std::unique_ptr<Change>> begin() override {
    std::unique_lock turn(writing_);
    Rows copy;
    {
      const std::lock_guard lock(reading_);
      copy = rows_;
    }
    return std::unique_ptr<Change>(std::make_unique<MemoryChange>(std::move(turn), *this, std::move(copy)));
  }
  Result<Snapshot> tokens() override {
    const std::lock_guard lock(reading_);
    return snapshot();
  }
  Result<Snapshot> read(SlotId slot, std::uint64_t since, const SeeObject& see) override {
    const std::lock_guard lock(reading_);
    auto snapshot = this->snapshot();
    snapshot.complete = since == 0 || since > rows_.change;
    for (const auto& [key, kept] : rows_.objects)
      if (key.first == slot && (snapshot.complete || kept.change > since)) TRY(see(snapshot, kept.object));
    if (snapshot.complete) return snapshot;
    for (const auto& [key, change] : rows_.removals)
      if (key.first == slot && change > since) snapshot.removed.push_back(key.second);
    return snapshot;
  }
  Status read_some(SlotId slot, std::span<const std::uint64_t> numbers, const std::function<Status(const ObjectView&)>& see) override {
    const std::lock_guard lock(reading_);
    for (const auto& [key, kept] : rows_.objects)
      if (key.first == slot && std::ranges::find(numbers, key.second.number()) != numbers.end()) TRY(see(kept.object));
    return Done{};
  }
  Result<std::optional<Bytes>> meta(std::string_view name) override {
    const std::lock_guard lock(reading_);
    return rows_.find_meta(name);
  }
  Result<std::vector<AuditRow>> audit(std::uint64_t first, std::uint64_t most) override {
    const std::lock_guard lock(reading_);
    std::vector<AuditRow> found;
    for (auto row = rows_.audit.lower_bound(first); row != rows_.audit.end() && found.size() < most; ++row)
      found.push_back({row->first, row->second});
    return found;
  }
  std::string name() const override { return "memory"; }

  void replace(Rows rows) {
    const std::lock_guard lock(reading_);
    rows_ = std::move(rows);
    change_.store(rows_.change, std::memory_order_release);
  }

 private:
  Snapshot snapshot() const {
    Snapshot found;
    found.change = rows_.change;
    found.tokens = rows_.all_tokens();
    found.head = rows_.find_meta("head").value_or(Bytes());
    return found;
  }

  std::mutex writing_, reading_;
  Rows rows_;
  std::atomic<std::uint64_t> change_{0};
};

Status MemoryChange::commit() {
  store_.replace(std::move(rows_));
  return Done{};
}

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace hsm::store
