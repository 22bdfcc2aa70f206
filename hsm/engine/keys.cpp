#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/engine/demands.h"
#include "hsm/engine/derived_key.h"
#include "hsm/engine/tls_keys.h"
#include "hsm/model/template.h"

// Keys that are made here: C_GenerateKey, C_GenerateKeyPair, C_DeriveKey.

namespace hsm::engine {
namespace {

KeyUse use() { return crypto::SecretAccess::use(); }

/// Of what a mechanism generates that makes no pair.
ObjectClass made_class(const MechanismRow& row) { return row.key == KeyType::hotp ? ObjectClass::otp_key : ObjectClass::secret_key; }

/// The length of what a mechanism makes is told where nobody said it.
Template with_length(Template given, std::uint64_t length) {
  if (find(given, Attr::value_len) == nullptr) given.push_back(attribute(Attr::value_len, length));
  return given;
}

/// What CKM_HKDF_DATA makes (PKCS#11 3.2, 6.62.4): the length is said like that of a key, but data has no such attribute.
struct DataWanted {
  Template attributes;
  std::uint64_t length = 0;
};
DataWanted data_wanted(Template given) {
  const auto length = find_number(given, Attr::value_len).value_or(0);
  std::erase_if(given, [](const Attribute& item) { return item.type == static_cast<std::uint64_t>(Attr::value_len); });
  if (find(given, Attr::object_class) == nullptr) given.push_back(attribute(Attr::object_class, ObjectClass::data));
  return {std::move(given), length};
}

/// PKCS#11 3.2, 6.43.7: what the public half takes over from the private one when the template is silent.
Template with_flags_of(const Object& private_key, Template given) {
  constexpr std::pair<Attr, Attr> kTaken[] = {
      {Attr::encrypt, Attr::decrypt}, {Attr::verify, Attr::sign}, {Attr::verify_recover, Attr::sign_recover},
      {Attr::wrap, Attr::unwrap},     {Attr::derive, Attr::derive}};
  for (const auto& [of_public, of_private] : kTaken)
    if (find(given, of_public) == nullptr) given.push_back(attribute(of_public, private_key.attributes().is(of_private)));
  for (const auto type : {Attr::id, Attr::subject, Attr::start_date, Attr::end_date, Attr::allowed_mechanisms}) {
    auto value = private_key.attributes().value(static_cast<std::uint64_t>(type));
    if (value && find(given, type) == nullptr) given.push_back({static_cast<std::uint64_t>(type), std::move(*value)});
  }
  return given;
}

}  // namespace

Result<request::Derived> Application::derive_public_half(const Caller& caller, const Object& base, const request::DeriveKey& request) {
  const auto made = TRY(kind_of(request.attributes, kind(ObjectClass::public_key, base.kind().key_type())));
  auto attributes = TRY(new_under_policy(caller, on_derive, made, with_flags_of(base, clone(request.attributes, use()))));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  TRY(spend_use(caller, base));
  auto& token = caller.seat->token();
  const auto everything = TRY(base.everything(token.keystore(), token.slot(), caller.unlocked()));
  TRY(add_material(attributes, made, TRY(crypto::public_half(everything))));
  TRY(born_by_create(attributes, made));
  return request::Derived{TRY(keep_one(caller, std::move(attributes), store::Act::key_derived)), {}, {}};
}

Result<request::Derived> Application::derive_data(const Caller& caller, const Object& base, const request::DeriveKey& request,
                                                  std::span<const crypto::KeyPtr> others) {
  auto wanted = data_wanted(TRY(demanded_of(base, Attr::derive_template, request.attributes)));
  const auto made = TRY(kind_of(wanted.attributes, std::nullopt));
  if (made.object_class != ObjectClass::data) return fail(Rv::template_inconsistent, "the mechanism derives data objects only");
  auto attributes = TRY(new_object(on_derive, made, wanted.attributes, caller.login.as(), use()));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  TRY(spend_use(caller, base));
  put(attributes, attribute(Attr::value, TRY(crypto::derive(request.mechanism, *TRY(key_of(caller, base)), wanted.length, others))));
  TRY(born_by_create(attributes, made));
  return request::Derived{TRY(keep_one(caller, std::move(attributes), store::Act::key_derived)), {}, {}};
}

Result<request::Generated> Application::call(const request::GenerateKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_generate));
  if (row->makes_domain) return generate_domain(caller, *row, request);
  // PBKDF2 makes a secret key of any type, others their own.
  const bool any_type = row->param == Param::pbkdf2, from_password = any_type || row->param == Param::pbe;
  Template completed;
  if (any_type) completed = with_derived_kind(clone(request.attributes, use()));
  if (row->param == Param::pbe) completed = with_length(clone(request.attributes, use()), row->size.most);
  const auto& given = from_password ? completed : request.attributes;
  const auto implied = any_type ? std::nullopt : std::optional(kind(made_class(*row), row->key));
  const auto made = TRY(kind_of(given, implied));
  if (made.object_class != made_class(*row)) return fail(Rv::template_inconsistent, "the mechanism makes secret keys only");
  auto attributes = TRY(new_under_policy(caller, on_generate, made, given));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  const auto length = length_wanted(attributes, made);
  auto value = from_password ? TRY(crypto::derive_from_password(request.mechanism, length))
                             : TRY(crypto::generate_secret(made.key_type(), length));
  crypto::fit_to_type(made.key_type(), value);
  auto iv = from_password ? TRY(crypto::iv_from_password(request.mechanism)) : Bytes();
  put(attributes, attribute(Attr::value, std::move(value)));
  if (from_password) TRY(crypto::load_key(attributes));
  TRY(born_by_generation(attributes, made, request.mechanism.type, from_password));
  return request::Generated{TRY(keep_one(caller, std::move(attributes), store::Act::key_generated)), std::move(iv)};
}

Result<request::Generated> Application::generate_domain(const Caller& caller, const MechanismRow& row, const request::GenerateKey& request) {
  const auto made = TRY(kind_of(request.attributes, kind(ObjectClass::domain_parameters, row.key)));
  auto attributes = TRY(new_under_policy(caller, on_generate, made, request.attributes));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  TRY(add_material(attributes, made, TRY(crypto::generate_domain(request.mechanism, attributes))));
  TRY(born_by_generation(attributes, made, request.mechanism.type));
  return request::Generated{TRY(keep_one(caller, std::move(attributes), store::Act::key_generated)), {}};
}

Result<request::KeyPair> Application::call(const request::GenerateKeyPair& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_generate_pair));
  const auto public_kind = TRY(kind_of(request.public_attributes, kind(ObjectClass::public_key, row->key)));
  const auto private_kind = TRY(kind_of(request.private_attributes, kind(ObjectClass::private_key, row->key)));
  auto public_half = TRY(new_under_policy(caller, on_generate, public_kind, request.public_attributes));
  auto private_half = TRY(new_under_policy(caller, on_generate, private_kind, request.private_attributes));
  for (const auto* half : {&public_half, &private_half})
    TRY(policy::may_create(caller, on_token(*half), private_object(*half)));
  auto pair = TRY(crypto::generate_pair(request.mechanism, public_half));
  TRY(add_material(public_half, public_kind, std::move(pair.public_part)));
  for (const auto& item : pair.private_part) {
    const auto type = static_cast<Attr>(item.type);
    const auto *given = find_bytes(private_half, type), *made = find_bytes(pair.private_part, type);
    if (given != nullptr && made != nullptr && *given != *made)
      return fail(Rv::template_inconsistent, "the two templates name different parameters");
  }
  TRY(add_material(private_half, private_kind, std::move(pair.private_part)));
  TRY(born_by_generation(public_half, public_kind, request.mechanism.type));
  TRY(born_by_generation(private_half, private_kind, request.mechanism.type));
  std::vector<Template> halves;
  halves.push_back(std::move(public_half));
  halves.push_back(std::move(private_half));
  const auto handles = TRY(keep(caller, std::move(halves), store::Act::key_generated));
  return request::KeyPair{handles[0], handles[1]};
}

Result<request::Derived> Application::call(const request::DeriveKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_derive));
  const auto base = TRY(resolve(caller, request.base_key, Rv::key_handle_invalid));
  if (!base->kind().is_key()) return fail(Rv::key_handle_invalid, "the object is not a key");
  const policy::Asked asked{caller.profile(), *row, request.mechanism};
  if (row->takes == Takes::any_private) {
    TRY(policy::may_make_public(asked, *base));
    return derive_public_half(caller, *base, request);
  }
  TRY(policy::may_derive(asked, *base));
  if (row->param == Param::tls_key_block) return derive_tls_keys(caller, *base, request);
  std::vector<ObjectPtr> others;
  std::vector<crypto::KeyPtr> other_keys;
  for (const auto handle : crypto::other_keys_of(request.mechanism)) {
    others.push_back(TRY(resolve(caller, handle, Rv::key_handle_invalid)));
    TRY(policy::may_derive(asked, *others.back()));
    TRY(spend_use(caller, *others.back()));
    other_keys.push_back(TRY(key_of(caller, *others.back())));
  }
  if (row->id == Mech::hkdf_data) {
    TRY(policy::may_derive_data(asked, *base));
    for (const auto& other : others) TRY(policy::may_derive_data(asked, *other));
    return derive_data(caller, *base, request, other_keys);
  }
  if (!request.additional.empty()) return derive_several(caller, *base, *row, request);
  auto demanded = TRY(demanded_of(*base, Attr::derive_template, request.attributes));
  const bool makes_master = row->param == Param::tls_master || row->param == Param::tls_extended_master;
  auto key = TRY(derived_key(caller, {base.get()}, others, makes_master ? TRY(as_tls_master(std::move(demanded))) : std::move(demanded)));
  TRY(spend_use(caller, *base));
  const auto base_key = TRY(key_of(caller, *base));
  TRY(complete(caller, key, TRY(crypto::derive(request.mechanism, *base_key, key.length, other_keys)), *base, others));
  count_use(caller, *base, store::Act::used_derive);
  return request::Derived{TRY(keep_one(caller, std::move(key.attributes), store::Act::key_derived)), {},
                          crypto::tls_version(request.mechanism, *base_key)};
}

Result<request::Derived> Application::derive_several(const Caller& caller, const Object& base, const MechanismRow& row,
                                                     const request::DeriveKey& request) {
  if (row.param != Param::kbkdf && row.param != Param::kbkdf_feedback)
    return fail(Rv::mechanism_param_invalid, "only SP 800-108 derives additional keys");
  if (request.additional.size() > request::DeriveKey::kMostAdditional) return fail(Rv::mechanism_param_invalid, "too many keys at once");
  std::vector<DerivedKey> keys;
  std::vector<std::uint64_t> lengths;
  const auto add = [&](const Template& given) -> Status {
    keys.push_back(TRY(derived_key(caller, {&base}, {}, TRY(demanded_of(base, Attr::derive_template, given)))));
    lengths.push_back(keys.back().length);
    return Done{};
  };
  TRY(add(request.attributes));
  for (const auto& given : request.additional) TRY(add(given));
  TRY(spend_use(caller, base));
  auto values = TRY(crypto::derive_several(request.mechanism, *TRY(key_of(caller, base)), lengths));
  std::vector<Template> objects;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    TRY(complete(caller, keys[i], std::move(values[i]), base, {}));
    objects.push_back(std::move(keys[i].attributes));
  }
  count_use(caller, base, store::Act::used_derive);
  auto handles = TRY(keep(caller, std::move(objects), store::Act::key_derived));
  const auto first = handles.front();
  handles.erase(handles.begin());
  return request::Derived{first, std::move(handles), {}};
}

}  // namespace hsm::engine
