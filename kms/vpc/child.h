#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kms/client/error.h"
#include "kms/vpc/passphrase_file.h"

namespace kms::vpc {

/// Where a started program finds the passphrase: the descriptor with this number.
inline constexpr int kPassphraseDescriptor = 3;
inline constexpr std::string_view kPassphrasePath = "/dev/fd/3";

/// A program to run to its end.
struct Command {
  std::vector<std::string> arguments;  ///< the first is found on PATH
  const PassphraseFile* passphrase = nullptr;
  std::vector<std::pair<std::string, std::string>> environment;  ///< set beside the inherited ones
  bool quiet = false;  ///< stdout is dropped and stderr is kept for `Ended::complaint`
};
struct Ended {
  int exit_code = 0;      ///< 128 + N when signal N ended it
  std::string complaint;  ///< the first line of stderr of a quiet command
};

/// Runs it and waits. A program that cannot be started is an error; one that fails is not.
client::Result<Ended> run(const Command& command);

}  // namespace kms::vpc
