#include <algorithm>
#include <array>
#include <ctime>

#include "hsm/engine/policy.h"
#include "hsm/model/template.h"

// What a key may be used for, and by which mechanism: checks 3, 9 to 11 and 14 to 17.

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

constexpr std::uint64_t kLeastMac = 8;

Status check_allowed(const Mechanism& mechanism, const Object& key) {
  if (!key.has(restricts_mechanisms)) return Done{};
  if (!key.allows(mechanism.type)) return fail(Rv::mechanism_invalid, "not among the key's CKA_ALLOWED_MECHANISMS");
  const bool names_hashes = std::ranges::any_of(all_mechanisms(), [&](const MechanismRow& row) {
    return (row.uses & uses_digest) != 0 && key.allows(static_cast<std::uint64_t>(row.id));
  });
  if (!names_hashes) return Done{};
  for (const auto hash : hashes_inside(mechanism))
    if (!key.allows(hash)) return fail(Rv::mechanism_invalid, "its hash is not among the key's CKA_ALLOWED_MECHANISMS");
  return Done{};
}

/// Today in UTC as CK_DATE has it: "20261124".
std::array<char, 9> today() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 9> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d", &parts);
  return text;
}

Status check_validity(PolicyProfile profile, const Object& key) {
  if (!key.has(has_dates) || !enforces(profile, Check::validity)) return Done{};
  const auto text = today();
  const auto now = view(std::string_view(text.data(), 8));
  const auto start = key.attributes().octets(Attr::start_date);
  const auto end = key.attributes().octets(Attr::end_date);
  if (!start.empty() && std::ranges::lexicographical_compare(now, start))
    return fail(Rv::key_function_not_permitted, "CKA_START_DATE lies ahead");
  if (!end.empty() && std::ranges::lexicographical_compare(end, now))
    return fail(Rv::key_function_not_permitted, "CKA_END_DATE is past");
  return Done{};
}

Status check_hashes(const Asked& asked) {
  if (!enforces(asked.profile, Check::strength)) return Done{};
  for (const auto hash : hashes_inside(asked.mechanism))
    if (has(hash, is_broken))
      return fail(Rv::mechanism_param_invalid, "the token's strict policy refuses MD5, which TLS before 1.2 is made of");
  return Done{};
}

Status check_key(const Asked& asked, const Object& key, Trait flag, Rv wrong_type) {
  if (!key.has(flag)) return fail(Rv::key_function_not_permitted, "the key is not for this use");
  TRY(check_allowed(asked.mechanism, key));
  TRY(check_hashes(asked));
  if (!takes_key(asked.row, key.kind().object_class, key.kind().key_type()))
    return Error{wrong_type, "the mechanism works with keys of another type", Place::here(), {}};
  if (is_broken_key(key.kind().key_type()) && enforces(asked.profile, Check::strength))
    return fail(Rv::key_function_not_permitted, "the token's strict policy refuses keys of single and two-key DES");
  return check_validity(asked.profile, key);
}

/// By the raw mechanism a signature is a decryption, whatever the padding was: of wrapped keys, too.
Status check_raw_rsa(const Asked& asked, const Object& key) {
  if (key.has(can_unwrap) && has(asked.mechanism.type, raw_rsa) && enforces(asked.profile, Check::roles))
    return fail(Rv::key_function_not_permitted, "the raw mechanism is not for a key that unwraps");
  return Done{};
}

Status check_mac_length(const Asked& asked, const Object& key) {
  const auto* params = std::get_if<MacGeneralParams>(&asked.mechanism.params);
  if (params != nullptr && params->length < kLeastMac && key.has(is_sensitive) &&
      enforces(asked.profile, Check::short_macs))
    return fail(Rv::mechanism_param_invalid, "a MAC by a sensitive key has at least eight octets");
  return Done{};
}

/// A key that may take sensitive keys out: its value exists once, here, or the security officer vouches for it.
bool keeps_sensitive_keys(const Object& key) {
  if (key.has(is_trusted)) return true;
  return key.kind().object_class == ObjectClass::secret_key && key.has(is_local) && key.has(was_always_sensitive) &&
         key.has(was_never_extractable);
}

}  // namespace

Status may_begin(Use use, const Asked& asked, const Object* key) {
  const auto& needed = kUses[static_cast<std::size_t>(use)];
  if ((asked.row.uses & needed.mechanism) == 0) return fail(Rv::mechanism_invalid, "the mechanism is not for this use");
  if ((offered(asked.profile, asked.row) & needed.mechanism) == 0)
    return fail(Rv::mechanism_invalid, "the token's strict policy refuses this mechanism for this use");
  TRY(well_formed(asked.mechanism));
  if (use == Use::digest) return Done{};
  TRY(check_key(asked, *key, needed.key, Rv::key_type_inconsistent));
  TRY(check_raw_rsa(asked, *key));
  return check_mac_length(asked, *key);
}

Status may_digest(const Asked& asked, const Object& key) {
  if (key.kind().object_class != ObjectClass::secret_key) return fail(Rv::key_indigestible, "only secret keys are digested");
  if (key.has(is_sensitive) && enforces(asked.profile, Check::short_macs))
    return fail(Rv::key_indigestible, "a sensitive key is not digested");
  TRY(check_allowed(asked.mechanism, key));
  return check_validity(asked.profile, key);
}

Status may_wrap(const Asked& asked, const Object& wrapping_key, const Object& key) {
  TRY(check_key(asked, wrapping_key, can_wrap, Rv::wrapping_key_type_inconsistent));
  const auto object_class = key.kind().object_class;
  if (object_class != ObjectClass::secret_key && object_class != ObjectClass::private_key)
    return fail(Rv::key_not_wrappable, "only secret and private keys are wrapped");
  if (!key.has(is_extractable)) return fail(Rv::key_unextractable, "CKA_EXTRACTABLE is false");
  if (key.has(needs_trusted_wrapping) && !wrapping_key.has(is_trusted))
    return fail(Rv::key_not_wrappable, "the key may only be wrapped by a trusted key");
  TRY(matches_wrap_template(wrapping_key, key));
  if (!key.has(is_sensitive)) return Done{};
  if (enforces(asked.profile, Check::known_wrapping_keys) && !keeps_sensitive_keys(wrapping_key))
    return fail(Rv::key_not_wrappable, "a sensitive key is not wrapped by a key whose value may be known elsewhere");
  if (enforces(asked.profile, Check::padding_oracle) && !has(asked.mechanism.type, keeps_keys))
    return fail(Rv::key_not_wrappable, "a sensitive key is wrapped by AES key wrap or RSA-OAEP only");
  return Done{};
}

Status strong_enough(const Asked& asked, const Object& object, const crypto::Key& key, const crypto::Key& with) {
  if (!object.has(is_sensitive) || !enforces(asked.profile, Check::strength)) return Done{};
  if (strength_of(asked.mechanism, with) < strength_of(key))
    return fail(Rv::key_size_range, "the wrapping key, or what the mechanism makes of it, is weaker than the key");
  return Done{};
}

Status may_unwrap(const Asked& asked, const Object& unwrapping_key) {
  TRY(check_key(asked, unwrapping_key, can_unwrap, Rv::unwrapping_key_type_inconsistent));
  if (enforces(asked.profile, Check::padding_oracle) && !has(asked.mechanism.type, authenticates) &&
      keeps_sensitive_keys(unwrapping_key))
    return fail(Rv::key_function_not_permitted,
                "a key that wraps sensitive keys unwraps by authenticated mechanisms only");
  return Done{};
}

Status may_derive(const Asked& asked, const Object& base_key) {
  TRY(check_key(asked, base_key, can_derive, Rv::key_type_inconsistent));
  if (base_key.has(can_encrypt) && has(asked.mechanism.type, encrypts_data))
    return fail(Rv::key_function_not_permitted, "what this mechanism derives could be had by encrypting");
  // Of a key that was readable once, or came from outside, it could be had anyway.
  if (base_key.has(was_always_sensitive) && has(asked.mechanism.type, derives_by_mac) && signs_freely(base_key) &&
      enforces(asked.profile, Check::derived_keys))
    return fail(Rv::key_function_not_permitted, "what this mechanism derives could be had by signing");
  return Done{};
}

Status may_derive_data(const Asked& asked, const Object& base_key) {
  TRY(may_derive(asked, base_key));
  if (base_key.has(is_sensitive) && enforces(asked.profile, Check::derived_keys))
    return fail(Rv::key_function_not_permitted, "what is derived from a sensitive key stays a sensitive key");
  return Done{};
}

Status may_make_public(const Asked& asked, const Object& private_key) {
  if (private_key.kind().object_class != ObjectClass::private_key)
    return fail(Rv::key_type_inconsistent, "only a private key has a public half to make");
  TRY(check_allowed(asked.mechanism, private_key));
  return check_validity(asked.profile, private_key);
}

Status may_encapsulate(const Asked& asked, const Object& public_key) {
  return check_key(asked, public_key, can_encapsulate, Rv::key_type_inconsistent);
}

Status may_decapsulate(const Asked& asked, const Object& private_key) {
  return check_key(asked, private_key, can_decapsulate, Rv::unwrapping_key_type_inconsistent);
}

Status matches_wrap_template(const Object& wrapping_key, const Object& key) {
  const auto demanded = wrapping_key.demands(Attr::wrap_template);
  if (!demanded) return Done{};
  if (!Wanted(*demanded, crypto::SecretAccess::use()).matches(key.attributes()))
    return fail(Rv::key_handle_invalid, "the key does not match the wrapping key's CKA_WRAP_TEMPLATE");
  return Done{};
}

}  // namespace hsm::engine::policy
