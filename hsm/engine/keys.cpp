#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/model/template.h"

// Keys that are made here: C_GenerateKey, C_GenerateKeyPair, C_DeriveKey.

namespace hsm::engine {
namespace {

KeyUse use() { return crypto::SecretAccess::use(); }

bool private_object(const Template& attributes) { return find_bool(attributes, Attr::private_).value_or(false); }
bool on_token(const Template& attributes) { return find_bool(attributes, Attr::token).value_or(false); }

/// What the caller asks for, with what the base key's template demands of every key derived from it.
Result<Template> demanded_of(const Object& key, Attr demand, const Template& given) {
  const auto value = key.attributes().value(static_cast<std::uint64_t>(demand));
  const auto* demanded = value ? std::get_if<Template>(&*value) : nullptr;
  if (demanded == nullptr) return clone(given, use());
  return with_demanded(given, *demanded, use());
}

/// A derived key is a generic secret unless the template says otherwise.
Template with_derived_kind(Template wanted) {
  if (find(wanted, Attr::object_class) == nullptr) wanted.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
  if (find(wanted, Attr::key_type) == nullptr) wanted.push_back(attribute(Attr::key_type, KeyType::generic_secret));
  return wanted;
}

}  // namespace

Result<request::OneObject> Application::call(const request::GenerateKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_generate));
  const auto made = TRY(kind_of(request.attributes, kind(ObjectClass::secret_key, row->key)));
  auto attributes = TRY(new_under_policy(caller, on_generate, made, request.attributes, nullptr));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  const auto length = find_number(attributes, Attr::value_len).value_or(0);
  put(attributes, attribute(Attr::value, TRY(crypto::generate_secret(made.key_type(), length))));
  TRY(born_by_generation(attributes, made, request.mechanism.type));
  return request::OneObject{TRY(keep_one(caller, std::move(attributes), store::Act::key_generated))};
}

Result<request::KeyPair> Application::call(const request::GenerateKeyPair& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_generate_pair));
  const auto public_kind = TRY(kind_of(request.public_attributes, kind(ObjectClass::public_key, row->key)));
  const auto private_kind = TRY(kind_of(request.private_attributes, kind(ObjectClass::private_key, row->key)));
  auto public_half = TRY(new_under_policy(caller, on_generate, public_kind, request.public_attributes, nullptr));
  auto private_half = TRY(new_under_policy(caller, on_generate, private_kind, request.private_attributes, nullptr));
  for (const auto* half : {&public_half, &private_half})
    TRY(policy::may_create(caller, on_token(*half), private_object(*half)));
  auto pair = TRY(crypto::generate_pair(request.mechanism, public_half));
  TRY(add_material(public_half, public_kind, std::move(pair.public_part)));
  TRY(add_material(private_half, private_kind, std::move(pair.private_part)));
  TRY(born_by_generation(public_half, public_kind, request.mechanism.type));
  TRY(born_by_generation(private_half, private_kind, request.mechanism.type));
  std::vector<Template> halves;
  halves.push_back(std::move(public_half));
  halves.push_back(std::move(private_half));
  const auto handles = TRY(keep(caller, std::move(halves), store::Act::key_generated));
  return request::KeyPair{handles[0], handles[1]};
}

Result<request::OneObject> Application::call(const request::DeriveKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_derive));
  const auto base = TRY(resolve(caller, request.base_key, Rv::key_handle_invalid));
  if (!base->kind().is_key()) return fail(Rv::key_handle_invalid, "the object is not a key");
  TRY(policy::may_derive({caller.profile(), *row, request.mechanism}, *base));
  const auto wanted = with_derived_kind(TRY(demanded_of(*base, Attr::derive_template, request.attributes)));
  const auto derived = TRY(kind_of(wanted, std::nullopt));
  if (derived.object_class != ObjectClass::secret_key)
    return fail(Rv::template_inconsistent, "the mechanism derives secret keys only");
  auto attributes = TRY(new_under_policy(caller, on_derive, derived, wanted, base.get()));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  const auto length = find_number(attributes, Attr::value_len).value_or(0);
  auto value = TRY(crypto::derive(request.mechanism, *TRY(key_of(caller, *base)), length));
  TRY(policy::long_enough(caller.profile(), value));
  put(attributes, attribute(Attr::value, std::move(value)));
  TRY(born_by_derivation(attributes, derived, base->attributes()));
  count_use(caller, *base, store::Act::used_derive);
  return request::OneObject{TRY(keep_one(caller, std::move(attributes), store::Act::key_derived))};
}

}  // namespace hsm::engine
