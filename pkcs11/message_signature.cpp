#include "pkcs11/mechanism.h"
#include "pkcs11/message.h"
#include "pkcs11/out_buffer.h"

// Message-based signatures and their verification (PKCS#11 3.0, 5.14 and 5.16). No mechanism here has a parameter of
// its own for each message: that of Init holds for all.

using hsm::Device;
using hsm::MessageUse;
using hsm::Part;
using p11::Done;
using p11::entry;
using p11::fail;
using p11::octets;
using p11::OutBuffer;
using p11::Rv;
using p11::Status;

namespace {

Status no_parameter(const void* parameter, CK_ULONG size) {
  if (!TRY(octets(parameter, size)).empty())
    return fail(Rv::mechanism_param_invalid, "a message to be signed has no parameter");
  return Done{};
}

p11::Result<hsm::ByteView> read_part(const void* parameter, CK_ULONG parameter_size, const void* data, CK_ULONG size) {
  TRY(no_parameter(parameter, parameter_size));
  return octets(data, size);
}

Status begin(Device& d, CK_SESSION_HANDLE session, MessageUse use, const CK_MECHANISM* mechanism,
             CK_OBJECT_HANDLE key) {
  if (mechanism == nullptr) return p11::cancel_messages(d, session, use);
  TRY(d.call(hsm::request::BeginMessages{session, use, TRY(p11::read_mechanism(mechanism)), key}));
  return Done{};
}

Status begin_message(Device& d, CK_SESSION_HANDLE session, MessageUse use, const void* parameter, CK_ULONG size) {
  TRY(no_parameter(parameter, size));
  TRY(d.call(hsm::request::BeginMessage{session, use, {}, {}}));
  return Done{};
}

Status sign(Device& d, CK_SESSION_HANDLE session, Part part, const void* data, CK_ULONG size, OutBuffer out) {
  return out.take(TRY(d.call(
      hsm::request::ProcessMessage{session, MessageUse::sign, part, {}, {}, TRY(octets(data, size)), out.room()})));
}

Status verify(Device& d, CK_SESSION_HANDLE session, Part part, const void* data, CK_ULONG size, const void* signature,
              CK_ULONG signature_size) {
  const auto message = TRY(octets(data, size));
  const auto claimed = TRY(octets(signature, signature_size));
  TRY(d.call(hsm::request::VerifyMessage{session, part, message, claimed}));
  return Done{};
}

}  // namespace

CK_RV C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return begin(d, session, MessageUse::sign, mechanism, key); });
}

CK_RV C_SignMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR data,
                    CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(no_parameter(parameter, parameter_size));
    TRY(p11::not_null(room));
    return sign(d, session, Part::whole, data, size, OutBuffer(out, room));
  });
}

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return begin_message(d, session, MessageUse::sign, parameter, size); });
}

/// A null pointer for the length says that more parts follow.
CK_RV C_SignMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR part,
                        CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto data = read_part(parameter, parameter_size, part, size);
    if (!data) return p11::end_message(d, session, MessageUse::sign, data.error());
    CK_ULONG nothing = 0;
    if (room == nullptr) return sign(d, session, Part::some, part, size, OutBuffer(nullptr, &nothing));
    return sign(d, session, Part::end, part, size, OutBuffer(out, room));
  });
}

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) { return p11::end_messages(d, session, MessageUse::sign); });
}

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return begin(d, session, MessageUse::verify, mechanism, key); });
}

CK_RV C_VerifyMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR data,
                      CK_ULONG size, CK_BYTE_PTR signature, CK_ULONG signature_size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(no_parameter(parameter, parameter_size));
    return verify(d, session, Part::whole, data, size, signature, signature_size);
  });
}

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG size) {
  return entry(__func__, [&](Device& d) { return begin_message(d, session, MessageUse::verify, parameter, size); });
}

/// A null pointer for the signature says that more parts follow.
CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR part,
                          CK_ULONG size, CK_BYTE_PTR signature, CK_ULONG signature_size) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto data = read_part(parameter, parameter_size, part, size);
    if (!data) return p11::end_message(d, session, MessageUse::verify, data.error());
    return verify(d, session, signature == nullptr ? Part::some : Part::end, part, size, signature, signature == nullptr ? 0 : signature_size);
  });
}

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) { return p11::end_messages(d, session, MessageUse::verify); });
}
