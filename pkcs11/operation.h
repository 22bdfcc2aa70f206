#pragma once

#include "hsm/model/requests.h"
#include "pkcs11/entry.h"
#include "pkcs11/out_buffer.h"

// What the functions of the operation families (C_EncryptInit, C_Sign, C_DigestFinal ...) have in common.

namespace p11 {

/// C_*Init. Without a mechanism the running operation of that family ends (PKCS#11 3.0, 5.8.1).
Status begin(hsm::Device& device, CK_SESSION_HANDLE session, hsm::Use use, const CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key);

/// A whole message in, a whole result out: C_Encrypt, C_Sign ...
Status once(hsm::Device& device, CK_SESSION_HANDLE session, hsm::Use use, const void* data, CK_ULONG size, OutBuffer out);
/// A part in, a part out: C_EncryptUpdate ...
Status update(hsm::Device& device, CK_SESSION_HANDLE session, hsm::Use use, const void* data, CK_ULONG size, OutBuffer out);
/// A part in, nothing out: C_DigestUpdate, C_SignUpdate, C_VerifyUpdate.
Status absorb(hsm::Device& device, CK_SESSION_HANDLE session, hsm::Use use, const void* data, CK_ULONG size);
/// The end of a message: C_EncryptFinal ...
Status finish(hsm::Device& device, CK_SESSION_HANDLE session, hsm::Use use, OutBuffer out);

/// Passes a refusal of the arguments on, after ending the operation as every outcome but "too small" does.
hsm::Error end_operation(hsm::Device& device, CK_SESSION_HANDLE session, hsm::Use use, hsm::Error why);

}  // namespace p11
