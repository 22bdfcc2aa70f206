#include "schemes.h"

namespace conformance {

static CK_OBJECT_HANDLE make(Session& session, const Template& key, std::initializer_list<CK_ATTRIBUTE_TYPE> use) {
  return session.create(key.with(roles(use))).must();
}

CK_OBJECT_HANDLE signing_key(Session& session, SchemeKey whose) {
  if (whose == SchemeKey::rsa) return make(session, rsa_private_key(), {CKA_SIGN});
  if (whose == SchemeKey::ec) return make(session, ec_private_key(), {CKA_SIGN});
  return verifying_key(session, whose);
}

CK_OBJECT_HANDLE verifying_key(Session& session, SchemeKey whose) {
  if (whose == SchemeKey::rsa) return make(session, rsa_public_key(), {CKA_VERIFY});
  if (whose == SchemeKey::ec) return make(session, ec_public_key(), {CKA_VERIFY});
  return make(session, secret_key(whose == SchemeKey::mac ? CKK_GENERIC_SECRET : CKK_AES, counting(32)), {CKA_SIGN, CKA_VERIFY});
}

}  // namespace conformance
