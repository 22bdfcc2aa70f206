#include "hsm/store/chain.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>

#include "hsm/base/codec.h"

namespace hsm::store {
namespace {

constexpr std::uint64_t kPage = 512;

std::uint64_t microseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

Error broken(std::uint64_t sequence) {
  return fail(Rv::device_error, "the audit chain was changed outside Keymantle").about(fmt::format("record {}", sequence));
}

/// Calls `take` for each record of the store from `first` on.
Status each_record(Store& store, std::uint64_t first, const std::function<Status(const AuditRow&)>& take) {
  for (std::uint64_t next = first;;) {
    const auto rows = TRY(store.audit(next, kPage));
    if (rows.empty()) return Done{};
    for (const auto& row : rows) TRY(take(row));
    next = rows.back().sequence + 1;
  }
}

Result<AuditRecord> decode_record(const AuditRow& row) {
  try {
    return decode<AuditRecord>(row.record);
  } catch (const Malformed&) {
    return broken(row.sequence);
  }
}

}  // namespace

Result<Head> read_head(const RootKeys& keys, const std::optional<Bytes>& sealed) {
  if (!sealed) return Head{};
  return decode<Head>(TRY(keys.open_head(*sealed)));
}

Status append(Change& change, const RootKeys& keys, const std::optional<TokenId>& token, const AuditEvent& event,
              const std::string& default_actor) {
  auto head = TRY(read_head(keys, TRY(change.meta(kHeadName))));
  AuditRecord record;
  record.sequence = head.sequence + 1;
  record.time = microseconds();
  record.act = event.act;
  record.actor = event.actor.empty() ? default_actor : event.actor;
  if (token) record.token = bytes_of(ByteView(token->bytes));
  if (event.object) record.object = bytes_of(ByteView(event.object->bytes));
  record.outcome = static_cast<std::uint64_t>(event.outcome);
  record.count = event.count;
  record.previous = head.hash;
  const auto encoded = encode(record);
  TRY(change.add_audit({record.sequence, bytes_of(bytes_view(encoded))}));
  head = {record.sequence, bytes_of(ByteView(hash_of_encoded(bytes_view(encoded))))};
  const auto plain = encode(head);
  return change.put_meta(kHeadName, keys.seal_head(bytes_view(plain)));
}

Status verify_chain(Store& store, const RootKeys& keys) {
  // The head first: records that are added meanwhile lie behind it.
  const auto head = TRY(read_head(keys, TRY(store.meta(kHeadName))));
  Head seen;
  TRY(each_record(store, 1, [&](const AuditRow& row) -> Status {
    if (seen.sequence >= head.sequence) return Done{};
    const auto record = TRY(decode_record(row));
    if (row.sequence != seen.sequence + 1 || record.sequence != row.sequence || record.previous != seen.hash)
      return broken(seen.sequence + 1);
    seen = {row.sequence, bytes_of(ByteView(hash_of_encoded(row.record)))};
    return Done{};
  }));
  if (seen != head) return broken(seen.sequence == head.sequence ? head.sequence : seen.sequence + 1);
  return Done{};
}

Status export_chain(Store& store, const RootKeys& keys, std::uint64_t first,
                    const std::function<Status(std::string_view line)>& out) {
  const auto head = TRY(read_head(keys, TRY(store.meta(kHeadName))));
  TRY(each_record(store, first, [&](const AuditRow& row) -> Status {
    if (row.sequence > head.sequence) return Done{};
    return out(to_json_line(TRY(decode_record(row))));
  }));
  const auto encoded = encode(head);
  return out(fmt::format(R"({{"head":{{"sequence":{},"hash":"{}","mac":"{}"}}}})", head.sequence, to_hex(head.hash),
                         to_hex(keys.authenticate_head(bytes_view(encoded)))));
}

}  // namespace hsm::store
