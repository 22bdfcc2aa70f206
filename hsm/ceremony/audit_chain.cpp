#include "hsm/ceremony/audit_chain.h"

#include <charconv>

#include "hsm/crypto/crypto.h"

namespace hsm::ceremony {

namespace {

/// Takes `prefix` off the front of `text`.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
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

Status AuditChain::add(std::string_view line) {
  const auto place = [&] { return "line " + std::to_string(records_ + 1); };
  const auto unreadable = [&] { return fail(Rv::data_invalid, "the audit log is damaged: not a record").about(place()); };
  if (ended_) return fail(Rv::data_invalid, "the audit log goes on behind its head").about(place());
  if (records_ != 0 && line == end_line()) {
    ended_ = true;
    return Done{};
  }
  std::uint64_t sequence = 0;
  if (!take(line, R"({"sequence":)")) return unreadable();
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), sequence);
  if (error != std::errc()) return unreadable();
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!take(line, R"(,"previous":")")) return unreadable();
  const auto previous = take_hash(line);
  if (!previous || !take(line, R"(","hash":")")) return unreadable();
  const auto hash = take_hash(line);
  if (!hash || !take(line, R"(","events":)") || !line.ends_with('}')) return unreadable();
  line.remove_suffix(1);

  if (records_ != 0 && (sequence != next_ || *previous != head_)) {
    return fail(Rv::data_invalid, "the audit log is damaged: a record is missing or out of order before").about(place());
  }
  Bytes image = bytes_of("keymantle kms audit v1");
  for (int shift = 0; shift < 64; shift += 8) image.push_back(static_cast<std::uint8_t>(sequence >> shift & 0xFF));
  image.insert(image.end(), previous->begin(), previous->end());
  image.insert(image.end(), view(line).begin(), view(line).end());
  if (crypto::sha256(image) != *hash) {
    return fail(Rv::data_invalid, "the audit log is damaged: a record was changed").about(place());
  }
  if (records_++ == 0) first_ = sequence;
  next_ = sequence + 1;
  head_ = *hash;
  return Done{};
}

std::string AuditChain::end_line() const { return R"({"head":)" + std::to_string(next_ - 1) + R"(,"hash":")" + head() + R"("})"; }

Status AuditChain::end() const {
  if (!ended_) return fail(Rv::data_invalid, "the log does not end with its head: lines were cut off, or the export was interrupted");
  return Done{};
}

}  // namespace hsm::ceremony
