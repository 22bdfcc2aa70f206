#include "pkcs11/operation.h"

using hsm::Device;
using hsm::Use;
using p11::end_operation;
using p11::entry;
using p11::octets;
using p11::OutBuffer;

CK_RV C_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::verify, mechanism, key); });
}

CK_RV C_Verify(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR signature, CK_ULONG signature_size) {
  return entry(__func__, [&](Device& d) -> p11::Status {
    auto message = octets(data, size);
    if (!message) return end_operation(d, session, Use::verify, std::move(message).error());
    auto claimed = octets(signature, signature_size);
    if (!claimed) return end_operation(d, session, Use::verify, std::move(claimed).error());
    TRY(d.call(hsm::request::VerifyOnce{session, *message, *claimed}));
    return p11::Done{};
  });
}

CK_RV C_VerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return p11::absorb(d, session, Use::verify, part, size); });
}

CK_RV C_VerifyFinal(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_size) {
  return entry(__func__, [&](Device& d) -> p11::Status {
    auto claimed = octets(signature, signature_size);
    if (!claimed) return end_operation(d, session, Use::verify, std::move(claimed).error());
    TRY(d.call(hsm::request::VerifyFinish{session, *claimed}));
    return p11::Done{};
  });
}

CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return p11::begin(d, session, Use::verify_recover, mechanism, key); });
}

CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__,
               [&](Device& d) { return p11::once(d, session, Use::verify_recover, signature, size, OutBuffer(out, room)); });
}
