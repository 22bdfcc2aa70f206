#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/engine/demands.h"
#include "hsm/engine/message_iv.h"
#include "hsm/model/template.h"

// Keys that leave and come back wrapped: C_WrapKey, C_UnwrapKey and their authenticated forms. That a stored key leaves is recorded durably before it does; what
// happens to session keys is counted like any other use.

namespace hsm::engine {
namespace {

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

Result<Application::Wrapping> Application::wrapping(const Caller& caller, const policy::Asked& asked, ObjectHandle wrapping_key,
                                                    ObjectHandle key) {
  auto with = TRY(resolve(caller, wrapping_key, Rv::wrapping_key_handle_invalid));
  if (!with->kind().is_key()) return fail(Rv::wrapping_key_handle_invalid, "the object is not a key");
  auto wrapped = TRY(resolve(caller, key, Rv::key_handle_invalid));
  if (!wrapped->kind().is_key()) return fail(Rv::key_handle_invalid, "the object is not a key");
  TRY(policy::may_wrap(asked, *with, *wrapped));
  auto parsed = TRY(key_of(caller, *with));
  remember(caller, wrapping_key, with, parsed);
  const auto inner = TRY(key_of(caller, *wrapped));
  TRY(policy::strong_enough(asked, *wrapped, *inner, *parsed));
  auto material = TRY(material_of(caller, *wrapped, *inner));
  return Wrapping{std::move(with), std::move(wrapped), std::move(parsed), std::move(material)};
}

Result<Secret> Application::material_of(const Caller& caller, const Object& object, const crypto::Key& key) {
  if (object.kind().object_class == ObjectClass::secret_key) return crypto::value_of(key);
  auto& token = caller.seat->token();
  return crypto::to_pkcs8(TRY(object.everything(token.keystore(), token.slot(), caller.unlocked())));
}

Status Application::record_wrapping(const Caller& caller, const Wrapping& wrapping) {
  TRY(spend_use(caller, *wrapping.wrapping_key));
  if (wrapping.key->on_token()) {
    auto& token = caller.seat->token();
    auto record = event(store::Act::key_wrapped);
    record.object = wrapping.key->stored().id;
    TRY(token.keystore().record(token.slot(), std::move(record)));
  }
  count_use(caller, *wrapping.wrapping_key, store::Act::used_wrap);
  return Done{};
}

Result<request::Produced> Application::call(const request::WrapKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_wrap));
  const auto parts = TRY(wrapping(caller, {caller.profile(), *row, request.mechanism}, request.wrapping_key, request.key));
  if (request.room.data() == nullptr)
    return request::Produced{TRY(crypto::wrapped_size(request.mechanism, *parts.parsed, parts.material.size())), false};
  const auto wrapped = TRY(crypto::wrap(request.mechanism, *parts.parsed, parts.material));
  if (request.room.size() < wrapped.size()) return request::Produced{wrapped.size(), false};
  TRY(record_wrapping(caller, parts));
  std::ranges::copy(wrapped, request.room.begin());
  return request::Produced{wrapped.size(), true};
}

Result<request::MessageProduced> Application::call(const request::WrapKeyAuthenticated& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), {request.mechanism, {}}, uses_wrap));
  if (row->message == MessageForm::none) return fail(Rv::mechanism_invalid, "the mechanism does not authenticate what it wraps");
  const Mechanism asked{request.mechanism, {}};
  const auto parts = TRY(wrapping(caller, {caller.profile(), *row, asked}, request.wrapping_key, request.key));
  const auto need = parts.material.size();
  if (request.room.data() == nullptr || request.room.size() < need) return request::MessageProduced{need, false, {}, {}};
  auto params = request.params;
  params.data_length = need;  // which a caller may not know of a key
  auto iv = TRY(message_iv(*parts.wrapping_key, params));
  const auto mechanism = TRY(message_mechanism(*row, params, iv, request.associated));
  const auto wrapped = TRY(crypto::wrap(mechanism, *parts.parsed, parts.material));
  TRY(record_wrapping(caller, parts));
  std::copy_n(wrapped.begin(), need, request.room.begin());
  return request::MessageProduced{need, true, std::move(iv), bytes_of(ByteView(wrapped).subspan(need))};
}

Result<request::OneObject> Application::unwrap(const Caller& caller, const MechanismRow& row, const Mechanism& mechanism,
                                               ObjectHandle unwrapping_key, ByteView wrapped, const Template& given) {
  const auto with = TRY(resolve(caller, unwrapping_key, Rv::unwrapping_key_handle_invalid));
  if (!with->kind().is_key()) return fail(Rv::unwrapping_key_handle_invalid, "the object is not a key");
  TRY(policy::may_unwrap({caller.profile(), row, mechanism}, *with));
  const auto wanted = TRY(demanded_of(*with, Attr::unwrap_template, given));
  const auto unwrapped = TRY(kind_of(wanted, std::nullopt));
  if (unwrapped.object_class != ObjectClass::secret_key && unwrapped.object_class != ObjectClass::private_key)
    return fail(Rv::template_inconsistent, "only secret and private keys are unwrapped");
  auto attributes = TRY(new_under_policy(caller, on_unwrap, unwrapped, wanted, {with.get(), Attr::unwrap_template}));
  TRY(policy::may_create(caller, find_bool(attributes, Attr::token).value_or(false),
                         find_bool(attributes, Attr::private_).value_or(false)));
  auto& token = caller.seat->token();
  TRY(may_fail(token, mechanism, unwrapping_key));
  TRY(spend_use(caller, *with));
  const auto key = TRY(key_of(caller, *with));
  remember(caller, unwrapping_key, with, key);
  auto material = crypto::unwrap(mechanism, *key, wrapped);
  auto done = material ? fill(caller.profile(), attributes, unwrapped, std::move(*material)) : Status(as_wrapped_key(material.error()));
  if (!done) {
    if (!policy::has(mechanism.type, policy::takes_padding_off)) return done.error();
    // Nothing tells wrong padding from a wrong key behind right padding.
    token.padding_failures().count(lasting_part(unwrapping_key));
    return fail(Rv::wrapped_key_invalid, "what was unwrapped is not such a key");
  }
  count_use(caller, *with, store::Act::used_unwrap);
  return request::OneObject{TRY(keep_one(caller, std::move(attributes), store::Act::key_unwrapped))};
}

Result<request::OneObject> Application::call(const request::UnwrapKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_unwrap));
  return unwrap(caller, *row, request.mechanism, request.unwrapping_key, request.wrapped, request.attributes);
}

Result<request::OneObject> Application::call(const request::UnwrapKeyAuthenticated& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), {request.mechanism, {}}, uses_unwrap));
  if (row->message == MessageForm::none) return fail(Rv::mechanism_invalid, "the mechanism does not authenticate what it unwraps");
  if (8 * request.params.tag.size() != request.params.tag_bits)
    return fail(Rv::mechanism_param_invalid, "the tag is not as long as the parameter says");
  auto params = request.params;
  params.data_length = request.wrapped.size();
  const auto mechanism = TRY(message_mechanism(*row, params, params.iv, request.associated));
  auto wrapped = bytes_of(request.wrapped);
  wrapped.insert(wrapped.end(), request.params.tag.begin(), request.params.tag.end());
  return unwrap(caller, *row, mechanism, request.unwrapping_key, wrapped, request.attributes);
}

}  // namespace hsm::engine
