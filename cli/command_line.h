#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace cli {

/// A verb to run, or the exit code after help or a usage error was printed.
struct Parsed {
  const Verb* verb = nullptr;
  int exit_code = 0;
};

/// The command line made of the table of verbs. `verbs` and `session` must outlive it.
class CommandLine {
 public:
  CommandLine(const std::vector<Verb>& verbs, Session& session, std::string version);
  ~CommandLine();

  Parsed parse(std::vector<std::string> words, Session& session);
  std::string help(const std::string& path) const;
  std::vector<std::string> flags(const std::string& path) const;

 private:
  std::unique_ptr<CLI::App> app_;
  const Verb* chosen_ = nullptr;
  bool json_ = false;
  bool exec_given_ = false;
};

}  // namespace cli
