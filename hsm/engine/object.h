#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/crypto/crypto.h"
#include "hsm/engine/nonce_ledger.h"
#include "hsm/model/attribute_blob.h"
#include "hsm/store/keystore.h"

namespace hsm::engine {

/// The flags of an object that are asked for at each use, read once from its attributes.
enum Trait : std::uint32_t {
  can_encrypt = 1u << 0, can_decrypt = 1u << 1, can_sign = 1u << 2, can_verify = 1u << 3, can_sign_recover = 1u << 4,
  can_verify_recover = 1u << 5, can_wrap = 1u << 6, can_unwrap = 1u << 7, can_derive = 1u << 8, is_private = 1u << 9,
  is_sensitive = 1u << 10, is_extractable = 1u << 11, needs_trusted_wrapping = 1u << 12, is_trusted = 1u << 13,
  is_modifiable = 1u << 14, is_copyable = 1u << 15, is_destroyable = 1u << 16, asks_pin_each_time = 1u << 17,
  restricts_mechanisms = 1u << 18, can_encapsulate = 1u << 19, can_decapsulate = 1u << 20, has_dates = 1u << 21, limits_uses = 1u << 22,
  is_local = 1u << 23, was_always_sensitive = 1u << 24, was_never_extractable = 1u << 25, demands_of_wrapped = 1u << 26,
  demands_of_unwrapped = 1u << 27, demands_of_derived = 1u << 28, demands_of_encapsulated = 1u << 29, demands_of_decapsulated = 1u << 30,
};

/// One state of one object. Immutable but for the parsed key that it keeps: a change makes another Object of the same number.
/// Shared by all applications of a token, or (session objects) by the sessions of one. Thread-safe.
class Object {
 public:
  /// A session object of session `owner`. `attributes` ascends by type.
  Object(std::uint64_t number, SessionHandle owner, Template attributes);
  /// A token object; its number is the store's. Throws Malformed for attributes that are not canonical.
  explicit Object(store::StoredObject stored);

  std::uint64_t number() const { return number_; }
  bool on_token() const { return owner_ == kNoHandle; }
  SessionHandle owner() const { return owner_; }
  const ObjectKind& kind() const { return kind_; }
  bool has(Trait trait) const { return (traits_ & trait) != 0; }
  AttributeBlob attributes() const { return AttributeBlob(stored_.public_attributes); }
  const store::StoredObject& stored() const { return stored_; }
  bool allows(std::uint64_t mechanism) const;
  /// What one of its template attributes asks of other keys; nothing when that is absent or empty.
  std::optional<Template> demands(Attr template_attribute) const;

  /// The secret attributes; `unlocked` opens those of a private token object.
  Result<Template> secrets(store::Keystore& keystore, SlotId slot, const store::Unlocked* unlocked) const;
  /// All attributes, ascending by type.
  Result<Template> everything(store::Keystore& keystore, SlotId slot, const store::Unlocked* unlocked) const;
  /// The key ready for use: parsed at the first use, then kept until forget_key().
  Result<crypto::KeyPtr> key(store::Keystore& keystore, SlotId slot, const store::Unlocked* unlocked) const;
  void forget_key() const { keep_key(nullptr); }
  /// Of an object that was destroyed: no key is made of it any more. True when one was, which somebody may remember.
  bool retire() const;
  /// The IVs made for this key. A copy, or a later state, of the object shares those of `other`.
  std::shared_ptr<NonceLedger> nonces() const;
  void share_nonces_of(const Object& other) const;

 private:
  crypto::KeyPtr kept_key() const;
  bool keep_key(crypto::KeyPtr key) const;  ///< false when it has retired
  void read_traits();

  std::uint64_t number_;
  SessionHandle owner_ = kNoHandle;
  store::StoredObject stored_;  ///< of a session object only the public attributes
  Template secrets_;            ///< of a session object
  ObjectKind kind_;
  std::uint32_t traits_ = 0;
  mutable std::atomic_flag key_busy_{};
  mutable crypto::KeyPtr key_;  ///< guarded by key_busy_, as what follows
  mutable bool retired_ = false;
  mutable std::shared_ptr<NonceLedger> nonces_;
};
using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace hsm::engine
