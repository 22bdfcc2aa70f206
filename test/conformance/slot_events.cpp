// C_WaitForSlotEvent (PKCS#11 3.0, 5.5.3), and tokens that another process makes meanwhile.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "support/fixtures.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(slot_events)

// What another process of the same user does to the token in `slot`.
static void another_process_makes_a_token(CK_SLOT_ID slot, std::string_view label) {
  const pid_t child = fork();
  if (child == 0) _exit(p11().C_Initialize(nullptr) == CKR_OK && init_token(slot, kSoPin, label) == CKR_OK ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

struct Events : Token {
  Rv poll() { return p11().C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, nullptr); }
  Rv wait() { return p11().C_WaitForSlotEvent(0, &changed, nullptr); }
  CK_SLOT_ID changed = 0;
};

BOOST_FIXTURE_TEST_CASE(a_token_of_another_process_is_an_event_and_there, Events) {
  const CK_SLOT_ID place = empty_slot();
  BOOST_TEST(poll() == CKR_NO_EVENT);
  another_process_makes_a_token(place, "made by another");
  BOOST_TEST(slot_labelled("made by another") == place);
  BOOST_TEST(empty_slot() != place);
  BOOST_TEST(poll() == CKR_OK);
  BOOST_TEST(changed == place);
  BOOST_TEST(poll() == CKR_NO_EVENT);
  Session opened(place);
  BOOST_TEST(opened.login(CKU_SO, kSoPin) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_token_that_another_process_initializes_again_is_an_event, Events) {
  const CK_SLOT_ID place = empty_slot();
  init_token(place, kSoPin, "first life").must();
  another_process_makes_a_token(place, "other life");
  BOOST_TEST(poll() == CKR_OK);
  BOOST_TEST(changed == place);
  BOOST_TEST(poll() == CKR_NO_EVENT);
}

BOOST_FIXTURE_TEST_CASE(what_this_process_does_itself_is_no_event, Events) {
  init_token(empty_slot(), kSoPin, "my own").must();
  BOOST_TEST(poll() == CKR_NO_EVENT);
}

BOOST_FIXTURE_TEST_CASE(a_restarted_library_knows_what_was_there, Events) {
  another_process_makes_a_token(empty_slot(), "before the restart");
  restart();
  BOOST_TEST(poll() == CKR_NO_EVENT);
}

BOOST_FIXTURE_TEST_CASE(a_waiting_thread_hears_of_a_new_token, Events) {
  const CK_SLOT_ID place = empty_slot();
  Rv heard = CKR_GENERAL_ERROR;
  {
    std::jthread waiting([&] { heard = wait(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    another_process_makes_a_token(place, "waited for");
  }
  BOOST_TEST(heard == CKR_OK);
  BOOST_TEST(changed == place);
}

BOOST_FIXTURE_TEST_CASE(others_work_while_a_thread_waits_and_finalize_wakes_it, Events) {
  Rv heard = CKR_OK;
  const auto begin = std::chrono::steady_clock::now();
  {
    std::jthread waiting([&] { heard = wait(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    BOOST_TEST(!slots(true).empty());
    BOOST_TEST(Rv(p11().C_Finalize(nullptr)) == CKR_OK);
  }
  BOOST_TEST(heard == CKR_CRYPTOKI_NOT_INITIALIZED);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(3)));
}

BOOST_FIXTURE_TEST_CASE(an_event_needs_a_place_and_nothing_reserved, Events) {
  BOOST_TEST(Rv(p11().C_WaitForSlotEvent(CKF_DONT_BLOCK, nullptr, nullptr)) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(Rv(p11().C_WaitForSlotEvent(CKF_DONT_BLOCK, &changed, &changed)) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE_END()
