#include "pkcs11/info_text.h"
#include "pkcs11/out_buffer.h"

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::fail;
using p11::guarded;
using p11::not_null;
using p11::Rv;
using p11::Status;

CK_RV C_Initialize(CK_VOID_PTR arguments) {
  return guarded(__func__, [&] { return p11::initialize(static_cast<const CK_C_INITIALIZE_ARGS*>(arguments)); });
}

CK_RV C_Finalize(CK_VOID_PTR reserved) {
  return guarded(__func__, [&]() -> Status {
    if (reserved != nullptr) return fail(Rv::arguments_bad, "pReserved is not null");
    return p11::finalize();
  });
}

CK_RV C_GetInfo(CK_INFO_PTR info) {
  return entry(__func__, [&](Device&) -> Status {
    TRY(not_null(info));
    *info = {.cryptokiVersion = {CRYPTOKI_VERSION_MAJOR, CRYPTOKI_VERSION_MINOR}, .flags = 0, .libraryVersion = p11::kVersion};
    p11::pad(info->manufacturerID, p11::kManufacturer);
    p11::pad(info->libraryDescription, p11::kLibrary);
    return Done{};
  });
}

// Left from the days of parallel sessions (PKCS#11 3.0, 5.22).
CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE) {
  return entry(__func__, [](Device&) -> Status { return fail(Rv::function_not_parallel, "there are no parallel sessions"); });
}

CK_RV C_CancelFunction(CK_SESSION_HANDLE) {
  return entry(__func__, [](Device&) -> Status { return fail(Rv::function_not_parallel, "there are no parallel sessions"); });
}
