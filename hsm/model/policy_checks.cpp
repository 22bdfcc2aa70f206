#include "hsm/model/policy_checks.h"

#include <algorithm>
#include <array>

namespace hsm {
namespace {

constexpr auto kChecks = std::to_array<PolicyCheck>({
    {.check = Check::roles, .name = "roles",
     .text = "no secret key both wraps and decrypts, or unwraps and encrypts; an RSA key may sign and decrypt, but one that unwraps "
             "does neither by the raw mechanism",
     .attack = "wrap a sensitive key, then decrypt the result with the same key", .strict = Extent::in_part,
     .compatible = Extent::off},
    {.check = Check::shrinking_uses, .name = "shrinking uses",
     .text = "what a key may be used for only shrinks after it was made; only the security officer adds a use",
     .attack = "turn on CKA_DECRYPT of a wrapping key later", .compatible = Extent::off},
    {.check = Check::known_wrapping_keys, .name = "known wrapping keys",
     .text = "sensitive keys are wrapped only by keys that were made here, were always sensitive and never extractable, or by "
             "trusted ones",
     .attack = "wrap a sensitive key under a key whose value the caller knows or can unwrap elsewhere", .compatible = Extent::off},
    {.check = Check::trusted, .name = "trusted",
     .text = "only the security officer sets CKA_TRUSTED, never on a secret key whose value was in clear or may leave; sensitive "
             "keys have CKA_WRAP_WITH_TRUSTED unless their maker says otherwise",
     .attack = "make a trusted wrapping key oneself", .compatible = Extent::in_part},
    {.check = Check::one_way_flags, .name = "one-way flags",
     .text = "CKA_SENSITIVE, EXTRACTABLE, WRAP_WITH_TRUSTED, COPYABLE, DESTROYABLE and MODIFIABLE change in one direction only, in "
             "copies too; keys that are derived or unwrapped take over the first three",
     .attack = "copy a sensitive key to a readable one", .strict = Extent::in_part, .compatible = Extent::in_part},
    {.check = Check::templates, .name = "templates",
     .text = "the wrap, unwrap, derive, encapsulate and decapsulate templates of a key are applied where the caller says nothing and "
             "refuse what contradicts them",
     .attack = "unwrap a key with other attributes than its owner allows"},
    {.check = Check::unwrapped_keys, .name = "unwrapped keys",
     .text = "unwrapped keys are sensitive, unextractable and wrapped with trusted keys only, unless the unwrapping key's template "
             "says otherwise; such a key wraps readable keys only",
     .attack = "unwrap the same octets as a readable key", .compatible = Extent::in_part},
    {.check = Check::bound_attributes, .name = "bound attributes",
     .text = "C_WrapKeyAuthenticated and the AEAD mechanisms bind the caller's additional data to a wrapped key; its attributes are "
             "bound where he puts them there",
     .attack = "give a wrapped key other attributes on its way", .strict = Extent::in_part, .compatible = Extent::in_part},
    {.check = Check::strength, .name = "strength",
     .text = "a sensitive key is wrapped only by a key and a mechanism that are at least as strong (112, 128, 192 or 256 bits); no MD5, no "
             "TLS before 1.2, no single or two-key DES, Triple DES and GOST only to open and verify what is there",
     .attack = "wrap an AES-256 key under a weak key and break that", .compatible = Extent::off},
    {.check = Check::pkcs1_oracle, .name = "PKCS#1 oracle",
     .text = "decryption by CKM_RSA_PKCS answers wrong padding with a synthetic text; strict unwraps nothing by it",
     .attack = "Bleichenbacher's and Marvin's padding oracle", .compatible = Extent::in_part},
    {.check = Check::padding_oracle, .name = "padding oracle",
     .text = "wrong CBC padding has one error code and a limit per minute; strict wraps sensitive keys by AES-KW, KWP and OAEP "
             "only, and unwraps by CBC, ECB and stream modes only under keys that wrap no sensitive key",
     .attack = "Vaudenay's padding oracle, blocks and key streams used twice", .compatible = Extent::in_part},
    {.check = Check::structure, .name = "structure",
     .text = "lengths and numbers of a key are checked before it exists; strict takes RSA exponents from 65537 on",
     .attack = "a wrapped key of one type unwrapped as another, weak RSA keys", .compatible = Extent::in_part},
    {.check = Check::public_points, .name = "public points",
     .text = "public points lie on the curve and are not the identity",
     .attack = "learn a private key by points of small order"},
    {.check = Check::derived_keys, .name = "derived keys",
     .text = "a derived key is protected as its base key is unless the base key's template says otherwise, and has 14 octets at "
             "least; nothing is derived by concatenation, extraction, XOR or encryption of data, nor by a MAC from a key that signs",
     .attack = "learn a key octet by octet from short derived keys", .compatible = Extent::in_part},
    {.check = Check::short_macs, .name = "short MACs",
     .text = "sensitive keys are not digested, and their MACs have eight octets at least",
     .attack = "guess a short key by its digest; forge short MACs", .compatible = Extent::off},
    {.check = Check::allowed_mechanisms, .name = "allowed mechanisms",
     .text = "CKA_ALLOWED_MECHANISMS holds for every use, and for hashes inside a mechanism's parameters where it names hashes",
     .attack = "use a key with a weaker mechanism than its owner allows"},
    {.check = Check::validity, .name = "validity",
     .text = "a key is used from CKA_START_DATE to CKA_END_DATE only, both in UTC, and no more often than its limit of uses",
     .attack = "use a key after its time", .compatible = Extent::in_part},
    {.check = Check::module_made_ivs, .name = "module-made IVs",
     .text = "the message functions make IVs themselves when they are asked to, at most 2^32 random ones for a key in one process; "
             "the caller's own are not compared",
     .attack = "an IV used twice under one AES-GCM key", .strict = Extent::in_part, .compatible = Extent::in_part},
    {.check = Check::sealed_records, .name = "sealed records",
     .text = "all attributes of an object are under one AEAD with token, object and version; records put back or removed are "
             "noticed",
     .attack = "edit or roll back the store"},
    {.check = Check::atomic_creation, .name = "atomic creation",
     .text = "an object has no handle and no record before all of its attributes are final",
     .attack = "use an object before its protection is set"},
    {.check = Check::same_answer, .name = "same answer",
     .text = "a wrong handle and one of an object that the caller may not see are refused alike",
     .attack = "learn which private objects there are"},
    {.check = Check::pin_check, .name = "PIN check",
     .text = "a wrong PIN is counted durably before it is checked, by Argon2id and in constant time",
     .attack = "guess PINs, also by pulling the plug or on a copy of the store"},
});

constexpr bool numbered() {
  for (std::size_t i = 0; i < kChecks.size(); ++i)
    if (static_cast<std::size_t>(kChecks[i].check) != i + 1) return false;
  return true;
}
static_assert(numbered());
static_assert(std::ranges::all_of(kChecks, [](const PolicyCheck& c) { return c.strict >= c.compatible; }));

}  // namespace

std::string_view name_of(PolicyProfile profile) { return profile == PolicyProfile::strict ? "strict" : "compatible"; }

std::string_view name_of(Extent extent) {
  constexpr std::array<std::string_view, 3> kNames = {"off", "in part", "on"};
  return kNames[static_cast<std::size_t>(extent)];
}

std::span<const PolicyCheck> policy_checks() { return kChecks; }

bool enforces(PolicyProfile profile, Check check) {
  const auto& row = kChecks[static_cast<std::size_t>(check) - 1];
  return row.extent(profile) == row.strict;
}

}  // namespace hsm
