#include "pkcs11/mechanism.h"
#include "pkcs11/operation.h"

// Verification of a signature that is given first (PKCS#11 3.2, 5.15).

using hsm::Device;
using hsm::Part;
using hsm::Use;
using p11::entry;
using p11::octets;
using p11::Status;

namespace {

Status verify(Device& d, CK_SESSION_HANDLE session, Part part, const void* data, CK_ULONG size) {
  auto message = octets(data, size);
  if (!message) return p11::end_operation(d, session, Use::verify, std::move(message).error());
  TRY(d.call(hsm::request::VerifySignature{session, part, *message}));
  return p11::Done{};
}

}  // namespace

CK_RV C_VerifySignatureInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key,
                            CK_BYTE_PTR signature, CK_ULONG size) {
  return entry(__func__, [&](Device& d) -> Status {
    if (mechanism == nullptr) return p11::begin(d, session, Use::verify, mechanism, key);
    auto how = TRY(p11::read_mechanism(mechanism));
    const auto claimed = TRY(octets(signature, size));
    TRY(d.call(hsm::request::BeginVerifySignature{session, std::move(how), key, claimed}));
    return p11::Done{};
  });
}

CK_RV C_VerifySignature(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return verify(d, session, Part::whole, data, size); });
}

CK_RV C_VerifySignatureUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return verify(d, session, Part::some, part, size); });
}

CK_RV C_VerifySignatureFinal(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) { return verify(d, session, Part::end, nullptr, 0); });
}
