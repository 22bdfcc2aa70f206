#pragma once

#include "hsm/model/requests.h"
#include "pkcs11/entry.h"

// CK_OTP_SIGNATURE_INFO: what C_Sign gives for a one-time password (PKCS#11 3.1). Pointers into the caller's own buffer.

namespace p11 {

/// Turns the `size` octets of Form::one_time_password at `buffer` into the structure, its parameters CK_OTP_VALUE and CK_OTP_COUNTER, and
/// their values behind it. What it takes in all; general_error when the device did not leave hsm::request::kPasswordStructure octets for it.
Result<CK_ULONG> lay_out_password(hsm::Room buffer, CK_ULONG size);

}  // namespace p11
