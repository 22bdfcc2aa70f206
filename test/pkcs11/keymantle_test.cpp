#include <dlfcn.h>
#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "pkcs11/keymantle.h"
#include "test/pkcs11/temporary.h"

// The vendor interface, as an application that loads the module by path gets it.

namespace {

struct Vendor {
  Vendor() {
    void* module = ::dlopen(KEYMANTLE_MODULE, RTLD_NOW);
    BOOST_REQUIRE_MESSAGE(module != nullptr, ::dlerror());
    *reinterpret_cast<void**>(&get_interface) = ::dlsym(module, "C_GetInterface");
    CK_UTF8CHAR name[] = KM_INTERFACE_NAME;
    CK_INTERFACE* found = nullptr;
    BOOST_REQUIRE(get_interface(name, nullptr, &found, 0) == CKR_OK);
    ours = static_cast<const KM_FUNCTION_LIST*>(found->pFunctionList);
    BOOST_REQUIRE(get_interface(nullptr, nullptr, &found, 0) == CKR_OK);
    standard = static_cast<const CK_FUNCTION_LIST_3_2*>(found->pFunctionList);
    folder = temporary_folder();
  }
  ~Vendor() {
    standard->C_Finalize(nullptr);
    std::filesystem::remove_all(folder);
  }
  void initialize() {
    std::string reserved = "store=" + (folder / "store").string();
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.pReserved = reserved.data();
    BOOST_REQUIRE(standard->C_Initialize(&arguments) == CKR_OK);
  }

  CK_C_GetInterface get_interface = nullptr;
  const KM_FUNCTION_LIST* ours = nullptr;
  const CK_FUNCTION_LIST_3_2* standard = nullptr;
  std::filesystem::path folder;
  KM_CEREMONY_STATUS status{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(vendor_interface)

BOOST_FIXTURE_TEST_CASE(says_its_version, Vendor) {
  BOOST_TEST(int(ours->version.major) == 1);
  BOOST_TEST(int(ours->version.minor) == 0);
}

BOOST_FIXTURE_TEST_CASE(tells_that_the_key_of_a_local_store_lies_in_a_file, Vendor) {
  initialize();
  BOOST_REQUIRE(ours->KM_GetCeremonyStatus(&status) == CKR_OK);
  BOOST_TEST(status.ulProfile == KM_PROFILE_DEVELOPMENT);
  BOOST_TEST(status.ulState == KM_STATE_OPERATIONAL);
  BOOST_TEST(status.ulThreshold == 0UL);
  BOOST_TEST(status.ulShares == 0UL);
  for (const auto c : status.fingerprint) BOOST_TEST(::isxdigit(c));
}

BOOST_FIXTURE_TEST_CASE(refuses_before_initialization_and_without_a_place, Vendor) {
  BOOST_TEST(ours->KM_GetCeremonyStatus(&status) == CKR_CRYPTOKI_NOT_INITIALIZED);
  initialize();
  BOOST_TEST(ours->KM_GetCeremonyStatus(nullptr) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE_END()
