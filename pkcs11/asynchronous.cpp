#include "pkcs11/out_buffer.h"

// Asynchronous calls (PKCS#11 3.2, 5.22). No session here is asynchronous (C_OpenSession refuses CKF_ASYNC_SESSION, and
// no token has CKF_ASYNC_SESSION_SUPPORTED), so every call has ended when it returns: there is nothing to complete, to
// name or to join.

using hsm::Device;
using p11::entry;
using p11::fail;
using p11::not_null;
using p11::Rv;
using p11::Status;

namespace {

Status check(Device& d, CK_SESSION_HANDLE session, const CK_UTF8CHAR* function) {
  TRY(not_null(function));
  TRY(d.call(hsm::request::GetSession{session}));
  return p11::Done{};
}

}  // namespace

CK_RV C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(check(d, session, function));
    return fail(Rv::operation_not_initialized, "no call of this session is pending");
  });
}

CK_RV C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(id));
    TRY(check(d, session, function));
    return fail(Rv::operation_not_initialized, "no call of this session is pending");
  });
}

CK_RV C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG, CK_BYTE_PTR, CK_ULONG) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(check(d, session, function));
    return fail(Rv::saved_state_invalid, "no call of an earlier session goes on here");
  });
}
