#include <malloc.h>

#include <vector>

#include "test/pkcs11/running.h"

// What a refused call leaves behind in the process of the application.

namespace {

constexpr CK_ULONG kLarge = CK_ULONG{1} << 20;
constexpr int kRefusals = 16;

struct Refusing : Running {
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

  std::vector<CK_BYTE> large = std::vector<CK_BYTE>(kLarge, 1);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_FIXTURE_TEST_CASE(a_parameter_that_is_refused_halfway_is_not_kept, Refusing) {
  CK_GCM_PARAMS gcm{};
  gcm.pIv = large.data();
  gcm.ulIvLen = large.size();
  gcm.ulAADLen = 1;  // of no octets
  CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
  BOOST_TEST(kept_by([&] { BOOST_REQUIRE(p11->C_EncryptInit(1, &mechanism, 1) != CKR_OK); }) < kLarge);
}

BOOST_FIXTURE_TEST_CASE(a_mechanism_beside_a_template_that_is_refused_is_not_kept, Refusing) {
  CK_HKDF_PARAMS hkdf{};
  hkdf.pSalt = large.data();
  hkdf.ulSaltLen = large.size();
  CK_MECHANISM mechanism{CKM_HKDF_DERIVE, &hkdf, sizeof hkdf};
  CK_ATTRIBUTE no_boolean{CKA_SENSITIVE, large.data(), 2};
  CK_OBJECT_HANDLE key = 0;
  BOOST_TEST(kept_by([&] { BOOST_REQUIRE(p11->C_DeriveKey(1, &mechanism, 1, &no_boolean, 1, &key) != CKR_OK); }) < kLarge);
}

BOOST_FIXTURE_TEST_CASE(a_template_beside_another_that_is_refused_is_not_kept, Refusing) {
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_ATTRIBUTE label{CKA_LABEL, large.data(), large.size()};
  CK_ATTRIBUTE no_boolean{CKA_SENSITIVE, large.data(), 2};
  CK_OBJECT_HANDLE public_key = 0, private_key = 0;
  BOOST_TEST(kept_by([&] {
               BOOST_REQUIRE(p11->C_GenerateKeyPair(1, &mechanism, &label, 1, &no_boolean, 1, &public_key, &private_key) != CKR_OK);
             }) < kLarge);
}

BOOST_AUTO_TEST_SUITE_END()
