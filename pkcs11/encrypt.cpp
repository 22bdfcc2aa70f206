#include "pkcs11/operation.h"

using hsm::Device;
using hsm::Use;
using p11::entry;
using p11::OutBuffer;

CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::encrypt, mechanism, key); });
}

CK_RV C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::once(d, session, Use::encrypt, data, size, OutBuffer(out, room)); });
}

CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::update(d, session, Use::encrypt, part, size, OutBuffer(out, room)); });
}

CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::finish(d, session, Use::encrypt, OutBuffer(out, room)); });
}

CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::decrypt, mechanism, key); });
}

CK_RV C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::once(d, session, Use::decrypt, data, size, OutBuffer(out, room)); });
}

CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::update(d, session, Use::decrypt, part, size, OutBuffer(out, room)); });
}

CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) { return p11::finish(d, session, Use::decrypt, OutBuffer(out, room)); });
}
