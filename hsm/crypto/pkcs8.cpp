#include "hsm/crypto/pkcs8.h"

#include "hsm/crypto/der.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/number.h"
#include "hsm/crypto/pq.h"

// PrivateKeyInfo = SEQUENCE { version INTEGER (0), SEQUENCE { OID, parameters }, OCTET STRING key, [0] attributes OPTIONAL }
// RSAPrivateKey  = SEQUENCE { INTEGER 0, n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p }                       (RFC 8017)
// ECPrivateKey   = SEQUENCE { INTEGER 1, OCTET STRING scalar, [0] parameters OPTIONAL, [1] BIT STRING point OPTIONAL } (RFC 5915)

namespace hsm::crypto {
namespace {

using SecretWriter = der::Writer<WipedBytes>;

ByteView octets_in(const Template& attributes, Attr type) {
  if (const auto* secret = find_secret(attributes, type)) return secret->reveal(SecretAccess::use());
  if (const auto* bytes = find_bytes(attributes, type)) return *bytes;
  return {};
}

constexpr Attr kRsaParts[] = {Attr::modulus, Attr::public_exponent, Attr::private_exponent, Attr::prime_1,
                              Attr::prime_2, Attr::exponent_1,      Attr::exponent_2,       Attr::coefficient};

Result<Secret> document(const SecretWriter& algorithm, const SecretWriter& key) {
  SecretWriter inside;
  inside.small(0);
  inside.element(der::kSequence, algorithm);
  inside.element(der::kOctetString, key);
  SecretWriter whole;
  whole.element(der::kSequence, inside);
  return Secret::copy_of(whole.buffer());
}

Result<Secret> rsa_document(const Template& key) {
  SecretWriter numbers;
  numbers.small(0);
  for (const auto part : kRsaParts) {
    const auto octets = octets_in(key, part);
    if (octets.empty()) return fail(Rv::key_not_wrappable, "an RSA key without all its numbers has no PKCS#8 form");
    numbers.natural(octets);
  }
  SecretWriter body, algorithm;
  body.element(der::kSequence, numbers);
  algorithm.element(der::kOid, view(kRsaEncryption));
  algorithm.element(der::kNull, ByteView());
  return document(algorithm, body);
}

Result<Secret> ec_document(const Template& key) {
  const auto* curve = TRY(curve_in(key));
  const auto* scalar = find_secret(key, Attr::value);
  if (scalar == nullptr || scalar->empty()) return fail(Rv::key_not_wrappable, "an EC key without its value");
  const auto padded = secret_octets_of(secret_number_of(scalar->reveal(SecretAccess::use())).get(), curve->octets());
  SecretWriter numbers, point, body, algorithm;
  numbers.small(1);
  numbers.element(der::kOctetString, padded.reveal(SecretAccess::use()));
  point.bits(public_point(*curve, padded));
  numbers.element(der::context(1), point);
  body.element(der::kSequence, numbers);
  algorithm.element(der::kOid, view(kEcPublicKey));
  algorithm.element(der::kOid, view(curve->oid));
  return document(algorithm, body);
}

/// RFC 8410: the private key is an OCTET STRING in the OCTET STRING, and the algorithm has no parameters.
Result<Secret> raw_document(const Template& key, KeyType type) {
  const auto* curve = TRY(raw_curve_in(key, type));
  const auto* value = find_secret(key, Attr::value);
  if (value == nullptr || value->empty()) return fail(Rv::key_not_wrappable, "a key without its value");
  SecretWriter body, algorithm;
  body.element(der::kOctetString, value->reveal(SecretAccess::use()));
  algorithm.element(der::kOid, view(curve->oid));
  return document(algorithm, body);
}

/// The parameters of RFC 4491, 2.3.2, and the value as an OCTET STRING in little-endian order, as CryptoPro writes it.
Result<Secret> gost_document(const Template& key) {
  const auto* curve = find_bytes(key, Attr::gostr3410_params);
  const auto* hash = find_bytes(key, Attr::gostr3411_params);
  const auto* value = find_secret(key, Attr::value);
  if (curve == nullptr || hash == nullptr || value == nullptr || !is_gost_curve(*curve) || !is_gost_hash(*hash))
    return fail(Rv::key_not_wrappable, "a key without its parameters or its value");
  SecretWriter oids, body, algorithm;
  for (const auto* oid : {curve, hash}) oids.element(der::kOid, der::only_element(*oid)->value);
  body.element(der::kOctetString, value->reveal(SecretAccess::use()));
  algorithm.element(der::kOid, view(kGost3410));
  algorithm.element(der::kSequence, oids);
  return document(algorithm, body);
}

/// PKCS#3 and RFC 3279: the domain parameters with the algorithm, the private value as an INTEGER.
Result<Secret> ffc_document(const Template& key, std::string_view oid, std::span<const Attr> domain) {
  SecretWriter numbers, body, algorithm;
  for (const auto part : domain) {
    const auto octets = octets_in(key, part);
    if (octets.empty()) return fail(Rv::key_not_wrappable, "a key without its domain parameters");
    numbers.natural(octets);
  }
  const auto value = octets_in(key, Attr::value);
  if (value.empty()) return fail(Rv::key_not_wrappable, "a key without its value");
  body.natural(value);
  algorithm.element(der::kOid, view(oid));
  algorithm.element(der::kSequence, numbers);
  return document(algorithm, body);
}

constexpr Attr kDhDomain[] = {Attr::prime, Attr::base};
constexpr Attr kDsaDomain[] = {Attr::prime, Attr::subprime, Attr::base};

Error malformed() { return fail(Rv::wrapped_key_invalid, "the document is not a PrivateKeyInfo of a supported key"); }

Result<Template> read_rsa(ByteView body) {
  der::Reader outer(body);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end()) return malformed();
  der::Reader numbers(*sequence);
  const auto version = numbers.natural();
  if (!version || version->size() != 1 || (*version)[0] != 0) return malformed();
  Template key;
  key.push_back(attribute(Attr::key_type, KeyType::rsa));
  for (const auto part : kRsaParts) {
    const auto number = numbers.natural();
    if (!number) return malformed();
    const bool open = part == Attr::modulus || part == Attr::public_exponent;
    key.push_back(open ? attribute(part, bytes_of(*number)) : attribute(part, Secret::copy_of(*number)));
  }
  if (!numbers.at_end()) return malformed();
  return key;
}

Result<Template> read_ec(const Curve& curve, ByteView body) {
  der::Reader outer(body);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end()) return malformed();
  der::Reader parts(*sequence);
  const auto version = parts.natural();
  const auto scalar = parts.next(der::kOctetString);
  if (!version || version->size() != 1 || (*version)[0] != 1 || !scalar || scalar->empty()) return malformed();
  if (const auto params = parts.next(der::context(0))) {
    const auto named = curve_of(*params);
    if (!named || *named != &curve) return malformed();
  }
  parts.next(der::context(1));
  if (!parts.at_end()) return malformed();
  Template key;
  key.push_back(attribute(Attr::key_type, KeyType::ec));
  key.push_back(attribute(Attr::ec_params, ec_params_of(curve)));
  key.push_back(attribute(Attr::value, Secret::copy_of(*scalar)));
  return key;
}

Result<Template> read_raw(const RawCurve& curve, ByteView body) {
  der::Reader outer(body);
  const auto value = outer.next(der::kOctetString);
  if (!value || !outer.at_end() || value->size() != curve.octets) return malformed();
  Template key;
  key.push_back(attribute(Attr::key_type, curve.type));
  key.push_back(attribute(Attr::ec_params, ec_params_of(curve)));
  key.push_back(attribute(Attr::value, Secret::copy_of(*value)));
  return key;
}

/// A third OBJECT IDENTIFIER, of GOST 28147-89, may follow.
Result<Template> read_gost(der::Reader& identifier, ByteView body) {
  const auto sequence = identifier.next(der::kSequence);
  if (!sequence || !identifier.at_end()) return malformed();
  der::Reader oids(*sequence);
  Template key;
  key.push_back(attribute(Attr::key_type, KeyType::gostr3410));
  for (const auto type : {Attr::gostr3410_params, Attr::gostr3411_params, Attr::gost28147_params}) {
    const auto oid = oids.next(der::kOid);
    if (!oid && type == Attr::gost28147_params) break;
    if (!oid) return malformed();
    der::Writer<Bytes> named;
    named.element(der::kOid, *oid);
    key.push_back(attribute(type, named.take()));
  }
  der::Reader inside(body);
  const auto value = inside.next(der::kOctetString);
  if (!oids.at_end() || !value || !inside.at_end()) return malformed();
  key.push_back(attribute(Attr::value, Secret::copy_of(*value)));
  return key;
}

Result<Template> read_ffc(KeyType type, std::span<const Attr> domain, der::Reader& identifier, ByteView body) {
  const auto sequence = identifier.next(der::kSequence);
  if (!sequence || !identifier.at_end()) return malformed();
  Template key;
  key.push_back(attribute(Attr::key_type, type));
  der::Reader numbers(*sequence);
  for (const auto part : domain) {
    const auto number = numbers.natural();
    if (!number) return malformed();
    key.push_back(attribute(part, bytes_of(*number)));
  }
  der::Reader inside(body);
  const auto value = inside.natural();
  if (!value || !inside.at_end()) return malformed();
  key.push_back(attribute(Attr::value, Secret::copy_of(*value)));
  return key;
}

}  // namespace

Result<Secret> to_pkcs8(const Template& private_key) {
  const auto type = find_number(private_key, Attr::key_type);
  if (!type) return fail(Rv::template_incomplete, "a key needs CKA_KEY_TYPE");
  switch (static_cast<KeyType>(*type)) {
    case KeyType::rsa: return rsa_document(private_key);
    case KeyType::ec: return ec_document(private_key);
    case KeyType::ec_edwards:
    case KeyType::ec_montgomery: return raw_document(private_key, static_cast<KeyType>(*type));
    case KeyType::gostr3410: return gost_document(private_key);
    case KeyType::dh: return ffc_document(private_key, kDhKeyAgreement, kDhDomain);
    case KeyType::dsa: return ffc_document(private_key, kDsa, kDsaDomain);
    case KeyType::ml_kem:
    case KeyType::ml_dsa:
    case KeyType::slh_dsa: return pq_document(private_key);
    default: return fail(Rv::key_not_wrappable, "private keys of this type have no PKCS#8 form here");
  }
}

Result<Template> from_pkcs8(const Secret& document) {
  der::Reader outer(document.reveal(SecretAccess::use()));
  const auto sequence = outer.next(der::kSequence);
  // Block ciphers that pad with zeros leave some behind the document.
  while (const auto padding = outer.next(0)) {
    if (!padding->empty()) return malformed();
  }
  if (!sequence || !outer.at_end()) return malformed();
  der::Reader parts(*sequence);
  const auto version = parts.natural();
  const auto algorithm = parts.next(der::kSequence);
  const auto body = parts.next(der::kOctetString);
  if (!version || version->size() != 1 || (*version)[0] > 1 || !algorithm || !body) return malformed();
  parts.next(der::context(0));
  parts.next(static_cast<std::uint8_t>(0x81));
  if (!parts.at_end()) return malformed();
  der::Reader identifier(*algorithm);
  const auto oid = identifier.next(der::kOid);
  if (!oid) return malformed();
  if (text_of(*oid) == kRsaEncryption) {
    if (const auto nothing = identifier.next(der::kNull); nothing && !nothing->empty()) return malformed();
    if (!identifier.at_end()) return malformed();
    return read_rsa(*body);
  }
  if (text_of(*oid) == kEcPublicKey) {
    const auto params = identifier.next(der::kOid);
    if (!params || !identifier.at_end()) return malformed();
    der::Writer<Bytes> named;
    named.element(der::kOid, *params);
    const auto curve = curve_of(named.buffer());
    if (!curve) return malformed();
    return read_ec(**curve, *body);
  }
  if (const auto* curve = raw_curve_by_oid(*oid)) {
    if (!identifier.at_end()) return malformed();
    return read_raw(*curve, *body);
  }
  if (text_of(*oid) == kGost3410) return read_gost(identifier, *body);
  if (text_of(*oid) == kDsa) return read_ffc(KeyType::dsa, kDsaDomain, identifier, *body);
  if (text_of(*oid) == kDhKeyAgreement) return read_ffc(KeyType::dh, kDhDomain, identifier, *body);
  return read_pq_document(document);
}

}  // namespace hsm::crypto
