#pragma once

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "kms/p11/token.h"
#include "pkcs11/cryptoki.h"

// The PKCS#11 module that the KMS tests run on: KEYMANTLE_TEST_MODULE, or SoftHSM2. Its store is a temporary folder.

namespace test {

class ModuleUnderTest {
 public:
  static constexpr const char* kPin = "123456";
  static constexpr const char* kLabel = "kms-test";

  static ModuleUnderTest& get() {
    static ModuleUnderTest module;
    return module;
  }

  const std::filesystem::path& folder() const { return folder_; }
  std::string path() const { return path_; }
  bool is_soft_hsm() const { return path_.find("softhsm") != std::string::npos; }

  static std::string chosen() {
    const char* named = getenv("KEYMANTLE_TEST_MODULE");
    return named != nullptr && *named != 0 ? named : "/usr/lib/softhsm/libsofthsm2.so";
  }

  /// Points the modules' own environment at `folder`. Also for programs that a test starts.
  static void use_folder(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "tokens");
    std::ofstream(folder / "softhsm2.conf")
        << "directories.tokendir = " << (folder / "tokens").string() << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    setenv("SOFTHSM2_CONF", (folder / "softhsm2.conf").c_str(), 1);
    setenv("XDG_DATA_HOME", (folder / "data").c_str(), 1);
    unsetenv("KEYMANTLE_STORE");
  }

  /// A token of the module, initialised by the plain C interface as any operator's tool would.
  static void initialise_token(const std::string& module) {
    void* library = dlopen(module.c_str(), RTLD_NOW);
    if (library == nullptr) throw std::runtime_error(dlerror());
    CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR) = nullptr;
    void* symbol = dlsym(library, "C_GetFunctionList");
    std::memcpy(&get_list, &symbol, sizeof symbol);
    CK_FUNCTION_LIST* f = nullptr;
    must(get_list(&f));
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    must(f->C_Initialize(&arguments));
    CK_ULONG count = 16;
    CK_SLOT_ID slots[16];
    must(f->C_GetSlotList(CK_FALSE, slots, &count));
    CK_UTF8CHAR label[32];
    std::memset(label, ' ', sizeof label);
    std::memcpy(label, kLabel, std::strlen(kLabel));
    CK_UTF8CHAR so_pin[] = "12345678";
    CK_UTF8CHAR pin[] = "123456";
    must(f->C_InitToken(slots[0], so_pin, 8, label));
    count = 16;
    must(f->C_GetSlotList(CK_TRUE, slots, &count));
    CK_SESSION_HANDLE session = 0;
    must(f->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session));
    must(f->C_Login(session, CKU_SO, so_pin, 8));
    must(f->C_InitPIN(session, pin, 6));
    must(f->C_CloseSession(session));
    must(f->C_Finalize(nullptr));
  }

  std::unique_ptr<kms::p11::Token> open() const {
    auto token = kms::p11::Token::open({path_, kLabel, 64}, hsm::Secret::copy_of(hsm::view(kPin)));
    if (!token) throw std::runtime_error(token.error().text());
    return std::move(token).value();
  }

 private:
  ModuleUnderTest() : path_(chosen()) {
    char pattern[] = "/tmp/keymantle-kms-XXXXXX";
    folder_ = mkdtemp(pattern);
    use_folder(folder_);
    initialise_token(path_);
  }
  ~ModuleUnderTest() { std::filesystem::remove_all(folder_); }

  static void must(CK_RV rv) {
    if (rv != CKR_OK) throw std::runtime_error("the module under test answers " + std::string(hsm::name_of(static_cast<hsm::Rv>(rv))));
  }

  std::string path_;
  std::filesystem::path folder_;
};

}  // namespace test
