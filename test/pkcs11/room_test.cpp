#include <algorithm>
#include <array>

#include "test/pkcs11/running.h"

// What an application says of the room for output.

namespace {

struct WithKey : Running {
  WithKey() {
    CK_UTF8CHAR pin[] = "1234567x", label[32];
    constexpr CK_ULONG kPin = sizeof pin - 1;
    std::ranges::fill(label, CK_UTF8CHAR{' '});
    CK_SLOT_ID slot = 0;
    CK_ULONG count = 1;
    BOOST_REQUIRE(p11->C_GetSlotList(CK_TRUE, &slot, &count) == CKR_OK);
    BOOST_REQUIRE(p11->C_InitToken(slot, pin, kPin, label) == CKR_OK);
    BOOST_REQUIRE(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) == CKR_OK);
    BOOST_REQUIRE(p11->C_Login(session, CKU_SO, pin, kPin) == CKR_OK);
    BOOST_REQUIRE(p11->C_InitPIN(session, pin, kPin) == CKR_OK);
    BOOST_REQUIRE(p11->C_Logout(session) == CKR_OK);
    BOOST_REQUIRE(p11->C_Login(session, CKU_USER, pin, kPin) == CKR_OK);
    CK_MECHANISM generate{CKM_AES_KEY_GEN, nullptr, 0};
    CK_ULONG length = 32;
    CK_ATTRIBUTE wanted{CKA_VALUE_LEN, &length, sizeof length};
    BOOST_REQUIRE(p11->C_GenerateKey(session, &generate, &wanted, 1, &key) == CKR_OK);
  }
  void begin() {
    CK_BYTE iv[16] = {};
    CK_MECHANISM mechanism{CKM_AES_CBC_PAD, iv, sizeof iv};
    BOOST_REQUIRE(p11->C_EncryptInit(session, &mechanism, key) == CKR_OK);
  }
  CK_RV update(CK_BYTE_PTR in, CK_ULONG size, CK_BYTE_PTR out, CK_ULONG room) { return p11->C_EncryptUpdate(session, in, size, out, &room); }
  CK_SESSION_HANDLE session = 0;
  CK_OBJECT_HANDLE key = 0;
};

constexpr CK_ULONG kFirst = 5, kBlocks = 32;

}  // namespace

BOOST_AUTO_TEST_SUITE(room_for_output)

// The first part stays behind in the operation, so the second's result does not lie where its data did.
BOOST_FIXTURE_TEST_CASE(a_claim_beyond_all_memory_changes_nothing_in_place, WithKey) {
  std::array<CK_BYTE, kBlocks> data{}, in_place{}, apart{}, before{};
  for (std::size_t i = 0; i < kBlocks; ++i) data[i] = in_place[i] = static_cast<CK_BYTE>(i);
  begin();
  BOOST_TEST(update(data.data(), kFirst, before.data(), before.size()) == CKR_OK);
  BOOST_TEST(update(data.data(), kBlocks, apart.data(), apart.size()) == CKR_OK);
  BOOST_REQUIRE(p11->C_SessionCancel(session, CKF_ENCRYPT) == CKR_OK);
  begin();
  BOOST_TEST(update(data.data(), kFirst, before.data(), before.size()) == CKR_OK);
  BOOST_TEST(update(in_place.data(), kBlocks, in_place.data(), ~CK_ULONG{0}) == CKR_OK);
  BOOST_TEST(in_place == apart);
}

BOOST_AUTO_TEST_SUITE_END()
