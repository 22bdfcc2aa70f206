#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hsm/base/log.h"

namespace hsm::daemon {

/// What the command line says.
struct Options {
  std::string store;
  std::string socket;
  std::optional<std::string> admin_socket;
  bool development = false;
  bool rehearsal_pins = false;
  std::vector<uid_t> users;
  std::vector<gid_t> groups;
  log::Level log_level = log::Level::info;
};

/// The options, or the exit code after help or a usage error was printed.
std::variant<Options, int> read_options(int argc, char** argv);

}  // namespace hsm::daemon
