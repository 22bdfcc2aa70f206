#include "pkcs11/asynchronous.h"
#include "pkcs11/operation.h"

using hsm::Device;
using hsm::Use;
using p11::entry;
using p11::OutBuffer;

CK_RV C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::sign, mechanism, key); });
}

CK_RV C_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) -> p11::Status {
    if (room != nullptr && p11::is_asynchronous(session))
      if (const auto in = p11::octets(data, size)) return p11::sign_by_itself(d, session, *in, out, room);
    return p11::once(d, session, Use::sign, data, size, OutBuffer(out, room));
  });
}

CK_RV C_SignUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return p11::absorb(d, session, Use::sign, part, size); });
}

CK_RV C_SignFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::finish(d, session, Use::sign, OutBuffer(out, room)); });
}

CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::sign_recover, mechanism, key); });
}

CK_RV C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__,
               [&](Device& d) { return p11::once(d, session, Use::sign_recover, data, size, OutBuffer(out, room)); });
}
