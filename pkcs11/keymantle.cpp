#include "pkcs11/keymantle.h"

#include "pkcs11/info_text.h"
#include "pkcs11/out_buffer.h"

namespace p11 {

static_assert(KM_PROFILE_ISOLATED == static_cast<CK_ULONG>(hsm::CeremonyProfile::isolated));
static_assert(KM_STATE_OPERATIONAL == static_cast<CK_ULONG>(hsm::CeremonyState::operational));

CK_RV ceremony_status(KM_CEREMONY_STATUS* status) {
  return entry("KM_GetCeremonyStatus", [&](hsm::Device& d) -> Status {
    TRY(not_null(status));
    const auto about = TRY(d.call(hsm::request::GetCeremony{}));
    *status = {.ulProfile = static_cast<CK_ULONG>(about.profile),
               .ulState = static_cast<CK_ULONG>(about.state),
               .ulThreshold = about.threshold,
               .ulShares = about.shares,
               .ulCollected = about.collected};
    pad(status->fingerprint, about.fingerprint);
    return Done{};
  });
}

}  // namespace p11
