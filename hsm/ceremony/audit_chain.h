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
/// between `"events":` and the last `}`. Sequences are N, N+1 ...; previous is the hash of the line before.
class AuditChain {
 public:
  /// The refusal names the line by its sequence, or by its place when it cannot be read.
  Status add(std::string_view line);
  std::uint64_t lines() const { return lines_; }
  std::uint64_t first() const { return first_; }
  /// Hash of the last line, hexadecimal.
  std::string head() const { return to_hex(head_); }

 private:
  std::uint64_t lines_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
  Bytes head_;
};

}  // namespace hsm::ceremony
