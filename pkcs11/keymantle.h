// What is our own: a mechanism, and the vendor interface "Vendor Keymantle", version 1.0, which is what C_GetInterface gives for that name. Read-only; for monitoring and for
// applications that must know how well their keys are kept. It needs no session and no login, and answers while the HSM is sealed.
#pragma once

#include "pkcs11/exported.h"

#define KM_INTERFACE_NAME "Vendor Keymantle"

// C_DeriveKey: a key of SSH (RFC 4253, 7.2) out of the shared secret K, whose octets are a natural number.
inline constexpr CK_MECHANISM_TYPE CKM_KEYMANTLE_SSH_KDF = 0x80004B01;
struct KM_SSH_KDF_PARAMS {
  CK_MECHANISM_TYPE hashMechanism;  // CKM_SHA256 ...
  CK_ULONG letter;                  // 'A' to 'F': IVs, encryption keys, integrity keys, each of the client and of the server
  CK_BYTE_PTR pExchangeHash;
  CK_ULONG ulExchangeHashLen;
  CK_BYTE_PTR pSessionId;
  CK_ULONG ulSessionIdLen;
};

// KM_CEREMONY_STATUS.ulProfile
inline constexpr CK_ULONG KM_PROFILE_DEVELOPMENT = 0;  // the master key lies in a file beside the store
inline constexpr CK_ULONG KM_PROFILE_ISOLATED = 1;     // it lies in the memory of keymantle-hsmd, and in the shares of its custodians

// KM_CEREMONY_STATUS.ulState
inline constexpr CK_ULONG KM_STATE_EMPTY = 0;        // there is no master key
inline constexpr CK_ULONG KM_STATE_STAGED = 1;       // it is made and split, but not in use
inline constexpr CK_ULONG KM_STATE_SEALED = 2;       // it is only in the shares
inline constexpr CK_ULONG KM_STATE_OPERATIONAL = 3;  // it is in use

struct KM_CEREMONY_STATUS {
  CK_ULONG ulProfile;
  CK_ULONG ulState;
  CK_ULONG ulThreshold;           // K of N; 0 when the key is not split, or not known before the first share is given
  CK_ULONG ulShares;
  CK_ULONG ulCollected;           // sealed: shares given so far
  CK_UTF8CHAR fingerprint[56];    // of the master key staged, sealed or in use, hexadecimal; blanks when there is none
};

struct KM_FUNCTION_LIST {
  CK_VERSION version;
  // CKR_OK, CKR_ARGUMENTS_BAD, CKR_CRYPTOKI_NOT_INITIALIZED, CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR
  CK_RV (*KM_GetCeremonyStatus)(KM_CEREMONY_STATUS* pStatus);
};

namespace p11 {
CK_RV ceremony_status(KM_CEREMONY_STATUS* status);
}
