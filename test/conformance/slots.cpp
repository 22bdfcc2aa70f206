// Slots (PKCS#11 3.0, 5.5).
#include <algorithm>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(slots_and_tokens)

BOOST_FIXTURE_TEST_CASE(one_empty_slot_is_always_offered, Initialized) {
  const CK_SLOT_ID first = empty_slot();
  init_token(first, kSoPin, "takes the empty slot").must();
  BOOST_TEST(empty_slot() != first);
}

BOOST_FIXTURE_TEST_CASE(the_list_of_slots_is_counted_then_given, Initialized) {
  CK_ULONG count = 0;
  BOOST_TEST(Rv(p11().C_GetSlotList(CK_FALSE, nullptr, &count)) == CKR_OK);
  std::vector<CK_SLOT_ID> list(count);
  BOOST_TEST(Rv(p11().C_GetSlotList(CK_FALSE, list.data(), &count)) == CKR_OK);
  BOOST_TEST(count == list.size());
  std::ranges::sort(list);
  BOOST_TEST((std::ranges::adjacent_find(list) == list.end()));
}

BOOST_FIXTURE_TEST_CASE(a_too_small_list_of_slots_is_told_its_size, FreshToken) {
  CK_ULONG all = 0;
  Rv(p11().C_GetSlotList(CK_FALSE, nullptr, &all)).must();
  CK_SLOT_ID one = 0;
  CK_ULONG count = 1;
  BOOST_TEST(Rv(p11().C_GetSlotList(CK_FALSE, &one, &count)) == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(count == all);
}

BOOST_FIXTURE_TEST_CASE(a_list_of_slots_needs_a_count, Initialized) {
  BOOST_TEST(Rv(p11().C_GetSlotList(CK_FALSE, nullptr, nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(a_slot_keeps_its_number_over_restarts, FreshToken) {
  restart();
  find_again();
  const CK_SLOT_ID before = slot;
  restart();
  find_again();
  BOOST_TEST(slot == before);
}

BOOST_FIXTURE_TEST_CASE(a_slot_keeps_its_number_when_another_token_is_made, FreshToken) {
  restart();
  find_again();
  const CK_SLOT_ID before = slot;
  init_token(empty_slot(), kSoPin, "another").must();
  restart();
  find_again();
  BOOST_TEST(slot == before);
}

BOOST_FIXTURE_TEST_CASE(a_slot_says_that_a_token_is_present, Token) {
  CK_SLOT_INFO info{};
  BOOST_TEST(Rv(p11().C_GetSlotInfo(slot, &info)) == CKR_OK);
  BOOST_TEST((info.flags & CKF_TOKEN_PRESENT) != 0);
  BOOST_TEST((info.flags & CKF_HW_SLOT) == 0);
}

BOOST_FIXTURE_TEST_CASE(texts_of_a_slot_are_padded_with_blanks, Token) {
  CK_SLOT_INFO info{};
  Rv(p11().C_GetSlotInfo(slot, &info)).must();
  BOOST_TEST((std::ranges::find(info.slotDescription, 0) == std::end(info.slotDescription)));
  BOOST_TEST((std::ranges::find(info.manufacturerID, 0) == std::end(info.manufacturerID)));
}

static constexpr CK_SLOT_ID kNoSlot = 0xFFFFFFF0;

BOOST_FIXTURE_TEST_CASE(an_unknown_slot_is_refused_everywhere, Initialized) {
  CK_SLOT_INFO slot_info{};
  CK_TOKEN_INFO info{};
  CK_MECHANISM_INFO mechanism{};
  CK_ULONG count = 0;
  CK_SESSION_HANDLE session = 0;
  BOOST_TEST(Rv(p11().C_GetSlotInfo(kNoSlot, &slot_info)) == CKR_SLOT_ID_INVALID);
  BOOST_TEST(Rv(p11().C_GetTokenInfo(kNoSlot, &info)) == CKR_SLOT_ID_INVALID);
  BOOST_TEST(Rv(p11().C_GetMechanismList(kNoSlot, nullptr, &count)) == CKR_SLOT_ID_INVALID);
  BOOST_TEST(Rv(p11().C_GetMechanismInfo(kNoSlot, CKM_SHA256, &mechanism)) == CKR_SLOT_ID_INVALID);
  BOOST_TEST(Rv(p11().C_OpenSession(kNoSlot, kReadOnly, nullptr, nullptr, &session)) == CKR_SLOT_ID_INVALID);
  BOOST_TEST(Rv(p11().C_CloseAllSessions(kNoSlot)) == CKR_SLOT_ID_INVALID);
  BOOST_TEST(init_token(kNoSlot, kSoPin, "nowhere") == CKR_SLOT_ID_INVALID);
}

BOOST_FIXTURE_TEST_CASE(info_about_a_slot_or_token_cannot_be_put_nowhere, Token) {
  BOOST_TEST(Rv(p11().C_GetSlotInfo(slot, nullptr)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11().C_GetTokenInfo(slot, nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(waiting_without_blocking_finds_no_event, Token) {
  CK_SLOT_ID changed = 0;
  BOOST_TEST(Rv(p11().C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, nullptr)) == CKR_NO_EVENT);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(initializing_a_token)

BOOST_FIXTURE_TEST_CASE(a_fresh_slot_says_that_its_token_is_not_initialized, Initialized) {
  const CK_FLAGS flags = token_flags(empty_slot());
  BOOST_TEST((flags & CKF_TOKEN_INITIALIZED) == 0);
  BOOST_TEST((flags & CKF_USER_PIN_INITIALIZED) == 0);
}

BOOST_FIXTURE_TEST_CASE(an_initialized_token_says_so_and_shows_its_label, FreshToken) {
  const CK_TOKEN_INFO info = token_info(slot);
  BOOST_TEST((info.flags & CKF_TOKEN_INITIALIZED) != 0);
  BOOST_TEST(label_of(info) == label);
}

BOOST_FIXTURE_TEST_CASE(a_token_without_a_user_pin_says_so, FreshToken) {
  BOOST_TEST((token_flags(slot) & CKF_USER_PIN_INITIALIZED) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_token_with_a_user_pin_says_so, FreshTokenWithUser) {
  BOOST_TEST((token_flags(slot) & CKF_USER_PIN_INITIALIZED) != 0);
}

BOOST_FIXTURE_TEST_CASE(a_token_asks_for_a_login_and_has_random_numbers, FreshToken) {
  BOOST_TEST((token_flags(slot) & CKF_LOGIN_REQUIRED) != 0);
  BOOST_TEST((token_flags(slot) & CKF_RNG) != 0);
  BOOST_TEST((token_flags(slot) & CKF_WRITE_PROTECTED) == 0);
  BOOST_TEST((token_flags(slot) & CKF_PROTECTED_AUTHENTICATION_PATH) == 0);
}

BOOST_FIXTURE_TEST_CASE(no_pin_flag_is_up_on_a_new_token, FreshTokenWithUser) {
  constexpr CK_FLAGS troubles = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED |
                                CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED;
  BOOST_TEST((token_flags(slot) & troubles) == 0);
}

BOOST_FIXTURE_TEST_CASE(the_limits_of_a_pin_make_sense, FreshToken) {
  const CK_TOKEN_INFO info = token_info(slot);
  BOOST_TEST(info.ulMinPinLen >= 4UL);
  BOOST_TEST(info.ulMaxPinLen >= 32UL);
}

BOOST_FIXTURE_TEST_CASE(texts_of_a_token_are_padded_with_blanks, FreshToken) {
  const CK_TOKEN_INFO info = token_info(slot);
  for (std::span<const CK_UTF8CHAR> text : {std::span<const CK_UTF8CHAR>(info.label), {info.manufacturerID},
                                            {info.model}, {info.serialNumber}})
    BOOST_TEST((std::ranges::find(text, 0) == text.end()));
}

BOOST_FIXTURE_TEST_CASE(two_tokens_have_two_serial_numbers, FreshToken) {
  const CK_TOKEN_INFO mine = token_info(slot);
  init_token(empty_slot(), kSoPin, "the other serial").must();
  const CK_TOKEN_INFO other = token_info(slot_labelled("the other serial"));
  BOOST_TEST(!std::ranges::equal(mine.serialNumber, other.serialNumber));
}

BOOST_FIXTURE_TEST_CASE(a_token_is_initialized_again_with_the_same_so_pin, FreshTokenWithUser) {
  BOOST_TEST(init_token(slot, kSoPin, "second life") == CKR_OK);
  BOOST_TEST(label_of(token_info(slot)) == "second life");
}

BOOST_FIXTURE_TEST_CASE(a_wrong_so_pin_does_not_initialize_a_token_again, FreshTokenWithUser) {
  BOOST_TEST(init_token(slot, kWrongPin, "stolen") == CKR_PIN_INCORRECT);
  BOOST_TEST(label_of(token_info(slot)) == label);
}

BOOST_FIXTURE_TEST_CASE(initializing_again_destroys_the_objects, FreshTokenWithUser) {
  {
    Session session(slot);
    session.login(CKU_USER, kUserPin).must();
    session.create(data_object("lost").with({CKA_TOKEN, true})).must();
  }
  init_token(slot, kSoPin, label).must();
  Session session(slot);
  BOOST_TEST(session.find({}).empty());
}

BOOST_FIXTURE_TEST_CASE(initializing_again_takes_the_user_pin_away, FreshTokenWithUser) {
  init_token(slot, kSoPin, label).must();
  BOOST_TEST((token_flags(slot) & CKF_USER_PIN_INITIALIZED) == 0);
  Session session(slot);
  BOOST_TEST(session.login(CKU_USER, kUserPin) == CKR_USER_PIN_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_token_with_an_open_session_is_not_initialized, FreshToken) {
  Session session(slot);
  BOOST_TEST(init_token(slot, kSoPin, label) == CKR_SESSION_EXISTS);
}

BOOST_FIXTURE_TEST_CASE(a_too_short_so_pin_is_refused, Initialized) {
  const CK_SLOT_ID slot = empty_slot();
  BOOST_TEST(!(init_token(slot, "12", "short pin") == CKR_OK));
  BOOST_TEST((token_flags(slot) & CKF_TOKEN_INITIALIZED) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_token_needs_a_pin_and_a_label, Initialized) {
  const CK_SLOT_ID empty = empty_slot();
  const Bytes pin = from_text(kSoPin);
  BOOST_TEST(Rv(p11().C_InitToken(empty, readable(pin), pin.size(), nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(a_label_of_32_characters_fits, Initialized) {
  const std::string longest(32, 'L');
  init_token(empty_slot(), kSoPin, longest).must();
  BOOST_TEST(label_of(token_info(slot_labelled(longest))) == longest);
}

BOOST_AUTO_TEST_SUITE_END()
