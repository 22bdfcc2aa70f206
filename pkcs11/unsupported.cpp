#include "pkcs11/entry.h"

// Functions of the lists that this library does not have: the message API, encapsulation, authenticated wrapping.

namespace {

CK_RV not_supported(const char* function) {
  return p11::entry(function, [](hsm::Device&) -> p11::Status {
    return p11::fail(p11::Rv::function_not_supported, "not a function of this library");
  });
}

}  // namespace

#define P11_UNSUPPORTED(name, ...) \
  CK_RV name(__VA_ARGS__) { return not_supported(__func__); }

using Session = CK_SESSION_HANDLE;

P11_UNSUPPORTED(C_MessageEncryptInit, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE)
P11_UNSUPPORTED(C_EncryptMessage, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR,
                CK_ULONG_PTR)
P11_UNSUPPORTED(C_EncryptMessageBegin, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG)
P11_UNSUPPORTED(C_EncryptMessageNext, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR, CK_FLAGS)
P11_UNSUPPORTED(C_MessageEncryptFinal, Session)

P11_UNSUPPORTED(C_MessageDecryptInit, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE)
P11_UNSUPPORTED(C_DecryptMessage, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR,
                CK_ULONG_PTR)
P11_UNSUPPORTED(C_DecryptMessageBegin, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG)
P11_UNSUPPORTED(C_DecryptMessageNext, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR, CK_FLAGS)
P11_UNSUPPORTED(C_MessageDecryptFinal, Session)

P11_UNSUPPORTED(C_MessageSignInit, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE)
P11_UNSUPPORTED(C_SignMessage, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR)
P11_UNSUPPORTED(C_SignMessageBegin, Session, CK_VOID_PTR, CK_ULONG)
P11_UNSUPPORTED(C_SignMessageNext, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR)
P11_UNSUPPORTED(C_MessageSignFinal, Session)

P11_UNSUPPORTED(C_MessageVerifyInit, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE)
P11_UNSUPPORTED(C_VerifyMessage, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG)
P11_UNSUPPORTED(C_VerifyMessageBegin, Session, CK_VOID_PTR, CK_ULONG)
P11_UNSUPPORTED(C_VerifyMessageNext, Session, CK_VOID_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG)
P11_UNSUPPORTED(C_MessageVerifyFinal, Session)

P11_UNSUPPORTED(C_EncapsulateKey, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR,
                CK_OBJECT_HANDLE_PTR)
P11_UNSUPPORTED(C_DecapsulateKey, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG,
                CK_OBJECT_HANDLE_PTR)
P11_UNSUPPORTED(C_WrapKeyAuthenticated, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_OBJECT_HANDLE, CK_BYTE_PTR, CK_ULONG,
                CK_BYTE_PTR, CK_ULONG_PTR)
P11_UNSUPPORTED(C_UnwrapKeyAuthenticated, Session, CK_MECHANISM_PTR, CK_OBJECT_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_ATTRIBUTE_PTR,
                CK_ULONG, CK_BYTE_PTR, CK_ULONG, CK_OBJECT_HANDLE_PTR)
#undef P11_UNSUPPORTED
