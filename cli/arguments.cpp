#include <CLI/CLI.hpp>

#include "cli/command_line.h"
#include "cli/verb.h"

namespace cli {

Arguments& Arguments::required(const std::string& name, std::string& into, const std::string& help) {
  app_.add_option(name, into, help)->required()->type_name("");
  return *this;
}
Arguments& Arguments::optional(const std::string& name, std::string& into, const std::string& help) {
  app_.add_option(name, into, help)->type_name("");
  return *this;
}
Arguments& Arguments::several(const std::string& name, std::vector<std::string>& into, const std::string& help) {
  app_.add_option(name, into, help)->required()->type_name("");
  return *this;
}
Arguments& Arguments::option(const std::string& flag, std::string& into, const std::string& type, const std::string& help) {
  app_.add_option(flag, into, help)->type_name(type);
  return *this;
}
Arguments& Arguments::needed(const std::string& flag, std::string& into, const std::string& type, const std::string& help) {
  app_.add_option(flag, into, help)->required()->type_name(type);
  return *this;
}
Arguments& Arguments::number(const std::string& flag, std::int64_t& into, const std::string& type, const std::string& help) {
  auto* option = app_.add_option(flag, into, help)->type_name(type);
  if (into >= 0) option->capture_default_str();  // a negative number stands for "not given"
  return *this;
}
Arguments& Arguments::list(const std::string& flag, std::vector<std::string>& into, const std::string& type,
                           const std::string& help) {
  app_.add_option(flag, into, help)->type_name(type)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}
Arguments& Arguments::flag(const std::string& flag, bool& into, const std::string& help) {
  app_.add_flag(flag, into, help);
  return *this;
}

namespace {

using std::string_literals::operator""s;

constexpr const char* kExitCodes = "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 unreachable";

void declare_connection(CLI::App& app, Session& session, bool& json) {
  auto& to = session.connection;
  app.add_flag("--json", json, "print records as JSON, one a line");
  app.add_option("--url", to.url, "KMS [KEYMANTLE_URL]")->type_name("URL");
  app.add_option("--iam-url", to.iam_url, "token endpoint [KEYMANTLE_IAM_URL]")->type_name("URL");
  app.add_option("--instance", to.instance, "service instance [KEYMANTLE_INSTANCE]")->type_name("UUID");
  app.add_option("--ca", to.ca, "certificates to trust [KEYMANTLE_CA]")->type_name("FILE");
  app.add_option("--api-key-file", to.api_key_file, "API key, also /dev/fd/N [KEYMANTLE_API_KEY]")->type_name("FILE");
  app.add_option("--profile", to.profile, "file with these settings [KEYMANTLE_PROFILE]")->type_name("FILE");
  app.add_option("--admin-socket", to.admin_socket, "of keymantle-hsmd [KEYMANTLE_ADMIN]")->type_name("PATH");
}

/// The app of "key create" below "key", made on the way; the first verb of a noun is the noun's example, too.
CLI::App& app_at(CLI::App& root, const Verb& verb) {
  const auto space = verb.path.find(' ');
  if (space == std::string::npos) return *root.add_subcommand(verb.path, verb.summary);
  const auto noun = verb.path.substr(0, space), rest = verb.path.substr(space + 1);
  const auto known = root.get_subcommands([&](CLI::App* app) { return app->get_name() == noun; });
  if (!known.empty()) return *known.front()->add_subcommand(rest, verb.summary);
  auto* group = root.add_subcommand(noun, summary_of_noun(noun));
  group->require_subcommand(1)->fallthrough();
  group->footer("Example:\n" + verb.example + "\n\n" + kExitCodes);
  return *group->add_subcommand(rest, verb.summary);
}

}  // namespace

CommandLine::CommandLine(const std::vector<Verb>& verbs, Session& session, std::string version)
    : app_(std::make_unique<CLI::App>("Keymantle: a software HSM, its ceremonies, and a key-management service on it.",
                                      "keymantle")) {
  app_->set_version_flag("--version", std::move(version));
  app_->require_subcommand(1)->fallthrough();
  app_->footer("Example:\n  keymantle dev --dir ./demo\n  keymantle --profile ./demo/profile key create vol-root\n\n"s
               + kExitCodes);
  declare_connection(*app_, session, json_);
  for (const auto& verb : verbs) {
    auto& app = app_at(*app_, verb);
    app.fallthrough();
    app.footer("Example:\n" + verb.example);
    Arguments arguments(app);
    verb.declare(arguments);
    if (verb.takes_exec) app.add_option_function<std::string>("--exec", [](const std::string&) {}, "run CMD ARG... (last on the line)")->type_name("CMD ARG...");
    app.callback([this, &verb] { chosen_ = &verb; });
  }
}
CommandLine::~CommandLine() = default;

Parsed CommandLine::parse(std::vector<std::string> words, Session& session) {
  if (const auto exec = std::ranges::find(words, "--exec"); exec != words.end()) {
    session.exec.assign(exec + 1, words.end());
    if (!session.exec.empty() && session.exec.front() == "--") session.exec.erase(session.exec.begin());
    words.erase(exec, words.end());
    exec_given_ = true;
  }
  try {
    std::ranges::reverse(words);
    app_->parse(words);
  } catch (const CLI::Success& ask) {  // --help, --version
    return {.verb = nullptr, .exit_code = app_->exit(ask)};
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "keymantle: {}\nhint: see keymantle --help, or --help behind any verb\n", error.what());
    return {.verb = nullptr, .exit_code = static_cast<int>(Exit::usage)};
  }
  session.out.use_json(json_);
  if (exec_given_ && (!chosen_->takes_exec || session.exec.empty())) {
    fmt::print(stderr, "keymantle: --exec needs a command, behind a verb that runs one\nhint: see keymantle {} --help\n", chosen_->path);
    return {.verb = nullptr, .exit_code = static_cast<int>(Exit::usage)};
  }
  return {.verb = chosen_, .exit_code = 0};
}

std::string CommandLine::help(const std::string& path) const {
  auto* app = app_.get();
  for (std::size_t at = 0; !path.empty() && at != std::string::npos;) {
    const auto space = path.find(' ', at);
    app = app->get_subcommand(path.substr(at, space == std::string::npos ? space : space - at));
    at = space == std::string::npos ? space : space + 1;
  }
  return app->help();
}

std::vector<std::string> CommandLine::flags(const std::string& path) const {
  std::vector<std::string> flags;
  const auto space = path.find(' ');
  const auto* app = app_->get_subcommand(path.substr(0, space));
  if (space != std::string::npos) app = app->get_subcommand(path.substr(space + 1));
  for (const auto* option : app->get_options()) {
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

}  // namespace cli
