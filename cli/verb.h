#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/failure.h"
#include "cli/output.h"
#include "kms/client/client.h"

namespace CLI {
class App;
}

namespace cli {

/// Declares what a verb takes on its command line; the values are filled before the verb runs.
class Arguments {
 public:
  explicit Arguments(CLI::App& app) : app_(app) {}
  Arguments& required(const std::string& name, std::string& into, const std::string& help);
  Arguments& optional(const std::string& name, std::string& into, const std::string& help);
  Arguments& several(const std::string& name, std::vector<std::string>& into, const std::string& help);
  Arguments& option(const std::string& flag, std::string& into, const std::string& type, const std::string& help);
  Arguments& needed(const std::string& flag, std::string& into, const std::string& type, const std::string& help);
  Arguments& number(const std::string& flag, std::int64_t& into, const std::string& type, const std::string& help);
  Arguments& list(const std::string& flag, std::vector<std::string>& into, const std::string& type, const std::string& help);
  Arguments& flag(const std::string& flag, bool& into, const std::string& help);

 private:
  CLI::App& app_;
};

/// Where the KMS and the HSM unit are: flags before environment before the profile file.
struct Connection {
  std::string url, iam_url, instance, ca, api_key_file, profile, admin_socket;
};

/// What a verb has while it runs.
struct Session {
  Output out;
  Connection connection;
  std::vector<std::string> exec;  ///< the words behind --exec

  Result<kms::client::Client> kms() const;
  Result<std::string> admin_socket() const;
};

/// One row of the table of verbs.
struct Verb {
  std::string path;     ///< "key create"
  std::string summary;  ///< one line
  std::string example;  ///< shown at the end of --help
  std::function<void(Arguments&)> declare;
  std::function<Outcome(Session&)> run;
  bool takes_exec = false;  ///< --exec CMD ARG...: the rest of the line is a command to run
};

std::vector<Verb> verbs();
/// What a noun is about, for its line in --help.
std::string summary_of_noun(const std::string& noun);

// One group of verbs per file.
std::vector<Verb> key_verbs();
std::vector<Verb> key_state_verbs();
std::vector<Verb> data_key_verbs();
std::vector<Verb> import_token_verbs();
std::vector<Verb> registration_verbs();
std::vector<Verb> volume_verbs();
std::vector<Verb> image_verbs();
std::vector<Verb> audit_verbs();
std::vector<Verb> hsm_verbs();
std::vector<Verb> token_verbs();
std::vector<Verb> import_softhsm_verbs();
std::vector<Verb> ceremony_verbs();
std::vector<Verb> dev_verbs();
std::vector<Verb> completion_verbs();

/// Options that live as long as the verb; its two functions share them.
template <class Options>
Verb verb(std::string path, std::string summary, std::string example, void (*declare)(Arguments&, Options&),
          Outcome (*run)(Session&, const Options&)) {
  auto options = std::make_shared<Options>();
  return {.path = std::move(path),
          .summary = std::move(summary),
          .example = std::move(example),
          .declare = [options, declare](Arguments& arguments) { declare(arguments, *options); },
          .run = [options, run](Session& session) { return run(session, *options); }};
}

}  // namespace cli
