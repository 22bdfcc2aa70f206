#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/model/template.h"

// Keys that leave and come back wrapped: C_WrapKey, C_UnwrapKey. That a stored key leaves is recorded durably before it does; what
// happens to session keys is counted like any other use.

namespace hsm::engine {
namespace {

KeyUse use() { return crypto::SecretAccess::use(); }

/// What is wrapped of a key: a secret key's octets, a private key's PrivateKeyInfo.
Result<Secret> material_of(const Object& key, const Template& everything) {
  if (key.kind().object_class == ObjectClass::private_key) return crypto::to_pkcs8(everything);
  const auto* value = find_secret(everything, Attr::value);
  if (value == nullptr) return fail(Rv::key_not_wrappable, "the key has no octets to wrap");
  return value->clone(use());
}

/// Ciphertext that does not open has codes of its own when it was a key.
Error as_wrapped_key(Error error) {
  switch (error.rv) {
    case Rv::encrypted_data_invalid:
    case Rv::aead_decrypt_failed:
    case Rv::attribute_value_invalid:
      error.rv = Rv::wrapped_key_invalid;
      break;
    case Rv::encrypted_data_len_range:
    case Rv::data_len_range:
      error.rv = Rv::wrapped_key_len_range;
      break;
    default:
      break;
  }
  return error;
}

Status add_secret(Template& attributes, Secret value) {
  const auto length = find_number(attributes, Attr::value_len);
  if (length && *length != value.size()) return fail(Rv::template_inconsistent, "CKA_VALUE_LEN is not the wrapped key's length");
  put(attributes, attribute(Attr::value, std::move(value)));
  return Done{};
}

Status add_private(Template& attributes, const ObjectKind& kind, const Secret& document) {
  auto material = crypto::from_pkcs8(document);
  if (!material) return fail(Rv::wrapped_key_invalid, "what was unwrapped is not a private key");
  if (find_number(*material, Attr::key_type) != static_cast<std::uint64_t>(kind.key_type()))
    return fail(Rv::wrapped_key_invalid, "the wrapped private key is of another type");
  return add_material(attributes, kind, std::move(*material));
}

/// Puts what was unwrapped into the new object and completes it.
Status fill(PolicyProfile profile, Template& attributes, const ObjectKind& kind, Secret material) {
  if (kind.object_class == ObjectClass::secret_key) {
    TRY(add_secret(attributes, std::move(material)));
  } else {
    TRY(add_private(attributes, kind, material));
    if (!policy::sound_numbers(profile, attributes)) return fail(Rv::wrapped_key_invalid, "the wrapped RSA key is weak");
  }
  return born_by_unwrap(attributes, kind);
}

}  // namespace

Result<request::Produced> Application::call(const request::WrapKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_wrap));
  const auto wrapping_key = TRY(resolve(caller, request.wrapping_key, Rv::wrapping_key_handle_invalid));
  if (!wrapping_key->kind().is_key()) return fail(Rv::wrapping_key_handle_invalid, "the object is not a key");
  const auto key = TRY(resolve(caller, request.key, Rv::key_handle_invalid));
  if (!key->kind().is_key()) return fail(Rv::key_handle_invalid, "the object is not a key");
  TRY(policy::may_wrap({caller.profile(), *row, request.mechanism}, *wrapping_key, *key));
  auto& token = caller.seat->token();
  const auto everything = TRY(key->everything(token.keystore(), token.slot(), caller.unlocked()));
  const auto material = TRY(material_of(*key, everything));
  const auto parsed = TRY(key_of(caller, *wrapping_key));
  TRY(policy::strong_enough(caller.profile(), *key, *TRY(key_of(caller, *key)), *parsed));
  const auto need = TRY(crypto::wrapped_size(request.mechanism, *parsed, material.size()));
  if (request.room.data() == nullptr || request.room.size() < need) return request::Produced{need, false};
  const auto wrapped = TRY(crypto::wrap(request.mechanism, *parsed, material));
  if (key->on_token()) {
    auto record = event(store::Act::key_wrapped);
    record.object = key->stored().id;
    TRY(token.keystore().record(token.slot(), std::move(record)));
  }
  std::ranges::copy(wrapped, request.room.begin());
  count_use(caller, *wrapping_key, store::Act::used_wrap);
  return request::Produced{wrapped.size(), true};
}

Result<request::OneObject> Application::call(const request::UnwrapKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_unwrap));
  const auto unwrapping_key = TRY(resolve(caller, request.unwrapping_key, Rv::unwrapping_key_handle_invalid));
  if (!unwrapping_key->kind().is_key()) return fail(Rv::unwrapping_key_handle_invalid, "the object is not a key");
  TRY(policy::may_unwrap({caller.profile(), *row, request.mechanism}, *unwrapping_key));
  const auto demand = unwrapping_key->attributes().value(static_cast<std::uint64_t>(Attr::unwrap_template));
  const auto* demanded = demand ? std::get_if<Template>(&*demand) : nullptr;
  const auto wanted = demanded != nullptr ? TRY(with_demanded(request.attributes, *demanded, use())) : clone(request.attributes, use());
  const auto unwrapped = TRY(kind_of(wanted, std::nullopt));
  if (unwrapped.object_class != ObjectClass::secret_key && unwrapped.object_class != ObjectClass::private_key)
    return fail(Rv::template_inconsistent, "only secret and private keys are unwrapped");
  auto attributes = TRY(new_under_policy(caller, on_unwrap, unwrapped, wanted, unwrapping_key.get()));
  TRY(policy::may_create(caller, find_bool(attributes, Attr::token).value_or(false),
                         find_bool(attributes, Attr::private_).value_or(false)));
  auto& token = caller.seat->token();
  TRY(may_fail(token, request.mechanism, request.unwrapping_key));
  auto material = crypto::unwrap(request.mechanism, *TRY(key_of(caller, *unwrapping_key)), request.wrapped);
  auto done = material ? fill(caller.profile(), attributes, unwrapped, std::move(*material)) : Status(as_wrapped_key(material.error()));
  if (!done) {
    if (!policy::has(request.mechanism.type, policy::takes_padding_off)) return done.error();
    // Nothing tells wrong padding from a wrong key behind right padding.
    token.padding_failures().failed(lasting_part(request.unwrapping_key));
    return fail(Rv::wrapped_key_invalid, "what was unwrapped is not such a key");
  }
  count_use(caller, *unwrapping_key, store::Act::used_unwrap);
  return request::OneObject{TRY(keep_one(caller, std::move(attributes), store::Act::key_unwrapped))};
}

}  // namespace hsm::engine
