#include "hsm/crypto/key.h"

#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/load.h"

namespace hsm::crypto {
namespace {

Result<KeyPtr> load_secret(KeyType type, const Template& attributes) {
  const auto* value = find_secret(attributes, Attr::value);
  if (value == nullptr) return fail(Rv::template_incomplete, "a secret key needs CKA_VALUE");
  if (type == KeyType::aes && value->size() != 16 && value->size() != 24 && value->size() != 32)
    return fail(Rv::attribute_value_invalid, "an AES key has 16, 24 or 32 octets");
  if (value->empty()) return fail(Rv::attribute_value_invalid, "a secret key is not empty");
  return KeyPtr(std::make_shared<SecretKey>(type, value->clone(SecretAccess::use())));
}

}  // namespace

const SecretKey* secret_of(const Key& key) {
  return key.object_class() == ObjectClass::secret_key ? dynamic_cast<const SecretKey*>(&key) : nullptr;
}

const PairKey* pair_of(const Key& key) {
  return key.object_class() == ObjectClass::secret_key ? nullptr : dynamic_cast<const PairKey*>(&key);
}

Pkey make_pkey(const char* type, bool is_private, OSSL_PARAM* params) {
  const QuietErrors quiet;
  const auto context = key_context_of(type);
  must(context != nullptr && EVP_PKEY_fromdata_init(context.get()) > 0, "cannot make a key");
  EVP_PKEY* pkey = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0) return {};
  return Pkey(pkey);
}

Result<KeyPtr> load_key(const Template& attributes) {
  const auto object_class = find_number(attributes, Attr::object_class);
  const auto key_type = find_number(attributes, Attr::key_type);
  if (!object_class || !key_type) return fail(Rv::template_incomplete, "a key needs CKA_CLASS and CKA_KEY_TYPE");
  const auto half = static_cast<ObjectClass>(*object_class);
  const auto type = static_cast<KeyType>(*key_type);
  if (half == ObjectClass::secret_key) return load_secret(type, attributes);
  if (half != ObjectClass::public_key && half != ObjectClass::private_key)
    return fail(Rv::attribute_value_invalid, "CKA_CLASS is not that of a key");
  switch (type) {
    case KeyType::rsa:
      return half == ObjectClass::public_key ? load_rsa_public(attributes) : load_rsa_private(attributes);
    case KeyType::ec:
      return half == ObjectClass::public_key ? load_ec_public(attributes) : load_ec_private(attributes);
    default:
      return fail(Rv::attribute_value_invalid, "key pairs of this type are not supported");
  }
}

}  // namespace hsm::crypto
