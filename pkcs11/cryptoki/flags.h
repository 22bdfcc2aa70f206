// CKF_*: the same bit means different things in different places, so each group says where it belongs.
#pragma once

#include "types.h"

// CK_SLOT_INFO.flags
inline constexpr CK_FLAGS CKF_TOKEN_PRESENT = 0x00000001;
inline constexpr CK_FLAGS CKF_REMOVABLE_DEVICE = 0x00000002;
inline constexpr CK_FLAGS CKF_HW_SLOT = 0x00000004;

// CK_TOKEN_INFO.flags
inline constexpr CK_FLAGS CKF_RNG = 0x00000001;
inline constexpr CK_FLAGS CKF_WRITE_PROTECTED = 0x00000002;
inline constexpr CK_FLAGS CKF_LOGIN_REQUIRED = 0x00000004;
inline constexpr CK_FLAGS CKF_USER_PIN_INITIALIZED = 0x00000008;
inline constexpr CK_FLAGS CKF_RESTORE_KEY_NOT_NEEDED = 0x00000020;
inline constexpr CK_FLAGS CKF_CLOCK_ON_TOKEN = 0x00000040;
inline constexpr CK_FLAGS CKF_PROTECTED_AUTHENTICATION_PATH = 0x00000100;
inline constexpr CK_FLAGS CKF_DUAL_CRYPTO_OPERATIONS = 0x00000200;
inline constexpr CK_FLAGS CKF_TOKEN_INITIALIZED = 0x00000400;
inline constexpr CK_FLAGS CKF_SECONDARY_AUTHENTICATION = 0x00000800;
inline constexpr CK_FLAGS CKF_USER_PIN_COUNT_LOW = 0x00010000;
inline constexpr CK_FLAGS CKF_USER_PIN_FINAL_TRY = 0x00020000;
inline constexpr CK_FLAGS CKF_USER_PIN_LOCKED = 0x00040000;
inline constexpr CK_FLAGS CKF_USER_PIN_TO_BE_CHANGED = 0x00080000;
inline constexpr CK_FLAGS CKF_SO_PIN_COUNT_LOW = 0x00100000;
inline constexpr CK_FLAGS CKF_SO_PIN_FINAL_TRY = 0x00200000;
inline constexpr CK_FLAGS CKF_SO_PIN_LOCKED = 0x00400000;
inline constexpr CK_FLAGS CKF_SO_PIN_TO_BE_CHANGED = 0x00800000;
inline constexpr CK_FLAGS CKF_ERROR_STATE = 0x01000000;
inline constexpr CK_FLAGS CKF_SEED_RANDOM_REQUIRED = 0x02000000;
inline constexpr CK_FLAGS CKF_ASYNC_SESSION_SUPPORTED = 0x04000000;

// C_OpenSession and CK_SESSION_INFO.flags
inline constexpr CK_FLAGS CKF_RW_SESSION = 0x00000002;
inline constexpr CK_FLAGS CKF_SERIAL_SESSION = 0x00000004;
inline constexpr CK_FLAGS CKF_ASYNC_SESSION = 0x00000008;

// CK_MECHANISM_INFO.flags; the operation flags also name what C_SessionCancel ends
inline constexpr CK_FLAGS CKF_HW = 0x00000001;
inline constexpr CK_FLAGS CKF_MESSAGE_ENCRYPT = 0x00000002;
inline constexpr CK_FLAGS CKF_MESSAGE_DECRYPT = 0x00000004;
inline constexpr CK_FLAGS CKF_MESSAGE_SIGN = 0x00000008;
inline constexpr CK_FLAGS CKF_MESSAGE_VERIFY = 0x00000010;
inline constexpr CK_FLAGS CKF_MULTI_MESSAGE = 0x00000020;
inline constexpr CK_FLAGS CKF_FIND_OBJECTS = 0x00000040;
inline constexpr CK_FLAGS CKF_ENCRYPT = 0x00000100;
inline constexpr CK_FLAGS CKF_DECRYPT = 0x00000200;
inline constexpr CK_FLAGS CKF_DIGEST = 0x00000400;
inline constexpr CK_FLAGS CKF_SIGN = 0x00000800;
inline constexpr CK_FLAGS CKF_SIGN_RECOVER = 0x00001000;
inline constexpr CK_FLAGS CKF_VERIFY = 0x00002000;
inline constexpr CK_FLAGS CKF_VERIFY_RECOVER = 0x00004000;
inline constexpr CK_FLAGS CKF_GENERATE = 0x00008000;
inline constexpr CK_FLAGS CKF_GENERATE_KEY_PAIR = 0x00010000;
inline constexpr CK_FLAGS CKF_WRAP = 0x00020000;
inline constexpr CK_FLAGS CKF_UNWRAP = 0x00040000;
inline constexpr CK_FLAGS CKF_DERIVE = 0x00080000;
inline constexpr CK_FLAGS CKF_EC_F_P = 0x00100000;
inline constexpr CK_FLAGS CKF_EC_F_2M = 0x00200000;
inline constexpr CK_FLAGS CKF_EC_ECPARAMETERS = 0x00400000;
inline constexpr CK_FLAGS CKF_EC_OID = 0x00800000;
inline constexpr CK_FLAGS CKF_EC_UNCOMPRESS = 0x01000000;
inline constexpr CK_FLAGS CKF_EC_COMPRESS = 0x02000000;
inline constexpr CK_FLAGS CKF_EC_CURVENAME = 0x04000000;
inline constexpr CK_FLAGS CKF_ENCAPSULATE = 0x10000000;
inline constexpr CK_FLAGS CKF_DECAPSULATE = 0x20000000;
inline constexpr CK_FLAGS CKF_EXTENSION = 0x80000000;

// Earlier spellings.
inline constexpr CK_FLAGS CKF_EC_NAMEDCURVE = CKF_EC_OID;
inline constexpr CK_FLAGS CKF_MULTI_MESSGE = CKF_MULTI_MESSAGE;

// CK_C_INITIALIZE_ARGS.flags
inline constexpr CK_FLAGS CKF_LIBRARY_CANT_CREATE_OS_THREADS = 0x00000001;
inline constexpr CK_FLAGS CKF_OS_LOCKING_OK = 0x00000002;

// C_WaitForSlotEvent
inline constexpr CK_FLAGS CKF_DONT_BLOCK = 0x00000001;

// C_EncryptMessageNext, C_DecryptMessageNext
inline constexpr CK_FLAGS CKF_END_OF_MESSAGE = 0x00000001;

// CK_INTERFACE.flags
inline constexpr CK_FLAGS CKF_INTERFACE_FORK_SAFE = 0x00000001;

// An attribute whose value is an array of attributes has this bit in its number
inline constexpr CK_FLAGS CKF_ARRAY_ATTRIBUTE = 0x40000000;

// CK_HKDF_PARAMS.ulSaltType
inline constexpr CK_FLAGS CKF_HKDF_SALT_NULL = 0x00000001;
inline constexpr CK_FLAGS CKF_HKDF_SALT_DATA = 0x00000002;
inline constexpr CK_FLAGS CKF_HKDF_SALT_KEY = 0x00000004;

// CKA_OTP and CK_OTP_FLAGS
inline constexpr CK_FLAGS CKF_NEXT_OTP = 0x00000001;
inline constexpr CK_FLAGS CKF_EXCLUDE_TIME = 0x00000002;
inline constexpr CK_FLAGS CKF_EXCLUDE_COUNTER = 0x00000004;
inline constexpr CK_FLAGS CKF_EXCLUDE_CHALLENGE = 0x00000008;
inline constexpr CK_FLAGS CKF_EXCLUDE_PIN = 0x00000010;
inline constexpr CK_FLAGS CKF_USER_FRIENDLY_OTP = 0x00000020;
