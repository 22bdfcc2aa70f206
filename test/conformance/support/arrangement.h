// The world a module runs in: an empty store of its own, and for the isolated mounting a daemon of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace conformance {

// What is tested: given on the command line after `--`, or in the environment.
struct Target {
  std::filesystem::path module;  // --module,      KEYMANTLE_TEST_MODULE
  std::string arrangement;       // --arrangement, KEYMANTLE_TEST_ARRANGEMENT: softhsm, local or hsmd
  std::filesystem::path hsmd;    // --hsmd,        KEYMANTLE_TEST_HSMD: needed by hsmd only

  static Target chosen(int argc, char** argv);  // throws std::runtime_error naming what is missing
};

// Makes the store and tells the module of it through the environment; ends the daemon and removes the store with itself.
class Arrangement {
 public:
  explicit Arrangement(const Target& target);
  ~Arrangement();
  Arrangement(const Arrangement&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  Arrangement();  // the folder alone: once it exists, the destructor cleans up after whatever fails next
  void prepare_softhsm();
  void prepare_local();
  void prepare_hsmd(const std::filesystem::path& program);

  std::filesystem::path folder_;
  pid_t daemon_ = 0;
};

}  // namespace conformance
