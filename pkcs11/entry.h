#pragma once

#include <concepts>
#include <new>
#include <string_view>

#include "hsm/base/result.h"
#include "hsm/model/device.h"
#include "pkcs11/exported.h"
#include "pkcs11/module.h"

namespace p11 {

using hsm::Done;
using hsm::fail;
using hsm::Result;
using hsm::Rv;
using hsm::Status;

/// One line in the log, where one is configured: function, code, reason, source line. No data of the caller.
void log_refusal(const char* function, const hsm::Error& error) noexcept;
void log_bug(const char* function) noexcept;

/// Runs the body of a C function that works without an initialised module. Nothing thrown crosses into the caller's code.
template <class Body>
CK_RV guarded(const char* function, Body&& body) noexcept {
  try {
    const Status status = body();
    if (status) return CKR_OK;
    log_refusal(function, status.error());
    return static_cast<CK_RV>(status.error().rv);
  } catch (const std::bad_alloc&) {
    return CKR_HOST_MEMORY;
  } catch (...) {
    return log_bug(function), CKR_GENERAL_ERROR;
  }
}

/// Runs the body of a C function on the module's device, which stays alive meanwhile.
template <std::invocable<hsm::Device&> Body>
CK_RV entry(const char* function, Body&& body) noexcept {
  const RunningCall call;
  if (call.device() == nullptr) return CKR_CRYPTOKI_NOT_INITIALIZED;
  return guarded(function, [&] { return body(*call.device()); });
}

}  // namespace p11
