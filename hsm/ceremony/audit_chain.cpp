#include "hsm/ceremony/audit_chain.h"

#include <charconv>

#include "hsm/crypto/crypto.h"

namespace hsm::ceremony {

namespace {

constexpr std::string_view kHead = R"({"head":)";

/// Takes `prefix` off the front of `text`.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<Bytes> take_hash(std::string_view& text) {
  constexpr std::size_t kDigits = 64;
  if (text.size() < kDigits) return std::nullopt;
  auto hash = from_hex(text.substr(0, kDigits));
  text.remove_prefix(kDigits);
  return hash;
}

}  // namespace

Error AuditChain::damaged(Literal why) const { return fail(Rv::data_invalid, why).about("line " + std::to_string(records_ + 1)); }

Status AuditChain::add(std::string_view line) {
  constexpr Literal kUnreadable = "the audit log is damaged: not a record";
  if (ended_) return fail(Rv::data_invalid, "the audit log goes on behind its head");
  if (line.starts_with(kHead)) return add_head(line);
  std::uint64_t sequence = 0;
  if (!take(line, R"({"sequence":)") || !take_number(line, sequence) || !take(line, R"(,"previous":")")) return damaged(kUnreadable);
  const auto previous = take_hash(line);
  if (!previous || !take(line, R"(","hash":")")) return damaged(kUnreadable);
  const auto hash = take_hash(line);
  if (!hash || !take(line, R"(","events":)") || !line.ends_with('}')) return damaged(kUnreadable);
  line.remove_suffix(1);

  if (records_ != 0 && (sequence != next_ || *previous != head_)) {
    return damaged("the audit log is damaged: a record is missing or out of order before");
  }
  Bytes image = bytes_of("keymantle kms audit v1");
  for (int shift = 0; shift < 64; shift += 8) image.push_back(static_cast<std::uint8_t>(sequence >> shift & 0xFF));
  image.insert(image.end(), previous->begin(), previous->end());
  image.insert(image.end(), view(line).begin(), view(line).end());
  if (crypto::sha256(image) != *hash) return damaged("the audit log is damaged: a record was changed");
  if (records_++ == 0) first_ = sequence;
  next_ = sequence + 1;
  head_ = *hash;
  return Done{};
}

Status AuditChain::add_head(std::string_view line) {
  std::uint64_t sequence = 0;
  const bool read = take(line, kHead) && take_number(line, sequence) && take(line, R"(,"hash":")");
  const auto hash = read ? take_hash(line) : std::nullopt;
  if (!hash || line != "\"}") return damaged("the audit log is damaged: its head cannot be read");
  if (records_ == 0 || sequence + 1 != next_ || *hash != head_) {
    return damaged("the audit log is damaged: records are missing before its head");
  }
  ended_ = true;
  return Done{};
}

Status AuditChain::end() const {
  if (!ended_) return fail(Rv::data_invalid, "the log does not end with its head: lines were cut off, or the export was interrupted");
  return Done{};
}

}  // namespace hsm::ceremony
