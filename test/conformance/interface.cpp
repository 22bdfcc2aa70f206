// What the module exports, and how it is started and stopped (PKCS#11 3.0, 5.4).
#include <cstring>

#include "support/fixtures.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(interface)

struct Exported {
  const char* name;
};

#define EXPORTED(function, parameters) Exported{#function},
static constexpr Exported kFunctions2_40[] = {CK_FUNCTIONS_2_40(EXPORTED)};
static constexpr Exported kFunctions3_0[] = {CK_FUNCTIONS_ADDED_IN_3_0(EXPORTED)};
static constexpr Exported kFunctions3_2[] = {CK_FUNCTIONS_ADDED_IN_3_2(EXPORTED)};
#undef EXPORTED

CONFORMANCE_FOR_EACH(Loaded, every_function_of_2_40_is_exported, kFunctions2_40) {
  BOOST_TEST(module().exported(row.name) != nullptr);
}

CONFORMANCE_FOR_EACH(Loaded, every_function_of_3_0_is_exported, kFunctions3_0) {
  BOOST_TEST(module().exported(row.name) != nullptr);
}

CONFORMANCE_FOR_EACH(Loaded, every_function_of_3_2_is_exported, kFunctions3_2) {
  BOOST_TEST(module().exported(row.name) != nullptr);
}

BOOST_FIXTURE_TEST_CASE(the_function_list_says_version_2_40, Loaded) {
  BOOST_TEST(int(p11().version.major) == 2);
  BOOST_TEST(int(p11().version.minor) == 40);
}

BOOST_FIXTURE_TEST_CASE(the_function_list_has_no_holes, Loaded) {
#define FILLED(function, parameters) BOOST_TEST((p11().function != nullptr), #function);
  CK_FUNCTIONS_2_40(FILLED)
#undef FILLED
}

BOOST_FIXTURE_TEST_CASE(the_function_list_can_be_had_before_initialization, Loaded) {
  CK_FUNCTION_LIST_PTR list = nullptr;
  BOOST_TEST(Rv(p11().C_GetFunctionList(&list)) == CKR_OK);
  BOOST_TEST((list == &p11()));
}

BOOST_FIXTURE_TEST_CASE(a_function_list_cannot_be_put_nowhere, Loaded) {
  BOOST_TEST(Rv(p11().C_GetFunctionList(nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE(version_3)

struct Interfaces : Loaded {
  Interfaces() {
    if (!module().get_interface() || !module().get_interface_list()) BOOST_FAIL("the module exports no C_GetInterface");
  }
  Outcome<CK_INTERFACE_PTR> get(const char* name, std::optional<CK_VERSION> version = {}, CK_FLAGS flags = 0) {
    CK_INTERFACE_PTR found = nullptr;
    Bytes text = name ? from_text(name) : Bytes{};
    text.push_back(0);
    const Rv rv = module().get_interface()(name ? text.data() : nullptr, version ? &*version : nullptr, &found, flags);
    return {rv, found};
  }
  static const CK_VERSION& version_of(CK_INTERFACE_PTR found) {
    return *static_cast<const CK_VERSION*>(found->pFunctionList);
  }
};

BOOST_FIXTURE_TEST_CASE(the_default_interface_is_named_pkcs_11, Interfaces) {
  const CK_INTERFACE_PTR found = get(nullptr).must();
  BOOST_TEST(std::strcmp(reinterpret_cast<const char*>(found->pInterfaceName), "PKCS 11") == 0);
  BOOST_TEST(int(version_of(found).major) == 3);
}

BOOST_FIXTURE_TEST_CASE(version_3_0_can_be_asked_for, Interfaces) {
  const CK_INTERFACE_PTR found = get("PKCS 11", CK_VERSION{3, 0}).must();
  BOOST_TEST(int(version_of(found).major) == 3);
  BOOST_TEST(int(version_of(found).minor) == 0);
}

BOOST_FIXTURE_TEST_CASE(version_3_2_can_be_asked_for, Interfaces) {
  const CK_INTERFACE_PTR found = get("PKCS 11", CK_VERSION{3, 2}).must();
  BOOST_TEST(int(version_of(found).major) == 3);
  BOOST_TEST(int(version_of(found).minor) == 2);
}

BOOST_FIXTURE_TEST_CASE(the_newest_version_is_the_default, Interfaces) {
  BOOST_TEST(int(version_of(get(nullptr).must()).minor) == 2);
  BOOST_TEST(int(version_of(get("PKCS 11").must()).minor) == 2);
}

BOOST_FIXTURE_TEST_CASE(a_longer_list_begins_like_the_shorter_ones, Interfaces) {
  const auto* newest = static_cast<const CK_FUNCTION_LIST_3_2*>(get("PKCS 11", CK_VERSION{3, 2}).must()->pFunctionList);
  const auto* middle = static_cast<const CK_FUNCTION_LIST_3_0*>(get("PKCS 11", CK_VERSION{3, 0}).must()->pFunctionList);
#define SAME(function, parameters) BOOST_TEST((newest->function == p11().function && middle->function == p11().function), #function);
  CK_FUNCTIONS_2_40(SAME)
#undef SAME
#define SAME(function, parameters) BOOST_TEST((newest->function == middle->function), #function);
  CK_FUNCTIONS_ADDED_IN_3_0(SAME)
#undef SAME
}

BOOST_FIXTURE_TEST_CASE(the_beginning_of_an_interface_name_is_no_name, Interfaces) {
  BOOST_TEST(get("PKCS").rv == CKR_FUNCTION_FAILED);
  BOOST_TEST(get("PKCS 11 and more").rv == CKR_FUNCTION_FAILED);
}

BOOST_FIXTURE_TEST_CASE(version_2_40_can_be_asked_for, Interfaces) {
  const CK_INTERFACE_PTR found = get("PKCS 11", CK_VERSION{2, 40}).must();
  BOOST_TEST(int(version_of(found).major) == 2);
  BOOST_TEST(int(version_of(found).minor) == 40);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_interface_is_refused, Interfaces) {
  BOOST_TEST(get("Vendor of nothing").rv == CKR_FUNCTION_FAILED);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_version_is_refused, Interfaces) {
  BOOST_TEST(get("PKCS 11", CK_VERSION{9, 9}).rv == CKR_FUNCTION_FAILED);
}

BOOST_FIXTURE_TEST_CASE(an_interface_is_fork_safe_when_it_is_asked_to_be, Interfaces) {
  const CK_INTERFACE_PTR found = get("PKCS 11", {}, CKF_INTERFACE_FORK_SAFE).must();
  BOOST_TEST((found->flags & CKF_INTERFACE_FORK_SAFE) != 0);
}

BOOST_FIXTURE_TEST_CASE(an_interface_cannot_be_put_nowhere, Interfaces) {
  BOOST_TEST(Rv(module().get_interface()(nullptr, nullptr, nullptr, 0)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(the_interface_list_is_counted_then_given, Interfaces) {
  CK_ULONG count = 0;
  Rv(module().get_interface_list()(nullptr, &count)).must();
  BOOST_REQUIRE(count >= 2);
  std::vector<CK_INTERFACE> list(count);
  Rv(module().get_interface_list()(list.data(), &count)).must();
  for (CK_INTERFACE& one : list) {
    BOOST_TEST(one.pInterfaceName != nullptr);
    BOOST_TEST(one.pFunctionList != nullptr);
  }
}

BOOST_FIXTURE_TEST_CASE(a_too_small_interface_list_is_told_its_size, Interfaces) {
  CK_INTERFACE one{};
  CK_ULONG count = 1;
  BOOST_TEST(Rv(module().get_interface_list()(&one, &count)) == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(count >= 2UL);
}

BOOST_FIXTURE_TEST_CASE(the_list_of_version_3_0_has_no_holes, Interfaces) {
  const auto* list = static_cast<const CK_FUNCTION_LIST_3_0*>(get("PKCS 11", CK_VERSION{3, 0}).must()->pFunctionList);
#define FILLED(function, parameters) BOOST_TEST((list->function != nullptr), #function);
  CK_FUNCTIONS_3_0(FILLED)
#undef FILLED
}

BOOST_FIXTURE_TEST_CASE(the_list_of_version_3_2_has_no_holes, Interfaces) {
  const auto* list = static_cast<const CK_FUNCTION_LIST_3_2*>(get("PKCS 11", CK_VERSION{3, 2}).must()->pFunctionList);
#define FILLED(function, parameters) BOOST_TEST((list->function != nullptr), #function);
  CK_FUNCTIONS_3_2(FILLED)
#undef FILLED
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(start_and_stop)

BOOST_FIXTURE_TEST_CASE(a_module_is_initialized_once, Initialized) {
  BOOST_TEST(Rv(p11().C_Initialize(nullptr)) == CKR_CRYPTOKI_ALREADY_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_module_can_be_initialized_again_after_it_was_finalized, Initialized) {
  BOOST_TEST(Rv(p11().C_Finalize(nullptr)) == CKR_OK);
  BOOST_TEST(Rv(p11().C_Initialize(nullptr)) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_module_that_is_not_initialized_cannot_be_finalized, Loaded) {
  BOOST_TEST(Rv(p11().C_Finalize(nullptr)) == CKR_CRYPTOKI_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(finalize_refuses_an_argument, Initialized) {
  CK_BYTE something = 0;
  BOOST_TEST(Rv(p11().C_Finalize(&something)) == CKR_ARGUMENTS_BAD);
}

static CK_RV nothing_made(CK_VOID_PTR_PTR mutex) { return *mutex = nullptr, CKR_OK; }
static CK_RV nothing_done(CK_VOID_PTR) { return CKR_OK; }

struct Arguments : Loaded {
  CK_C_INITIALIZE_ARGS arguments{};
  Rv initialize() { return p11().C_Initialize(&arguments); }
};

BOOST_FIXTURE_TEST_CASE(the_locks_of_the_system_may_be_used, Arguments) {
  arguments.flags = CKF_OS_LOCKING_OK;
  BOOST_TEST(initialize() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(one_thread_needs_no_locks, Arguments) { BOOST_TEST(initialize() == CKR_OK); }

BOOST_FIXTURE_TEST_CASE(locks_of_the_application_are_taken_beside_those_of_the_system, Arguments) {
  arguments = {nothing_made, nothing_done, nothing_done, nothing_done, CKF_OS_LOCKING_OK, nullptr};
  BOOST_TEST(initialize() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(half_a_set_of_locks_is_refused, Arguments) {
  arguments.CreateMutex = nothing_made;
  BOOST_TEST(initialize() == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(the_reserved_argument_is_refused, Arguments) {
  arguments.pReserved = &arguments;
  BOOST_TEST(initialize() == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(the_module_tells_who_made_it, Initialized) {
  CK_INFO info{};
  BOOST_TEST(Rv(p11().C_GetInfo(&info)) == CKR_OK);
  BOOST_TEST(int(info.cryptokiVersion.major) >= 2);
  BOOST_TEST(info.flags == 0UL);
  BOOST_TEST(int(info.manufacturerID[31]) == int(' '));
}

BOOST_FIXTURE_TEST_CASE(info_cannot_be_put_nowhere, Initialized) {
  BOOST_TEST(Rv(p11().C_GetInfo(nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(no_function_runs_in_parallel, PublicSession) {
  BOOST_TEST(Rv(p11().C_GetFunctionStatus(session.handle())) == CKR_FUNCTION_NOT_PARALLEL);
  BOOST_TEST(Rv(p11().C_CancelFunction(session.handle())) == CKR_FUNCTION_NOT_PARALLEL);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
