#include "pkcs11/asynchronous.h"
#include "pkcs11/out_buffer.h"
#include "pkcs11/pin.h"

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::fail;
using p11::not_null;
using p11::read_pin;
using p11::Rv;
using p11::Status;

CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR, CK_NOTIFY, CK_SESSION_HANDLE_PTR session) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(session));
    if ((flags & CKF_SERIAL_SESSION) == 0) return fail(Rv::session_parallel_not_supported, "CKF_SERIAL_SESSION is not set");
    const bool asynchronous = (flags & CKF_ASYNC_SESSION) != 0;
    if (asynchronous && !p11::async_calls()->supported())
      return fail(Rv::session_async_not_supported, "the application lets this library make no threads");
    *session = TRY(d.call(hsm::request::OpenSession{slot, (flags & CKF_RW_SESSION) != 0})).session;
    if (asynchronous) p11::async_calls()->opened(*session, slot);
    return Done{};
  });
}

CK_RV C_CloseSession(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) -> Status {
    p11::async_calls()->close(session);
    TRY(d.call(hsm::request::CloseSession{session}));
    return Done{};
  });
}

CK_RV C_CloseAllSessions(CK_SLOT_ID slot) {
  return entry(__func__, [&](Device& d) -> Status {
    p11::async_calls()->close_all(slot);
    TRY(d.call(hsm::request::CloseAllSessions{slot}));
    return Done{};
  });
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(info));
    const auto about = TRY(d.call(hsm::request::GetSession{session}));
    *info = {.slotID = about.slot,
             .state = static_cast<CK_STATE>(about.state),
             .flags = CKF_SERIAL_SESSION | (about.read_write ? CKF_RW_SESSION : 0) |
                      (p11::is_asynchronous(session) ? CKF_ASYNC_SESSION : 0),
             .ulDeviceError = 0};
    return Done{};
  });
}

CK_RV C_SessionCancel(CK_SESSION_HANDLE session, CK_FLAGS flags) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::CancelOperations{session, flags}));
    return Done{};
  });
}

CK_RV C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG_PTR size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(size));
    const p11::OutBuffer out(state, size);
    return out.take(TRY(d.call(hsm::request::GetOperationState{session, out.room()})));
  });
}

CK_RV C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG size, CK_OBJECT_HANDLE encryption_key,
                          CK_OBJECT_HANDLE authentication_key) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto saved = TRY(p11::octets(state, size));
    TRY(d.call(hsm::request::SetOperationState{session, saved, encryption_key, authentication_key}));
    return Done{};
  });
}

CK_RV C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::Login{session, user, TRY(read_pin(pin, size))}));
    return Done{};
  });
}

// Tokens have the two users of C_Login, and none with a name.
CK_RV C_LoginUser(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size, CK_UTF8CHAR_PTR name,
                  CK_ULONG name_size) {
  return entry(__func__, [&](Device& d) -> Status {
    if (!TRY(p11::octets(name, name_size)).empty()) {
      TRY(d.call(hsm::request::GetSession{session}));
      return fail(Rv::user_type_invalid, "no user of a token has a name");
    }
    TRY(d.call(hsm::request::Login{session, user, TRY(read_pin(pin, size))}));
    return Done{};
  });
}

// Nothing here was validated by a third party, so no operation was a validated one.
CK_RV C_GetSessionValidationFlags(CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS_PTR flags) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(flags));
    TRY(d.call(hsm::request::GetSession{session}));
    if (type != CKS_LAST_VALIDATION_OK) return fail(Rv::arguments_bad, "flags of an unknown kind");
    *flags = 0;
    return Done{};
  });
}

CK_RV C_Logout(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::Logout{session}));
    return Done{};
  });
}
