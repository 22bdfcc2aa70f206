#include "hsm/store/audit.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "hsm/base/codec.h"
#include "hsm/crypto/crypto.h"

namespace hsm::store {
namespace {

struct ActName {
  Act act;
  std::string_view name;
};
constexpr auto kActs = std::to_array<ActName>({
    {Act::keystore_created, "keystore_created"}, {Act::keystore_opened, "keystore_opened"},
    {Act::master_key_replaced, "master_key_replaced"}, {Act::token_initialised, "token_initialised"},
    {Act::token_removed, "token_removed"}, {Act::login, "login"}, {Act::user_pin_set, "user_pin_set"},
    {Act::pin_changed, "pin_changed"}, {Act::logout, "logout"},
    {Act::policy_changed, "policy_changed"}, {Act::object_created, "object_created"},
    {Act::object_changed, "object_changed"}, {Act::object_destroyed, "object_destroyed"},
    {Act::object_copied, "object_copied"}, {Act::key_generated, "key_generated"}, {Act::key_unwrapped, "key_unwrapped"},
    {Act::key_derived, "key_derived"}, {Act::key_wrapped, "key_wrapped"}, {Act::used_digest, "used_digest"},
    {Act::used_encrypt, "used_encrypt"}, {Act::used_decrypt, "used_decrypt"}, {Act::used_sign, "used_sign"},
    {Act::used_verify, "used_verify"}, {Act::used_wrap, "used_wrap"}, {Act::used_unwrap, "used_unwrap"},
    {Act::used_derive, "used_derive"}, {Act::ceremony_generated, "ceremony_generated"},
    {Act::ceremony_committed, "ceremony_committed"}, {Act::ceremony_unsealed, "ceremony_unsealed"},
    {Act::ceremony_sealed, "ceremony_sealed"}, {Act::ceremony_refused, "ceremony_refused"},
});
static_assert(std::ranges::is_sorted(kActs, std::ranges::less_equal{}, &ActName::act));

/// The octets of a text as a JSON string; what is not printable ASCII becomes \u00XX, octet by octet.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet > 0x7E) {
      out += fmt::format("\\u00{:02x}", octet);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string_view name_of(Act act) {
  const auto found = std::ranges::find(kActs, act, &ActName::act);
  return found == kActs.end() ? "?" : found->name;
}

std::uint64_t now_in_microseconds() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

AuditHash hash_of_encoded(ByteView record) {
  Bytes text = bytes_of("keymantle audit record v1");
  text.insert(text.end(), record.begin(), record.end());
  AuditHash hash{};
  std::ranges::copy(crypto::sha256(text), hash.begin());
  return hash;
}

AuditHash hash_of(const AuditRecord& record) { return hash_of_encoded(encode(record)); }

std::string to_json_line(const AuditRecord& record) {
  const auto seconds = static_cast<std::time_t>(record.time / 1'000'000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format(
      R"({{"v":{},"seq":{},"us":{},"time":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z","event":{},"act":{},"actor":{},"token":"{}","object":"{}",)"
      R"("outcome":{},"rv":{},"count":{},"previous":"{}","hash":"{}"}})",
      record.version, record.sequence, record.time, utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
      utc.tm_sec, json_text(name_of(record.act)), static_cast<unsigned>(record.act), json_text(record.actor), to_hex(record.token),
      to_hex(record.object), json_text(hsm::name_of(static_cast<Rv>(record.outcome))), record.outcome, record.count,
      to_hex(record.previous), to_hex(hash_of(record)));
}

}  // namespace hsm::store
