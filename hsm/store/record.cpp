#include "hsm/store/record.h"

#include <fmt/core.h>

#include <algorithm>

#include "hsm/base/codec.h"
#include "hsm/model/attribute_blob.h"

namespace hsm::store {
namespace {

constexpr std::string_view kObject = "keymantle object v1";
constexpr std::string_view kToken = "keymantle token v1";
constexpr std::string_view kHead = "keymantle head v1";
constexpr std::string_view kTokenKey = "keymantle token key v1";
constexpr std::size_t kKeySize = 32;

void append(Bytes& to, ByteView octets) { to.insert(to.end(), octets.begin(), octets.end()); }
void append(Bytes& to, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) to.push_back(static_cast<std::uint8_t>(number >> shift));
}

Bytes describe_token(ByteView keystore, SlotId slot, const TokenId& id) {
  Bytes associated = bytes_of(kToken);
  append(associated, keystore);
  append(associated, slot);
  append(associated, ByteView(id.bytes));
  return associated;
}

Bytes describe_head(ByteView keystore) {
  Bytes associated = bytes_of(kHead);
  append(associated, keystore);
  return associated;
}

Bytes describe_token_key(const TokenId& id, std::uint8_t role) {
  Bytes associated = bytes_of(kTokenKey);
  append(associated, ByteView(id.bytes));
  associated.push_back(role);
  return associated;
}

/// Whatever does not fit is one refusal, which the caller says the subject of.
template <class T>
Result<T> decoded(ByteView plaintext) {
  try {
    return decode<T>(plaintext);
  } catch (const Malformed&) {
    return fail(Rv::device_error, "a sealed record is of another version of keymantle");
  }
}

template <class T>
Result<T> open_as(const Secret& key, ByteView associated, ByteView sealed) {
  const auto plaintext = TRY(crypto::open(key, associated, sealed));
  return decoded<T>(plaintext.reveal(crypto::SecretAccess::use()));
}

template <class T>
Bytes seal_value(const Secret& key, ByteView associated, const T& value) {
  return crypto::seal(key, associated, ByteView(encode(value)));
}

}  // namespace

Tag tag_of(ByteView sealed) {
  Tag tag{};
  if (sealed.size() >= tag.size()) std::ranges::copy(sealed.last(tag.size()), tag.begin());
  return tag;
}

Status ObjectDigest::toggle(const crypto::KeyPtr& key, std::span<const Tag> tags, Bytes& digest) {
  if (tags.empty()) return Done{};
  Bytes in;
  in.reserve(tags.size() * sizeof(Tag));
  for (const auto& tag : tags) append(in, ByteView(tag));
  Bytes out(in.size());
  Mechanism ecb;
  ecb.type = static_cast<std::uint64_t>(Mech::aes_ecb);
  const auto operation = TRY(crypto::begin(Use::encrypt, ecb, key));
  TRY(operation->once(in, out));
  for (std::size_t i = 0; i < out.size(); ++i) digest[i % sizeof(Tag)] ^= out[i];
  return Done{};
}

Sealer::Sealer(const Secret& master_key, Bytes keystore_id)
    : id_(std::move(keystore_id)),
      token_rows_(crypto::hkdf_sha256(master_key, id_, "keymantle tokens v1", kKeySize)),
      head_(crypto::hkdf_sha256(master_key, id_, "keymantle head v1", kKeySize)),
      token_keys_(crypto::hkdf_sha256(master_key, id_, "keymantle token keys v1", kKeySize)),
      head_mac_(crypto::hkdf_sha256(master_key, id_, "keymantle audit head v1", kKeySize)) {}

Bytes Sealer::seal_token(const TokenBody& body, SlotId slot, const TokenId& id) const {
  return seal_value(token_rows_, describe_token(id_, slot, id), body);
}
Result<TokenBody> Sealer::open_token(const TokenRow& row) const {
  const auto plaintext = TRY(crypto::open(token_rows_, describe_token(id_, row.slot, row.id), row.sealed));
  const auto octets = plaintext.reveal(crypto::SecretAccess::use());
  WipedBytes body(octets.begin(), octets.end());
  if (!body.empty() && body[0] == 1) {
    // A token from before there were profiles keeps the ways of its applications.
    body[0] = 2;
    body.push_back(static_cast<std::uint8_t>(PolicyProfile::compatible));
  }
  return decoded<TokenBody>(body);
}
Bytes Sealer::seal_head(const Head& head) const { return seal_value(head_, describe_head(id_), head); }
Result<Head> Sealer::open_head(ByteView sealed) const { return open_as<Head>(head_, describe_head(id_), sealed); }

Bytes Sealer::seal_public_key(const Secret& key, const TokenId& id) const {
  return crypto::seal(token_keys_, describe_token_key(id, 0), key);
}
Result<TokenKeys> Sealer::open_public_key(ByteView sealed, const TokenId& id) const {
  TokenKeys keys;
  keys.objects = TRY(crypto::open(token_keys_, describe_token_key(id, 0), sealed));
  Template digest;
  digest.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
  digest.push_back(attribute(Attr::key_type, KeyType::aes));
  digest.push_back(attribute(Attr::value, crypto::hkdf_sha256(keys.objects, ByteView(id.bytes), "keymantle digest v1", kKeySize)));
  keys.digest = TRY(crypto::load_key(digest));
  return keys;
}

Bytes Sealer::head_mac(std::uint64_t sequence, ByteView hash) const {
  Bytes text = bytes_of("keymantle audit head v1");
  append(text, sequence);
  append(text, hash);
  return crypto::hmac_sha256(head_mac_, text);
}

Bytes seal_private_key(const Secret& pin_key, const Secret& key, const TokenId& id, PinRole role) {
  return crypto::seal(pin_key, describe_token_key(id, static_cast<std::uint8_t>(role)), key);
}
Result<Secret> open_private_key(const Secret& pin_key, ByteView sealed, const TokenId& id, PinRole role) {
  return crypto::open(pin_key, describe_token_key(id, static_cast<std::uint8_t>(role)), sealed);
}

Result<Split> split(const Template& attributes) {
  std::vector<const Attribute*> sorted;
  for (const auto& attribute : attributes) sorted.push_back(&attribute);
  std::ranges::sort(sorted, {}, &Attribute::type);
  if (std::ranges::adjacent_find(sorted, {}, &Attribute::type) != sorted.end())
    return fail(Rv::template_inconsistent, "an attribute is given twice");
  const auto is_secret = [](const Attribute* a) { return std::holds_alternative<Secret>(a->value); };
  const auto secrets = std::ranges::count_if(sorted, is_secret);
  Writer in_clear, secret;
  in_clear.put(static_cast<std::uint32_t>(std::ssize(sorted) - secrets));
  secret.put(static_cast<std::uint32_t>(secrets));
  for (const auto* attribute : sorted) (is_secret(attribute) ? secret : in_clear).put(*attribute);
  return Split{{in_clear.bytes().begin(), in_clear.bytes().end()}, secret.take()};
}

void describe_object(const TokenId& token, const ObjectView& object, Bytes& into) {
  into.assign(view(kObject).begin(), view(kObject).end());
  append(into, ByteView(token.bytes));
  append(into, ByteView(object.id.bytes));
  append(into, object.version);
  into.push_back(object.private_object ? 1 : 0);
  append(into, object.public_attributes);
}

std::string title_of(const ObjectView& object) {
  std::string label;
  try {
    const AttributeBlob blob(object.public_attributes);
    for (const auto octet : blob.octets(Attr::label).first(std::min<std::size_t>(blob.octets(Attr::label).size(), 64)))
      label += octet >= 0x20 && octet < 0x7F ? static_cast<char>(octet) : '?';
  } catch (const Malformed&) {
    label.assign(1, '?');
  }
  return fmt::format("object {} \"{}\"", to_hex(object.id.bytes), label);
}

std::string title_of(SlotId slot, const std::string& label) { return fmt::format("token \"{}\" in slot {}", label, slot); }

}  // namespace hsm::store
