// Parameters of mechanisms few modules carry: old ciphers, WTLS, one-time passwords, ratchets.
#pragma once

#include "types.h"

struct CK_KEA_DERIVE_PARAMS {
  CK_BBOOL isSender;
  CK_ULONG ulRandomLen;
  CK_BYTE_PTR pRandomA;
  CK_BYTE_PTR pRandomB;
  CK_ULONG ulPublicDataLen;
  CK_BYTE_PTR pPublicData;
};
using CK_KEA_DERIVE_PARAMS_PTR = CK_KEA_DERIVE_PARAMS*;

struct CK_RC2_CBC_PARAMS {
  CK_ULONG ulEffectiveBits;
  CK_BYTE iv[8];
};
using CK_RC2_CBC_PARAMS_PTR = CK_RC2_CBC_PARAMS*;

struct CK_RC2_MAC_GENERAL_PARAMS {
  CK_ULONG ulEffectiveBits;
  CK_ULONG ulMacLength;
};
using CK_RC2_MAC_GENERAL_PARAMS_PTR = CK_RC2_MAC_GENERAL_PARAMS*;

struct CK_RC5_PARAMS {
  CK_ULONG ulWordsize;
  CK_ULONG ulRounds;
};
using CK_RC5_PARAMS_PTR = CK_RC5_PARAMS*;

struct CK_RC5_CBC_PARAMS {
  CK_ULONG ulWordsize;
  CK_ULONG ulRounds;
  CK_BYTE_PTR pIv;
  CK_ULONG ulIvLen;
};
using CK_RC5_CBC_PARAMS_PTR = CK_RC5_CBC_PARAMS*;

struct CK_RC5_MAC_GENERAL_PARAMS {
  CK_ULONG ulWordsize;
  CK_ULONG ulRounds;
  CK_ULONG ulMacLength;
};
using CK_RC5_MAC_GENERAL_PARAMS_PTR = CK_RC5_MAC_GENERAL_PARAMS*;

struct CK_SKIPJACK_PRIVATE_WRAP_PARAMS {
  CK_ULONG ulPasswordLen;
  CK_BYTE_PTR pPassword;
  CK_ULONG ulPublicDataLen;
  CK_BYTE_PTR pPublicData;
  CK_ULONG ulPAndGLen;
  CK_ULONG ulQLen;
  CK_ULONG ulRandomLen;
  CK_BYTE_PTR pRandomA;
  CK_BYTE_PTR pPrimeP;
  CK_BYTE_PTR pBaseG;
  CK_BYTE_PTR pSubprimeQ;
};
using CK_SKIPJACK_PRIVATE_WRAP_PARAMS_PTR = CK_SKIPJACK_PRIVATE_WRAP_PARAMS*;

struct CK_SKIPJACK_RELAYX_PARAMS {
  CK_ULONG ulOldWrappedXLen;
  CK_BYTE_PTR pOldWrappedX;
  CK_ULONG ulOldPasswordLen;
  CK_BYTE_PTR pOldPassword;
  CK_ULONG ulOldPublicDataLen;
  CK_BYTE_PTR pOldPublicData;
  CK_ULONG ulOldRandomLen;
  CK_BYTE_PTR pOldRandomA;
  CK_ULONG ulNewPasswordLen;
  CK_BYTE_PTR pNewPassword;
  CK_ULONG ulNewPublicDataLen;
  CK_BYTE_PTR pNewPublicData;
  CK_ULONG ulNewRandomLen;
  CK_BYTE_PTR pNewRandomA;
};
using CK_SKIPJACK_RELAYX_PARAMS_PTR = CK_SKIPJACK_RELAYX_PARAMS*;

struct CK_PBE_PARAMS {
  CK_BYTE_PTR pInitVector;
  CK_UTF8CHAR_PTR pPassword;
  CK_ULONG ulPasswordLen;
  CK_BYTE_PTR pSalt;
  CK_ULONG ulSaltLen;
  CK_ULONG ulIteration;
};
using CK_PBE_PARAMS_PTR = CK_PBE_PARAMS*;

struct CK_KEY_WRAP_SET_OAEP_PARAMS {
  CK_BYTE bBC;
  CK_BYTE_PTR pX;
  CK_ULONG ulXLen;
};
using CK_KEY_WRAP_SET_OAEP_PARAMS_PTR = CK_KEY_WRAP_SET_OAEP_PARAMS*;

struct CK_WTLS_RANDOM_DATA {
  CK_BYTE_PTR pClientRandom;
  CK_ULONG ulClientRandomLen;
  CK_BYTE_PTR pServerRandom;
  CK_ULONG ulServerRandomLen;
};
using CK_WTLS_RANDOM_DATA_PTR = CK_WTLS_RANDOM_DATA*;

struct CK_WTLS_MASTER_KEY_DERIVE_PARAMS {
  CK_MECHANISM_TYPE DigestMechanism;
  CK_WTLS_RANDOM_DATA RandomInfo;
  CK_BYTE_PTR pVersion;
};
using CK_WTLS_MASTER_KEY_DERIVE_PARAMS_PTR = CK_WTLS_MASTER_KEY_DERIVE_PARAMS*;

struct CK_WTLS_PRF_PARAMS {
  CK_MECHANISM_TYPE DigestMechanism;
  CK_BYTE_PTR pSeed;
  CK_ULONG ulSeedLen;
  CK_BYTE_PTR pLabel;
  CK_ULONG ulLabelLen;
  CK_BYTE_PTR pOutput;
  CK_ULONG_PTR pulOutputLen;
};
using CK_WTLS_PRF_PARAMS_PTR = CK_WTLS_PRF_PARAMS*;

struct CK_WTLS_KEY_MAT_OUT {
  CK_OBJECT_HANDLE hMacSecret;
  CK_OBJECT_HANDLE hKey;
  CK_BYTE_PTR pIV;
};
using CK_WTLS_KEY_MAT_OUT_PTR = CK_WTLS_KEY_MAT_OUT*;

struct CK_WTLS_KEY_MAT_PARAMS {
  CK_MECHANISM_TYPE DigestMechanism;
  CK_ULONG ulMacSizeInBits;
  CK_ULONG ulKeySizeInBits;
  CK_ULONG ulIVSizeInBits;
  CK_ULONG ulSequenceNumber;
  CK_BBOOL bIsExport;
  CK_WTLS_RANDOM_DATA RandomInfo;
  CK_WTLS_KEY_MAT_OUT_PTR pReturnedKeyMaterial;
};
using CK_WTLS_KEY_MAT_PARAMS_PTR = CK_WTLS_KEY_MAT_PARAMS*;

struct CK_CMS_SIG_PARAMS {
  CK_OBJECT_HANDLE certificateHandle;
  CK_MECHANISM_PTR pSigningMechanism;
  CK_MECHANISM_PTR pDigestMechanism;
  CK_UTF8CHAR_PTR pContentType;
  CK_BYTE_PTR pRequestedAttributes;
  CK_ULONG ulRequestedAttributesLen;
  CK_BYTE_PTR pRequiredAttributes;
  CK_ULONG ulRequiredAttributesLen;
};
using CK_CMS_SIG_PARAMS_PTR = CK_CMS_SIG_PARAMS*;

struct CK_OTP_PARAM {
  CK_OTP_PARAM_TYPE type;
  CK_VOID_PTR pValue;
  CK_ULONG ulValueLen;
};
using CK_OTP_PARAM_PTR = CK_OTP_PARAM*;

struct CK_OTP_PARAMS {
  CK_OTP_PARAM_PTR pParams;
  CK_ULONG ulCount;
};
using CK_OTP_PARAMS_PTR = CK_OTP_PARAMS*;

struct CK_OTP_SIGNATURE_INFO {
  CK_OTP_PARAM_PTR pParams;
  CK_ULONG ulCount;
};
using CK_OTP_SIGNATURE_INFO_PTR = CK_OTP_SIGNATURE_INFO*;

struct CK_DSA_PARAMETER_GEN_PARAM {
  CK_MECHANISM_TYPE hash;
  CK_BYTE_PTR pSeed;
  CK_ULONG ulSeedLen;
  CK_ULONG ulIndex;
};
using CK_DSA_PARAMETER_GEN_PARAM_PTR = CK_DSA_PARAMETER_GEN_PARAM*;

struct CK_GOSTR3410_DERIVE_PARAMS {
  CK_EC_KDF_TYPE kdf;
  CK_BYTE_PTR pPublicData;
  CK_ULONG ulPublicDataLen;
  CK_BYTE_PTR pUKM;
  CK_ULONG ulUKMLen;
};
using CK_GOSTR3410_DERIVE_PARAMS_PTR = CK_GOSTR3410_DERIVE_PARAMS*;

struct CK_GOSTR3410_KEY_WRAP_PARAMS {
  CK_BYTE_PTR pWrapOID;
  CK_ULONG ulWrapOIDLen;
  CK_BYTE_PTR pUKM;
  CK_ULONG ulUKMLen;
  CK_OBJECT_HANDLE hKey;
};
using CK_GOSTR3410_KEY_WRAP_PARAMS_PTR = CK_GOSTR3410_KEY_WRAP_PARAMS*;

struct CK_X3DH_INITIATE_PARAMS {
  CK_X3DH_KDF_TYPE kdf;
  CK_OBJECT_HANDLE pPeer_identity;
  CK_OBJECT_HANDLE pPeer_prekey;
  CK_BYTE_PTR pPrekey_signature;
  CK_BYTE_PTR pOnetime_key;
  CK_OBJECT_HANDLE pOwn_identity;
  CK_OBJECT_HANDLE pOwn_ephemeral;
};
using CK_X3DH_INITIATE_PARAMS_PTR = CK_X3DH_INITIATE_PARAMS*;

struct CK_X3DH_RESPOND_PARAMS {
  CK_X3DH_KDF_TYPE kdf;
  CK_BYTE_PTR pIdentity_id;
  CK_BYTE_PTR pPrekey_id;
  CK_BYTE_PTR pOnetime_id;
  CK_OBJECT_HANDLE pInitiator_identity;
  CK_BYTE_PTR pInitiator_ephemeral;
};
using CK_X3DH_RESPOND_PARAMS_PTR = CK_X3DH_RESPOND_PARAMS*;

struct CK_X2RATCHET_INITIALIZE_PARAMS {
  CK_BYTE_PTR sk;
  CK_OBJECT_HANDLE peer_public_prekey;
  CK_OBJECT_HANDLE peer_public_identity;
  CK_OBJECT_HANDLE own_public_identity;
  CK_BBOOL bEncryptedHeader;
  CK_ULONG eCurve;
  CK_MECHANISM_TYPE aeadMechanism;
  CK_X2RATCHET_KDF_TYPE kdfMechanism;
};
using CK_X2RATCHET_INITIALIZE_PARAMS_PTR = CK_X2RATCHET_INITIALIZE_PARAMS*;

struct CK_X2RATCHET_RESPOND_PARAMS {
  CK_BYTE_PTR sk;
  CK_OBJECT_HANDLE own_prekey;
  CK_OBJECT_HANDLE initiator_identity;
  CK_OBJECT_HANDLE own_public_identity;
  CK_BBOOL bEncryptedHeader;
  CK_ULONG eCurve;
  CK_MECHANISM_TYPE aeadMechanism;
  CK_X2RATCHET_KDF_TYPE kdfMechanism;
};
using CK_X2RATCHET_RESPOND_PARAMS_PTR = CK_X2RATCHET_RESPOND_PARAMS*;
