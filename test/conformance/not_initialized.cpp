// Before C_Initialize every function but the four that hand out functions refuses (PKCS#11 3.0, 5.4).
#include <algorithm>
#include <span>

#include "support/fixtures.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(not_initialized)

struct Call {
  const char* name;
  CK_RV (*call)();
};

// Every argument zero: the state of the library is looked at first.
template <class... Arguments>
static CK_RV with_zeros(CK_RV (*function)(Arguments...)) {
  return function(Arguments{}...);
}

#define CALL(function, parameters) Call{#function, [] { return with_zeros(p11().function); }},
static const Call kCalls[] = {CK_FUNCTIONS_2_40(CALL)};
#undef CALL

#define CALL(function, parameters) Call{#function, [] { return with_zeros(p11_3_2().function); }},
static const Call kLaterCalls[] = {CK_FUNCTIONS_ADDED_IN_3_0(CALL) CK_FUNCTIONS_ADDED_IN_3_2(CALL)};
#undef CALL

static std::vector<Call> calls_that_need_a_library(std::span<const Call> all) {
  constexpr std::string_view kNoNeed[] = {"C_Initialize", "C_GetFunctionList", "C_Finalize", "C_GetInterfaceList", "C_GetInterface"};
  std::vector<Call> calls;
  for (const Call& one : all)
    if (std::ranges::find(kNoNeed, std::string_view(one.name)) == std::end(kNoNeed)) calls.push_back(one);
  return calls;
}
static const std::vector<Call> kRefused = calls_that_need_a_library(kCalls);
static const std::vector<Call> kRefusedLater = calls_that_need_a_library(kLaterCalls);

CONFORMANCE_FOR_EACH(Loaded, every_function_refuses, kRefused) {
  BOOST_TEST(Rv(row.call()) == CKR_CRYPTOKI_NOT_INITIALIZED);
}

CONFORMANCE_FOR_EACH(Loaded, every_function_of_version_3_refuses, kRefusedLater) {
  BOOST_TEST(Rv(row.call()) == CKR_CRYPTOKI_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()
