#pragma once

#include "hsm/base/result.h"
#include "hsm/engine/object.h"
#include "hsm/engine/recent.h"
#include "hsm/engine/seat.h"
#include "hsm/model/mechanism.h"
#include "hsm/model/policy_checks.h"

// What is allowed: every decision about who may do what with which object stands here, each as one function that answers with the
// standard's code. Nothing here changes anything. The checks are those of hsm/model/policy_checks.h; docs/policy.md explains them.
//
//   policy.cpp             who sees, makes, changes and destroys objects
//   policy_attributes.cpp  what a key may be when it is made, copied and changed
//   policy_use.cpp         what a key may be used for, and by which mechanism
//   policy_mechanisms.cpp  what the rules need to know of mechanisms
//   policy_strength.cpp    how strong a key is

namespace hsm::engine {

/// Whose call it is, and under which login, seen when the call began.
struct Caller {
  SessionHandle session = kNoHandle;
  Seat* seat = nullptr;
  bool read_write = false;
  Login login;
  Recent recent;  ///< of the session when the call began; its login is in `login`

  const store::Unlocked* unlocked() const { return login.unlocked.get(); }
  PolicyProfile profile() const { return seat->token().profile(); }
};

namespace policy {

// ---- objects

/// Private objects exist for the logged-in user only.
bool may_see(const Login& login, const Object& object);
Status may_create(const Caller& caller, bool on_token, bool private_object);
Status may_copy(const Object& object);
Status may_change(const Caller& caller, const Object& object);
Status may_destroy(const Caller& caller, const Object& object);

// ---- what a key may be

/// The key that a new one comes out of: the base key of a derivation, the unwrapping or the decapsulating key; and which of its template
/// attributes speaks of such keys. No key for what comes out of none.
struct Source {
  const Object* key = nullptr;
  Attr demand = Attr::derive_template;
};

/// The template with what strict says where the caller says nothing: to be asked before the defaults of the attribute table are
/// taken. An explicit contradiction stays, and is refused by may_exist().
Template settled(PolicyProfile profile, const ObjectKind& kind, const Template& given, KeyUse use);
/// The finished attributes of a new key but for its value.
Status may_exist(PolicyProfile profile, On on, const ObjectKind& kind, const Template& attributes, const Source& source);
/// A private RSA key that comes from outside: attribute_value_invalid for a public exponent below 65537.
Status sound_numbers(PolicyProfile profile, const Template& attributes);
/// The value of a derived key: not so short that it can be guessed.
Status long_enough(PolicyProfile profile, const Secret& derived);
/// `changes` are canonical and keep the one-way flags; `after` is the whole object with them.
Status may_become(const Caller& caller, const Object& now, const Template& changes, const Template& after);

// ---- what a key may be used for

/// A mechanism as it is asked for.
struct Asked {
  PolicyProfile profile;
  const MechanismRow& row;
  const Mechanism& mechanism;
};
/// `key` is nullptr for digests.
Status may_begin(Use use, const Asked& asked, const Object* key);
/// `asked` is the digest that the key goes into.
Status may_digest(const Asked& asked, const Object& key);
Status may_wrap(const Asked& asked, const Object& wrapping_key, const Object& key);
/// key_size_range when strict and `key` is sensitive and stronger than `with` and what the mechanism makes of it.
Status strong_enough(const Asked& asked, const Object& object, const crypto::Key& key, const crypto::Key& with);
Status may_unwrap(const Asked& asked, const Object& unwrapping_key);
Status may_derive(const Asked& asked, const Object& base_key);
/// CKM_PUB_KEY_FROM_PRIV_KEY asks for no CKA_DERIVE (PKCS#11 3.2, 6.43.7).
Status may_make_public(const Asked& asked, const Object& private_key);
/// CKM_HKDF_DATA: what is derived can be read.
Status may_derive_data(const Asked& asked, const Object& base_key);
Status may_encapsulate(const Asked& asked, const Object& public_key);
Status may_decapsulate(const Asked& asked, const Object& private_key);
/// The parts of CKA_WRAP_TEMPLATE that `key` does not have: key_handle_invalid, as the standard says.
Status matches_wrap_template(const Object& wrapping_key, const Object& key);

// ---- mechanisms

/// The row of a mechanism that is listed: we know it and libcrypto has what it needs; mechanism_invalid otherwise.
Result<const MechanismRow*> known(std::uint64_t mechanism);
/// mechanism_param_invalid where the caller's parameter was not the structure that the mechanism takes.
Status well_formed(const Mechanism& mechanism);
/// What a token offers of a mechanism: its uses but for those that the profile refuses always.
Uses offered(PolicyProfile profile, const MechanismRow& row);
/// The row of a mechanism that can be used so; mechanism_invalid otherwise.
Result<const MechanismRow*> usable(PolicyProfile profile, const Mechanism& mechanism, Uses use);

/// What the rules ask of a mechanism, as bits.
enum MechanismTrait : std::uint32_t {
  keeps_keys = 1u << 0,         ///< authenticated, and safe without a fresh IV: wraps sensitive keys
  authenticates = 1u << 1,      ///< unwraps nothing that was made or changed by somebody without the key
  reveals_octets = 1u << 2,     ///< derives so that octets of the base key or of other derived keys can be learnt
  encrypts_data = 1u << 3,      ///< derives by encrypting what the caller gives
  raw_rsa = 1u << 4,            ///< signing is decrypting
  takes_padding_off = 1u << 5,  ///< tells by failing whether padding was right
  is_legacy = 1u << 6,          ///< only opens and verifies what is there
  from_password = 1u << 7,      ///< makes keys that whoever knows a password knows
  is_broken = 1u << 8,          ///< protects nothing any more: MD5, DES with less than three keys
  derives_by_mac = 1u << 9,     ///< what it derives is a MAC by the base key
};
bool has(std::uint64_t mechanism, MechanismTrait trait);
/// A key that signs whatever its user likes: not one whose allowed mechanisms put labels of their own before it.
bool signs_freely(const Object& key);
/// The hash mechanisms inside a mechanism's parameters.
MechanismSet hashes_inside(const Mechanism& mechanism);

/// Bits of security, after NIST SP 800-57: 0, 80, 112, 128, 192 or 256.
unsigned strength_of(const crypto::Key& key);
/// The same of a key that wraps by a mechanism: no more than the key that the mechanism makes in between, and its hashes, are worth.
unsigned strength_of(const Mechanism& mechanism, const crypto::Key& wrapping_key);
/// A key that a strict token neither makes nor uses, whatever the mechanism: of DES with less than three parts.
bool is_broken_key(KeyType type);

}  // namespace policy
}  // namespace hsm::engine
