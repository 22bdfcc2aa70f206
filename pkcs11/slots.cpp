#include <fmt/core.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "pkcs11/asynchronous.h"
#include "pkcs11/info_text.h"
#include "pkcs11/out_buffer.h"
#include "pkcs11/pin.h"

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::fail;
using p11::give_list;
using p11::not_null;
using p11::pad;
using p11::read_pin;
using p11::Rv;
using p11::Status;

namespace {

/// How soon a waiting application hears of a token that another process made.
constexpr auto kBetweenLooks = std::chrono::milliseconds(100);

/// YYYYMMDDhhmmss00 (PKCS#11 3.0, 3.2).
std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}00", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                     utc.tm_sec);
}

}  // namespace

CK_RV C_GetSlotList(CK_BBOOL token_present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(count));
    return give_list(TRY(d.call(hsm::request::ListSlots{token_present != CK_FALSE})).slots, slots, count);
  });
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(info));
    const auto about = TRY(d.call(hsm::request::GetSlot{slot}));
    *info = {.flags = CKF_TOKEN_PRESENT, .hardwareVersion = p11::kVersion, .firmwareVersion = p11::kVersion};
    pad(info->slotDescription, about.description);
    pad(info->manufacturerID, p11::kManufacturer);
    return Done{};
  });
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(info));
    const auto about = TRY(d.call(hsm::request::GetToken{slot}));
    // Made above the device, in this module.
    const bool asynchronous = (about.flags & CKF_TOKEN_INITIALIZED) != 0 && p11::async_calls()->supported();
    *info = {.flags = about.flags | (asynchronous ? CKF_ASYNC_SESSION_SUPPORTED : 0),
             .ulMaxSessionCount = CK_EFFECTIVELY_INFINITE,
             .ulSessionCount = about.sessions,
             .ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
             .ulRwSessionCount = about.rw_sessions,
             .ulMaxPinLen = about.most_pin,
             .ulMinPinLen = about.least_pin,
             .ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
             .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
             .ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
             .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
             .hardwareVersion = p11::kVersion,
             .firmwareVersion = p11::kVersion};
    pad(info->label, about.label);
    pad(info->manufacturerID, p11::kManufacturer);
    pad(info->model, p11::kModel);
    pad(info->serialNumber, about.serial);
    pad(info->utcTime, utc_now());
    return Done{};
  });
}

CK_RV C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR mechanisms, CK_ULONG_PTR count) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(count));
    return give_list(TRY(d.call(hsm::request::ListMechanisms{slot})).mechanisms, mechanisms, count);
  });
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(info));
    const auto about = TRY(d.call(hsm::request::GetMechanism{slot, type}));
    *info = {.ulMinKeySize = about.least_size, .ulMaxKeySize = about.most_size, .flags = about.flags};
    return Done{};
  });
}

CK_RV C_InitToken(CK_SLOT_ID slot, CK_UTF8CHAR_PTR pin, CK_ULONG size, CK_UTF8CHAR_PTR label) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(label));
    TRY(d.call(hsm::request::InitToken{slot, TRY(read_pin(pin, size)), p11::unpad(std::span<const CK_UTF8CHAR, 32>(label, 32))}));
    return Done{};
  });
}

CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::InitPin{session, TRY(read_pin(pin, size))}));
    return Done{};
  });
}

CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR old_pin, CK_ULONG old_size, CK_UTF8CHAR_PTR new_pin,
               CK_ULONG new_size) {
  return entry(__func__, [&](Device& d) -> Status {
    auto before = TRY(read_pin(old_pin, old_size));
    auto after = TRY(read_pin(new_pin, new_size));
    TRY(d.call(hsm::request::SetPin{session, std::move(before), std::move(after)}));
    return Done{};
  });
}

CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(slot));
    if (reserved != nullptr) return fail(Rv::arguments_bad, "pReserved is not null");
    while (true) {
      const auto event = TRY(d.call(hsm::request::PollSlotEvent{}));
      if (event.slot) return *slot = *event.slot, Status(Done{});
      if ((flags & CKF_DONT_BLOCK) != 0) return fail(Rv::no_event, "no token came or went");
      std::this_thread::sleep_for(kBetweenLooks);
      if (p11::is_ending()) return fail(Rv::cryptoki_not_initialized, "C_Finalize was called meanwhile");
    }
  });
}
