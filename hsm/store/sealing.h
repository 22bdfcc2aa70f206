#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "hsm/base/bytes.h"
#include "hsm/base/codec.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/model/attribute.h"
#include "hsm/store/rows.h"

// What lies in the columns `sealed`, as docs/storage-format.md describes it. All keys of this file come from the master key.

namespace hsm::store {

using Tag = std::array<std::uint8_t, 16>;
using Digest = std::array<std::uint8_t, 32>;

inline ByteView bytes_view(const WipedBytes& bytes) { return {bytes.data(), bytes.size()}; }

/// A PIN and what it opens.
struct PinLock {
  crypto::Argon2Cost cost;
  Bytes salt;                  ///< 16 octets
  std::uint32_t tries = 0;     ///< wrong ones since the last right one; raised durably before each check
  Bytes wrapped;               ///< the token's private key, sealed under Argon2id(PIN, salt, pepper)
  static constexpr auto fields = std::tuple{&PinLock::cost, &PinLock::salt, &PinLock::tries, &PinLock::wrapped};
};

/// Everything of a token but its objects: the plaintext of TokenRow::sealed.
struct TokenContent {
  std::string label;
  std::string serial;
  PinLock so;
  std::optional<PinLock> user;
  Secret public_key;           ///< token wrapping key of the objects that need no login
  std::uint64_t objects = 0;
  Bytes digest;                ///< sum over all records: a missing or an old record shows
  static constexpr auto fields =
      std::tuple{&TokenContent::label, &TokenContent::serial, &TokenContent::so, &TokenContent::user,
                 &TokenContent::public_key, &TokenContent::objects, &TokenContent::digest};
};

/// What the master key is used for: one derived key for each purpose.
class RootKeys {
 public:
  RootKeys(const Secret& master_key, const Bytes& keystore_id);

  Bytes seal_token(const TokenRow& row, const TokenContent& content) const;
  Result<TokenContent> open_token(const TokenRow& row) const;

  Bytes seal_head(ByteView head) const;
  Result<Bytes> open_head(ByteView sealed) const;
  /// MAC over an exported head, so that the owner of the master key can tell a cut export.
  Bytes authenticate_head(ByteView head) const { return crypto::hmac_sha256(head_, head); }

  /// Seals the private key under a PIN. Waits while two derivations run already.
  PinLock lock(const Secret& pin, const crypto::Argon2Cost& cost, const TokenId& token, std::string_view user,
               const Secret& private_key) const;
  /// pin_incorrect for another PIN.
  Result<Secret> open_lock(const PinLock& lock, const Secret& pin, const TokenId& token, std::string_view user) const;

 private:
  Secret derive_from_pin(const Secret& pin, const PinLock& lock) const;

  Secret tokens_, pepper_, head_;
  Bytes keystore_;
};

/// The associated data of an object's record.
Bytes describe_object(const TokenId& token, const StoredObject& object);
/// Splits a template: secrets are the plaintext, all else is public and encoded canonically (ascending by type).
struct SplitAttributes {
  Bytes public_attributes;
  Secret secrets;
};
SplitAttributes split(const Template& attributes);
Result<Template> decode_public(const StoredObject& object);
Result<Template> decode_secrets(const Secret& plaintext);

/// The GCM tag of a sealed record: what the digest is made of.
Tag tag_of(const StoredObject& object);
/// Adds a record to a digest, or takes it out again.
void toggle(Digest& digest, const Secret& digest_key, const ObjectId& id, const Tag& tag);

}  // namespace hsm::store
