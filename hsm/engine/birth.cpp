#include "hsm/engine/birth.h"

#include <algorithm>
#include <bit>

#include "hsm/crypto/crypto.h"
#include "hsm/model/template_values.h"

namespace hsm::engine {
namespace {

/// A random UUID (RFC 9562, version 4).
Bytes new_unique_id() {
  auto raw = crypto::random_identifier(16);
  raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3F) | 0x80);
  auto text = to_hex(raw);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return bytes_of(text);
}

void set_history(Template& attributes, const ObjectKind& kind, bool always_sensitive, bool never_extractable) {
  if (!kind.is_guarded()) return;
  put(attributes, attribute(Attr::always_sensitive, always_sensitive && find_bool(attributes, Attr::sensitive).value_or(false)));
  put(attributes,
      attribute(Attr::never_extractable, never_extractable && !find_bool(attributes, Attr::extractable).value_or(true)));
}

/// The check value of a secret key: computed when nobody gave one, compared when somebody did, left out when given empty.
Status settle_check_value(Template& attributes, const ObjectKind& kind, const Secret& value) {
  auto right = crypto::check_value(kind.key_type(), value);
  const auto* given = find_bytes(attributes, Attr::check_value);
  if (given == nullptr) {
    if (!right.empty()) put(attributes, attribute(Attr::check_value, std::move(right)));
    return Done{};
  }
  if (!given->empty() && !right.empty() && *given != right)
    return fail(Rv::attribute_value_invalid, "CKA_CHECK_VALUE is not the key's");
  return Done{};
}

Status settle_secret_key(Template& attributes, const ObjectKind& kind) {
  const auto* value = find_secret(attributes, Attr::value);
  if (value == nullptr || value->empty()) return fail(Rv::attribute_value_invalid, "a secret key without octets");
  const std::uint64_t size = value->size();
  const auto length = find_number(attributes, Attr::value_len);
  if (length && *length != size) return fail(Rv::template_inconsistent, "CKA_VALUE_LEN is not the length of the key");
  TRY(settle_check_value(attributes, kind, *value));  // puts: `value` is not valid after it
  put(attributes, attribute(Attr::value_len, size));
  return Done{};
}

Status settle_public_half(Template& attributes, const ObjectKind& kind) {
  if (kind.object_class == ObjectClass::public_key && kind.key_type() == KeyType::rsa) {
    const auto* modulus = find_bytes(attributes, Attr::modulus);
    if (modulus == nullptr || modulus->empty()) return fail(Rv::attribute_value_invalid, "an RSA key without modulus");
    const auto bits = (modulus->size() - 1) * 8 + static_cast<std::size_t>(std::bit_width((*modulus)[0]));
    put(attributes, attribute(Attr::modulus_bits, std::uint64_t{bits}));
  }
  auto info = crypto::public_key_info(attributes);
  const auto* given = find_bytes(attributes, Attr::public_key_info);
  if (given != nullptr && !given->empty() && !info.empty() && *given != info)
    return fail(Rv::attribute_value_invalid, "CKA_PUBLIC_KEY_INFO is not the key's");
  if (!info.empty() || given == nullptr) put(attributes, attribute(Attr::public_key_info, std::move(info)));
  auto crc = crypto::public_crc64(attributes);
  given = find_bytes(attributes, Attr::public_crc64_value);
  if (given != nullptr && !given->empty() && *given != crc)
    return fail(Rv::attribute_value_invalid, "CKA_PUBLIC_CRC64_VALUE is not the key's");
  if (!crc.empty()) put(attributes, attribute(Attr::public_crc64_value, std::move(crc)));
  return Done{};
}

/// What a certificate's octets tell, where the template is silent. A public key that is given is not compared: the standard leaves it
/// to the application (PKCS#11 3.2, 4.6).
Status settle_certificate(Template& attributes) {
  const auto silent = [&](Attr type) {
    const auto* given = find_bytes(attributes, type);
    return given == nullptr || given->empty();
  };
  const auto* value = find_bytes(attributes, Attr::value);
  if (value == nullptr || value->empty()) return Done{};  // it lies at a URL
  auto check = crypto::certificate_check_value(*value);
  if (!silent(Attr::check_value) && *find_bytes(attributes, Attr::check_value) != check)
    return fail(Rv::attribute_value_invalid, "CKA_CHECK_VALUE is not the certificate's");
  if (silent(Attr::public_key_info)) put(attributes, attribute(Attr::public_key_info, crypto::certificate_key_info(*value)));
  put(attributes, attribute(Attr::check_value, std::move(check)));
  return Done{};
}

Status settle(Template& attributes, const ObjectKind& kind, bool local, std::uint64_t mechanism) {
  put(attributes, attribute(Attr::unique_id, new_unique_id()));
  if (kind.object_class == ObjectClass::certificate) return settle_certificate(attributes);
  if (!kind.has_key_type()) return Done{};
  put(attributes, attribute(Attr::local, local));
  if (!kind.is_key()) return Done{};
  put(attributes, attribute(Attr::key_gen_mechanism, mechanism));
  put(attributes, attribute(Attr::object_validation_flags, std::uint64_t{0}));  // nobody has validated this HSM
  if (kind.is_symmetric()) return settle_secret_key(attributes, kind);
  return settle_public_half(attributes, kind);
}

}  // namespace

Status born_by_create(Template& attributes, const ObjectKind& kind) {
  if (kind.is_key()) {
    TRY(crypto::load_key(attributes));
    TRY(crypto::write_curve_as_standard(attributes));
  }
  if (kind.object_class == ObjectClass::domain_parameters)
    TRY(add_material(attributes, kind, TRY(crypto::sizes_of_domain(kind.key_type(), attributes))));
  set_history(attributes, kind, false, false);
  return settle(attributes, kind, false, kUnavailable);
}

Status born_by_generation(Template& attributes, const ObjectKind& kind, std::uint64_t mechanism, bool known_outside) {
  if (kind.is_key()) TRY(crypto::write_curve_as_standard(attributes));
  set_history(attributes, kind, !known_outside, !known_outside);
  return settle(attributes, kind, true, mechanism);
}

Status born_by_unwrap(Template& attributes, const ObjectKind& kind) {
  if (auto loaded = crypto::load_key(attributes); !loaded)
    return fail(Rv::wrapped_key_invalid, "what was unwrapped is not a key of the template's type");
  set_history(attributes, kind, false, false);
  return settle(attributes, kind, false, kUnavailable);
}

Status born_by_derivation(Template& attributes, const ObjectKind& kind, const Object& base_key, std::span<const ObjectPtr> others) {
  TRY(crypto::load_key(attributes));
  const auto all = [&](Attr flag) {
    return base_key.attributes().is(flag) &&
           std::ranges::all_of(others, [&](const ObjectPtr& other) { return other->attributes().is(flag); });
  };
  set_history(attributes, kind, all(Attr::always_sensitive), all(Attr::never_extractable));
  return settle(attributes, kind, false, kUnavailable);
}

Status born_by_copy(Template& attributes, const ObjectKind& kind, const AttributeBlob& original) {
  put(attributes, attribute(Attr::unique_id, new_unique_id()));
  set_history(attributes, kind, original.is(Attr::always_sensitive), original.is(Attr::never_extractable));
  return Done{};
}

Status add_material(Template& attributes, const ObjectKind& kind, Template material) {
  const auto rules = TRY(rules_of(kind));
  for (const auto& item : material) {
    const auto* rule = rules.find(item.type);
    const auto* shape = shape_of(item.type);
    if (rule == nullptr || shape == nullptr || find(attributes, rule->id) != nullptr) continue;
    put(attributes, TRY(canonical(*shape, item, rule->secret, crypto::SecretAccess::use())));
  }
  return Done{};
}

}  // namespace hsm::engine
