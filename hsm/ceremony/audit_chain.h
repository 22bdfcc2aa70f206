#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"

namespace hsm::ceremony {

/// Verifies an exported audit log of the KMS line by line, offline. Each line is
///
///   {"sequence":N,"previous":"hex","hash":"hex","events":[...]}
///
/// with hash = SHA-256("keymantle kms audit v1" || N (u64, little-endian) || previous || events), events being the octets
/// between `"events":` and the last `}`. Sequences are N, N+1 ...; previous is the hash of the line before. Behind the records
/// stands the line that end_line() gives: an export that was interrupted or cut lacks it. Whoever cuts a log on purpose can write it
/// anew: against that, compare head() with one that was noted elsewhere.
class AuditChain {
 public:
  /// The refusal names the line by its sequence, or by its place when it cannot be read.
  Status add(std::string_view line);
  /// {"head":N,"hash":"hex"}: the last line of an export of what was added.
  std::string end_line() const;
  /// Refuses a log whose last line is not the head of the chain.
  Status end() const;
  /// How the first line of such a log begins.
  static bool begins_with(std::string_view line) { return line.starts_with(R"({"sequence":)"); }
  std::uint64_t records() const { return records_; }
  std::uint64_t first() const { return first_; }
  std::uint64_t last() const { return next_ - 1; }
  /// Hash of the last record, hexadecimal.
  std::string head() const { return to_hex(head_); }

 private:
  std::uint64_t records_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
  Bytes head_;
  bool ended_ = false;
};

}  // namespace hsm::ceremony
