#include <cstring>

#include "pkcs11/keymantle.h"
#include "pkcs11/out_buffer.h"

using p11::Done;
using p11::fail;
using p11::guarded;
using p11::not_null;
using p11::Rv;
using p11::Status;

namespace {

#define P11_MEMBER(name, parameters) name,
CK_FUNCTION_LIST functions_2_40 = {{2, 40}, CK_FUNCTIONS_2_40(P11_MEMBER)};
CK_FUNCTION_LIST_3_0 functions_3_0 = {{3, 0}, CK_FUNCTIONS_3_0(P11_MEMBER)};
CK_FUNCTION_LIST_3_2 functions_3_2 = {{3, 2}, CK_FUNCTIONS_3_2(P11_MEMBER)};
#undef P11_MEMBER
KM_FUNCTION_LIST functions_of_ours = {{1, 0}, p11::ceremony_status};

CK_UTF8CHAR name_of_standard[] = "PKCS 11";
CK_UTF8CHAR name_of_ours[] = KM_INTERFACE_NAME;

// The first is what an application gets that does not say which it wants. CKF_INTERFACE_FORK_SAFE would promise that a child keeps its
// parent's sessions; ours begins anew.
CK_INTERFACE interfaces[] = {
    {name_of_standard, &functions_3_2, 0},
    {name_of_standard, &functions_3_0, 0},
    {name_of_standard, &functions_2_40, 0},
    {name_of_ours, &functions_of_ours, 0},
};

const char* text(const CK_UTF8CHAR* name) { return reinterpret_cast<const char*>(name); }

bool matches(const CK_INTERFACE& offered, const CK_UTF8CHAR* name, const CK_VERSION* version, CK_FLAGS flags) {
  if (name != nullptr && std::string_view(text(name)) != text(offered.pInterfaceName)) return false;
  CK_VERSION own;  // every function list begins with its version
  std::memcpy(&own, offered.pFunctionList, sizeof own);
  if (version != nullptr && (version->major != own.major || version->minor != own.minor)) return false;
  return (flags & ~offered.flags) == 0;
}

}  // namespace

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  return guarded(__func__, [&]() -> Status {
    TRY(not_null(list));
    *list = &functions_2_40;
    return Done{};
  });
}

CK_RV C_GetInterfaceList(CK_INTERFACE_PTR list, CK_ULONG_PTR count) {
  return guarded(__func__, [&]() -> Status {
    TRY(not_null(count));
    const CK_ULONG room = *count;
    *count = std::size(interfaces);
    if (list == nullptr) return Done{};
    if (room < std::size(interfaces)) return fail(Rv::buffer_too_small, "the caller's list");
    std::ranges::copy(interfaces, list);
    return Done{};
  });
}

CK_RV C_GetInterface(CK_UTF8CHAR_PTR name, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR found, CK_FLAGS flags) {
  return guarded(__func__, [&]() -> Status {
    TRY(not_null(found));
    const auto it = std::ranges::find_if(interfaces, [&](const auto& i) { return matches(i, name, version, flags); });
    if (it == std::end(interfaces)) return fail(Rv::function_failed, "no such interface");
    *found = it;
    return Done{};
  });
}
