// Keymantle's own PKCS#11 header: names, numbers and layouts of 2.40, 3.0, 3.1 and 3.2, for C++20.
//
// Constants are typed and live in tables (CK_RETURN_VALUES, CK_MECHANISM_TYPES, CK_ATTRIBUTE_TYPES, CK_OBJECT_CLASSES,
// CK_KEY_TYPES, CK_FUNCTIONS_*): whoever needs a name for a number, or a row for each function, expands the table.
// They are not macros, so `#ifdef CKM_...` finds nothing. Include this file alone; nothing else is needed.
#pragma once

#include "cryptoki/attribute_types.h"
#include "cryptoki/cipher_parameters.h"
#include "cryptoki/constants.h"
#include "cryptoki/derivation_parameters.h"
#include "cryptoki/flags.h"
#include "cryptoki/functions.h"
#include "cryptoki/legacy_parameters.h"
#include "cryptoki/mechanism_types.h"
#include "cryptoki/object_types.h"
#include "cryptoki/return_values.h"
#include "cryptoki/types.h"

inline constexpr CK_BYTE CRYPTOKI_VERSION_MAJOR = 3;
inline constexpr CK_BYTE CRYPTOKI_VERSION_MINOR = 2;

struct CK_FUNCTION_LIST;
struct CK_FUNCTION_LIST_3_0;
struct CK_FUNCTION_LIST_3_2;
using CK_FUNCTION_LIST_PTR = CK_FUNCTION_LIST*;
using CK_FUNCTION_LIST_PTR_PTR = CK_FUNCTION_LIST_PTR*;
using CK_FUNCTION_LIST_3_0_PTR = CK_FUNCTION_LIST_3_0*;
using CK_FUNCTION_LIST_3_0_PTR_PTR = CK_FUNCTION_LIST_3_0_PTR*;
using CK_FUNCTION_LIST_3_2_PTR = CK_FUNCTION_LIST_3_2*;
using CK_FUNCTION_LIST_3_2_PTR_PTR = CK_FUNCTION_LIST_3_2_PTR*;

extern "C" {

// What a module exports, and the type of a pointer to each: CK_C_Sign points to a C_Sign.
#define CK_DECLARE(name, parameters) \
  CK_RV name parameters;             \
  using CK_##name = CK_RV(*) parameters;
CK_FUNCTIONS_3_2(CK_DECLARE)
#undef CK_DECLARE

}  // extern "C"

#define CK_MEMBER(name, parameters) CK_##name name;

struct CK_FUNCTION_LIST {
  CK_VERSION version;
  CK_FUNCTIONS_2_40(CK_MEMBER)
};

struct CK_FUNCTION_LIST_3_0 {
  CK_VERSION version;
  CK_FUNCTIONS_3_0(CK_MEMBER)
};

struct CK_FUNCTION_LIST_3_2 {
  CK_VERSION version;
  CK_FUNCTIONS_3_2(CK_MEMBER)
};

#undef CK_MEMBER
