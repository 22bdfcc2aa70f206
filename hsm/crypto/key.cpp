#include "hsm/crypto/key.h"

#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/pq.h"

namespace hsm::crypto {
namespace {

/// Triple DES gives the lowest bit of each octet to an odd parity.
std::uint8_t with_parity(std::uint8_t octet) {
  unsigned folded = octet >> 1;
  folded ^= folded >> 4;
  folded ^= folded >> 2;
  folded ^= folded >> 1;
  return static_cast<std::uint8_t>((octet & 0xFEu) | (~folded & 1u));
}

bool is_des(KeyType type) { return type == KeyType::des || type == KeyType::des2 || type == KeyType::des3; }

/// PKCS#11 3.1, 6.15.2, and SP 800-67, 3.2: two equal keys that follow each other leave single DES.
Status check_des(ByteView value) {
  unsigned wrong = 0;
  for (const auto octet : value) wrong |= static_cast<unsigned>(octet ^ with_parity(octet));
  if (wrong != 0) return fail(Rv::attribute_value_invalid, "a DES key has octets of odd parity");
  for (std::size_t part = 8; part < value.size(); part += 8)
    if (equal_in_constant_time(value.subspan(part - 8, 8), value.subspan(part, 8)))
      return fail(Rv::attribute_value_invalid, "a Triple DES key of equal parts is one of single DES");
  return Done{};
}

Result<KeyPtr> load_secret(ObjectClass object_class, KeyType type, const Template& attributes) {
  const auto* value = find_secret(attributes, Attr::value);
  if (value == nullptr) return fail(Rv::template_incomplete, "a secret key needs CKA_VALUE");
  TRY(check_secret_length(type, value->size(), Rv::attribute_value_invalid));
  if (is_des(type)) TRY(check_des(value->reveal(SecretAccess::use())));
  return KeyPtr(std::make_shared<SecretKey>(type, value->clone(SecretAccess::use()), object_class));
}

}  // namespace

Status check_secret_length(KeyType type, std::uint64_t length, Rv code) {
  constexpr std::uint64_t kMost = 16384;
  const auto refuse = [&](const char* why) -> Status { return Error{code, why, Place::here(), {}}; };
  switch (type) {
    case KeyType::camellia:
    case KeyType::aria:
      if (length != 16 && length != 24 && length != 32) return refuse("a Camellia or ARIA key has 16, 24 or 32 octets");
      break;
    case KeyType::des:
      if (length != 8) return refuse("a DES key has 8 octets");
      break;
    case KeyType::des2:
    case KeyType::seed:
      if (length != 16) return refuse("a SEED key, or one of Triple DES with two parts, has 16 octets");
      break;
    case KeyType::des3:
      if (length != 24) return refuse("a Triple DES key has 24 octets");
      break;
    case KeyType::aes:
      if (length != 16 && length != 24 && length != 32) return refuse("an AES key has 16, 24 or 32 octets");
      break;
    case KeyType::aes_xts:
      if (length != 32 && length != 64) return refuse("an AES-XTS key has 32 or 64 octets");
      break;
    case KeyType::hotp:
      if (length < 16 || length > 64) return refuse("a HOTP key has 16 to 64 octets");
      break;
    case KeyType::chacha20:
    case KeyType::poly1305:
      if (length != 32) return refuse("a ChaCha20 or Poly1305 key has 32 octets");
      break;
    default:
      if (length == 0 || length > kMost) return refuse("a secret has 1 to 16384 octets");
      break;
  }
  return Done{};
}

void fit_to_type(KeyType type, Secret& value) {
  if (!is_des(type)) return;
  for (auto& octet : value.fill(SecretAccess::use())) octet = with_parity(octet);
}

const SecretKey* secret_of(const Key& key) {
  return key.object_class() == ObjectClass::secret_key ? dynamic_cast<const SecretKey*>(&key) : nullptr;
}

Result<ByteView> secret_octets(const Key& key) {
  const auto* secret = secret_of(key);
  if (secret == nullptr) return fail(Rv::key_type_inconsistent, "the mechanism needs a secret key");
  return secret->value();
}

Result<Secret> value_of(const Key& key) { return Secret::copy_of(TRY(secret_octets(key))); }

const PairKey* pair_of(const Key& key) {
  const auto half = key.object_class();
  return half == ObjectClass::public_key || half == ObjectClass::private_key ? dynamic_cast<const PairKey*>(&key) : nullptr;
}

Pkey make_pkey(const char* type, bool is_private, OSSL_PARAM* params) {
  return make_pkey_of(type, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
}

Pkey make_pkey_of(const char* type, int selection, OSSL_PARAM* params) {
  const QuietErrors quiet;
  const auto context = key_context_of(type);
  must(context != nullptr && EVP_PKEY_fromdata_init(context.get()) > 0, "cannot make a key");
  EVP_PKEY* pkey = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &pkey, selection, params) <= 0) return {};
  return Pkey(pkey);
}

Result<KeyPtr> load_key(const Template& attributes) {
  const auto object_class = find_number(attributes, Attr::object_class);
  const auto key_type = find_number(attributes, Attr::key_type);
  if (!object_class || !key_type) return fail(Rv::template_incomplete, "a key needs CKA_CLASS and CKA_KEY_TYPE");
  const auto half = static_cast<ObjectClass>(*object_class);
  const auto type = static_cast<KeyType>(*key_type);
  if (half == ObjectClass::secret_key || (half == ObjectClass::otp_key && type == KeyType::hotp))
    return load_secret(half, type, attributes);
  if (half != ObjectClass::public_key && half != ObjectClass::private_key)
    return fail(Rv::attribute_value_invalid, "CKA_CLASS is not that of a key");
  switch (type) {
    case KeyType::rsa:
      return half == ObjectClass::public_key ? load_rsa_public(attributes) : load_rsa_private(attributes);
    case KeyType::ec:
      return half == ObjectClass::public_key ? load_ec_public(attributes) : load_ec_private(attributes);
    case KeyType::ec_edwards:
    case KeyType::ec_montgomery:
      return half == ObjectClass::public_key ? load_raw_public(attributes, type) : load_raw_private(attributes, type);
    case KeyType::dh:
      return load_dh(attributes, half);
    case KeyType::dsa:
      return load_dsa(attributes, half);
    case KeyType::gostr3410:
      if (!has_gost()) break;
      return load_gost(attributes, half);
    case KeyType::ml_kem:
    case KeyType::ml_dsa:
    case KeyType::slh_dsa:
      return load_pq(attributes, type, half);
    default:
      break;
  }
  return fail(Rv::attribute_value_invalid, "key pairs of this type are not supported");
}

}  // namespace hsm::crypto
