#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/store/audit.h"

namespace hsm::ceremony {

/// Verifies the HSM's exported audit log (store::to_json_line) line by line, offline and without a key. A flipped octet, a missing and a
/// swapped line are found and named by their sequence number. A log that was cut at its end and given another last line is found
/// by comparing head() with a head that was noted elsewhere, or by the HSM itself, which can check the MAC of the last line.
class KeystoreChain {
 public:
  Status add(std::string_view line);
  /// Refuses a log whose last line is not the head of the chain.
  Status end() const;

  /// How the first line of such a log begins.
  static bool begins_with(std::string_view line) { return line.starts_with(R"({"v":)") || line.starts_with(R"({"head":)"); }

  std::uint64_t records() const { return records_; }
  std::uint64_t first() const { return first_; }
  std::uint64_t last() const { return next_ - 1; }
  std::string head() const { return to_hex(head_); }

 private:
  Status add_head(std::string_view line);
  Error damaged() const;

  std::uint64_t records_ = 0, first_ = 0, next_ = 0;
  Bytes head_;
  bool ended_ = false;
};

/// Exactly what store::to_json_line() writes; nothing for any other text.
std::optional<store::AuditRecord> from_json_line(std::string_view line);

}  // namespace hsm::ceremony
