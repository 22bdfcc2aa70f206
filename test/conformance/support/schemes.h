// Mechanisms that sign and verify, one of each family, with the keys they work with.
#pragma once

#include <array>
#include <string_view>

#include "keys.h"
#include "session.h"

namespace conformance {

enum class SchemeKey { mac, aes, rsa, ec };

struct Scheme {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  SchemeKey key;
  bool in_parts;
  Mechanism (*make)(CK_MECHANISM_TYPE);
};

inline Mechanism bare_scheme(CK_MECHANISM_TYPE type) { return type; }
inline Mechanism scheme_with_length(CK_MECHANISM_TYPE type) { return Mechanism::mac_general(type, 12); }
inline Mechanism scheme_with_salt(CK_MECHANISM_TYPE type) { return Mechanism::pss(type, CKM_SHA256, CKG_MGF1_SHA256, 32); }

inline constexpr auto kSchemes = std::to_array<Scheme>({
    {"CKM_SHA256_HMAC", CKM_SHA256_HMAC, SchemeKey::mac, true, bare_scheme},
    {"CKM_SHA512_HMAC", CKM_SHA512_HMAC, SchemeKey::mac, true, bare_scheme},
    {"CKM_SHA256_HMAC_GENERAL", CKM_SHA256_HMAC_GENERAL, SchemeKey::mac, true, scheme_with_length},
    {"CKM_AES_CMAC", CKM_AES_CMAC, SchemeKey::aes, true, bare_scheme},
    {"CKM_RSA_PKCS", CKM_RSA_PKCS, SchemeKey::rsa, false, bare_scheme},
    {"CKM_SHA256_RSA_PKCS", CKM_SHA256_RSA_PKCS, SchemeKey::rsa, true, bare_scheme},
    {"CKM_SHA256_RSA_PKCS_PSS", CKM_SHA256_RSA_PKCS_PSS, SchemeKey::rsa, true, scheme_with_salt},
    {"CKM_ECDSA", CKM_ECDSA, SchemeKey::ec, false, bare_scheme},
    {"CKM_ECDSA_SHA256", CKM_ECDSA_SHA256, SchemeKey::ec, true, bare_scheme},
});

CK_OBJECT_HANDLE signing_key(Session& session, SchemeKey whose);
CK_OBJECT_HANDLE verifying_key(Session& session, SchemeKey whose);

}  // namespace conformance
