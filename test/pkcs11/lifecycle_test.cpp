#include <dlfcn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "pkcs11/cryptoki.h"
#include "test/pkcs11/temporary.h"

namespace {

CK_FUNCTION_LIST& functions() {
  static CK_FUNCTION_LIST* list = [] {
    void* module = ::dlopen(KEYMANTLE_MODULE, RTLD_NOW);
    BOOST_REQUIRE_MESSAGE(module != nullptr, ::dlerror());
    CK_C_GetFunctionList get = nullptr;
    *reinterpret_cast<void**>(&get) = ::dlsym(module, "C_GetFunctionList");
    CK_FUNCTION_LIST* found = nullptr;
    BOOST_REQUIRE(get(&found) == CKR_OK);
    return found;
  }();
  return *list;
}

/// An empty store of its own, named by pReserved and by nothing else.
struct Store {
  Store() {
    folder = temporary_folder();
    ::setenv("KEYMANTLE_LOG", (folder / "log").c_str(), 1);
    reserved = "store=" + (folder / "store").string();
    arguments.flags = CKF_OS_LOCKING_OK;
    arguments.pReserved = reserved.data();
  }
  ~Store() {
    functions().C_Finalize(nullptr);
    ::unsetenv("KEYMANTLE_LOG");
    std::filesystem::remove_all(folder);
  }
  CK_RV initialize() { return functions().C_Initialize(&arguments); }
  std::string log() const {
    std::ifstream file(folder / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder;
  std::string reserved;
  CK_C_INITIALIZE_ARGS arguments{};
};

struct Initialized : Store {
  Initialized() {
    BOOST_REQUIRE(initialize() == CKR_OK);
    std::array<CK_SLOT_ID, 4> slots{};
    CK_ULONG count = slots.size();
    BOOST_REQUIRE(functions().C_GetSlotList(CK_FALSE, slots.data(), &count) == CKR_OK);
    BOOST_REQUIRE(count > 0);
    slot = slots[0];
    CK_UTF8CHAR label[] = "test                            ";
    CK_UTF8CHAR pin[] = "12345678";
    BOOST_REQUIRE(functions().C_InitToken(slot, pin, 8, label) == CKR_OK);
    BOOST_REQUIRE(functions().C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) == CKR_OK);
  }
  CK_SLOT_ID slot = 0;
  CK_SESSION_HANDLE session = 0;
};

/// Runs `body` in a forked child and gives its exit code; the child never returns into the test framework.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string output_of(const std::string& command, int& code) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) text += part.data();
  code = ::pclose(pipe);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_FIXTURE_TEST_CASE(a_finalized_module_is_initialised_again_and_has_its_token, Initialized) {
  BOOST_TEST(functions().C_Finalize(nullptr) == CKR_OK);
  BOOST_TEST(functions().C_Finalize(nullptr) == CKR_CRYPTOKI_NOT_INITIALIZED);
  BOOST_TEST(initialize() == CKR_OK);
  CK_SESSION_INFO info{};
  BOOST_TEST(functions().C_GetSessionInfo(session, &info) == CKR_SESSION_HANDLE_INVALID);
  CK_TOKEN_INFO token{};
  BOOST_TEST(functions().C_GetTokenInfo(slot, &token) == CKR_OK);
  BOOST_TEST((token.flags & CKF_TOKEN_INITIALIZED) != 0u);
}

BOOST_FIXTURE_TEST_CASE(of_many_threads_that_initialise_one_succeeds_and_all_may_go_on, Store) {
  std::atomic<int> succeeded{0}, refused{0}, usable{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto rv = initialize();
      if (rv == CKR_OK) ++succeeded;
      if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) ++refused;
      CK_INFO info{};
      if (functions().C_GetInfo(&info) == CKR_OK) ++usable;
    });
  }
  for (auto& thread : threads) thread.join();
  BOOST_TEST(succeeded == 1);
  BOOST_TEST(refused == 7);
  BOOST_TEST(usable == 8);
}

BOOST_FIXTURE_TEST_CASE(finalizing_under_running_calls_neither_crashes_nor_hangs, Initialized) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        CK_BYTE random[16];
        functions().C_GenerateRandom(session, random, sizeof random);
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(functions().C_Finalize(nullptr) == CKR_OK);
    BOOST_TEST(initialize() == CKR_OK);
  }
  stop = true;
  for (auto& thread : threads) thread.join();
}

BOOST_FIXTURE_TEST_CASE(a_child_begins_uninitialised_and_can_initialise_for_itself, Initialized) {
  const int code = in_child([&] {
    CK_SESSION_INFO info{};
    if (functions().C_GetSessionInfo(session, &info) != CKR_CRYPTOKI_NOT_INITIALIZED) return 1;
    if (functions().C_Finalize(nullptr) != CKR_CRYPTOKI_NOT_INITIALIZED) return 2;
    if (initialize() != CKR_OK) return 3;
    CK_SESSION_HANDLE own = 0;
    if (functions().C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &own) != CKR_OK) return 4;
    CK_BYTE random[16];
    if (functions().C_GenerateRandom(own, random, sizeof random) != CKR_OK) return 5;
    return functions().C_Finalize(nullptr) == CKR_OK ? 0 : 6;
  });
  BOOST_TEST(code == 0);
}

BOOST_FIXTURE_TEST_CASE(a_child_that_touches_nothing_leaves_the_parent_as_it_was, Initialized) {
  BOOST_TEST(in_child([] { return 0; }) == 0);
  CK_SESSION_INFO info{};
  BOOST_TEST(functions().C_GetSessionInfo(session, &info) == CKR_OK);
  BOOST_TEST(functions().C_CloseSession(session) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(what_a_child_creates_after_its_own_initialisation_the_parent_finds, Initialized) {
  const auto create = [&](CK_SESSION_HANDLE where, const char* name) {
    CK_OBJECT_CLASS data = CKO_DATA;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    std::string label = name;
    std::array<CK_ATTRIBUTE, 4> attributes{{{CKA_CLASS, &data, sizeof data},
                                            {CKA_TOKEN, &yes, 1},
                                            {CKA_PRIVATE, &no, 1},
                                            {CKA_LABEL, label.data(), label.size()}}};
    CK_OBJECT_HANDLE object = 0;
    return functions().C_CreateObject(where, attributes.data(), attributes.size(), &object);
  };
  BOOST_TEST(create(session, "parent's, before") == CKR_OK);
  const int code = in_child([&] {
    if (initialize() != CKR_OK) return 1;
    CK_SESSION_HANDLE own = 0;
    if (functions().C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &own) != CKR_OK) return 2;
    for (int i = 0; i < 20; ++i)
      if (create(own, "child's") != CKR_OK) return 3;
    return functions().C_Finalize(nullptr) == CKR_OK ? 0 : 4;
  });
  BOOST_TEST(code == 0);
  BOOST_TEST(create(session, "parent's, after") == CKR_OK);
  BOOST_TEST(functions().C_FindObjectsInit(session, nullptr, 0) == CKR_OK);
  std::array<CK_OBJECT_HANDLE, 64> found{};
  CK_ULONG count = 0;
  BOOST_TEST(functions().C_FindObjects(session, found.data(), found.size(), &count) == CKR_OK);
  BOOST_TEST(count == 22u);
}

BOOST_AUTO_TEST_CASE(a_process_may_end_with_the_module_in_use) {
  for (const char* way : {"open", "handler", "finalized", "busy"}) {
    Store store;
    ::setenv("KEYMANTLE_STORE", (store.folder / "store").c_str(), 1);
    int code = 0;
    const auto said = output_of(fmt::format("{} {} {}", KEYMANTLE_LEAVER, KEYMANTLE_MODULE, way), code);
    ::unsetenv("KEYMANTLE_STORE");
    BOOST_TEST(code == 0, way << ": " << code);
    if (std::string(way) == "handler") BOOST_TEST(said == "late calls answered\n");
  }
}

BOOST_FIXTURE_TEST_CASE(a_store_others_may_write_is_refused_and_the_log_names_it_and_its_mode, Store) {
  std::filesystem::create_directory(folder / "store");
  std::filesystem::permissions(folder / "store", std::filesystem::perms::all);
  BOOST_TEST(initialize() == CKR_DEVICE_ERROR);
  BOOST_TEST(log().find((folder / "store").string()) != std::string::npos);
  BOOST_TEST(log().find("0777") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_hsmd_that_does_not_run_is_named_in_the_log, Store) {
  reserved = "hsm=unix:" + (folder / "no.sock").string();
  arguments.pReserved = reserved.data();
  BOOST_TEST(initialize() != CKR_OK);
  BOOST_TEST(log().find("no.sock") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_name_in_the_reserved_argument_is_refused, Store) {
  reserved = "stroe=/tmp";
  arguments.pReserved = reserved.data();
  BOOST_TEST(initialize() == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(a_refused_call_whose_arguments_are_bad_ends_the_operation, Initialized) {
  CK_MECHANISM sha256{CKM_SHA256, nullptr, 0};
  BOOST_TEST(functions().C_DigestInit(session, &sha256) == CKR_OK);
  CK_BYTE digest[32];
  BOOST_TEST(functions().C_Digest(session, digest, 1, digest, nullptr) == CKR_ARGUMENTS_BAD);
  CK_ULONG room = sizeof digest;
  BOOST_TEST(functions().C_Digest(session, digest, 1, digest, &room) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(lengths_without_memory_are_refused, Initialized) {
  CK_ATTRIBUTE label{CKA_LABEL, nullptr, 5};
  BOOST_TEST(functions().C_FindObjectsInit(session, &label, 1) == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(functions().C_FindObjectsInit(session, nullptr, 1) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(functions().C_SeedRandom(session, nullptr, 5) == CKR_ARGUMENTS_BAD);
  CK_MECHANISM generation{CKM_AES_KEY_GEN, nullptr, 0};
  CK_ULONG size = 32;
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  CK_ATTRIBUTE wanted[]{
      {CKA_VALUE_LEN, &size, sizeof size}, {CKA_ENCRYPT, &yes, sizeof yes}, {CKA_PRIVATE, &no, sizeof no}};
  CK_OBJECT_HANDLE key = 0;
  BOOST_TEST(functions().C_GenerateKey(session, &generation, wanted, std::size(wanted), &key) == CKR_OK);
  CK_GCM_PARAMS gcm{nullptr, 12, 96, nullptr, 0, 128};
  CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
  BOOST_TEST(functions().C_EncryptInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
  mechanism.ulParameterLen = 3;
  BOOST_TEST(functions().C_EncryptInit(session, &mechanism, key) == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()
