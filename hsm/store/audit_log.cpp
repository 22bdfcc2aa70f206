#include <fmt/core.h>

#include "hsm/base/codec.h"
#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// The audit chain in the store: single records, counted uses, export, verification.

namespace hsm::store {
namespace {

constexpr std::uint64_t kAtOnce = 1000;

Error broken_at(std::uint64_t sequence, const std::string& store) {
  return fail(Rv::device_error, "the audit chain is broken").about(fmt::format("record {} of {}", sequence, store));
}

}  // namespace

Status Keystore::record(std::optional<SlotId> slot, AuditEvent event) {
  auto writing = TRY(state_->write());
  std::optional<TokenId> id;
  if (slot) id = TRY(writing.token(*slot))->row.id;
  TRY(writing.record(std::move(event), id));
  return writing.commit();
}

Keystore::UseCounter Keystore::use_counter(SlotId slot, const ObjectId& object, Act act) {
  const std::lock_guard lock(state_->uses_mutex);
  auto& counter = state_->uses[{slot, object, act}];
  if (!counter) counter = std::make_shared<std::atomic<std::uint64_t>>(0);
  return counter;
}

Status Keystore::flush_uses() {
  struct Use {
    SlotId slot;
    AuditEvent event;
    UseCounter counter;
  };
  std::vector<Use> used;
  {
    const std::lock_guard lock(state_->uses_mutex);
    for (auto it = state_->uses.begin(); it != state_->uses.end();) {
      const auto& [slot, object, act] = it->first;
      const auto count = it->second->exchange(0, std::memory_order_relaxed);
      if (count > 0) used.push_back({slot, {act, {}, object, Rv::ok, count}, it->second});
      it = count == 0 && it->second.use_count() == 1 ? state_->uses.erase(it) : std::next(it);
    }
  }
  if (used.empty()) return Done{};
  const auto write_all = [&]() -> Status {
    auto writing = TRY(state_->write());
    for (const auto& use : used) {
      const auto known = writing.token(use.slot);
      TRY(writing.record(use.event, known ? std::optional((*known)->row.id) : std::nullopt));
    }
    return writing.commit();
  };
  auto written = write_all();
  if (!written)
    for (const auto& use : used) use.counter->fetch_add(use.event.count, std::memory_order_relaxed);
  return written;
}

Status Keystore::export_audit(std::uint64_t first, const std::function<Status(std::string_view line)>& out) {
  // The head of now: records that are written meanwhile are left to the next export.
  const auto head = TRY(state_->open_head(TRY(state_->store->meta("head")).value_or(Bytes())));
  auto next = std::max<std::uint64_t>(first, 1);
  while (next <= head.audit_sequence) {
    const auto rows = TRY(state_->store->audit(next, std::min(kAtOnce, head.audit_sequence - next + 1)));
    if (rows.empty()) return broken_at(next, name());
    for (const auto& row : rows) {
      if (row.sequence != next) return broken_at(next, name());
      try {
        TRY(out(to_json_line(decode<AuditRecord>(row.record))));
      } catch (const Malformed&) {
        return broken_at(next, name());
      }
      ++next;
    }
  }
  return out(fmt::format(R"({{"head":{},"hash":"{}","keystore":"{}","mac":"{}"}})", head.audit_sequence, to_hex(head.audit_hash),
                         to_hex(state_->header.id), to_hex(state_->sealer.head_mac(head.audit_sequence, head.audit_hash))));
}

Status Keystore::verify_audit() {
  const auto head = TRY(state_->open_head(TRY(state_->store->meta("head")).value_or(Bytes())));
  Bytes previous(32);
  std::uint64_t next = 1;
  while (next <= head.audit_sequence) {
    const auto rows = TRY(state_->store->audit(next, std::min(kAtOnce, head.audit_sequence - next + 1)));
    if (rows.empty()) return broken_at(next, name());
    for (const auto& row : rows) {
      try {
        const auto record = decode<AuditRecord>(row.record);
        // A record that was edited no longer has the hash that the next one, or the head, names.
        if (row.sequence != next || record.sequence != next) return broken_at(next, name());
        if (record.previous != previous) return broken_at(next == 1 ? 1 : next - 1, name());
      } catch (const Malformed&) {
        return broken_at(next, name());
      }
      previous = bytes_of(ByteView(hash_of_encoded(row.record)));
      ++next;
    }
  }
  if (previous != head.audit_hash) return broken_at(head.audit_sequence, name());
  return Done{};
}

}  // namespace hsm::store
