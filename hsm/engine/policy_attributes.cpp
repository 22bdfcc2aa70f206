#include <algorithm>
#include <array>
#include <optional>

#include "hsm/engine/policy.h"
#include "hsm/model/template.h"

// What a key may be: checks 1, 2, 4, 7 and 14. All of it is strict's alone: compatible leaves the attribute table's
// rules.

namespace hsm::engine::policy {
namespace {

bool is(const Template& attributes, Attr type) { return find_bool(attributes, type).value_or(false); }

/// A use that the caller asks for takes away the default of another one.
struct Narrowing {
  ObjectClass object_class;
  Attr asked;
  Attr other;
};
constexpr auto kNarrowings = std::to_array<Narrowing>({
    {ObjectClass::secret_key, Attr::wrap, Attr::decrypt},
    {ObjectClass::secret_key, Attr::unwrap, Attr::encrypt},
    {ObjectClass::secret_key, Attr::derive, Attr::sign},
    {ObjectClass::private_key, Attr::sign, Attr::decrypt},
    {ObjectClass::private_key, Attr::sign_recover, Attr::decrypt},
    {ObjectClass::private_key, Attr::decrypt, Attr::sign},
    {ObjectClass::private_key, Attr::unwrap, Attr::sign},
});

/// Two uses of which a secret key has at most one.
struct Conflict {
  Attr one, other;
};
constexpr auto kConflicts = std::to_array<Conflict>({{Attr::wrap, Attr::decrypt}, {Attr::unwrap, Attr::encrypt}});

constexpr auto kUses = std::to_array<Attr>({Attr::encrypt, Attr::decrypt, Attr::sign, Attr::sign_recover, Attr::verify,
                                            Attr::verify_recover, Attr::wrap, Attr::unwrap, Attr::derive,
                                            Attr::encapsulate, Attr::decapsulate});

/// A flag and the value in which it protects.
struct Guard {
  Attr flag;
  bool guarded;
};
constexpr auto kGuards =
    std::to_array<Guard>({{Attr::sensitive, true}, {Attr::extractable, false}, {Attr::wrap_with_trusted, true}});

Status check_roles(const ObjectKind& kind, const Template& attributes) {
  if (kind.object_class != ObjectClass::secret_key) return Done{};
  for (const auto& [one, other] : kConflicts)
    if (is(attributes, one) && is(attributes, other))
      return fail(Rv::template_inconsistent, "a key that wraps must not decrypt, one that unwraps must not encrypt");
  return Done{};
}

const Template* template_in(const Template& attributes, Attr type) {
  const auto* found = find(attributes, type);
  return found == nullptr ? nullptr : std::get_if<Template>(&found->value);
}

bool says(const Template* demanded, Attr type, bool value) {
  return demanded != nullptr && find_bool(*demanded, type) == value;
}

/// A key whose unwrap template gives readable keys must not be the one under which sensitive keys leave.
Status check_opening_templates(On on, const Template& attributes) {
  if (is(attributes, Attr::wrap) && says(template_in(attributes, Attr::unwrap_template), Attr::sensitive, false) &&
      !says(template_in(attributes, Attr::wrap_template), Attr::sensitive, false))
    return fail(Rv::template_inconsistent,
                "a key that unwraps readable keys needs a CKA_WRAP_TEMPLATE with CKA_SENSITIVE false");
  if (on != on_unwrap && on != on_derive) return Done{};
  for (const auto type : {Attr::derive_template, Attr::decapsulate_template}) {
    const auto* made = template_in(attributes, type);
    if (std::ranges::any_of(kGuards, [&](const Guard& g) { return says(made, g.flag, !g.guarded); }))
      return fail(Rv::template_inconsistent, "a key that came wrapped or derived cannot be told to make readable keys");
  }
  return Done{};
}

/// The uses of a private key by which the same secret comes out, and the template that says how.
struct Opening {
  Attr use, demand;
};
constexpr auto kOpenings = std::to_array<Opening>(
    {{Attr::derive, Attr::derive_template}, {Attr::decapsulate, Attr::decapsulate_template}, {Attr::unwrap, Attr::unwrap_template}});

/// By ECDH they are one agreement, by OAEP one decryption: what is guarded after one use must not come out readable by another.
Status check_equal_openings(const ObjectKind& kind, const Template& attributes) {
  if (kind.object_class != ObjectClass::private_key) return Done{};
  for (const auto& guard : kGuards) {
    std::optional<bool> opened;
    for (const auto& [use, demand] : kOpenings) {
      if (!is(attributes, use)) continue;
      const bool opens = says(template_in(attributes, demand), guard.flag, !guard.guarded);
      if (opened.value_or(opens) != opens)
        return fail(Rv::template_inconsistent, "the templates for what a private key derives, decapsulates and unwraps must guard it alike");
      opened = opens;
    }
  }
  return Done{};
}

/// The demand of the source's template, if it has one for the flag, was applied before: it may lower what is kept
/// otherwise.
Status check_guards(On on, const Template& attributes, const Source& source) {
  const auto demand = source.key->demands(source.demand);
  const auto* demanded = demand ? &*demand : nullptr;
  if (on == on_unwrap && !source.key->has(is_sensitive)) return Done{};  // no sensitive key was wrapped under it
  for (const auto& [flag, guarded] : kGuards) {
    if (flag == Attr::wrap_with_trusted && !is(attributes, Attr::sensitive)) continue;
    const bool kept = is(attributes, flag) == guarded;
    const bool needed = on == on_unwrap || source.key->attributes().is(flag) == guarded;
    if (needed && !kept && !says(demanded, flag, !guarded))
      return fail(Rv::template_inconsistent,
                  "a key that came wrapped or derived cannot be protected less than where it came from");
  }
  return Done{};
}

/// A key that signs derives nothing by MACs, so one that signed must not be made, or copied to, one that only derives.
Status check_signed_before(const Object& now, const Template& after) {
  if (now.kind().object_class == ObjectClass::secret_key && now.has(can_derive) && signs_freely(now) && is(after, Attr::derive) &&
      !is(after, Attr::sign))
    return fail(Rv::attribute_read_only, "a key that signs and derives keeps CKA_SIGN as long as CKA_DERIVE: what it signed could be its derived keys");
  return Done{};
}

bool never_in_clear(const AttributeBlob& key) {
  return key.is(Attr::local) && key.is(Attr::always_sensitive) && key.is(Attr::never_extractable);
}

Error not_trustworthy() {
  return fail(Rv::attribute_read_only,
              "CKA_TRUSTED is for secret keys that were made here, always sensitive and never extractable");
}

constexpr std::size_t kLeastDerived = 14;  // 112 bits

}  // namespace

Template settled(PolicyProfile profile, const ObjectKind& kind, const Template& given, KeyUse use) {
  auto wanted = clone(given, use);
  const auto rules = rules_of(kind);
  if (!rules) return wanted;
  const auto settle = [&](Attr type, bool value) {
    if (find(wanted, type) == nullptr && rules->find(static_cast<std::uint64_t>(type)) != nullptr)
      wanted.push_back(attribute(type, value));
  };
  if (enforces(profile, Check::roles))
    for (const auto& row : kNarrowings)
      if (row.object_class == kind.object_class && is(given, row.asked)) settle(row.other, false);
  if (enforces(profile, Check::trusted) && kind.is_guarded() && find_bool(given, Attr::sensitive).value_or(true))
    settle(Attr::wrap_with_trusted, true);
  return wanted;
}

Status may_exist(PolicyProfile profile, On on, const ObjectKind& kind, const Template& attributes,
                 const Source& source) {
  if (!kind.is_key()) return Done{};
  if (kind.is_symmetric() && is_broken_key(kind.key_type()) && enforces(profile, Check::strength))
    return fail(Rv::attribute_value_invalid, "the token's strict policy refuses keys of single and two-key DES");
  if (enforces(profile, Check::roles)) TRY(check_roles(kind, attributes));
  if (enforces(profile, Check::unwrapped_keys)) TRY(check_opening_templates(on, attributes));
  if (enforces(profile, Check::derived_keys)) TRY(check_equal_openings(kind, attributes));
  if (enforces(profile, Check::trusted) && kind.object_class == ObjectClass::secret_key && is(attributes, Attr::trusted) &&
      (on != on_generate || !is(attributes, Attr::sensitive) || is(attributes, Attr::extractable)))
    return not_trustworthy();
  if (source.key == nullptr) return Done{};
  if (enforces(profile, on == on_unwrap ? Check::unwrapped_keys : Check::derived_keys))
    TRY(check_guards(on, attributes, source));
  return Done{};
}

Status sound_numbers(PolicyProfile profile, const Template& attributes) {
  const auto* exponent = find_secret(attributes, Attr::private_exponent) == nullptr
                             ? nullptr
                             : find_bytes(attributes, Attr::public_exponent);
  if (exponent == nullptr || exponent->empty() || !enforces(profile, Check::structure)) return Done{};
  const Bytes least = {0x01, 0x00, 0x01};
  if (exponent->size() < least.size() || (exponent->size() == least.size() && *exponent < least))
    return fail(Rv::attribute_value_invalid, "the RSA public exponent is below 65537");
  return Done{};
}

Status long_enough(PolicyProfile profile, const Secret& derived) {
  if (enforces(profile, Check::derived_keys) && derived.size() < kLeastDerived)
    return fail(Rv::key_size_range, "a derived key has at least 14 octets");
  return Done{};
}

Status may_become(const Caller& caller, const Object& now, const Template& changes, const Template& after) {
  if (!now.kind().is_key()) return Done{};
  const auto profile = caller.profile();
  if (enforces(profile, Check::shrinking_uses) && caller.login.state != LoginState::so)
    for (const auto use : kUses)
      if (is(changes, use) && !now.attributes().is(use))
        return fail(Rv::attribute_read_only, "only the security officer gives a key another use");
  if (enforces(profile, Check::trusted) && now.kind().object_class == ObjectClass::secret_key &&
      is(changes, Attr::trusted) && !never_in_clear(now.attributes()))
    return not_trustworthy();
  if (enforces(profile, Check::roles)) TRY(check_roles(now.kind(), after));
  if (enforces(profile, Check::unwrapped_keys)) TRY(check_opening_templates(on_set, after));
  if (enforces(profile, Check::derived_keys)) {
    TRY(check_equal_openings(now.kind(), after));
    TRY(check_signed_before(now, after));
  }
  return Done{};
}

}  // namespace hsm::engine::policy
