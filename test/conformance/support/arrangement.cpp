#include "arrangement.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace conformance {

namespace fs = std::filesystem;

static std::string option(int argc, char** argv, std::string_view flag, const char* variable) {
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == flag) return argv[i + 1];
  const char* value = std::getenv(variable);
  return value ? value : "";
}

Target Target::chosen(int argc, char** argv) {
  Target target{.module = option(argc, argv, "--module", "KEYMANTLE_TEST_MODULE"),
                .arrangement = option(argc, argv, "--arrangement", "KEYMANTLE_TEST_ARRANGEMENT"),
                .hsmd = option(argc, argv, "--hsmd", "KEYMANTLE_TEST_HSMD")};
  if (target.module.empty()) throw std::runtime_error("no module: give --module PATH or set KEYMANTLE_TEST_MODULE");
  if (target.arrangement.empty()) target.arrangement = "local";
  if (target.arrangement == "hsmd" && target.hsmd.empty())
    throw std::runtime_error("no daemon: give --hsmd PATH or set KEYMANTLE_TEST_HSMD");
  return target;
}

static fs::path fresh_folder() {
  std::string pattern = (fs::temp_directory_path() / "conformance-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder: " + pattern);
  return pattern;
}

static void tell(const char* variable, const std::string& value) { setenv(variable, value.c_str(), 1); }

Arrangement::Arrangement() : folder_(fresh_folder()) {
  for (const char* variable : {"KEYMANTLE_STORE", "KEYMANTLE_HSM", "KEYMANTLE_CONF"}) unsetenv(variable);
}

Arrangement::Arrangement(const Target& target) : Arrangement() {
  if (target.arrangement == "softhsm")
    prepare_softhsm();
  else if (target.arrangement == "local")
    prepare_local();
  else if (target.arrangement == "hsmd")
    prepare_hsmd(target.hsmd);
  else
    throw std::runtime_error("no such arrangement: " + target.arrangement);
}

void Arrangement::prepare_softhsm() {
  fs::create_directory(folder_ / "tokens");
  const fs::path conf = folder_ / "softhsm2.conf";
  std::ofstream(conf) << "directories.tokendir = " << (folder_ / "tokens").string() << "\n"
                      << "objectstore.backend = file\n"
                      << "log.level = ERROR\n";
  tell("SOFTHSM2_CONF", conf.string());
}

void Arrangement::prepare_local() {
  tell("XDG_DATA_HOME", folder_.string());
  tell("KEYMANTLE_PINS", "rehearsal");
}

static bool answers(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

void Arrangement::prepare_hsmd(const fs::path& program) {
  const std::string store = (folder_ / "store").string();
  const std::string path = (folder_ / "socket").string();
  daemon_ = fork();
  if (daemon_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execl(program.c_str(), program.c_str(), "--store", store.c_str(), "--socket", path.c_str(), "--dev", "--rehearsal-pins", nullptr);
    _exit(127);
  }
  for (int i = 0; i < 300 && !answers(path); ++i) {
    if (waitpid(daemon_, nullptr, WNOHANG) == daemon_) {
      daemon_ = 0;
      throw std::runtime_error("the daemon ended before it listened: " + program.string());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (!answers(path)) throw std::runtime_error("the daemon does not listen on " + path);
  tell("KEYMANTLE_HSM", "unix:" + path);
}

Arrangement::~Arrangement() {
  if (daemon_ > 0) {
    kill(daemon_, SIGTERM);
    waitpid(daemon_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace conformance
