#include <algorithm>
#include <array>

#include "hsm/model/attribute.h"

namespace hsm {
namespace {

struct Shape {
  Attr type;
  std::string_view name;
  Kind kind;
  bool may_be_secret = false;
  constexpr operator AttributeShape() const {  // NOLINT: implicit, so that rows may name the attribute
    return {static_cast<std::uint64_t>(type), name, kind, may_be_secret};
  }
};

constexpr auto kShapes = std::to_array<AttributeShape>({
    Shape{Attr::object_class, "CKA_CLASS", Kind::number},
    Shape{Attr::token, "CKA_TOKEN", Kind::boolean},
    Shape{Attr::private_, "CKA_PRIVATE", Kind::boolean},
    Shape{Attr::label, "CKA_LABEL", Kind::text},
    Shape{Attr::unique_id, "CKA_UNIQUE_ID", Kind::text},
    Shape{Attr::application, "CKA_APPLICATION", Kind::text},
    Shape{Attr::value, "CKA_VALUE", Kind::bytes, true},
    Shape{Attr::object_id, "CKA_OBJECT_ID", Kind::bytes},
    Shape{Attr::certificate_type, "CKA_CERTIFICATE_TYPE", Kind::number},
    Shape{Attr::issuer, "CKA_ISSUER", Kind::bytes},
    Shape{Attr::serial_number, "CKA_SERIAL_NUMBER", Kind::bytes},
    Shape{Attr::ac_issuer, "CKA_AC_ISSUER", Kind::bytes},
    Shape{Attr::owner, "CKA_OWNER", Kind::bytes},
    Shape{Attr::attr_types, "CKA_ATTR_TYPES", Kind::bytes},
    Shape{Attr::trusted, "CKA_TRUSTED", Kind::boolean},
    Shape{Attr::certificate_category, "CKA_CERTIFICATE_CATEGORY", Kind::number},
    Shape{Attr::java_midp_security_domain, "CKA_JAVA_MIDP_SECURITY_DOMAIN", Kind::number},
    Shape{Attr::url, "CKA_URL", Kind::text},
    Shape{Attr::hash_of_subject_public_key, "CKA_HASH_OF_SUBJECT_PUBLIC_KEY", Kind::bytes},
    Shape{Attr::hash_of_issuer_public_key, "CKA_HASH_OF_ISSUER_PUBLIC_KEY", Kind::bytes},
    Shape{Attr::name_hash_algorithm, "CKA_NAME_HASH_ALGORITHM", Kind::number},
    Shape{Attr::check_value, "CKA_CHECK_VALUE", Kind::bytes},
    Shape{Attr::key_type, "CKA_KEY_TYPE", Kind::number},
    Shape{Attr::subject, "CKA_SUBJECT", Kind::bytes},
    Shape{Attr::id, "CKA_ID", Kind::bytes},
    Shape{Attr::sensitive, "CKA_SENSITIVE", Kind::boolean},
    Shape{Attr::encrypt, "CKA_ENCRYPT", Kind::boolean},
    Shape{Attr::decrypt, "CKA_DECRYPT", Kind::boolean},
    Shape{Attr::wrap, "CKA_WRAP", Kind::boolean},
    Shape{Attr::unwrap, "CKA_UNWRAP", Kind::boolean},
    Shape{Attr::sign, "CKA_SIGN", Kind::boolean},
    Shape{Attr::sign_recover, "CKA_SIGN_RECOVER", Kind::boolean},
    Shape{Attr::verify, "CKA_VERIFY", Kind::boolean},
    Shape{Attr::verify_recover, "CKA_VERIFY_RECOVER", Kind::boolean},
    Shape{Attr::derive, "CKA_DERIVE", Kind::boolean},
    Shape{Attr::start_date, "CKA_START_DATE", Kind::date},
    Shape{Attr::end_date, "CKA_END_DATE", Kind::date},
    Shape{Attr::modulus, "CKA_MODULUS", Kind::big_integer},
    Shape{Attr::modulus_bits, "CKA_MODULUS_BITS", Kind::number},
    Shape{Attr::public_exponent, "CKA_PUBLIC_EXPONENT", Kind::big_integer},
    Shape{Attr::private_exponent, "CKA_PRIVATE_EXPONENT", Kind::big_integer, true},
    Shape{Attr::prime_1, "CKA_PRIME_1", Kind::big_integer, true},
    Shape{Attr::prime_2, "CKA_PRIME_2", Kind::big_integer, true},
    Shape{Attr::exponent_1, "CKA_EXPONENT_1", Kind::big_integer, true},
    Shape{Attr::exponent_2, "CKA_EXPONENT_2", Kind::big_integer, true},
    Shape{Attr::coefficient, "CKA_COEFFICIENT", Kind::big_integer, true},
    Shape{Attr::public_key_info, "CKA_PUBLIC_KEY_INFO", Kind::bytes},
    Shape{Attr::prime, "CKA_PRIME", Kind::big_integer},
    Shape{Attr::subprime, "CKA_SUBPRIME", Kind::big_integer},
    Shape{Attr::base, "CKA_BASE", Kind::big_integer},
    Shape{Attr::prime_bits, "CKA_PRIME_BITS", Kind::number},
    Shape{Attr::subprime_bits, "CKA_SUBPRIME_BITS", Kind::number},
    Shape{Attr::value_bits, "CKA_VALUE_BITS", Kind::number},
    Shape{Attr::value_len, "CKA_VALUE_LEN", Kind::number},
    Shape{Attr::extractable, "CKA_EXTRACTABLE", Kind::boolean},
    Shape{Attr::local, "CKA_LOCAL", Kind::boolean},
    Shape{Attr::never_extractable, "CKA_NEVER_EXTRACTABLE", Kind::boolean},
    Shape{Attr::always_sensitive, "CKA_ALWAYS_SENSITIVE", Kind::boolean},
    Shape{Attr::key_gen_mechanism, "CKA_KEY_GEN_MECHANISM", Kind::number},
    Shape{Attr::modifiable, "CKA_MODIFIABLE", Kind::boolean},
    Shape{Attr::copyable, "CKA_COPYABLE", Kind::boolean},
    Shape{Attr::destroyable, "CKA_DESTROYABLE", Kind::boolean},
    Shape{Attr::ec_params, "CKA_EC_PARAMS", Kind::bytes},
    Shape{Attr::ec_point, "CKA_EC_POINT", Kind::bytes},
    Shape{Attr::always_authenticate, "CKA_ALWAYS_AUTHENTICATE", Kind::boolean},
    Shape{Attr::wrap_with_trusted, "CKA_WRAP_WITH_TRUSTED", Kind::boolean},
    Shape{Attr::otp_format, "CKA_OTP_FORMAT", Kind::number},
    Shape{Attr::otp_length, "CKA_OTP_LENGTH", Kind::number},
    Shape{Attr::otp_time_interval, "CKA_OTP_TIME_INTERVAL", Kind::number},
    Shape{Attr::otp_user_friendly_mode, "CKA_OTP_USER_FRIENDLY_MODE", Kind::boolean},
    Shape{Attr::otp_challenge_requirement, "CKA_OTP_CHALLENGE_REQUIREMENT", Kind::number},
    Shape{Attr::otp_time_requirement, "CKA_OTP_TIME_REQUIREMENT", Kind::number},
    Shape{Attr::otp_counter_requirement, "CKA_OTP_COUNTER_REQUIREMENT", Kind::number},
    Shape{Attr::otp_pin_requirement, "CKA_OTP_PIN_REQUIREMENT", Kind::number},
    Shape{Attr::otp_user_identifier, "CKA_OTP_USER_IDENTIFIER", Kind::text},
    Shape{Attr::otp_service_identifier, "CKA_OTP_SERVICE_IDENTIFIER", Kind::text},
    Shape{Attr::otp_service_logo, "CKA_OTP_SERVICE_LOGO", Kind::bytes},
    Shape{Attr::otp_service_logo_type, "CKA_OTP_SERVICE_LOGO_TYPE", Kind::text},
    Shape{Attr::otp_counter, "CKA_OTP_COUNTER", Kind::bytes},
    Shape{Attr::otp_time, "CKA_OTP_TIME", Kind::text},
    Shape{Attr::gostr3410_params, "CKA_GOSTR3410_PARAMS", Kind::bytes},
    Shape{Attr::gostr3411_params, "CKA_GOSTR3411_PARAMS", Kind::bytes},
    Shape{Attr::gost28147_params, "CKA_GOST28147_PARAMS", Kind::bytes},
    Shape{Attr::hw_feature_type, "CKA_HW_FEATURE_TYPE", Kind::number},
    Shape{Attr::mechanism_type, "CKA_MECHANISM_TYPE", Kind::number},
    Shape{Attr::profile_id, "CKA_PROFILE_ID", Kind::number},
    Shape{Attr::parameter_set, "CKA_PARAMETER_SET", Kind::number},
    Shape{Attr::object_validation_flags, "CKA_OBJECT_VALIDATION_FLAGS", Kind::number},
    Shape{Attr::validation_type, "CKA_VALIDATION_TYPE", Kind::number},
    Shape{Attr::validation_version, "CKA_VALIDATION_VERSION", Kind::bytes},
    Shape{Attr::validation_level, "CKA_VALIDATION_LEVEL", Kind::number},
    Shape{Attr::validation_module_id, "CKA_VALIDATION_MODULE_ID", Kind::text},
    Shape{Attr::validation_flag, "CKA_VALIDATION_FLAG", Kind::number},
    Shape{Attr::validation_authority_type, "CKA_VALIDATION_AUTHORITY_TYPE", Kind::number},
    Shape{Attr::validation_country, "CKA_VALIDATION_COUNTRY", Kind::text},
    Shape{Attr::validation_certificate_identifier, "CKA_VALIDATION_CERTIFICATE_IDENTIFIER", Kind::text},
    Shape{Attr::validation_certificate_uri, "CKA_VALIDATION_CERTIFICATE_URI", Kind::text},
    Shape{Attr::validation_vendor_uri, "CKA_VALIDATION_VENDOR_URI", Kind::text},
    Shape{Attr::validation_profile, "CKA_VALIDATION_PROFILE", Kind::text},
    Shape{Attr::encapsulate_template, "CKA_ENCAPSULATE_TEMPLATE", Kind::templates},
    Shape{Attr::decapsulate_template, "CKA_DECAPSULATE_TEMPLATE", Kind::templates},
    Shape{Attr::trust_server_auth, "CKA_TRUST_SERVER_AUTH", Kind::number},
    Shape{Attr::trust_client_auth, "CKA_TRUST_CLIENT_AUTH", Kind::number},
    Shape{Attr::trust_code_signing, "CKA_TRUST_CODE_SIGNING", Kind::number},
    Shape{Attr::trust_email_protection, "CKA_TRUST_EMAIL_PROTECTION", Kind::number},
    Shape{Attr::trust_ipsec_ike, "CKA_TRUST_IPSEC_IKE", Kind::number},
    Shape{Attr::trust_time_stamping, "CKA_TRUST_TIME_STAMPING", Kind::number},
    Shape{Attr::trust_ocsp_signing, "CKA_TRUST_OCSP_SIGNING", Kind::number},
    Shape{Attr::encapsulate, "CKA_ENCAPSULATE", Kind::boolean},
    Shape{Attr::decapsulate, "CKA_DECAPSULATE", Kind::boolean},
    Shape{Attr::hash_of_certificate, "CKA_HASH_OF_CERTIFICATE", Kind::bytes},
    Shape{Attr::public_crc64_value, "CKA_PUBLIC_CRC64_VALUE", Kind::bytes},
    Shape{Attr::seed, "CKA_SEED", Kind::bytes, true},
    Shape{Attr::wrap_template, "CKA_WRAP_TEMPLATE", Kind::templates},
    Shape{Attr::unwrap_template, "CKA_UNWRAP_TEMPLATE", Kind::templates},
    Shape{Attr::derive_template, "CKA_DERIVE_TEMPLATE", Kind::templates},
    Shape{Attr::allowed_mechanisms, "CKA_ALLOWED_MECHANISMS", Kind::mechanisms},
    Shape{Attr::keymantle_policy_profile, "CKA_KEYMANTLE_POLICY_PROFILE", Kind::number},
    Shape{Attr::keymantle_uses_left, "CKA_KEYMANTLE_USES_LEFT", Kind::number},
    Shape{Attr::keymantle_uses_per_minute, "CKA_KEYMANTLE_USES_PER_MINUTE", Kind::number},
    Shape{Attr::keymantle_checks_on, "CKA_KEYMANTLE_CHECKS_ON", Kind::mechanisms},
    Shape{Attr::keymantle_checks_in_part, "CKA_KEYMANTLE_CHECKS_IN_PART", Kind::mechanisms},
});

static_assert(std::ranges::is_sorted(kShapes, std::ranges::less_equal{}, &AttributeShape::type));
// 3.2 gave the templates of encapsulation numbers without the bit that marks an array (CKF_ARRAY_ATTRIBUTE).
constexpr bool is_array(std::uint64_t type) {
  return (type & 0x40000000) != 0 || type == static_cast<std::uint64_t>(Attr::encapsulate_template) ||
         type == static_cast<std::uint64_t>(Attr::decapsulate_template);
}
static_assert(std::ranges::all_of(kShapes, [](const AttributeShape& s) {
  return (s.kind == Kind::templates || s.kind == Kind::mechanisms) == is_array(s.type);
}));

}  // namespace

const AttributeShape* shape_of(std::uint64_t type) {
  const auto at = std::ranges::lower_bound(kShapes, type, {}, &AttributeShape::type);
  return at == kShapes.end() || at->type != type ? nullptr : &*at;
}

std::span<const AttributeShape> all_shapes() { return kShapes; }

}  // namespace hsm
