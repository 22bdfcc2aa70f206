#include "pkcs11/operation.h"

using hsm::Device;
using hsm::Use;
using p11::entry;
using p11::OutBuffer;

CK_RV C_DigestInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::digest, mechanism, CK_INVALID_HANDLE); });
}

CK_RV C_Digest(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::once(d, session, Use::digest, data, size, OutBuffer(out, room)); });
}

CK_RV C_DigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return p11::absorb(d, session, Use::digest, part, size); });
}

CK_RV C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) -> p11::Status {
    TRY(d.call(hsm::request::DigestKey{session, key}));
    return p11::Done{};
  });
}

CK_RV C_DigestFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::finish(d, session, Use::digest, OutBuffer(out, room)); });
}
