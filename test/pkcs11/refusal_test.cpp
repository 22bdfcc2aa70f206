#include <dlfcn.h>
#include <malloc.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "pkcs11/cryptoki.h"
#include "test/pkcs11/temporary.h"

// What a refused call leaves behind in the process of the application.

namespace {

constexpr CK_ULONG kLarge = CK_ULONG{1} << 20;
constexpr int kRefusals = 16;

struct Running {
  Running() : folder(temporary_folder()) {
    void* module = ::dlopen(KEYMANTLE_MODULE, RTLD_NOW);
    BOOST_REQUIRE_MESSAGE(module != nullptr, ::dlerror());
    CK_C_GetInterface get_interface = nullptr;
    *reinterpret_cast<void**>(&get_interface) = ::dlsym(module, "C_GetInterface");
    CK_INTERFACE* found = nullptr;
    BOOST_REQUIRE(get_interface(nullptr, nullptr, &found, 0) == CKR_OK);
    p11 = static_cast<const CK_FUNCTION_LIST_3_2*>(found->pFunctionList);
    std::string reserved = "store=" + (folder / "store").string();
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.pReserved = reserved.data();
    BOOST_REQUIRE(p11->C_Initialize(&arguments) == CKR_OK);
  }
  ~Running() {
    p11->C_Finalize(nullptr);
    std::filesystem::remove_all(folder);
  }
  /// Octets of memory that the same refusal, many times, takes and keeps. Zero where a sanitizer counts by itself.
  template <class Call>
  static std::size_t kept_by(Call&& call) {
    const auto in_use = [] {
      const auto all = ::mallinfo2();
      return all.uordblks + all.hblkhd;
    };
    call();  // what is made once
    const auto before = in_use();
    for (int i = 0; i < kRefusals; ++i) call();
    const auto after = in_use();
    return after > before ? after - before : 0;
  }

  std::filesystem::path folder;
  const CK_FUNCTION_LIST_3_2* p11 = nullptr;
  std::vector<CK_BYTE> large = std::vector<CK_BYTE>(kLarge, 1);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_FIXTURE_TEST_CASE(a_parameter_that_is_refused_halfway_is_not_kept, Running) {
  CK_GCM_PARAMS gcm{};
  gcm.pIv = large.data();
  gcm.ulIvLen = large.size();
  gcm.ulAADLen = 1;  // of no octets
  CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
  BOOST_TEST(kept_by([&] { BOOST_REQUIRE(p11->C_EncryptInit(1, &mechanism, 1) != CKR_OK); }) < kLarge);
}

BOOST_FIXTURE_TEST_CASE(a_mechanism_beside_a_template_that_is_refused_is_not_kept, Running) {
  CK_HKDF_PARAMS hkdf{};
  hkdf.pSalt = large.data();
  hkdf.ulSaltLen = large.size();
  CK_MECHANISM mechanism{CKM_HKDF_DERIVE, &hkdf, sizeof hkdf};
  CK_ATTRIBUTE no_boolean{CKA_SENSITIVE, large.data(), 2};
  CK_OBJECT_HANDLE key = 0;
  BOOST_TEST(kept_by([&] { BOOST_REQUIRE(p11->C_DeriveKey(1, &mechanism, 1, &no_boolean, 1, &key) != CKR_OK); }) < kLarge);
}

BOOST_FIXTURE_TEST_CASE(a_template_beside_another_that_is_refused_is_not_kept, Running) {
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_ATTRIBUTE label{CKA_LABEL, large.data(), large.size()};
  CK_ATTRIBUTE no_boolean{CKA_SENSITIVE, large.data(), 2};
  CK_OBJECT_HANDLE public_key = 0, private_key = 0;
  BOOST_TEST(kept_by([&] {
               BOOST_REQUIRE(p11->C_GenerateKeyPair(1, &mechanism, &label, 1, &no_boolean, 1, &public_key, &private_key) != CKR_OK);
             }) < kLarge);
}

BOOST_AUTO_TEST_SUITE_END()
