#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/model/attribute.h"
#include "hsm/model/policy_checks.h"
#include "hsm/store/keystore.h"
#include "hsm/store/record_tags.h"
#include "hsm/store/rows.h"

// What the sealed columns hold. Grammar (integers little-endian, encodings as in hsm/base/codec.h):
//
//   sealed        = nonce (12) || ciphertext || tag (16)                              AES-256-GCM
//   object        = sealed under the token's public or private key:
//                   plaintext  = encoded Template of the secret attributes, ascending by type
//                   associated = "keymantle object v1" token-id (16) object-id (16) u64 version bool private public-attributes
//   token row     = sealed under HKDF(MK, "keymantle tokens v1"):
//                   plaintext  = encoded TokenBody
//                   associated = "keymantle token v1" keystore-id (16) u64 slot token-id (16)
//   head          = sealed under HKDF(MK, "keymantle head v1"):
//                   plaintext  = encoded Head;  associated = "keymantle head v1" keystore-id (16)
//   token key     = 32 octets, sealed: the public one under HKDF(MK, "keymantle token keys v1"), the private one under each PIN's
//                   key; associated = "keymantle token key v1" token-id (16) u8 (0 public, 1 SO's, 2 user's)
//   PIN's key     = Argon2id(PIN, salt, secret = pepper); pepper = 32 random octets, sealed in the header

namespace hsm::store {

/// Of a sealed record: unique, and keyed by everything in the record.
using Tag = RecordTags::Tag;
Tag tag_of(ByteView sealed);

/// A PIN: never stored; what it opens is.
struct PinRecord {
  Bytes salt;
  crypto::Argon2Cost cost;
  std::uint32_t tries = 0;
  Bytes key;  ///< the token's private key, sealed under the PIN's key
  static constexpr auto fields = std::tuple{&PinRecord::salt, &PinRecord::cost, &PinRecord::tries, &PinRecord::key};
};

struct TokenBody {
  std::uint8_t version = 2;  ///< 1 had no profile
  std::string label, serial;
  PinRecord so;
  std::optional<PinRecord> user;
  Bytes public_key;  ///< the token's key for public objects, sealed under the master key's
  Bytes digest;      ///< 16 octets: see ObjectDigest
  std::uint64_t objects = 0;
  PolicyProfile profile = PolicyProfile::strict;
  static constexpr auto fields = std::tuple{&TokenBody::version,    &TokenBody::label,  &TokenBody::serial, &TokenBody::so,
                                            &TokenBody::user,       &TokenBody::public_key, &TokenBody::digest,
                                            &TokenBody::objects,    &TokenBody::profile};
};

/// What the whole store must look like: written in each change.
struct Head {
  struct Token {
    SlotId slot = 0;
    Bytes tag;
    static constexpr auto fields = std::tuple{&Token::slot, &Token::tag};
  };
  std::uint64_t audit_sequence = 0;
  Bytes audit_hash = Bytes(32);
  std::vector<Token> tokens;
  static constexpr auto fields = std::tuple{&Head::audit_sequence, &Head::audit_hash, &Head::tokens};
};

/// The keys of one incarnation of a token that the master key alone opens.
struct TokenKeys {
  Secret objects;         ///< seals public objects
  crypto::KeyPtr digest;  ///< AES-256, for ObjectDigest
};

/// A keyed multiset hash: the sum (XOR) of AES(tag) over all records of a token. A record that is missing, twice there or put back
/// changes it, and only the holder of the key can tell how.
class ObjectDigest {
 public:
  /// Adds records that are not in it, or takes out records that are: both are the same.
  static Status toggle(const crypto::KeyPtr& key, std::span<const Tag> tags, Bytes& digest);
};

/// The keys that a master key gives, and what is sealed under them. Immutable.
class Sealer {
 public:
  Sealer(const Secret& master_key, Bytes keystore_id);

  Bytes seal_token(const TokenBody& body, SlotId slot, const TokenId& id) const;
  Result<TokenBody> open_token(const TokenRow& row) const;
  Bytes seal_head(const Head& head) const;
  Result<Head> open_head(ByteView sealed) const;
  Bytes seal_public_key(const Secret& key, const TokenId& id) const;
  Result<TokenKeys> open_public_key(ByteView sealed, const TokenId& id) const;
  Bytes head_mac(std::uint64_t sequence, ByteView hash) const;

 private:
  Bytes id_;
  Secret token_rows_, head_, token_keys_, head_mac_;
};

enum class PinRole : std::uint8_t { so = 1, user = 2 };
Bytes seal_private_key(const Secret& pin_key, const Secret& key, const TokenId& id, PinRole role);
Result<Secret> open_private_key(const Secret& pin_key, ByteView sealed, const TokenId& id, PinRole role);

/// Splits attributes into what lies in clear and what is sealed, both ascending by type. attribute_type_invalid for a template that
/// has one twice.
struct Split {
  Bytes in_clear;
  WipedBytes secret;
};
Result<Split> split(const Template& attributes);

/// The associated data of an object's record; `into` keeps its memory from call to call.
void describe_object(const TokenId& token, const ObjectView& object, Bytes& into);
/// `object 01ab... "label"`: for errors about a record, true or not.
std::string title_of(const ObjectView& object);
std::string title_of(SlotId slot, const std::string& label);

}  // namespace hsm::store
