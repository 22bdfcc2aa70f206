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
/// between `"events":` and the last `}`. Sequences are N, N+1 ...; previous is the hash of the line before. The last line names the
/// head: sequence and hash of the line before it.
///
///   {"head":N,"hash":"hex"}
class AuditChain {
 public:
  /// The refusal names the line by its place.
  Status add(std::string_view line);
  /// Refuses a log whose last line is not the head of the chain. One that was cut and given another last line is found by comparing
  /// head() with a head that was noted elsewhere.
  Status end() const;
  /// How the first line of such a log begins.
  static bool begins_with(std::string_view line) { return line.starts_with(R"({"sequence":)"); }
  /// Records, without the line of the head.
  std::uint64_t records() const { return records_; }
  std::uint64_t first() const { return first_; }
  std::uint64_t last() const { return next_ - 1; }
  /// Hash of the last record, hexadecimal.
  std::string head() const { return to_hex(head_); }

 private:
  Status add_head(std::string_view line);
  Error damaged(Literal why) const;

  std::uint64_t records_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
  Bytes head_;
  bool ended_ = false;
};

}  // namespace hsm::ceremony
