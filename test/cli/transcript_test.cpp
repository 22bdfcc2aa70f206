#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "test/cli/transcript.h"

namespace fs = std::filesystem;

namespace {

const fs::path kTranscripts = fs::path(KEYMANTLE_SOURCE_DIR) / "test/cli";
const fs::path kPrograms = KEYMANTLE_BINARY_DIR;
constexpr const char* kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

/// A directory to run in, with our programs on PATH and no setting of the caller's.
struct Directory {
  Directory() {
    auto pattern = (fs::temp_directory_path() / "keymantle-test-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    const char* before = std::getenv("PATH");
    setenv("PATH", (kPrograms / "cli").string().append(":").append((kPrograms / "kms").string()).append(":").append(before).c_str(), 1);
    for (const char* name : {"KEYMANTLE_URL", "KEYMANTLE_API_KEY", "KEYMANTLE_STORE", "KEYMANTLE_HSM", "KEYMANTLE_ADMIN", "KEYMANTLE_CONF",
                             "KEYMANTLE_LOG", "KEYMANTLE_PKCS11_MODULE"})
      unsetenv(name);
    setenv("SOURCE", KEYMANTLE_SOURCE_DIR, 1);
    setenv("BINARY", kPrograms.c_str(), 1);
    setenv("XDG_DATA_HOME", (path / "data").c_str(), 1);
    setenv("XDG_CONFIG_HOME", (path / "config").c_str(), 1);
    setenv("KEYMANTLE_PROFILE", (path / "dev/profile").c_str(), 1);
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

/// PINs that cost little: this one tries many.
struct CheapPins : Directory {
  CheapPins() { setenv("KEYMANTLE_PINS", "rehearsal", 1); }
  ~CheapPins() { unsetenv("KEYMANTLE_PINS"); }
};

/// `keymantle dev` beside the test.
struct Dev : Directory {
  void start(std::vector<std::string> options) {
    std::vector<std::string> words{"keymantle", "dev", "--dir", (path / "dev").string(), "--enable-after-disable", "1", "--rotate-again-after", "0"};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid = fork();
    if (pid == 0) {
      if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(127);
      if (std::freopen((path / "dev.log").c_str(), "w", stderr) == nullptr) _exit(127);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!fs::exists(path / "dev/profile")) {
      const bool alive = waitpid(pid, nullptr, WNOHANG) == 0;
      if (!alive) pid = -1;
      BOOST_REQUIRE_MESSAGE(alive && std::chrono::steady_clock::now() < deadline, "keymantle dev did not start: " << log());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  std::string log() const {
    std::ifstream in(path / "dev.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  int stop() {
    int status = 0;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  ~Dev() {
    if (pid > 0) stop();
  }
  pid_t pid = -1;
};

/// The same with a file system of a few pages at full/.
struct DevBesideFullDisk : Dev {
  bool mount_if_allowed() {
    fs::create_directory(path / "full");
    mounted_ = mount("tmpfs", (path / "full").c_str(), "tmpfs", 0, "size=256k,mode=0700") == 0;
    if (!mounted_) BOOST_TEST_MESSAGE("skipped: a file system may not be mounted here: " << std::strerror(errno));
    return mounted_;
  }
  ~DevBesideFullDisk() {
    if (mounted_) umount2((path / "full").c_str(), MNT_DETACH);
  }

 private:
  bool mounted_ = false;
};

/// The same on SoftHSM2, which proves that nothing leans on our own module.
struct DevOnSoftHsm : Dev {
  bool start_if_installed() {
    if (!fs::exists(kSoftHsm)) return false;
    fs::create_directory(path / "tokens");
    std::ofstream(path / "softhsm2.conf") << "directories.tokendir = " << (path / "tokens").string() << "\n";
    setenv("SOFTHSM2_CONF", (path / "softhsm2.conf").c_str(), 1);
    start({"--module", kSoftHsm});
    return true;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(transcripts)

BOOST_AUTO_TEST_CASE(a_star_stands_for_text_and_dots_for_lines) {
  BOOST_TEST(matches({"a*c", "..."}, {"abc", "x", "y"}));
  BOOST_TEST(matches({"...", "end"}, {"end"}));
  BOOST_TEST(matches({"[exit]"}, {"[exit]"}));
  BOOST_TEST(!matches({"a"}, {"a", "b"}));
  BOOST_TEST(!matches({"a?"}, {"ab"}));
}

BOOST_FIXTURE_TEST_CASE(usage_is_told_without_a_server, Directory) { play(kTranscripts / "usage.txt", path); }
BOOST_FIXTURE_TEST_CASE(a_rehearsal_makes_checks_and_uses_shares, Directory) { play(kTranscripts / "ceremony.txt", path); }
BOOST_FIXTURE_TEST_CASE(dev_hands_on_the_exit_code_and_keeps_its_state, Directory) { play(kTranscripts / "dev.txt", path); }
BOOST_FIXTURE_TEST_CASE(tokens_are_made_listed_locked_and_unlocked, CheapPins) { play(kTranscripts / "tokens.txt", path); }

BOOST_FIXTURE_TEST_CASE(keys_live_on_our_module, Dev) {
  start({});
  play(kTranscripts / "keys.txt", path);
  BOOST_TEST(stop() == 0);
}
BOOST_FIXTURE_TEST_CASE(volumes_open_on_our_module, Dev) {
  start({});
  play(kTranscripts / "volumes.txt", path);
}
BOOST_FIXTURE_TEST_CASE(a_key_is_brought_along, Dev) {
  start({});
  play(kTranscripts / "import.txt", path);
}
BOOST_FIXTURE_TEST_CASE(bad_input_is_told_and_changes_nothing, Dev) {
  start({});
  play(kTranscripts / "refusals.txt", path);
}
BOOST_FIXTURE_TEST_CASE(a_full_disk_is_told, DevBesideFullDisk) {
  if (!mount_if_allowed()) return;
  start({});
  play(kTranscripts / "disk_full.txt", path);
}
BOOST_FIXTURE_TEST_CASE(keys_live_on_softhsm, DevOnSoftHsm) {
  if (start_if_installed()) play(kTranscripts / "keys.txt", path);
}
BOOST_FIXTURE_TEST_CASE(volumes_open_on_softhsm, DevOnSoftHsm) {
  if (start_if_installed()) play(kTranscripts / "volumes.txt", path);
}

BOOST_AUTO_TEST_SUITE_END()
