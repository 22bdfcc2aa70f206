#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/store/rows.h"

namespace hsm::store {

/// What can be recorded. Numbers are part of the format: append only.
enum class Act : std::uint16_t {
  keystore_created = 1, keystore_opened = 2, master_key_replaced = 3,
  token_initialised = 10, token_removed = 11, login = 12, user_pin_set = 13, pin_changed = 14, logout = 15,
  policy_changed = 16,
  object_created = 20, object_changed = 21, object_destroyed = 22, object_copied = 23,
  key_generated = 24, key_unwrapped = 25, key_derived = 26, key_wrapped = 27,
  used_digest = 40, used_encrypt = 41, used_decrypt = 42, used_sign = 43, used_verify = 44, used_wrap = 45, used_unwrap = 46,
  used_derive = 47,
  ceremony_generated = 60, ceremony_committed = 61, ceremony_unsealed = 62, ceremony_sealed = 63, ceremony_refused = 64,
};
/// "object_created"; "?" for a number that is none.
std::string_view name_of(Act act);

/// What the one who acts says of it; the keystore adds sequence, time, token and chain.
struct AuditEvent {
  Act act = Act::keystore_created;
  std::string actor;                  ///< "uid 1000 pid 4711", "admin ..."
  std::optional<ObjectId> object;
  Rv outcome = Rv::ok;
  std::uint64_t count = 1;            ///< how often, for uses
};

using AuditHash = std::array<std::uint8_t, 32>;

/// One link of the chain, as it is stored, exported and verified.
struct AuditRecord {
  std::uint8_t version = 1;
  std::uint64_t sequence = 0;         ///< 1, 2, 3 ... without gaps
  std::uint64_t time = 0;             ///< microseconds since 1970 UTC; the clock of the machine, advisory
  Act act = Act::keystore_created;
  std::string actor;
  Bytes token;                        ///< TokenId, or empty
  Bytes object;                       ///< ObjectId, or empty
  std::uint64_t outcome = 0;          ///< an Rv
  std::uint64_t count = 1;
  Bytes previous;                     ///< hash of the record before; 32 zero octets for the first
  static constexpr auto fields =
      std::tuple{&AuditRecord::version, &AuditRecord::sequence, &AuditRecord::time,    &AuditRecord::act,   &AuditRecord::actor,
                 &AuditRecord::token,   &AuditRecord::object,   &AuditRecord::outcome, &AuditRecord::count, &AuditRecord::previous};
};

/// SHA-256("keymantle audit record v1" || encoded record).
AuditHash hash_of(const AuditRecord& record);
AuditHash hash_of_encoded(ByteView record);

std::uint64_t now_in_microseconds();

/// One line of JSON without the newline, always the same for the same record.
std::string to_json_line(const AuditRecord& record);

}  // namespace hsm::store
