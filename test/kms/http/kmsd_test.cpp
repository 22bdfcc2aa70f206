#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "kms/http/uri.h"
#include "test/kms/http/api_fixture.h"

namespace {

/// The program itself on a SoftHSM2 token of its own, in a directory of its own.
struct Daemon {
  std::filesystem::path directory;
  pid_t pid = -1;

  Daemon() {
    std::string name = (std::filesystem::temp_directory_path() / "kmsd-XXXXXX").string();
    directory = mkdtemp(name.data());
    std::filesystem::create_directory(directory / "tokens");
    std::ofstream(directory / "softhsm2.conf") << "directories.tokendir = " << (directory / "tokens").string() << "\n";
    std::ofstream(directory / "pin") << "1234\n";
    const auto made = "SOFTHSM2_CONF=" + (directory / "softhsm2.conf").string() +
                      " softhsm2-util --init-token --free --label kms --so-pin 12345678 --pin 1234 > /dev/null";
    BOOST_REQUIRE(std::system(made.c_str()) == 0);
  }
  ~Daemon() {
    if (pid > 0) stop();
    std::filesystem::remove_all(directory);
  }

  std::filesystem::path state() const { return directory / "state"; }

  std::vector<std::string> usual() const {
    return {"--module", softhsm(), "--token-label", "kms", "--pin-file", (directory / "pin").string(),
            "--state", state().string(), "--listen", "127.0.0.1:0", "--threads", "1"};
  }
  static std::string softhsm() {
    for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                             "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"}) {
      if (std::filesystem::exists(path)) return path;
    }
    return "libsofthsm2.so";
  }

  void launch(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), KEYMANTLE_BINARY_DIR "/kms/keymantle-kmsd");
    std::filesystem::remove(directory / "log");  // what an earlier start said must not be taken for this one's word
    pid = fork();
    if (pid == 0) {
      setenv("SOFTHSM2_CONF", (directory / "softhsm2.conf").c_str(), 1);
      const int log = open((directory / "log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(log, STDERR_FILENO);
      std::vector<char*> argv;
      for (auto& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  /// Launches, and waits until it says that it is ready. The port is 0 when it ended instead.
  std::uint16_t start(const std::vector<std::string>& arguments) {
    launch(arguments);
    for (int i = 0; i < 400; ++i) {
      const auto text = log();
      if (const auto found = text.find("ready https://127.0.0.1:"); found != std::string::npos && text.ends_with('\n')) {
        return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
      }
      if (waitpid(pid, nullptr, WNOHANG) == pid) {
        pid = -1;
        return 0;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    return 0;
  }
  std::string log() const { return read(directory / "log"); }
  static std::string read(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string line(const char* name) const {
    auto text = read(state() / name);
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
  int stop() {
    kill(pid, SIGTERM);
    return wait();
  }
  int wait() {
    int status = 0;
    waitpid(std::exchange(pid, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  HttpsClient::Headers headers(HttpsClient& client, const char* who) const {
    const auto reply = client.send("POST", "/identity/token",
                                   "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=" +
                                       kms::http::percent_encode(line(who)));
    BOOST_TEST(reply.status == 200, reply.body);
    return {{"Authorization", "Bearer " + at(reply, "access_token")}, {"Bluemix-Instance", line("instance")}};
  }
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  BOOST_REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kmsd, Daemon)

BOOST_AUTO_TEST_CASE(a_first_start_gives_everything_a_client_needs_and_a_restart_keeps_it) {
  auto port = start(usual());
  BOOST_REQUIRE_MESSAGE(port != 0, log());
  BOOST_TEST(line("url") == "https://127.0.0.1:" + std::to_string(port));
  for (const char* name : {"manager.apikey", "writer.apikey", "reader.apikey", "server.key"}) {
    BOOST_TEST(mode_of(state() / name) == 0600U, name);
  }
  const auto instance = line("instance");
  const auto api_key = line("manager.apikey");
  std::string id;
  std::string ciphertext;
  {
    HttpsClient client(port, state() / "ca.pem");
    const auto as_manager = headers(client, "manager.apikey");
    const auto made = client.send("POST", "/api/v2/keys", ApiFixture::envelope("key", R"({"name":"root","extractable":false})"), as_manager);
    BOOST_TEST(made.status == 201, made.body);
    id = at(made, "resources/0/id");
    const auto wrapped = client.send("POST", "/api/v2/keys/" + id + "/actions/wrap", R"({"plaintext":"AAAA"})", headers(client, "reader.apikey"));
    ciphertext = at(wrapped, "ciphertext");
    const auto refused = client.send("POST", "/api/v2/keys", ApiFixture::envelope("key", R"({"name":"root"})"), headers(client, "reader.apikey"));
    BOOST_TEST(refused.status == 401);
  }
  BOOST_TEST(log().find(api_key) == std::string::npos);
  BOOST_TEST(stop() == 0);
  BOOST_TEST(!std::filesystem::exists(state() / "url"));

  port = start(usual());
  BOOST_REQUIRE_MESSAGE(port != 0, log());
  BOOST_TEST(line("instance") == instance);
  BOOST_TEST(line("manager.apikey") == api_key);
  HttpsClient client(port, state() / "ca.pem");
  const auto opened = client.send("POST", "/api/v2/keys/" + id + "/actions/unwrap", R"({"ciphertext":")" + ciphertext + R"("})",
                                  headers(client, "writer.apikey"));
  BOOST_TEST(at(opened, "plaintext") == "AAAA");
  BOOST_TEST(stop() == 0);
}

BOOST_AUTO_TEST_CASE(its_options_may_stand_in_a_file_and_the_instance_may_be_pinned) {
  std::ofstream(directory / "kmsd.toml") << "module = \"" << softhsm() << "\"\ntoken-label = \"kms\"\npin-file = \""
                                         << (directory / "pin").string() << "\"\nstate = \"" << state().string()
                                         << "\"\nlisten = \"127.0.0.1:0\"\n"
                                         << "instance = \"8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d\"\n";
  const auto port = start({"--config", (directory / "kmsd.toml").string()});
  BOOST_REQUIRE_MESSAGE(port != 0, log());
  BOOST_TEST(line("instance") == "8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d");
  BOOST_TEST(stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_pin_a_missing_module_and_a_missing_token_are_refused_in_one_line) {
  const auto refused = [&](const std::string& option, const std::string& value) {
    auto arguments = usual();
    *(std::ranges::find(arguments, option) + 1) = value;
    BOOST_TEST(start(arguments) == 0U);
    BOOST_TEST(log().starts_with("keymantle-kmsd: "), log());
    return log();
  };
  std::ofstream(directory / "wrong") << "9999hush\n";
  BOOST_TEST(refused("--pin-file", (directory / "wrong").string()).find("9999hush") == std::string::npos);
  BOOST_TEST(refused("--module", "/nonexistent.so").find("/nonexistent.so") != std::string::npos);
  BOOST_TEST(refused("--token-label", "other").find("other") != std::string::npos);
  BOOST_TEST(refused("--pin-file", "/nonexistent").find("/nonexistent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_usage_ends_with_2) {
  launch({"--module", "x", "--listen", "nonsense", "--pin-fd", "0"});
  BOOST_TEST(wait() == 2);
  launch({"--nonsense"});
  BOOST_TEST(wait() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
