#include "hsm/store/sealing.h"

#include <algorithm>
#include <semaphore>

namespace hsm::store {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kTagSize = 16;

// An Argon2id takes 64 MiB: more than two at once would let a login flood take the machine's memory.
std::counting_semaphore<2> derivations{2};
struct Turn {
  Turn() { derivations.acquire(); }
  ~Turn() { derivations.release(); }
};

template <class... Parts>
Bytes describe(std::string_view purpose, const Parts&... parts) {
  Writer writer;
  writer.put(view(purpose));
  (writer.put(parts), ...);
  return bytes_of(bytes_view(writer.bytes()));
}

Secret encode_secret(const auto& value) {
  const auto plain = encode(value);
  return Secret::copy_of(bytes_view(plain));
}

template <class T>
T decode_secret(const Secret& plain) {
  return decode<T>(plain.reveal(crypto::SecretAccess::use()));
}

bool is_secret(const Attribute& attribute) { return std::holds_alternative<Secret>(attribute.value); }

Template sorted_part(const Template& attributes, bool secret) {
  Template part;
  for (const auto& item : attributes) {
    if (is_secret(item) != secret) continue;
    Template one;
    one.push_back(Attribute{item.type, {}});
    std::visit(overloaded{[&](const Secret& value) { one[0].value = value.clone(crypto::SecretAccess::use()); },
                          [&](const Template& nested) { one[0].value = clone(nested, crypto::SecretAccess::use()); },
                          [&](const auto& value) { one[0].value = value; }},
               item.value);
    part.push_back(std::move(one[0]));
  }
  std::ranges::sort(part, {}, &Attribute::type);
  return part;
}

}  // namespace

RootKeys::RootKeys(const Secret& master_key, const Bytes& keystore_id)
    : tokens_(crypto::hkdf_sha256(master_key, keystore_id, "keymantle token rows v1", kKeySize)),
      pepper_(crypto::hkdf_sha256(master_key, keystore_id, "keymantle pin pepper v1", kKeySize)),
      head_(crypto::hkdf_sha256(master_key, keystore_id, "keymantle audit head v1", kKeySize)),
      keystore_(keystore_id) {}

Bytes RootKeys::seal_token(const TokenRow& row, const TokenContent& content) const {
  return crypto::seal(tokens_, describe("keymantle token v1", keystore_, row.slot, ByteView(row.id.bytes)), encode_secret(content));
}

Result<TokenContent> RootKeys::open_token(const TokenRow& row) const {
  auto plain = crypto::open(tokens_, describe("keymantle token v1", keystore_, row.slot, ByteView(row.id.bytes)), row.sealed);
  if (!plain) return fail(Rv::device_error, "a token's record was changed outside Keymantle").about(fmt::format("slot {}", row.slot));
  return decode_secret<TokenContent>(*plain);
}

Bytes RootKeys::seal_head(ByteView head) const { return crypto::seal(head_, describe("keymantle head v1", keystore_), head); }

Result<Bytes> RootKeys::open_head(ByteView sealed) const {
  auto plain = crypto::open(head_, describe("keymantle head v1", keystore_), sealed);
  if (!plain) return fail(Rv::device_error, "the head of the audit chain was changed outside Keymantle");
  return bytes_of(plain->reveal(crypto::SecretAccess::use()));
}

Secret RootKeys::derive_from_pin(const Secret& pin, const PinLock& lock) const {
  const Turn turn;
  return crypto::argon2id(pin, lock.salt, pepper_, lock.cost, kKeySize);
}

PinLock RootKeys::lock(const Secret& pin, const crypto::Argon2Cost& cost, const TokenId& token, std::string_view user,
                       const Secret& private_key) const {
  PinLock lock{.cost = cost, .salt = crypto::random_bytes(16), .tries = 0, .wrapped = {}};
  lock.wrapped = crypto::seal(derive_from_pin(pin, lock), describe("keymantle pin v1", keystore_, ByteView(token.bytes), view(user)),
                              private_key);
  return lock;
}

Result<Secret> RootKeys::open_lock(const PinLock& lock, const Secret& pin, const TokenId& token, std::string_view user) const {
  auto key = crypto::open(derive_from_pin(pin, lock), describe("keymantle pin v1", keystore_, ByteView(token.bytes), view(user)),
                          lock.wrapped);
  if (!key) return fail(Rv::pin_incorrect, "the PIN is wrong");
  return std::move(key).value();
}

Bytes describe_object(const TokenId& token, const StoredObject& object) {
  return describe("keymantle object v1", ByteView(token.bytes), ByteView(object.id.bytes), object.version, object.private_object,
                  object.public_attributes);
}

SplitAttributes split(const Template& attributes) {
  const auto clear = encode(sorted_part(attributes, false));
  return {bytes_of(bytes_view(clear)), encode_secret(sorted_part(attributes, true))};
}

Result<Template> decode_public(const StoredObject& object) {
  try {
    return decode<Template>(object.public_attributes);
  } catch (const Malformed&) {
    return fail(Rv::device_error, "an object's attributes are damaged").about(to_hex(object.id.bytes));
  }
}

Result<Template> decode_secrets(const Secret& plaintext) {
  try {
    return decode_secret<Template>(plaintext);
  } catch (const Malformed&) {
    return fail(Rv::device_error, "an object's secret attributes are damaged");
  }
}

Tag tag_of(const StoredObject& object) {
  Tag tag{};
  if (object.sealed.size() >= kTagSize) std::ranges::copy(ByteView(object.sealed).last(kTagSize), tag.begin());
  return tag;
}

void toggle(Digest& digest, const Secret& digest_key, const ObjectId& id, const Tag& tag) {
  std::array<std::uint8_t, 32> name{};
  std::ranges::copy(id.bytes, name.begin());
  std::ranges::copy(tag, name.begin() + 16);
  const auto part = crypto::hmac_sha256(digest_key, name);
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(digest[i] ^ part[i]);
}

}  // namespace hsm::store
