// Before C_Initialize every function but the four that hand out functions refuses (PKCS#11 3.0, 5.4).
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

static std::vector<Call> calls_that_need_a_library() {
  std::vector<Call> calls;
  for (const Call& one : kCalls) {
    const std::string_view name = one.name;
    if (name != "C_Initialize" && name != "C_GetFunctionList" && name != "C_Finalize") calls.push_back(one);
  }
  return calls;
}
static const std::vector<Call> kRefused = calls_that_need_a_library();

CONFORMANCE_FOR_EACH(Loaded, every_function_refuses, kRefused) {
  BOOST_TEST(Rv(row.call()) == CKR_CRYPTOKI_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()
