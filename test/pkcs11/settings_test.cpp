#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "pkcs11/cryptoki.h"
#include "test/pkcs11/temporary.h"

// Which of several settings holds, and where the log goes.

namespace {

namespace fs = std::filesystem;

struct Settings {
  Settings() : folder(temporary_folder()) {
    void* module = ::dlopen(KEYMANTLE_MODULE, RTLD_NOW);
    BOOST_REQUIRE_MESSAGE(module != nullptr, ::dlerror());
    CK_C_GetFunctionList get = nullptr;
    *reinterpret_cast<void**>(&get) = ::dlsym(module, "C_GetFunctionList");
    BOOST_REQUIRE(get(&p11) == CKR_OK);
  }
  ~Settings() {
    p11->C_Finalize(nullptr);
    for (const char* name : {"KEYMANTLE_STORE", "KEYMANTLE_CONF", "KEYMANTLE_LOG"}) ::unsetenv(name);
    fs::remove_all(folder);
  }
  Settings(const Settings&) = delete;

  CK_RV initialize(std::string reserved = {}) const {
    CK_C_INITIALIZE_ARGS arguments{};
    if (!reserved.empty()) arguments.pReserved = reserved.data();
    return p11->C_Initialize(&arguments);
  }
  /// The store that it made.
  std::string made_by_initializing(const std::string& reserved = {}) const {
    BOOST_REQUIRE(initialize(reserved) == CKR_OK);
    BOOST_REQUIRE(p11->C_Finalize(nullptr) == CKR_OK);
    std::string made;
    for (const char* name : {"reserved", "environment", "file"})
      if (fs::exists(folder / name / "keystore.db")) made += name;
    for (const char* name : {"reserved", "environment", "file"}) fs::remove_all(folder / name);
    return made;
  }
  std::string content(const fs::path& file) const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::ptrdiff_t open_descriptors() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  }

  CK_FUNCTION_LIST* p11 = nullptr;
  fs::path folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_FIXTURE_TEST_CASE(the_reserved_argument_goes_before_the_environment_and_that_before_the_file, Settings) {
  const auto file = folder / "keymantle.toml";
  std::ofstream(file) << "store = \"" << (folder / "file").string() << "\"\n";
  ::chmod(file.c_str(), 0600);
  ::setenv("KEYMANTLE_CONF", file.c_str(), 1);
  ::setenv("KEYMANTLE_STORE", (folder / "environment").c_str(), 1);
  BOOST_TEST(made_by_initializing("store=" + (folder / "reserved").string()) == "reserved");
  BOOST_TEST(made_by_initializing() == "environment");
  ::unsetenv("KEYMANTLE_STORE");
  BOOST_TEST(made_by_initializing() == "file");
}

BOOST_FIXTURE_TEST_CASE(a_log_goes_to_stderr_when_it_is_told_to, Settings) {
  for (const char* name : {"stderr", "/dev/stderr"}) {
    const auto file = folder / "captured";
    const int kept = ::dup(STDERR_FILENO);
    const int captured = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(captured, STDERR_FILENO);
    ::setenv("KEYMANTLE_LOG", name, 1);
    const auto rv = initialize("store=/dev/null");
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    ::close(captured);
    BOOST_TEST(rv == CKR_DEVICE_ERROR);
    BOOST_TEST(content(file).find("/dev/null") != std::string::npos, name << ": " << content(file));
  }
}

BOOST_FIXTURE_TEST_CASE(a_log_that_cannot_be_opened_is_an_error, Settings) {
  ::setenv("KEYMANTLE_LOG", (folder / "missing" / "log").c_str(), 1);
  BOOST_TEST(initialize("store=" + (folder / "reserved").string()) == CKR_GENERAL_ERROR);
  BOOST_TEST(!fs::exists(folder / "reserved"));
}

BOOST_FIXTURE_TEST_CASE(initializing_again_and_again_keeps_no_descriptors, Settings) {
  ::setenv("KEYMANTLE_LOG", (folder / "log").c_str(), 1);
  made_by_initializing("store=" + (folder / "reserved").string());
  const auto before = open_descriptors();
  for (int i = 0; i < 5; ++i) made_by_initializing("store=" + (folder / "reserved").string());
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()
