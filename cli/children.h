#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/failure.h"

namespace cli {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// A program that this one started. It is asked to end (SIGTERM) and waited for when this object goes, and by the kernel
/// when this process dies.
class Child {
 public:
  /// `log` takes its stdout and stderr; empty: it keeps ours. `environment` is set beside the inherited one.
  static Result<Child> start(const std::vector<std::string>& words, const Environment& environment,
                             const std::filesystem::path& log);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// Its exit code, 128 + N when signal N ended it.
  int wait();
  bool ended();
  void send(int signal) const;

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

/// SIGINT, SIGTERM and SIGCHLD as events instead of interruptions, while it lives.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  ~Signals();

  /// Until `command` ends; SIGTERM is handed on to it. When `service` ends first, the command is asked to end.
  int wait_for(Child& command, Child& service) const;
  /// Until somebody asks to stop; false when `service` ended by itself.
  bool wait_until_asked(Child& service) const;

 private:
  sigset_t caught_{};
  sigset_t before_{};
};

}  // namespace cli
