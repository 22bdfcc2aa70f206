// The types every function of the interface speaks in, and the structures that are not parameters of a mechanism.
// Layout is the platform's own (no packing): that is what the standard asks for outside Windows.
#pragma once

using CK_BYTE = unsigned char;
using CK_CHAR = CK_BYTE;
using CK_UTF8CHAR = CK_BYTE;
using CK_BBOOL = CK_BYTE;
using CK_ULONG = unsigned long;
using CK_LONG = long;
using CK_FLAGS = CK_ULONG;
using CK_RV = CK_ULONG;

using CK_VOID_PTR = void*;
using CK_VOID_PTR_PTR = void**;
using CK_BYTE_PTR = CK_BYTE*;
using CK_CHAR_PTR = CK_CHAR*;
using CK_UTF8CHAR_PTR = CK_UTF8CHAR*;
using CK_ULONG_PTR = CK_ULONG*;
using CK_FLAGS_PTR = CK_FLAGS*;

inline constexpr CK_BBOOL CK_TRUE = 1;
inline constexpr CK_BBOOL CK_FALSE = 0;
inline constexpr CK_ULONG CK_UNAVAILABLE_INFORMATION = ~0UL;  // a length or a count nobody knows
inline constexpr CK_ULONG CK_EFFECTIVELY_INFINITE = 0;
inline constexpr CK_ULONG CK_INVALID_HANDLE = 0;

// Numbers with a meaning. Each is a CK_ULONG to the compiler; the name says which list its values come from.
using CK_NOTIFICATION = CK_ULONG;
using CK_SLOT_ID = CK_ULONG;
using CK_SESSION_HANDLE = CK_ULONG;
using CK_USER_TYPE = CK_ULONG;
using CK_STATE = CK_ULONG;
using CK_OBJECT_HANDLE = CK_ULONG;
using CK_OBJECT_CLASS = CK_ULONG;
using CK_HW_FEATURE_TYPE = CK_ULONG;
using CK_KEY_TYPE = CK_ULONG;
using CK_CERTIFICATE_TYPE = CK_ULONG;
using CK_ATTRIBUTE_TYPE = CK_ULONG;
using CK_MECHANISM_TYPE = CK_ULONG;
using CK_RSA_PKCS_MGF_TYPE = CK_ULONG;
using CK_RSA_PKCS_OAEP_SOURCE_TYPE = CK_ULONG;
using CK_EC_KDF_TYPE = CK_ULONG;
using CK_X9_42_DH_KDF_TYPE = CK_ULONG;
using CK_RC2_PARAMS = CK_ULONG;
using CK_MAC_GENERAL_PARAMS = CK_ULONG;
using CK_EXTRACT_PARAMS = CK_ULONG;
using CK_PKCS5_PBKD2_PSEUDO_RANDOM_FUNCTION_TYPE = CK_ULONG;
using CK_PKCS5_PBKDF2_SALT_SOURCE_TYPE = CK_ULONG;
using CK_OTP_PARAM_TYPE = CK_ULONG;
using CK_PARAM_TYPE = CK_OTP_PARAM_TYPE;
using CK_GENERATOR_FUNCTION = CK_ULONG;
using CK_JAVA_MIDP_SECURITY_DOMAIN = CK_ULONG;
using CK_CERTIFICATE_CATEGORY = CK_ULONG;
using CK_PROFILE_ID = CK_ULONG;
using CK_PRF_DATA_TYPE = CK_ULONG;
using CK_SP800_108_PRF_TYPE = CK_MECHANISM_TYPE;
using CK_SP800_108_DKM_LENGTH_METHOD = CK_ULONG;
using CK_X3DH_KDF_TYPE = CK_ULONG;
using CK_X2RATCHET_KDF_TYPE = CK_ULONG;
using CK_XEDDSA_HASH_TYPE = CK_ULONG;
using CK_HSS_LEVELS = CK_ULONG;
using CK_LMS_TYPE = CK_ULONG;
using CK_LMOTS_TYPE = CK_ULONG;
using CK_SESSION_VALIDATION_FLAGS_TYPE = CK_ULONG;
using CK_VALIDATION_TYPE = CK_ULONG;
using CK_VALIDATION_AUTHORITY_TYPE = CK_ULONG;
using CK_XMSSMT_PARAMETER_SET_TYPE = CK_ULONG;
using CK_XMSS_PARAMETER_SET_TYPE = CK_ULONG;
using CK_HEDGE_TYPE = CK_ULONG;
using CK_ML_DSA_PARAMETER_SET_TYPE = CK_ULONG;
using CK_SLH_DSA_PARAMETER_SET_TYPE = CK_ULONG;
using CK_ML_KEM_PARAMETER_SET_TYPE = CK_ULONG;
using CK_TRUST = CK_ULONG;

using CK_SLOT_ID_PTR = CK_SLOT_ID*;
using CK_SESSION_HANDLE_PTR = CK_SESSION_HANDLE*;
using CK_OBJECT_HANDLE_PTR = CK_OBJECT_HANDLE*;
using CK_OBJECT_CLASS_PTR = CK_OBJECT_CLASS*;
using CK_MECHANISM_TYPE_PTR = CK_MECHANISM_TYPE*;
using CK_RSA_PKCS_MGF_TYPE_PTR = CK_RSA_PKCS_MGF_TYPE*;
using CK_RSA_PKCS_OAEP_SOURCE_TYPE_PTR = CK_RSA_PKCS_OAEP_SOURCE_TYPE*;
using CK_EC_KDF_TYPE_PTR = CK_EC_KDF_TYPE*;
using CK_X9_42_DH_KDF_TYPE_PTR = CK_X9_42_DH_KDF_TYPE*;
using CK_X3DH_KDF_TYPE_PTR = CK_X3DH_KDF_TYPE*;
using CK_X2RATCHET_KDF_TYPE_PTR = CK_X2RATCHET_KDF_TYPE*;
using CK_XEDDSA_HASH_TYPE_PTR = CK_XEDDSA_HASH_TYPE*;
using CK_RC2_PARAMS_PTR = CK_RC2_PARAMS*;
using CK_MAC_GENERAL_PARAMS_PTR = CK_MAC_GENERAL_PARAMS*;
using CK_EXTRACT_PARAMS_PTR = CK_EXTRACT_PARAMS*;
using CK_PKCS5_PBKD2_PSEUDO_RANDOM_FUNCTION_TYPE_PTR = CK_PKCS5_PBKD2_PSEUDO_RANDOM_FUNCTION_TYPE*;
using CK_PKCS5_PBKDF2_SALT_SOURCE_TYPE_PTR = CK_PKCS5_PBKDF2_SALT_SOURCE_TYPE*;
using CK_PROFILE_ID_PTR = CK_PROFILE_ID*;
using CK_VALIDATION_TYPE_PTR = CK_VALIDATION_TYPE*;
using CK_VALIDATION_AUTHORITY_TYPE_PTR = CK_VALIDATION_AUTHORITY_TYPE*;

struct CK_VERSION {
  CK_BYTE major;
  CK_BYTE minor;
};
using CK_VERSION_PTR = CK_VERSION*;

struct CK_INFO {
  CK_VERSION cryptokiVersion;
  CK_UTF8CHAR manufacturerID[32];
  CK_FLAGS flags;
  CK_UTF8CHAR libraryDescription[32];
  CK_VERSION libraryVersion;
};
using CK_INFO_PTR = CK_INFO*;

struct CK_SLOT_INFO {
  CK_UTF8CHAR slotDescription[64];
  CK_UTF8CHAR manufacturerID[32];
  CK_FLAGS flags;
  CK_VERSION hardwareVersion;
  CK_VERSION firmwareVersion;
};
using CK_SLOT_INFO_PTR = CK_SLOT_INFO*;

struct CK_TOKEN_INFO {
  CK_UTF8CHAR label[32];
  CK_UTF8CHAR manufacturerID[32];
  CK_UTF8CHAR model[16];
  CK_CHAR serialNumber[16];
  CK_FLAGS flags;
  CK_ULONG ulMaxSessionCount;
  CK_ULONG ulSessionCount;
  CK_ULONG ulMaxRwSessionCount;
  CK_ULONG ulRwSessionCount;
  CK_ULONG ulMaxPinLen;
  CK_ULONG ulMinPinLen;
  CK_ULONG ulTotalPublicMemory;
  CK_ULONG ulFreePublicMemory;
  CK_ULONG ulTotalPrivateMemory;
  CK_ULONG ulFreePrivateMemory;
  CK_VERSION hardwareVersion;
  CK_VERSION firmwareVersion;
  CK_CHAR utcTime[16];
};
using CK_TOKEN_INFO_PTR = CK_TOKEN_INFO*;

struct CK_SESSION_INFO {
  CK_SLOT_ID slotID;
  CK_STATE state;
  CK_FLAGS flags;
  CK_ULONG ulDeviceError;
};
using CK_SESSION_INFO_PTR = CK_SESSION_INFO*;

struct CK_ATTRIBUTE {
  CK_ATTRIBUTE_TYPE type;
  CK_VOID_PTR pValue;
  CK_ULONG ulValueLen;
};
using CK_ATTRIBUTE_PTR = CK_ATTRIBUTE*;

struct CK_DATE {
  CK_CHAR year[4];
  CK_CHAR month[2];
  CK_CHAR day[2];
};
using CK_DATE_PTR = CK_DATE*;

struct CK_MECHANISM {
  CK_MECHANISM_TYPE mechanism;
  CK_VOID_PTR pParameter;
  CK_ULONG ulParameterLen;
};
using CK_MECHANISM_PTR = CK_MECHANISM*;

struct CK_MECHANISM_INFO {
  CK_ULONG ulMinKeySize;
  CK_ULONG ulMaxKeySize;
  CK_FLAGS flags;
};
using CK_MECHANISM_INFO_PTR = CK_MECHANISM_INFO*;

struct CK_INTERFACE {
  CK_UTF8CHAR_PTR pInterfaceName;
  CK_VOID_PTR pFunctionList;
  CK_FLAGS flags;
};
using CK_INTERFACE_PTR = CK_INTERFACE*;
using CK_INTERFACE_PTR_PTR = CK_INTERFACE_PTR*;

struct CK_ASYNC_DATA {
  CK_ULONG ulVersion;
  CK_BYTE_PTR pValue;
  CK_ULONG ulValue;
  CK_OBJECT_HANDLE hObject;
  CK_OBJECT_HANDLE hAdditionalObject;
};
using CK_ASYNC_DATA_PTR = CK_ASYNC_DATA*;

// What the application may hand to the module: a listener for C_OpenSession, four functions on mutexes for C_Initialize.
using CK_NOTIFY = CK_RV (*)(CK_SESSION_HANDLE hSession, CK_NOTIFICATION event, CK_VOID_PTR pApplication);
using CK_CREATEMUTEX = CK_RV (*)(CK_VOID_PTR_PTR ppMutex);
using CK_DESTROYMUTEX = CK_RV (*)(CK_VOID_PTR pMutex);
using CK_LOCKMUTEX = CK_RV (*)(CK_VOID_PTR pMutex);
using CK_UNLOCKMUTEX = CK_RV (*)(CK_VOID_PTR pMutex);

struct CK_C_INITIALIZE_ARGS {
  CK_CREATEMUTEX CreateMutex;
  CK_DESTROYMUTEX DestroyMutex;
  CK_LOCKMUTEX LockMutex;
  CK_UNLOCKMUTEX UnlockMutex;
  CK_FLAGS flags;
  CK_VOID_PTR pReserved;
};
using CK_C_INITIALIZE_ARGS_PTR = CK_C_INITIALIZE_ARGS*;
