#include "hsm/model/attribute_rules.h"

#include <algorithm>
#include <vector>

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

constexpr auto kX509Attributes = std::to_array<AttributeRule>({
    {.id = Attr::owner, .must = on_create, .may = on_create},
    {.id = Attr::ac_issuer, .may = on_create | on_copy | on_set, .otherwise = Default::empty},
    {.id = Attr::serial_number, .may = on_create | on_copy | on_set, .otherwise = Default::empty},
    {.id = Attr::attr_types, .may = on_create | on_copy | on_set, .otherwise = Default::empty},
    {.id = Attr::value, .must = on_create, .may = on_create},
});

// PKCS#11 3.2, 4.7. A trust that is not given is CKT_TRUST_UNKNOWN, which is zero.
constexpr auto kTrust = std::to_array<AttributeRule>({
    {.id = Attr::issuer, .must = on_create, .may = on_create},
    {.id = Attr::serial_number, .must = on_create, .may = on_create},
    {.id = Attr::hash_of_certificate, .may = on_create, .otherwise = Default::empty},
    {.id = Attr::name_hash_algorithm, .may = on_create},
    {.id = Attr::trust_server_auth, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
    {.id = Attr::trust_client_auth, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
    {.id = Attr::trust_code_signing, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
    {.id = Attr::trust_email_protection, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
    {.id = Attr::trust_ipsec_ike, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
    {.id = Attr::trust_time_stamping, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
    {.id = Attr::trust_ocsp_signing, .may = on_create | on_copy | on_set, .otherwise = Default::zero},
});

// What every token has without being stored; nobody gives any of it.
constexpr auto kBuiltIn = std::to_array<AttributeRule>({
    {.id = Attr::object_class, .set_by = SetBy::engine},
    {.id = Attr::token, .set_by = SetBy::engine},
    {.id = Attr::private_, .set_by = SetBy::engine},
    {.id = Attr::unique_id, .set_by = SetBy::engine},
    {.id = Attr::modifiable, .set_by = SetBy::engine},
    {.id = Attr::copyable, .set_by = SetBy::engine},
    {.id = Attr::destroyable, .set_by = SetBy::engine},
});
constexpr auto kProfile = std::to_array<AttributeRule>({{.id = Attr::profile_id, .set_by = SetBy::engine}});
// PKCS#11 3.2, 4.16. There is none as long as nobody has validated this HSM.
constexpr auto kValidation = std::to_array<AttributeRule>({
    {.id = Attr::validation_type, .set_by = SetBy::engine},
    {.id = Attr::validation_version, .set_by = SetBy::engine},
    {.id = Attr::validation_level, .set_by = SetBy::engine},
    {.id = Attr::validation_module_id, .set_by = SetBy::engine},
    {.id = Attr::validation_flag, .set_by = SetBy::engine},
    {.id = Attr::validation_authority_type, .set_by = SetBy::engine},
    {.id = Attr::validation_country, .set_by = SetBy::engine},
    {.id = Attr::validation_certificate_identifier, .set_by = SetBy::engine},
    {.id = Attr::validation_certificate_uri, .set_by = SetBy::engine},
    {.id = Attr::validation_vendor_uri, .set_by = SetBy::engine},
    {.id = Attr::validation_profile, .set_by = SetBy::engine},
});
constexpr auto kMechanism = std::to_array<AttributeRule>({{.id = Attr::mechanism_type, .set_by = SetBy::engine}});

/// Of the hardware features there is one: the token's policy, which nobody makes. The security officer changes its profile.
constexpr auto kPolicy = std::to_array<AttributeRule>({
    {.id = Attr::object_class, .set_by = SetBy::engine},
    {.id = Attr::hw_feature_type, .set_by = SetBy::engine},
    {.id = Attr::modifiable, .set_by = SetBy::engine},
    {.id = Attr::keymantle_policy_profile, .may = on_set},
    {.id = Attr::keymantle_checks_on, .set_by = SetBy::engine},
    {.id = Attr::keymantle_checks_in_part, .set_by = SetBy::engine},
});

// PKCS#11 3.2, 4.11, 6.2.5 and 6.4.5.
constexpr auto kDomain = std::to_array<AttributeRule>({
    {.id = Attr::key_type, .must = on_create, .may = on_create | on_generate},
    {.id = Attr::local, .set_by = SetBy::engine},
    {.id = Attr::prime, .must = on_create, .may = on_create},
    {.id = Attr::base, .must = on_create, .may = on_create},
    {.id = Attr::prime_bits, .must = on_generate, .may = on_generate},
});
constexpr auto kDsaDomain = std::to_array<AttributeRule>({
    {.id = Attr::subprime, .must = on_create, .may = on_create},
    {.id = Attr::subprime_bits, .may = on_generate},
});

constexpr auto kKey = std::to_array<AttributeRule>({
    {.id = Attr::key_type, .must = on_create | on_unwrap, .may = kAnyMake},
    {.id = Attr::id, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::derive, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::start_date, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::end_date, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::local, .set_by = SetBy::engine},
    {.id = Attr::key_gen_mechanism, .set_by = SetBy::engine},
    {.id = Attr::object_validation_flags, .set_by = SetBy::engine},
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
    {.id = Attr::encapsulate, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::encapsulate_template, .may = kAnyMake, .otherwise = Default::empty},
    {.id = Attr::public_key_info, .may = kAnyMake},
    {.id = Attr::public_crc64_value, .may = on_create},
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
    {.id = Attr::keymantle_uses_left, .may = kAnyMake},
    {.id = Attr::keymantle_uses_per_minute, .may = kAnyMake},
});

constexpr auto kPrivateKey = std::to_array<AttributeRule>({
    {.id = Attr::subject, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::sign_recover, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::always_authenticate, .may = kAnyMake, .otherwise = Default::no},
    {.id = Attr::decapsulate, .may = kModifiable, .otherwise = Default::no},
    {.id = Attr::decapsulate_template, .may = kAnyMake, .otherwise = Default::empty},
    {.id = Attr::public_key_info, .may = kModifiable},
    {.id = Attr::public_crc64_value, .may = on_create},
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

constexpr auto kGostPublic = std::to_array<AttributeRule>({
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create},
    {.id = Attr::gostr3410_params, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::gostr3411_params, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::gost28147_params, .may = on_create | on_generate},
});

// OpenSC names the parameters in both templates.
constexpr auto kGostPrivate = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::gostr3410_params, .must = on_create, .may = on_create | on_generate},
    {.id = Attr::gostr3411_params, .must = on_create, .may = on_create | on_generate},
    {.id = Attr::gost28147_params, .may = on_create | on_generate},
});

// Montgomery keys only agree: no use is on by itself.
constexpr auto kAgreementPublic = std::to_array<AttributeRule>({
    {.id = Attr::ec_params, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::ec_point, .must = on_create, .may = on_create},
});

constexpr auto kAgreementPrivate = std::to_array<AttributeRule>({
    {.id = Attr::derive, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::ec_params, .must = on_create, .may = on_create},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
});

constexpr auto kDhPublic = std::to_array<AttributeRule>({
    {.id = Attr::prime, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::base, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::value, .must = on_create, .may = on_create},
});

constexpr auto kDhPrivate = std::to_array<AttributeRule>({
    {.id = Attr::derive, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::prime, .must = on_create, .may = on_create},
    {.id = Attr::base, .must = on_create, .may = on_create},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::value_bits, .may = on_generate},
});

constexpr auto kDsaPublic = std::to_array<AttributeRule>({
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::prime, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::subprime, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::base, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::value, .must = on_create, .may = on_create},
});

constexpr auto kDsaPrivate = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::prime, .must = on_create, .may = on_create},
    {.id = Attr::subprime, .must = on_create, .may = on_create},
    {.id = Attr::base, .must = on_create, .may = on_create},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
});

// ML-DSA and SLH-DSA; PKCS#11 3.2 lets a private key come with its seed, its value or both.
constexpr auto kPqPublic = std::to_array<AttributeRule>({
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::parameter_set, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::value, .must = on_create, .may = on_create},
});

constexpr auto kPqPrivate = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::parameter_set, .must = on_create, .may = on_create},
    {.id = Attr::value, .may = on_create, .secret = true},
    {.id = Attr::seed, .may = on_create, .secret = true},
});

constexpr auto kKemPublic = std::to_array<AttributeRule>({
    {.id = Attr::encapsulate, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::parameter_set, .must = on_create | on_generate, .may = on_create | on_generate},
    {.id = Attr::value, .must = on_create, .may = on_create},
});

constexpr auto kKemPrivate = std::to_array<AttributeRule>({
    {.id = Attr::decapsulate, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::parameter_set, .must = on_create, .may = on_create},
    {.id = Attr::value, .may = on_create, .secret = true},
    {.id = Attr::seed, .may = on_create, .secret = true},
});

// ChaCha20, DES, SEED and Poly1305 keys: one length, so nobody has to say it.
constexpr auto kOneLength = std::to_array<AttributeRule>({
    {.id = Attr::encrypt, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::decrypt, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::value_len, .may = on_generate | on_derive},
});

constexpr auto kPoly1305 = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::value_len, .may = on_generate | on_derive},
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

// PKCS#11 3.1, 6.51 and 6.51.6. The counter is given when the key is made; then only a password moves it on, because one that was moved
// back would give a password a second time. Of what a password may be made of, RFC 4226 takes the counter alone.
constexpr auto kHotp = std::to_array<AttributeRule>({
    {.id = Attr::sign, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::verify, .may = kModifiable, .otherwise = Default::yes},
    {.id = Attr::value, .must = on_create, .may = on_create, .secret = true},
    {.id = Attr::value_len, .may = on_generate},
    {.id = Attr::otp_format, .may = on_create | on_generate, .otherwise = Default::zero},
    {.id = Attr::otp_length, .may = on_create | on_generate},
    {.id = Attr::otp_user_friendly_mode, .may = on_create | on_generate, .otherwise = Default::yes},
    {.id = Attr::otp_challenge_requirement, .may = on_create | on_generate, .otherwise = Default::zero},
    {.id = Attr::otp_time_requirement, .may = on_create | on_generate, .otherwise = Default::zero},
    {.id = Attr::otp_counter_requirement, .may = on_create | on_generate, .otherwise = Default::zero},
    {.id = Attr::otp_pin_requirement, .may = on_create | on_generate, .otherwise = Default::zero},
    {.id = Attr::otp_counter, .may = on_create | on_generate},
    {.id = Attr::otp_time, .may = on_create | on_generate, .otherwise = Default::empty},
    {.id = Attr::otp_user_identifier, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::otp_service_identifier, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::otp_service_logo, .may = kModifiable, .otherwise = Default::empty},
    {.id = Attr::otp_service_logo_type, .may = kModifiable, .otherwise = Default::empty},
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
static_assert(sound(kStorage) && sound(kData) && sound(kCertificate) && sound(kX509) && sound(kX509Attributes) && sound(kTrust) &&
              sound(kDomain) && sound(kDsaDomain) && sound(kBuiltIn) && sound(kProfile) && sound(kValidation) && sound(kMechanism) && sound(kPolicy) && sound(kKey) && sound(kPublicKey) &&
              sound(kGuarded) && sound(kPrivateKey) && sound(kSecretKey) && sound(kRsaPublic) && sound(kRsaPrivate) &&
              sound(kEcPublic) && sound(kEcPrivate) && sound(kGostPublic) && sound(kGostPrivate) && sound(kAgreementPublic) && sound(kAgreementPrivate) &&
              sound(kDhPublic) && sound(kDhPrivate) && sound(kDsaPublic) && sound(kDsaPrivate) && sound(kKemPublic) && sound(kKemPrivate) && sound(kPqPublic) && sound(kPqPrivate) && sound(kOneLength) &&
              sound(kPoly1305) && sound(kHotp) && sound(kAes) && sound(kGenericSecret));

}  // namespace

bool holds_generic_secret(KeyType type) {
  switch (type) {
    case KeyType::generic_secret:
    case KeyType::md5_hmac:
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
    case KeyType::blake2b_512_hmac:
    case KeyType::hkdf:
      return true;
    default:
      return false;
  }
}

const AttributeRule* Rules::find(std::uint64_t type) const {
  const auto at = std::ranges::lower_bound(rows_, static_cast<Attr>(type), {}, &AttributeRule::id);
  return at == rows_.end() || at->id != static_cast<Attr>(type) ? nullptr : &*at;
}

namespace {

using Part = std::span<const AttributeRule>;

/// The part of a key's rules that its type decides; empty for a type that this HSM does not keep.
struct PairRules {
  KeyType type;
  Part public_key, private_key;
};
constexpr auto kPairs = std::to_array<PairRules>({
    {KeyType::rsa, kRsaPublic, kRsaPrivate},
    {KeyType::dsa, kDsaPublic, kDsaPrivate},
    {KeyType::dh, kDhPublic, kDhPrivate},
    {KeyType::ec, kEcPublic, kEcPrivate},
    {KeyType::ec_edwards, kEcPublic, kEcPrivate},
    {KeyType::ec_montgomery, kAgreementPublic, kAgreementPrivate},
    {KeyType::gostr3410, kGostPublic, kGostPrivate},
    {KeyType::ml_kem, kKemPublic, kKemPrivate},
    {KeyType::ml_dsa, kPqPublic, kPqPrivate},
    {KeyType::slh_dsa, kPqPublic, kPqPrivate},
});

Part secret_key_rules(KeyType type) {
  switch (type) {
    case KeyType::aes:
    case KeyType::aes_xts:
    case KeyType::camellia:
    case KeyType::aria:
      return kAes;
    case KeyType::chacha20:
    case KeyType::des:
    case KeyType::des2:
    case KeyType::des3:
    case KeyType::seed:
      return kOneLength;
    case KeyType::poly1305:
      return kPoly1305;
    default:
      return holds_generic_secret(type) ? Part(kGenericSecret) : Part();
  }
}

/// The tables of one kind, most specific first: where two have a row for an attribute, the first one holds. None for a kind that this HSM
/// does not keep.
std::vector<Part> tables_of(const ObjectKind& kind) {
  switch (kind.object_class) {
    case ObjectClass::data:
      return {kData, kStorage};
    case ObjectClass::certificate:
      if (kind.type == static_cast<std::uint64_t>(CertificateType::x_509)) return {kX509, kCertificate, kStorage};
      if (kind.type == static_cast<std::uint64_t>(CertificateType::x_509_attr_cert))
        return {kX509Attributes, kCertificate, kStorage};
      break;
    case ObjectClass::trust:
      return {kTrust, kStorage};
    case ObjectClass::domain_parameters:
      if (kind.key_type() == KeyType::dh) return {kDomain, kStorage};
      if (kind.key_type() == KeyType::dsa) return {kDsaDomain, kDomain, kStorage};
      break;
    case ObjectClass::profile:
      return {kProfile, kBuiltIn};
    case ObjectClass::validation:
      return {kValidation, kBuiltIn};
    case ObjectClass::mechanism:
      return {kMechanism, kBuiltIn};
    case ObjectClass::hw_feature:
      return {kPolicy};
    case ObjectClass::public_key:
    case ObjectClass::private_key: {
      const auto pair = std::ranges::find(kPairs, kind.key_type(), &PairRules::type);
      if (pair == kPairs.end()) break;
      if (kind.object_class == ObjectClass::public_key) return {pair->public_key, kPublicKey, kKey, kStorage};
      return {pair->private_key, kPrivateKey, kGuarded, kKey, kStorage};
    }
    case ObjectClass::secret_key:
      if (const auto own = secret_key_rules(kind.key_type()); !own.empty()) return {own, kSecretKey, kGuarded, kKey, kStorage};
      break;
    case ObjectClass::otp_key:
      if (kind.key_type() == KeyType::hotp) return {kHotp, kSecretKey, kGuarded, kKey, kStorage};
      break;
    default:
      break;
  }
  return {};
}

std::vector<AttributeRule> merged(const std::vector<Part>& tables) {
  std::vector<AttributeRule> rows;
  for (const auto& table : tables)
    for (const auto& rule : table) {
      const auto at = std::ranges::lower_bound(rows, rule.id, {}, &AttributeRule::id);
      if (at == rows.end() || at->id != rule.id) rows.insert(at, rule);
    }
  return rows;
}

/// Every kind's rules in one place, made at the first question and never freed.
class AllRules {
 public:
  AllRules() {
    constexpr std::uint64_t kClasses = 12, kTypes = 256;  // above the numbers that the standard has given
    for (std::uint64_t object_class = 0; object_class < kClasses; ++object_class)
      for (std::uint64_t type = 0; type < kTypes; ++type) {
        const ObjectKind kind{static_cast<ObjectClass>(object_class), type};
        if (kind != place_of(kind)) break;
        if (const auto tables = tables_of(kind); !tables.empty()) kinds_.push_back({kind, merged(tables)});
      }
  }
  const std::vector<AttributeRule>* of(const ObjectKind& kind) const {
    const auto place = place_of(kind);
    const auto at = std::ranges::lower_bound(kinds_, place, {}, &OneKind::kind);
    return at == kinds_.end() || at->kind != place ? nullptr : &at->rows;
  }

 private:
  struct OneKind {
    ObjectKind kind;
    std::vector<AttributeRule> rows;
  };
  /// Classes that have no type are kept once.
  static ObjectKind place_of(const ObjectKind& kind) {
    return {kind.object_class, kind.has_key_type() || kind.object_class == ObjectClass::certificate ? kind.type : 0};
  }
  std::vector<OneKind> kinds_;  ///< ascending
};

}  // namespace

Result<Rules> rules_of(const ObjectKind& kind) {
  static const auto* const all = new AllRules;
  if (const auto* rows = all->of(kind)) return Rules(*rows);
  return fail(Rv::attribute_value_invalid, "objects of this class and type are not kept here");
}

}  // namespace hsm
