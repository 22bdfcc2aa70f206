#pragma once

#include "hsm/base/result.h"
#include "hsm/engine/object.h"
#include "hsm/engine/seat.h"
#include "hsm/model/mechanism.h"

// What is allowed: every decision about who may do what with which object stands here, each as one function that answers with the
// standard's code. Nothing here changes anything.

namespace hsm::engine {

/// Whose call it is, and under which login, seen when the call began.
struct Caller {
  SessionHandle session = kNoHandle;
  Seat* seat = nullptr;
  bool read_write = false;
  Login login;

  const store::Unlocked* unlocked() const { return login.unlocked.get(); }
};

namespace policy {

/// Private objects exist for the logged-in user only.
bool may_see(const Login& login, const Object& object);
Status may_create(const Caller& caller, bool on_token, bool private_object);
Status may_copy(const Object& object);
Status may_change(const Caller& caller, const Object& object);
Status may_destroy(const Caller& caller, const Object& object);

/// `key` is nullptr for digests.
Status may_begin(Use use, const MechanismRow& row, const Object* key);
Status may_wrap(const MechanismRow& row, const Object& wrapping_key, const Object& key);
Status may_unwrap(const MechanismRow& row, const Object& unwrapping_key);
Status may_derive(const MechanismRow& row, const Object& base_key);
Status may_encapsulate(const MechanismRow& row, const Object& public_key);
Status may_decapsulate(const MechanismRow& row, const Object& private_key);
/// The parts of CKA_WRAP_TEMPLATE that `key` does not have: key_handle_invalid, as the standard says.
Status matches_wrap_template(const Object& wrapping_key, const Object& key);

/// The row of a mechanism that is listed: we know it and libcrypto has what it needs; mechanism_invalid otherwise.
Result<const MechanismRow*> known(std::uint64_t mechanism);
/// The row of a mechanism that can be used so; mechanism_invalid otherwise.
Result<const MechanismRow*> usable(const Mechanism& mechanism, Uses use);
bool fits(const MechanismRow& row, KeyType type);

}  // namespace policy
}  // namespace hsm::engine
