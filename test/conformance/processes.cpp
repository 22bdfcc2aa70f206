// Threads and forked children (PKCS#11 3.0, 5.4 and 6.7).
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(processes)

// Runs in a child, and gives its verdict: the child must not come back into the framework.
template <class Check>
static bool holds_in_a_child(Check check) {
  const pid_t child = fork();
  if (child == 0) _exit(check() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

BOOST_FIXTURE_TEST_CASE(a_child_starts_uninitialized, UserSession) {
  BOOST_TEST(holds_in_a_child([&] {
    CK_SESSION_INFO info{};
    return p11().C_GetSessionInfo(session.handle(), &info) == CKR_CRYPTOKI_NOT_INITIALIZED;
  }));
}

BOOST_FIXTURE_TEST_CASE(a_child_initializes_for_itself, UserSession) {
  BOOST_TEST(holds_in_a_child([&] {
    CK_ULONG count = 0;
    return p11().C_Initialize(nullptr) == CKR_OK && p11().C_GetSlotList(CK_TRUE, nullptr, &count) == CKR_OK;
  }));
}

BOOST_FIXTURE_TEST_CASE(a_fork_leaves_the_parent_as_it_was, UserSession) {
  BOOST_TEST(holds_in_a_child([] { return true; }));
  BOOST_TEST(session.info().state == CKS_RW_USER_FUNCTIONS);
  BOOST_TEST(session.random(16).rv == CKR_OK);
}

BOOST_AUTO_TEST_CASE(threads_work_side_by_side) {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  UserSession fixture;
  p11().C_Finalize(nullptr);
  Rv(p11().C_Initialize(&arguments)).must();
  const CK_SLOT_ID slot = slot_labelled("shared");
  Session first(slot);
  first.login(CKU_USER, kUserPin).must();
  const CK_OBJECT_HANDLE key = first.create(secret_key(CKK_AES, counting(16)).with(roles({CKA_ENCRYPT}))).must();
  std::atomic<int> right = 0;
  const auto work = [&] {
    CK_SESSION_HANDLE session = 0;
    p11().C_OpenSession(slot, kReadOnly, nullptr, nullptr, &session);
    for (int i = 0; i < 200; ++i) {
      CK_BYTE out[16];
      CK_ULONG length = sizeof out;
      Bytes text = counting(16);
      Mechanism ecb(CKM_AES_ECB);
      right += p11().C_EncryptInit(session, ecb.raw(), key) == CKR_OK &&
               p11().C_Encrypt(session, text.data(), text.size(), out, &length) == CKR_OK && length == 16;
    }
    p11().C_CloseSession(session);
  };
  {
    std::jthread one(work), two(work), three(work), four(work);
  }
  BOOST_TEST(right == 800);
}

BOOST_AUTO_TEST_SUITE_END()
