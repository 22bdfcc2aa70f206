#include "hsm/store/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "hsm/base/codec.h"
#include "hsm/crypto/crypto.h"

namespace hsm::store {
namespace {

struct Row {
  Act act;
  std::string_view name;
};
constexpr auto kActs = std::to_array<Row>({
    {Act::keystore_created, "keystore_created"},
    {Act::keystore_opened, "keystore_opened"},
    {Act::master_key_replaced, "master_key_replaced"},
    {Act::token_initialised, "token_initialised"},
    {Act::token_removed, "token_removed"},
    {Act::login, "login"},
    {Act::user_pin_set, "user_pin_set"},
    {Act::pin_changed, "pin_changed"},
    {Act::logout, "logout"},
    {Act::object_created, "object_created"},
    {Act::object_changed, "object_changed"},
    {Act::object_destroyed, "object_destroyed"},
    {Act::object_copied, "object_copied"},
    {Act::key_generated, "key_generated"},
    {Act::key_unwrapped, "key_unwrapped"},
    {Act::key_derived, "key_derived"},
    {Act::key_wrapped, "key_wrapped"},
    {Act::used_digest, "used_digest"},
    {Act::used_encrypt, "used_encrypt"},
    {Act::used_decrypt, "used_decrypt"},
    {Act::used_sign, "used_sign"},
    {Act::used_verify, "used_verify"},
    {Act::used_wrap, "used_wrap"},
    {Act::used_unwrap, "used_unwrap"},
    {Act::used_derive, "used_derive"},
    {Act::ceremony_generated, "ceremony_generated"},
    {Act::ceremony_committed, "ceremony_committed"},
    {Act::ceremony_unsealed, "ceremony_unsealed"},
    {Act::ceremony_sealed, "ceremony_sealed"},
    {Act::ceremony_refused, "ceremony_refused"},
});
static_assert(std::ranges::is_sorted(kActs, std::less{}, &Row::act));

constexpr std::string_view kDomain = "keymantle audit record v1";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view name_of(Act act) {
  const auto it = std::ranges::lower_bound(kActs, act, {}, &Row::act);
  return it != kActs.end() && it->act == act ? it->name : "?";
}

AuditHash hash_of_encoded(ByteView record) {
  Bytes input = bytes_of(kDomain);
  input.insert(input.end(), record.begin(), record.end());
  const auto digest = crypto::sha256(input);
  AuditHash hash{};
  std::ranges::copy(digest, hash.begin());
  return hash;
}

AuditHash hash_of(const AuditRecord& record) {
  const auto encoded = encode(record);
  return hash_of_encoded({encoded.data(), encoded.size()});
}

std::string to_json_line(const AuditRecord& record) {
  return fmt::format(
      R"({{"version":{},"sequence":{},"time":{},"act":"{}","actor":"{}","token":"{}","object":"{}","outcome":{},"count":{},)"
      R"("previous":"{}","hash":"{}"}})",
      record.version, record.sequence, record.time, name_of(record.act), escaped(record.actor), to_hex(record.token),
      to_hex(record.object), record.outcome, record.count, to_hex(record.previous), to_hex(hash_of(record)));
}

}  // namespace hsm::store
