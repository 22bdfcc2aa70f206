#include "hsm/model/attribute_rules.h"

#include <algorithm>

// PKCS#11 3.1, sections 4.4 to 4.10 and 6: the footnotes of the tables as columns. Where the standard leaves a default to the
// token, the safe one is taken, but for the uses a plain generated key is expected to have: encrypt/decrypt and sign/verify.

namespace hsm {
namespace {

constexpr std::uint32_t kModifiable = kAnyTime;  // footnote 8
constexpr std::uint32_t kCopyOnly = kAnyMake | on_copy;

constexpr auto kStorage = std::to_array<AttributeRule>({
    {.id = Attr::object_class, .must = on_create | on_unwrap, .may = kAnyMake},
    {.id = Attr::token, .may = kCopyOnly, .otherwise = Default::no},
    {.id = Attr::private_, .may = kCopyOnly, .change = Change::only_to_true, .otherwise = Default::no},
    {.id = Attr::label, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::unique_id, .set_by = SetBy::engine},
    {.id = Attr::modifiable, .may = kCopyOnly, .change = Change::only_to_false, .otherwise = Default::yes},
    {.id = Attr::copyable, .may = kModifiable, .change = Change::only_to_false, .otherwise = Default::yes},
    {.id = Attr::destroyable, .may = kModifiable, .change = Change::only_to_false, .otherwise = Default::yes},
});

constexpr auto kData = std::to_array<AttributeRule>({
    {.id = Attr::private_, .may = kCopyOnly, .change = Change::only_to_true, .otherwise = Default::yes},
    {.id = Attr::application, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::object_id, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::value, .may = on_create, .otherwise = Default::empty, .secret = true},
});

constexpr auto kCertificate = std::to_array<AttributeRule>({
    {.id = Attr::certificate_type, .must = on_create, .may = on_create},
    {.id = Attr::trusted, .may = kModifiable, .otherwise = Default::no, .set_by = SetBy::so},
    {.id = Attr::certificate_category, .may = on_create, .otherwise = Default::zero},
    {.id = Attr::check_value, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::start_date, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::end_date, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::public_key_info, .may = on_create, .otherwise = Default::empty},
});

constexpr auto kX509 = std::to_array<AttributeRule>({
    {.id = Attr::subject, .must = on_create, .may = on_create},
    {.id = Attr::id, .may = on_create | on_copy | on_set, .otherwise = Default::empty},
    {.id = Attr::issuer, .may = on_create | on_copy | on_set, .otherwise = Default::empty},
    {.id = Attr::serial_number, .may = on_create | on_copy | on_set, .otherwise = Default::empty},
    {.id = Attr::value, .may = on_create, .otherwise = Default::empty},  // required unless there is a URL
    {.id = Attr::url, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::hash_of_subject_public_key, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::hash_of_issuer_public_key, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::java_midp_security_domain, .may = on_create, .otherwise = Default::zero},
    {.id = Attr::name_hash_algorithm, .may = on_create},
});

/// Of the hardware features there is one: the token's policy, which nobody makes. The security officer changes its profile.
constexpr auto kPolicy = std::to_array<AttributeRule>({
    {.id = Attr::object_class, .set_by = SetBy::engine},
    {.id = Attr::hw_feature_type, .set_by = SetBy::engine},
    {.id = Attr::modifiable, .set_by = SetBy::engine},
    {.id = Attr::keymantle_policy_profile, .may = on_set},
    {.id = Attr::keymantle_checks_on, .set_by = SetBy::engine},
    {.id = Attr::keymantle_checks_in_part, .set_by = SetBy::engine},
});

constexpr auto kKey = std::to_array<AttributeRule>({
    {.id = Attr::key_type, .must = on_create | on_unwrap, .may = kAnyMake},
    {.id = Attr::id, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::derive, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::start_date, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::end_date, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::local, .set_by = SetBy::engine},
    {.id = Attr::key_gen_mechanism, .set_by = SetBy::engine},
    {.id = Attr::allowed_mechanisms, .may = kAnyMake, .otherwise = Default::empty},
});

constexpr auto kPublicKey = std::to_array<AttributeRule>({
    {.id = Attr::subject, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::encrypt, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::verify_recover, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::wrap, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::trusted, .may = kModifiable, .otherwise = Default::no, .set_by = SetBy::so},
    {.id = Attr::wrap_template, .may = kAnyMake, .otherwise = Default::empty},
    {.id = Attr::public_key_info, .may = kAnyMake},
});

// What private and secret keys have in common.
constexpr auto kGuarded = std::to_array<AttributeRule>({
    {.id = Attr::private_, .may = kCopyOnly, .change = Change::only_to_true, .otherwise = Default::yes},
    {.id = Attr::sensitive, .may = kModifiable, .change = Change::only_to_true, .otherwise = Default::yes},
    {.id = Attr::extractable, .may = kModifiable, .change = Change::only_to_false, .otherwise = Default::no},
    {.id = Attr::always_sensitive, .set_by = SetBy::engine},
    {.id = Attr::never_extractable, .set_by = SetBy::engine},
    {.id = Attr::wrap_with_trusted, .may = kModifiable, .change = Change::only_to_true, .otherwise = Default::no},
    {.id = Attr::decrypt, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::unwrap, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::unwrap_template, .may = kAnyMake, .otherwise = Default::empty},
    {.id = Attr::derive_template, .may = kAnyMake, .otherwise = Default::empty},
});

constexpr auto kPrivateKey = std::to_array<AttributeRule>({
    {.id = Attr::subject, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::sign_recover, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::always_authenticate, .may = kAnyMake, .otherwise = Default::no},
    {.id = Attr::public_key_info, .may = kModifiable},
});

constexpr auto kSecretKey = std::to_array<AttributeRule>({
    {.id = Attr::encrypt, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::wrap, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::trusted, .may = kModifiable, .otherwise = Default::no, .set_by = SetBy::so},
    {.id = Attr::wrap_template, .may = kAnyMake, .otherwise = Default::empty},
    {.id = Attr::check_value, .may = kAnyMake},
});

constexpr auto kRsaPublic = std::to_array<AttributeRule>({
    {.id = Attr::encrypt, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::modulus, .must = on_create, .may = on_create},
    {.id = Attr::modulus_bits, .must = on_generate, .may = on_generate},
    {.id = Attr::public_exponent, .must = on_create, .may = on_create | on_generate},
});

constexpr auto kRsaPrivate = std::to_array<AttributeRule>({
    {.id = Attr::decrypt, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::modulus, .must = on_create, .may = on_create},
    {.id = Attr::public_exponent, .may = on_create},
    {.id = Attr::private_exponent, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::prime_1, .may = on_create, .secret = true},
    {.id = Attr::prime_2, .may = on_create, .secret = true},
    {.id = Attr::exponent_1, .may = on_create, .secret = true},
    {.id = Attr::exponent_2, .may = on_create, .secret = true},
    {.id = Attr::coefficient, .may = on_create, .secret = true},
});

constexpr auto kEcPublic = std::to_array<AttributeRule>({
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::ec_params, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::ec_point, .must = on_create, .may = on_create},
});

constexpr auto kEcPrivate = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::ec_params, .must = on_create, .may = on_create},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
});

constexpr auto kAes = std::to_array<AttributeRule>({
    {.id = Attr::encrypt, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::decrypt, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::value_len, .must = on_generate, .may = on_generate | on_derive},
});

constexpr auto kGenericSecret = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::value_len, .must = on_generate, .may = on_generate | on_derive | on_unwrap},
});

constexpr bool sound(std::span<const AttributeRule> rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& r = rules[i];
    if ((r.must & ~r.may) != 0) return false;
    if (r.set_by == SetBy::engine && (r.may != 0 || r.otherwise != Default::absent)) return false;
    if (r.secret && (r.may & (on_copy | on_set)) != 0) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (rules[j].id == r.id) return false;
  }
  return true;
}
static_assert(sound(kStorage) && sound(kData) && sound(kCertificate) && sound(kX509) && sound(kPolicy) && sound(kKey) && sound(kPublicKey) &&
              sound(kGuarded) && sound(kPrivateKey) && sound(kSecretKey) && sound(kRsaPublic) && sound(kRsaPrivate) &&
              sound(kEcPublic) && sound(kEcPrivate) && sound(kAes) && sound(kGenericSecret));

}  // namespace

bool holds_generic_secret(KeyType type) {
  switch (type) {
    case KeyType::generic_secret:
    case KeyType::sha1_hmac:
    case KeyType::sha224_hmac:
    case KeyType::sha256_hmac:
    case KeyType::sha384_hmac:
    case KeyType::sha512_hmac:
    case KeyType::sha512_224_hmac:
    case KeyType::sha512_256_hmac:
    case KeyType::sha3_224_hmac:
    case KeyType::sha3_256_hmac:
    case KeyType::sha3_384_hmac:
    case KeyType::sha3_512_hmac:
      return true;
    default:
      return false;
  }
}

const AttributeRule* Rules::find(std::uint64_t type) const {
  for (const auto& part : parts_) {
    const auto at = std::ranges::find(part, static_cast<Attr>(type), &AttributeRule::id);
    if (at != part.end()) return &*at;
  }
  return nullptr;
}

bool Rules::earlier(std::size_t part, Attr id) const {
  return std::any_of(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(part), [&](const Part& before) {
    return std::ranges::find(before, id, &AttributeRule::id) != before.end();
  });
}

Result<Rules> rules_of(const ObjectKind& kind) {
  switch (kind.object_class) {
    case ObjectClass::data:
      return Rules({kData, kStorage});
    case ObjectClass::certificate:
      if (kind.type == static_cast<std::uint64_t>(CertificateType::x_509)) return Rules({kX509, kCertificate, kStorage});
      break;
    case ObjectClass::hw_feature:
      return Rules({kPolicy});
    case ObjectClass::public_key:
      if (kind.key_type() == KeyType::rsa) return Rules({kRsaPublic, kPublicKey, kKey, kStorage});
      if (kind.key_type() == KeyType::ec) return Rules({kEcPublic, kPublicKey, kKey, kStorage});
      break;
    case ObjectClass::private_key:
      if (kind.key_type() == KeyType::rsa) return Rules({kRsaPrivate, kPrivateKey, kGuarded, kKey, kStorage});
      if (kind.key_type() == KeyType::ec) return Rules({kEcPrivate, kPrivateKey, kGuarded, kKey, kStorage});
      break;
    case ObjectClass::secret_key:
      if (kind.key_type() == KeyType::aes) return Rules({kAes, kSecretKey, kGuarded, kKey, kStorage});
      if (holds_generic_secret(kind.key_type())) return Rules({kGenericSecret, kSecretKey, kGuarded, kKey, kStorage});
      break;
    default:
      break;
  }
  return fail(Rv::attribute_value_invalid, "objects of this class and type are not kept here");
}

}  // namespace hsm
