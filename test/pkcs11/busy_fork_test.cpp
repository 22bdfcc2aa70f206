#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "test/pkcs11/running.h"

// Forks at any moment of what other threads do: whatever lock one of them held, the child starts without it.

namespace {

using namespace std::chrono_literals;

enum class Writes : CK_BBOOL { no = CK_FALSE, yes = CK_TRUE };

struct Busy : Running {
  explicit Busy(Writes what_they_do) : writes(what_they_do) {
    CK_ULONG count = 1;
    BOOST_REQUIRE(p11->C_GetSlotList(CK_FALSE, &slot, &count) == CKR_OK);
    CK_UTF8CHAR label[] = "test                            ";
    BOOST_REQUIRE(p11->C_InitToken(slot, so_pin, sizeof so_pin, label) == CKR_OK);
    for (int i = 0; i < 3; ++i) threads.emplace_back([this] { work(); });
    while (worked == 0 && failed == 0) std::this_thread::sleep_for(1ms);
  }
  ~Busy() {
    stop = true;
    threads.clear();
  }

  /// A session, an object and its value, a digest, random octets: the locks of the module, its store and libcrypto.
  CK_RV once(const CK_FUNCTION_LIST_3_2& functions, Writes where) const {
    CK_SESSION_HANDLE session = 0;
    if (const auto rv = functions.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session); rv != CKR_OK) return rv;
    CK_OBJECT_CLASS data = CKO_DATA;
    auto on_token = static_cast<CK_BBOOL>(where);
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE given[] = {{CKA_CLASS, &data, sizeof data}, {CKA_TOKEN, &on_token, 1}, {CKA_PRIVATE, &no, 1}};
    CK_OBJECT_HANDLE object = 0;
    auto rv = functions.C_CreateObject(session, given, 3, &object);
    CK_BYTE octets[32];
    CK_MECHANISM digest{CKM_SHA256, nullptr, 0};
    CK_ULONG size = sizeof octets;
    if (rv == CKR_OK) rv = functions.C_GenerateRandom(session, octets, sizeof octets);
    if (rv == CKR_OK) rv = functions.C_DigestInit(session, &digest);
    if (rv == CKR_OK) rv = functions.C_Digest(session, octets, sizeof octets, octets, &size);
    if (rv == CKR_OK) rv = functions.C_DestroyObject(session, object);
    const auto closed = functions.C_CloseSession(session);
    return rv == CKR_OK ? closed : rv;
  }
  void work() {
    while (!stop) (once(*p11, writes) == CKR_OK ? worked : failed) += 1;
  }

  static constexpr int kRefused = 100;
  /// What the child says: 0, or the number of the step that went wrong.
  int in_child() const {
    CK_SLOT_INFO info{};
    if (p11->C_GetSlotInfo(slot, &info) != CKR_CRYPTOKI_NOT_INITIALIZED) return 1;
    std::string reserved = "store=" + (folder / "store").string();
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.pReserved = reserved.data();
    const auto rv = p11->C_Initialize(&arguments);
    if (rv == CKR_GENERAL_ERROR) return kRefused;
    if (rv != CKR_OK) return 2;
    if (once(*p11, writes) != CKR_OK) return 3;
    return p11->C_Finalize(nullptr) == CKR_OK ? 0 : 4;
  }
  /// The child's answer; nothing if it hung.
  std::optional<int> forked() const {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(in_child());
    const auto end = std::chrono::steady_clock::now() + 60s;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return std::nullopt;
      }
      std::this_thread::sleep_for(1ms);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void go_on() const {
    const unsigned before = worked;
    while (worked < before + 10 && failed == 0) std::this_thread::sleep_for(1ms);
    BOOST_TEST(failed == 0u);
  }

  Writes writes;
  CK_UTF8CHAR so_pin[8] = {'1', '2', '3', '4', '5', '6', '7', '8'};
  CK_SLOT_ID slot = 0;
  std::atomic<bool> stop{false};
  std::atomic<unsigned> worked{0}, failed{0};
  std::vector<std::jthread> threads;
};

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAllocatorForks = false;  // those of GCC's sanitizers leave a child the locks of its parent's threads
#else
constexpr bool kAllocatorForks = true;
#endif

BOOST_AUTO_TEST_SUITE(forks_under_busy_threads, *boost::unit_test::enable_if<kAllocatorForks>())

BOOST_AUTO_TEST_CASE(give_children_that_work_and_leave_the_parent_as_it_was) {
  const Busy busy(Writes::no);
  std::this_thread::sleep_for(1200ms);  // until they have seen what C_InitToken wrote, which they look for once a second
  for (int i = 0; i < 60; ++i) {
    const auto answer = busy.forked();
    BOOST_REQUIRE_MESSAGE(answer.has_value(), "child " << i << " hung");
    BOOST_TEST(*answer == 0, "child " << i << " failed at step " << *answer);
  }
  busy.go_on();
}

// Where somebody writes, the others read what is new. SQLite's locks do not survive a fork in the middle of either
// (hsm/base/sqlite_forks.h): that child is told so.
BOOST_AUTO_TEST_CASE(in_the_middle_of_a_write_give_children_that_work_or_are_told_why_not) {
  const Busy busy(Writes::yes);
  for (int i = 0; i < 60; ++i) {
    const auto answer = busy.forked();
    BOOST_REQUIRE_MESSAGE(answer.has_value(), "child " << i << " hung");
    BOOST_TEST((*answer == 0 || *answer == Busy::kRefused), "child " << i << " failed at step " << *answer);
  }
  busy.go_on();
}

BOOST_AUTO_TEST_SUITE_END()
