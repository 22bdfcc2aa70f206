#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "test/pkcs11/temporary.h"

extern char** environ;

/// A new folder that goes away with its owner, and the path of a store in it.
struct StoreFolder {
  StoreFolder() : folder(temporary_folder()) {}
  ~StoreFolder() { std::filesystem::remove_all(folder); }
  StoreFolder(const StoreFolder&) = delete;
  std::filesystem::path store() const { return folder / "store"; }
  std::string log() const {
    std::ifstream file(folder / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path folder;
};

/// A process that uses a store (store_user.cpp). Its PINs cost little to guess, so that the tests are quick.
class StoreUser {
 public:
  explicit StoreUser(const StoreFolder& place, const std::vector<std::string>& environment = {})
      : StoreUser(place.store(), place.folder / "log", environment) {}
  StoreUser(const std::filesystem::path& store, const std::filesystem::path& log, const std::vector<std::string>& environment = {})
      : StoreUser("store=" + store.string(), log, environment) {}
  StoreUser(std::string settings, const std::filesystem::path& log, const std::vector<std::string>& more) {
    ::signal(SIGPIPE, SIG_IGN);  // a command to a process that ended
    int in[2], out[2];
    BOOST_REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    BOOST_REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    std::vector<std::string> words(more);
    words.push_back("KEYMANTLE_PINS=rehearsal");
    words.push_back("KEYMANTLE_LOG=" + log.string());
    for (char** name = environ; *name != nullptr; ++name)
      if (!std::string_view(*name).starts_with("KEYMANTLE_")) words.emplace_back(*name);
    std::vector<char*> environment;
    for (auto& word : words) environment.push_back(word.data());
    environment.push_back(nullptr);
    std::string program = KEYMANTLE_STORE_USER, module = KEYMANTLE_MODULE;
    char* const arguments[] = {program.data(), module.data(), settings.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    BOOST_REQUIRE(::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environment.data()) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    commands_ = in[1];
    answers_ = out[0];
  }
  ~StoreUser() {
    if (process_ > 0) ::kill(process_, SIGKILL);
    end();
  }
  StoreUser(const StoreUser&) = delete;

  void send(const std::string& command) {
    const auto line = command + "\n";
    [[maybe_unused]] const auto sent = ::write(commands_, line.data(), line.size());
  }
  /// Empty when the process ended instead.
  std::string answer() {
    std::string line;
    for (char c = 0; ::read(answers_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  std::string ask(const std::string& command) {
    send(command);
    return answer();
  }
  /// What follows the CKR_OK.
  std::string must(const std::string& command) {
    const auto told = ask(command);
    BOOST_REQUIRE_MESSAGE(told.starts_with("CKR_OK"), command << ": " << (told.empty() ? "the process ended" : told));
    return told.size() > 7 ? told.substr(7) : std::string();
  }
  void signal(int number) const { ::kill(process_, number); }
  /// Waits until a signal has stopped it.
  void wait_until_stopped() const {
    int status = 0;
    BOOST_REQUIRE(::waitpid(process_, &status, WUNTRACED) == process_);
    BOOST_REQUIRE(WIFSTOPPED(status));
  }

  /// Lets it come to its end; true when it came there by itself.
  bool end() {
    if (commands_ >= 0) ::close(commands_);
    commands_ = -1;
    int status = 0;
    if (process_ > 0) ::waitpid(process_, &status, 0);
    process_ = -1;
    if (answers_ >= 0) ::close(answers_);
    answers_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t process_ = -1;
  int commands_ = -1, answers_ = -1;
};
