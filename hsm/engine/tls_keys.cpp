#include "hsm/engine/tls_keys.h"

#include <algorithm>
#include <array>

#include "hsm/engine/application.h"
#include "hsm/engine/demands.h"
#include "hsm/engine/derived_key.h"
#include "hsm/model/template.h"

// CKM_TLS_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_AND_MAC_DERIVE and CKM_TLS12_KEY_SAFE_DERIVE: four keys at once. The template is that of the cipher keys.

namespace hsm::engine {
namespace {

void unless_said(Template& attributes, Attr type, bool value) {
  if (find(attributes, type) == nullptr) attributes.push_back(attribute(type, value));
}

/// PKCS#11 3.1, 6.40.7: the keys have the base key's protection, neither more nor less, and the template says nothing else.
Status inherit(Template& attributes, const Object& base) {
  for (const auto type : {Attr::sensitive, Attr::extractable}) {
    const bool value = base.attributes().is(type);
    if (find_bool(attributes, type).value_or(value) != value)
      return fail(Rv::template_inconsistent, "the keys of a connection are as sensitive and extractable as its master secret");
    unless_said(attributes, type, value);
  }
  return Done{};
}

/// The MAC keys: generic secrets that sign, in the place of the cipher keys.
Template mac_template(const Template& given) {
  Template wanted;
  for (const auto type : {Attr::token, Attr::private_, Attr::sensitive, Attr::extractable, Attr::wrap_with_trusted})
    if (const auto value = find_bool(given, type)) wanted.push_back(attribute(type, *value));
  for (const auto type : {Attr::sign, Attr::verify, Attr::derive}) unless_said(wanted, type, true);
  return wanted;
}

}  // namespace

Result<Template> as_tls_master(Template wanted) {
  constexpr auto kOfTls = std::to_array<std::uint64_t>(
      {static_cast<std::uint64_t>(Mech::tls_key_and_mac_derive), static_cast<std::uint64_t>(Mech::tls12_key_and_mac_derive), static_cast<std::uint64_t>(Mech::tls12_key_safe_derive),
       static_cast<std::uint64_t>(Mech::tls12_kdf), static_cast<std::uint64_t>(Mech::tls12_mac),
       static_cast<std::uint64_t>(Mech::tls_kdf), static_cast<std::uint64_t>(Mech::tls_mac)});
  for (const auto type : {Attr::sign, Attr::verify, Attr::derive}) unless_said(wanted, type, true);
  const auto* given = find(wanted, Attr::allowed_mechanisms);
  if (given == nullptr) {
    wanted.push_back({static_cast<std::uint64_t>(Attr::allowed_mechanisms), MechanismSet(kOfTls.begin(), kOfTls.end())});
    return wanted;
  }
  const auto* allowed = std::get_if<MechanismSet>(&given->value);
  const auto of_tls = [&](std::uint64_t type) { return std::ranges::find(kOfTls, type) != kOfTls.end(); };
  if (allowed == nullptr || allowed->empty() || !std::ranges::all_of(*allowed, of_tls))
    return fail(Rv::template_inconsistent, "a TLS master secret is for the mechanisms of TLS only");
  return wanted;
}

Result<request::Derived> Application::derive_tls_keys(const Caller& caller, const Object& base, const request::DeriveKey& request) {
  auto cipher = TRY(demanded_of(base, Attr::derive_template, request.attributes));
  TRY(inherit(cipher, base));
  unless_said(cipher, Attr::derive, true);
  const auto mac = mac_template(cipher);
  TRY(spend_use(caller, base));
  auto block = TRY(crypto::derive_tls_keys(request.mechanism, *TRY(key_of(caller, base))));

  struct Made {
    Secret* value;
    const Template* wanted;
  };
  const Made all[] = {{&block.client_mac, &mac}, {&block.server_mac, &mac}, {&block.client_key, &cipher}, {&block.server_key, &cipher}};
  std::vector<Template> keys;
  std::vector<bool> there;
  for (const auto& [value, wanted] : all) {
    there.push_back(!value->empty());
    if (value->empty()) continue;
    auto key = TRY(derived_key(caller, {&base}, {}, clone(*wanted, crypto::SecretAccess::use())));
    TRY(complete(caller, key, std::move(*value), base, {}));
    keys.push_back(std::move(key.attributes));
  }
  count_use(caller, base, store::Act::used_derive);
  const auto handles = TRY(keep(caller, std::move(keys), store::Act::key_derived));
  request::Derived derived{kNoHandle, {}, std::move(block.ivs)};
  auto next = handles.begin();
  for (const bool made : there) derived.others.push_back(made ? *next++ : kNoHandle);
  return derived;
}

}  // namespace hsm::engine
