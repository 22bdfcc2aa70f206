#include "hsm/ceremony/keystore_chain.h"

#include <charconv>

namespace hsm::ceremony {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <class Number>
bool take_number(std::string_view& text, std::string_view name, Number& number) {
  if (!take(text, name)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_octets(std::string_view& text, std::string_view name, Bytes& octets) {
  if (!take(text, name)) return false;
  const auto end = text.find('"');
  if (end == std::string_view::npos) return false;
  const auto found = from_hex(text.substr(0, end));
  text.remove_prefix(end + 1);
  if (found) octets = *found;
  return found.has_value();
}

/// The inside of a JSON string as to_json_line() escapes it.
bool take_text(std::string_view& text, std::string_view name, std::string& out) {
  if (!take(text, name)) return false;
  out.clear();
  while (!text.empty() && text.front() != '"') {
    if (text.front() != '\\') {
      out += text.front();
      text.remove_prefix(1);
    } else if (take(text, "\\u00")) {
      const auto octet = text.size() < 2 ? std::nullopt : from_hex(text.substr(0, 2));
      if (!octet) return false;
      out += static_cast<char>(octet->front());
      text.remove_prefix(2);
    } else {
      if (text.size() < 2) return false;
      out += text[1];
      text.remove_prefix(2);
    }
  }
  return take(text, "\"");
}

}  // namespace

std::optional<store::AuditRecord> from_json_line(std::string_view line) {
  auto rest = line;
  store::AuditRecord record;
  std::uint16_t act = 0;
  std::string ignored;
  Bytes hash;
  const bool read = take_number(rest, R"({"v":)", record.version) && take_number(rest, R"(,"seq":)", record.sequence) &&
                    take_number(rest, R"(,"us":)", record.time) && take_text(rest, R"(,"time":")", ignored) &&
                    take_text(rest, R"(,"event":")", ignored) && take_number(rest, R"(,"act":)", act) &&
                    take_text(rest, R"(,"actor":")", record.actor) && take_octets(rest, R"(,"token":")", record.token) &&
                    take_octets(rest, R"(,"object":")", record.object) && take_text(rest, R"(,"outcome":")", ignored) &&
                    take_number(rest, R"(,"rv":)", record.outcome) && take_number(rest, R"(,"count":)", record.count) &&
                    take_octets(rest, R"(,"previous":")", record.previous) && take_octets(rest, R"(,"hash":")", hash) &&
                    rest == "}";
  record.act = static_cast<store::Act>(act);
  // Everything in the line, also what is there for people only, follows from the record.
  constexpr std::uint64_t kLastMicrosecond = 253'402'300'799'999'999;  // of the year 9999
  if (!read || record.time > kLastMicrosecond || store::to_json_line(record) != line) return std::nullopt;
  return record;
}

Error KeystoreChain::damaged() const {
  return fail(Rv::data_invalid, "the audit log is damaged")
      .about(records_ == 0 ? std::string("its first line") : "record " + std::to_string(next_));
}

Status KeystoreChain::add(std::string_view line) {
  if (ended_) return fail(Rv::data_invalid, "the audit log goes on behind its head");
  if (line.starts_with(R"({"head":)")) return add_head(line);
  const auto record = from_json_line(line);
  if (!record) return damaged();
  if (records_ != 0 && (record->sequence != next_ || record->previous != head_)) return damaged();
  if (records_++ == 0) first_ = record->sequence;
  next_ = record->sequence + 1;
  head_ = bytes_of(ByteView(store::hash_of(*record)));
  return Done{};
}

Status KeystoreChain::add_head(std::string_view line) {
  std::uint64_t sequence = 0;
  Bytes hash, keystore, mac;
  if (!take_number(line, R"({"head":)", sequence) || !take_octets(line, R"(,"hash":")", hash) ||
      !take_octets(line, R"(,"keystore":")", keystore) || !take_octets(line, R"(,"mac":")", mac) || line != "}")
    return damaged();
  if (records_ == 0 || sequence + 1 != next_ || hash != head_) return damaged();
  ended_ = true;
  return Done{};
}

Status KeystoreChain::end() const {
  if (!ended_) return fail(Rv::data_invalid, "the log does not end with its head: lines were cut off, or the export was interrupted");
  return Done{};
}

}  // namespace hsm::ceremony
