#include "hsm/model/template.h"

#include <algorithm>
#include <stdexcept>

#include "hsm/model/template_values.h"

namespace hsm {
namespace {

std::string name_of(std::uint64_t type) {
  const auto* shape = shape_of(type);
  return shape == nullptr ? "an unknown attribute" : std::string(shape->name);
}

/// What every given attribute must satisfy, whatever is done with it; the value in canonical form.
Result<Attribute> admitted(On on, const Rules& rules, const Attribute& given, UserType by, KeyUse use) {
  const auto* shape = shape_of(given.type);
  const auto* rule = shape == nullptr ? nullptr : rules.find(given.type);
  if (rule == nullptr) return fail(Rv::attribute_type_invalid, "objects of this kind do not have it").about(name_of(given.type));
  if ((rule->may & on) == 0) return fail(Rv::attribute_read_only, "cannot be given here").about(name_of(given.type));
  auto attribute = TRY(canonical(*shape, given, rule->secret, use));
  if (rule->set_by == SetBy::so && by != UserType::so && std::get<bool>(attribute.value))
    return fail(Rv::attribute_read_only, "only the security officer may set it").about(name_of(given.type));
  return attribute;
}

/// Admits all of a template, each attribute at most once.
Result<Template> admitted_all(On on, const Rules& rules, const Template& given, UserType by, KeyUse use) {
  Template attributes;
  attributes.reserve(given.size() + 2);  // and the class and the type
  for (const auto& item : given) {
    if (find(attributes, static_cast<Attr>(item.type)) != nullptr)
      return fail(Rv::template_inconsistent, "an attribute twice in one template").about(name_of(item.type));
    put(attributes, TRY(admitted(on, rules, item, by, use)));
  }
  return attributes;
}

Attribute default_of(const AttributeRule& rule) {
  const auto type = static_cast<std::uint64_t>(rule.id);
  switch (rule.otherwise) {
    case Default::no:
      return {type, false};
    case Default::yes:
      return {type, true};
    case Default::zero:
      return {type, std::uint64_t{0}};
    default:
      break;
  }
  switch (shape_of(type)->kind) {
    case Kind::templates:
      return {type, Template()};
    case Kind::mechanisms:
      return {type, MechanismSet()};
    default:
      if (rule.secret) return {type, Secret()};
      return {type, Bytes()};
  }
}

/// What the standard asks of a certificate beyond its rows (PKCS#11 3.1, 4.6.3).
Status check_certificate(const Template& attributes) {
  const auto empty = [&](Attr type) {
    const auto* octets = find_bytes(attributes, type);
    return octets == nullptr || octets->empty();
  };
  if (empty(Attr::value) && empty(Attr::url))
    return fail(Rv::template_incomplete, "a certificate needs CKA_VALUE or CKA_URL");
  if (empty(Attr::value) && (empty(Attr::hash_of_subject_public_key) || empty(Attr::hash_of_issuer_public_key)))
    return fail(Rv::template_incomplete, "a certificate by CKA_URL needs both key hashes");
  return Done{};
}

/// PKCS#11 3.2, 4.7: CK_TRUST has five values.
Status check_trust_values(const Template& attributes) {
  constexpr std::uint64_t kMustVerify = 4;
  for (const auto& item : attributes)
    if (item.type >= static_cast<std::uint64_t>(Attr::trust_server_auth) && item.type <= static_cast<std::uint64_t>(Attr::trust_ocsp_signing) &&
        std::get<std::uint64_t>(item.value) > kMustVerify)
      return fail(Rv::attribute_value_invalid, "not a value of CK_TRUST").about(name_of(item.type));
  return Done{};
}

/// Trust is only given to a certificate that is named by its hash; distrust needs no more than its number.
Status check_trust(const Template& attributes) {
  constexpr std::uint64_t kUnknown = 0, kNotTrusted = 3;
  TRY(check_trust_values(attributes));
  const auto* hash = find_bytes(attributes, Attr::hash_of_certificate);
  if (hash != nullptr && !hash->empty() && find(attributes, Attr::name_hash_algorithm) != nullptr) return Done{};
  for (const auto& item : attributes) {
    if (item.type < static_cast<std::uint64_t>(Attr::trust_server_auth) || item.type > static_cast<std::uint64_t>(Attr::trust_ocsp_signing)) continue;
    const auto trust = std::get<std::uint64_t>(item.value);
    if (trust != kUnknown && trust != kNotTrusted)
      return fail(Rv::template_incomplete, "trust needs CKA_HASH_OF_CERTIFICATE and CKA_NAME_HASH_ALGORITHM");
  }
  return Done{};
}

/// PKCS#11 3.1, 4.7: a period of validity that ends before it starts.
Status check_dates(const Template& attributes) {
  const auto* start = find_bytes(attributes, Attr::start_date);
  const auto* end = find_bytes(attributes, Attr::end_date);
  if (start != nullptr && end != nullptr && !start->empty() && !end->empty() && *end < *start)
    return fail(Rv::template_inconsistent, "CKA_END_DATE lies before CKA_START_DATE");
  return Done{};
}

/// PKCS#11 3.1, 4.9: only a key that needs the login can ask for the PIN again.
Status check_always_authenticate(const Template& attributes) {
  if (find_bool(attributes, Attr::always_authenticate).value_or(false) && !find_bool(attributes, Attr::private_).value_or(false))
    return fail(Rv::template_inconsistent, "CKA_ALWAYS_AUTHENTICATE without CKA_PRIVATE");
  return Done{};
}

/// What RFC 4226 leaves open of a HOTP key, and what it cannot be.
Status settle_hotp(Template& attributes) {
  constexpr std::uint64_t kLeastDigits = 6, kMostDigits = 8, kMandatory = 2;
  constexpr std::size_t kCounter = 8;
  if (find(attributes, Attr::otp_length) == nullptr) put(attributes, attribute(Attr::otp_length, kLeastDigits));
  if (find(attributes, Attr::otp_counter) == nullptr) put(attributes, attribute(Attr::otp_counter, Bytes(kCounter, 0)));
  const auto digits = *find_number(attributes, Attr::otp_length);
  if (digits < kLeastDigits || digits > kMostDigits) return fail(Rv::attribute_value_invalid, "a HOTP has 6 to 8 digits");
  if (find_bytes(attributes, Attr::otp_counter)->size() != kCounter)
    return fail(Rv::attribute_value_invalid, "the counter of a HOTP key has eight octets");
  for (const auto zero : {Attr::otp_format, Attr::otp_challenge_requirement, Attr::otp_time_requirement, Attr::otp_pin_requirement})
    if (find_number(attributes, zero) != 0)
      return fail(Rv::attribute_value_invalid, "a HOTP is decimal and made of a counter alone").about(name_of(static_cast<std::uint64_t>(zero)));
  if (*find_number(attributes, Attr::otp_counter_requirement) > kMandatory)
    return fail(Rv::attribute_value_invalid, "not a value of CK_OTP_PARAM_*").about("CKA_OTP_COUNTER_REQUIREMENT");
  if (!find_bytes(attributes, Attr::otp_time)->empty()) return fail(Rv::attribute_value_invalid, "a HOTP is not made of a time");
  return Done{};
}

}  // namespace

Result<ObjectKind> kind_of(const Template& given, const std::optional<ObjectKind>& implied) {
  ObjectKind kind = implied.value_or(ObjectKind{});
  if (const auto object_class = find_number(given, Attr::object_class)) {
    if (implied && *object_class != static_cast<std::uint64_t>(implied->object_class))
      return fail(Rv::template_inconsistent, "another CKA_CLASS than what is made");
    kind.object_class = static_cast<ObjectClass>(*object_class);
  } else if (!implied) {
    return fail(Rv::template_incomplete, "CKA_CLASS is missing");
  }
  if (kind.object_class == ObjectClass::data) return kind;
  const auto named = kind.object_class == ObjectClass::certificate ? Attr::certificate_type : Attr::key_type;
  if (const auto type = find_number(given, named)) {
    if (implied && *type != implied->type) return fail(Rv::template_inconsistent, "another CKA_KEY_TYPE than what is made");
    kind.type = *type;
  } else if (!implied && (kind.has_key_type() || kind.object_class == ObjectClass::certificate)) {
    return fail(Rv::template_incomplete, "CKA_KEY_TYPE or CKA_CERTIFICATE_TYPE is missing");
  }
  return kind;
}

Result<Template> new_object(On on, const ObjectKind& kind, const Template& given, UserType by, KeyUse use) {
  const auto rules = TRY(rules_of(kind));
  auto attributes = TRY(admitted_all(on, rules, given, by, use));
  put(attributes, attribute(Attr::object_class, kind.object_class));
  if (kind.has_key_type()) put(attributes, attribute(Attr::key_type, kind.type));
  // Both ascend, so that what is given and what is left out are merged in one walk.
  Template whole;
  whole.reserve(rules.rows().size());
  auto given_one = attributes.begin();
  std::optional<Attr> missing;
  rules.each([&](const AttributeRule& rule) {
    if (given_one != attributes.end() && given_one->type == static_cast<std::uint64_t>(rule.id)) {
      whole.push_back(std::move(*given_one++));
    } else if ((rule.must & on) != 0) {
      missing = rule.id;
    } else if (rule.otherwise != Default::absent) {
      whole.push_back(default_of(rule));
    }
  });
  if (given_one != attributes.end()) throw std::logic_error("an attribute without a rule was admitted");
  attributes = std::move(whole);
  if (missing)
    return fail(Rv::template_incomplete, "a required attribute is missing").about(name_of(static_cast<std::uint64_t>(*missing)));
  if (kind == ObjectKind{ObjectClass::certificate, static_cast<std::uint64_t>(CertificateType::x_509)}) TRY(check_certificate(attributes));
  if (kind.object_class == ObjectClass::trust) TRY(check_trust(attributes));
  if (kind.object_class == ObjectClass::otp_key) TRY(settle_hotp(attributes));
  TRY(check_dates(attributes));
  TRY(check_always_authenticate(attributes));
  return attributes;
}

Result<Template> changed_attributes(On on, const ObjectKind& kind, const AttributeBlob& now, const Template& given, UserType by,
                                    KeyUse use) {
  const auto rules = TRY(rules_of(kind));
  auto attributes = TRY(admitted_all(on, rules, given, by, use));
  if (kind.object_class == ObjectClass::trust) TRY(check_trust_values(attributes));
  for (const auto& item : attributes) {
    const auto* rule = rules.find(item.type);
    if (rule->change == Change::freely) continue;
    const bool before = now.is(rule->id);
    const bool after = std::get<bool>(item.value);
    if (before != after && after != (rule->change == Change::only_to_true))
      return fail(Rv::attribute_read_only, "cannot be changed back").about(name_of(item.type));
  }
  return attributes;
}

Result<Template> with_demanded(const Template& given, const Template& demanded, KeyUse use) {
  auto all = clone(given, use);
  for (const auto& item : demanded) {
    const auto* said = find(given, static_cast<Attr>(item.type));
    if (said == nullptr) {
      all.push_back(clone(item, use));
      continue;
    }
    const auto as_kept = TRY(canonical(*shape_of(item.type), *said, false, use));
    if (encoded_value_of(as_kept.value) != encoded_value_of(item.value))
      return fail(Rv::template_inconsistent, "the key's template attribute demands another value").about(name_of(item.type));
  }
  return all;
}

Reading reading_of(const ObjectKind& kind, const AttributeBlob& attributes, std::uint64_t type) {
  const auto rules = rules_of(kind);
  const auto* rule = rules ? rules->find(type) : nullptr;
  if (rule == nullptr) return Reading::unknown;
  if (!rule->secret) return attributes.encoded_value(type).empty() ? Reading::unknown : Reading::in_clear;
  const bool hidden = attributes.is(Attr::sensitive) || !attributes.boolean(Attr::extractable).value_or(true);
  return hidden ? Reading::refused : Reading::from_secrets;
}

Wanted::Wanted(const Template& given, KeyUse use) {
  for (const auto& item : given) {
    const auto* shape = shape_of(item.type);
    auto kept = shape == nullptr ? Result<Attribute>(fail(Rv::attribute_type_invalid, "unknown"))
                                 : canonical(*shape, item, shape->may_be_secret, use);
    if (!kept) {
      impossible_ = true;
    } else if (shape->may_be_secret) {
      secrets_.push_back(std::move(*kept));
    } else {
      items_.push_back({item.type, encoded_value_of(kept->value)});
    }
  }
  std::ranges::sort(items_, {}, &Item::type);
}

bool Wanted::matches(const AttributeBlob& attributes) const {
  if (impossible_) return false;
  auto next = items_.begin();
  bool equal = true;
  attributes.each([&](std::uint64_t type, ByteView value) {
    if (!equal || next == items_.end() || type < next->type) return;
    while (equal && next != items_.end() && next->type <= type) {
      equal = next->type == type && std::ranges::equal(next->encoded, value);
      ++next;
    }
  });
  return equal && next == items_.end();
}

const Wanted::Item* Wanted::item(Attr type) const {
  const auto at = std::ranges::find(items_, static_cast<std::uint64_t>(type), &Item::type);
  return at == items_.end() ? nullptr : &*at;
}

std::optional<ByteView> Wanted::octets(Attr type) const {
  const auto* found = item(type);
  return found == nullptr ? std::nullopt : std::optional(octets_in(found->encoded));
}

std::optional<std::uint64_t> Wanted::number(Attr type) const {
  const auto* found = item(type);
  return found == nullptr ? std::nullopt : number_in(found->encoded);
}

}  // namespace hsm
