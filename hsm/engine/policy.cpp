#include "hsm/engine/policy.h"

namespace hsm::engine::policy {

bool may_see(const Login& login, const Object& object) {
  return !object.has(is_private) || login.state == LoginState::user;
}

Status may_create(const Caller& caller, bool on_token, bool private_object) {
  if (private_object && caller.login.state != LoginState::user)
    return fail(Rv::user_not_logged_in, "private objects need the user's login");
  if (on_token && !caller.read_write) return fail(Rv::session_read_only, "token objects need a read-write session");
  return Done{};
}

Status may_copy(const Object& object) {
  if (!object.has(is_copyable)) return fail(Rv::action_prohibited, "CKA_COPYABLE is false");
  if (object.kind().object_class == ObjectClass::otp_key)
    return fail(Rv::action_prohibited, "a copy would give each one-time password a second time");
  if (object.has(limits_uses)) return fail(Rv::action_prohibited, "a copy would have the uses of a limited key a second time");
  return Done{};
}

Status may_change(const Caller& caller, const Object& object) {
  if (object.on_token() && !caller.read_write) return fail(Rv::session_read_only, "token objects need a read-write session");
  if (!object.has(is_modifiable)) return fail(Rv::action_prohibited, "CKA_MODIFIABLE is false");
  return Done{};
}

Status may_destroy(const Caller& caller, const Object& object) {
  if (object.on_token() && !caller.read_write) return fail(Rv::session_read_only, "token objects need a read-write session");
  if (!object.has(is_destroyable)) return fail(Rv::action_prohibited, "CKA_DESTROYABLE is false");
  return Done{};
}

}  // namespace hsm::engine::policy
