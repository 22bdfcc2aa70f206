#include "hsm/engine/policy.h"

#include <array>

#include "hsm/model/template.h"

namespace hsm::engine::policy {
namespace {

struct UseRow {
  Uses mechanism;
  Trait key;
};
/// By Use.
constexpr auto kUses = std::to_array<UseRow>({
    {uses_digest, Trait{}},
    {uses_encrypt, can_encrypt},
    {uses_decrypt, can_decrypt},
    {uses_sign, can_sign},
    {uses_verify, can_verify},
    {uses_sign_recover, can_sign_recover},
    {uses_verify_recover, can_verify_recover},
});

Status check_key(const MechanismRow& row, const Object& key, Trait flag, Rv wrong_type) {
  if (!key.has(flag)) return fail(Rv::key_function_not_permitted, "the key is not for this use");
  if (!key.allows(static_cast<std::uint64_t>(row.id)))
    return fail(Rv::mechanism_invalid, "not among the key's CKA_ALLOWED_MECHANISMS");
  if (!fits(row, key.kind().key_type())) return Error{wrong_type, "the mechanism works with keys of another type", Place::here(), {}};
  return Done{};
}

}  // namespace

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

Status may_begin(Use use, const MechanismRow& row, const Object* key) {
  const auto& needed = kUses[static_cast<std::size_t>(use)];
  if ((row.uses & needed.mechanism) == 0) return fail(Rv::mechanism_invalid, "the mechanism is not for this use");
  if (use == Use::digest) return Done{};
  return check_key(row, *key, needed.key, Rv::key_type_inconsistent);
}

Status may_wrap(const MechanismRow& row, const Object& wrapping_key, const Object& key) {
  TRY(check_key(row, wrapping_key, can_wrap, Rv::wrapping_key_type_inconsistent));
  const auto object_class = key.kind().object_class;
  if (object_class != ObjectClass::secret_key && object_class != ObjectClass::private_key)
    return fail(Rv::key_not_wrappable, "only secret and private keys are wrapped");
  if (!key.has(is_extractable)) return fail(Rv::key_unextractable, "CKA_EXTRACTABLE is false");
  if (key.has(needs_trusted_wrapping) && !wrapping_key.has(is_trusted))
    return fail(Rv::key_not_wrappable, "the key may only be wrapped by a trusted key");
  return matches_wrap_template(wrapping_key, key);
}

Status may_unwrap(const MechanismRow& row, const Object& unwrapping_key) {
  return check_key(row, unwrapping_key, can_unwrap, Rv::unwrapping_key_type_inconsistent);
}

Status may_derive(const MechanismRow& row, const Object& base_key) {
  return check_key(row, base_key, can_derive, Rv::key_type_inconsistent);
}

Status may_encapsulate(const MechanismRow& row, const Object& public_key) {
  return check_key(row, public_key, can_encapsulate, Rv::key_type_inconsistent);
}

Status may_decapsulate(const MechanismRow& row, const Object& private_key) {
  return check_key(row, private_key, can_decapsulate, Rv::unwrapping_key_type_inconsistent);
}

Status matches_wrap_template(const Object& wrapping_key, const Object& key) {
  const auto value = wrapping_key.attributes().value(static_cast<std::uint64_t>(Attr::wrap_template));
  const auto* demanded = value ? std::get_if<Template>(&*value) : nullptr;
  if (demanded == nullptr || demanded->empty()) return Done{};
  if (!Wanted(*demanded, crypto::SecretAccess::use()).matches(key.attributes()))
    return fail(Rv::key_handle_invalid, "the key does not match the wrapping key's CKA_WRAP_TEMPLATE");
  return Done{};
}

Result<const MechanismRow*> known(std::uint64_t mechanism) {
  const auto* row = TRY(find_mechanism(mechanism));
  if (!crypto::available(*row)) return fail(Rv::mechanism_invalid, "this libcrypto does not have the mechanism");
  return row;
}

Result<const MechanismRow*> usable(const Mechanism& mechanism, Uses use) {
  const auto* row = TRY(known(mechanism.type));
  if ((row->uses & use) == 0) return fail(Rv::mechanism_invalid, "the mechanism is not for this use");
  return row;
}

bool fits(const MechanismRow& row, KeyType type) {
  if (!row.keyed || row.key == type) return true;
  return row.key == KeyType::generic_secret && holds_generic_secret(type);
}

}  // namespace hsm::engine::policy
