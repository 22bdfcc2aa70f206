#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/children.h"
#include "cli/installed.h"
#include "cli/secret_input.h"
#include "cli/text_file.h"
#include "cli/verb.h"
#include "hsm/base/config.h"
#include "hsm/base/socket.h"

namespace cli {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kTokenLabel = "keymantle-dev";
constexpr std::chrono::seconds kStartWithin{60};

struct Dev {
  std::string directory, listen = "127.0.0.1:0", module;
  std::int64_t enable_after_disable = 30, rotate_again_after = 3600;
};
void declare(Arguments& arguments, Dev& options) {
  arguments.option("--dir", options.directory, "DIR", "keep everything here; without it a directory that goes at the end")
      .option("--listen", options.listen, "ADDR:PORT", "where the KMS serves; port 0 takes a free one")
      .option("--module", options.module, "FILE", "another PKCS#11 module than ours")
      .number("--enable-after-disable", options.enable_after_disable, "SECONDS", "how long a disabled key stays so at least")
      .number("--rotate-again-after", options.rotate_again_after, "SECONDS", "between two rotations of a key");
}

/// A directory of its own that disappears with it, or one that stays.
class Place {
 public:
  static Result<Place> make(const std::string& directory) {
    if (!directory.empty()) {
      TRY(told(hsm::ensure_private_directory(directory)));
      return Place(fs::absolute(directory).lexically_normal(), true);
    }
    auto pattern = (fs::temp_directory_path() / "keymantle-dev-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return refused(fmt::format("no temporary directory: {}", std::strerror(errno)));
    return Place(pattern, false);
  }
  Place(Place&& other) noexcept : path_(std::exchange(other.path_, {})), stays_(other.stays_) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    std::error_code ignored;
    if (!stays_ && !path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  Place(fs::path path, bool stays) : path_(std::move(path)), stays_(stays) {}
  fs::path path_;
  bool stays_;
};

/// One `keymantle dev` per directory.
Result<hsm::Descriptor> lock(const fs::path& directory) {
  hsm::Descriptor file(open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file || flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return refused(fmt::format("another keymantle dev uses this directory: {}", directory.string()), "stop it, or name another with --dir");
  }
  return file;
}

/// A PIN of 100 random bits, kept in a file of the user's own.
Outcome ensure_pin(const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) return hsm::Done{};
  constexpr std::string_view kAlphabet = "abcdefghijkmnopqrstuvwxyz2345678";
  hsm::Secret pin(20);
  const auto room = SecretAccess::room(pin);
  if (getrandom(room.data(), room.size(), 0) != static_cast<ssize_t>(room.size())) return refused("no random numbers");
  for (auto& octet : room) octet = static_cast<std::uint8_t>(kAlphabet[octet % kAlphabet.size()]);
  const hsm::Descriptor out(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return refused(fmt::format("the PIN file cannot be made: {}: {}", file.string(), std::strerror(errno)));
  return give_secret(out.get(), pin, true);
}

std::string last_line_of(const fs::path& log) {
  std::ifstream in(log);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && !line.starts_with("hint:")) last = line;
  }
  return last;
}

struct Running {
  Child kmsd;
  std::string url;
};

Result<Running> start_kmsd(const Dev& options, const fs::path& directory, const fs::path& module, const Environment& environment) {
  const auto kmsd = TRY(find_program("keymantle-kmsd"));
  const auto log = directory / "kmsd.log";
  const auto state = directory / "kms";
  TRY(told(hsm::ensure_private_directory(state)));
  TRY(ensure_pin(directory / "so.pin"));
  TRY(ensure_pin(directory / "user.pin"));

  const std::vector<std::string> token{kmsd.string(),   "--module",    module.string(), "--token-label",
                                       std::string(kTokenLabel), "--pin-file", (directory / "user.pin").string()};
  auto init = token;
  init.insert(init.end(), {"--init-token", "--so-pin-file", (directory / "so.pin").string()});
  auto initialised = TRY(Child::start(init, environment, log));
  if (initialised.wait() != 0) {
    return refused(fmt::format("the token cannot be initialised: {}", last_line_of(log)), fmt::format("see {}", log.string()));
  }
  std::error_code ignored;
  fs::remove(state / "url", ignored);
  auto serve = token;
  serve.insert(serve.end(), {"--state", state.string(), "--listen", options.listen, "--account", "dev", "--enable-after-disable",
                             std::to_string(options.enable_after_disable), "--rotate-again-after",
                             std::to_string(options.rotate_again_after)});
  auto child = TRY(Child::start(serve, environment, log));
  const auto deadline = std::chrono::steady_clock::now() + kStartWithin;
  while (!fs::exists(state / "url", ignored)) {
    if (child.ended()) {
      return refused(fmt::format("the KMS did not start: {}", last_line_of(log)), fmt::format("see {}", log.string()));
    }
    if (std::chrono::steady_clock::now() > deadline) return refused("the KMS did not start in time", fmt::format("see {}", log.string()));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  auto url = TRY(read_text_file((state / "url").string()));
  return Running{std::move(child), std::move(url)};
}

/// The settings that `keymantle` and other clients read.
Result<Environment> settings_of(const fs::path& directory, const std::string& url, const fs::path& module) {
  const auto state = directory / "kms";
  Environment settings;
  settings.emplace_back("KEYMANTLE_URL", url);
  settings.emplace_back("KEYMANTLE_IAM_URL", url);
  settings.emplace_back("KEYMANTLE_INSTANCE", TRY(read_text_file((state / "instance").string())));
  for (const auto& [name, file] : {std::pair{"KEYMANTLE_API_KEY", "manager.apikey"}, std::pair{"KEYMANTLE_WRITER_API_KEY", "writer.apikey"},
                                   std::pair{"KEYMANTLE_READER_API_KEY", "reader.apikey"}}) {
    // The contract of this verb: API keys of a development instance are printed and set for the command.
    settings.emplace_back(name, TRY(read_text_file((state / file).string())));
  }
  settings.emplace_back("KEYMANTLE_CA", (state / "ca.pem").string());
  settings.emplace_back("KEYMANTLE_PKCS11_MODULE", module.string());
  settings.emplace_back("KEYMANTLE_STORE", (directory / "hsm").string());
  return settings;
}

Outcome write_profile(const fs::path& file, const Environment& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += name + "=" + value + "\n";
  const hsm::Descriptor out(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const bool written = out && write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written) return refused(fmt::format("the profile cannot be written: {}: {}", file.string(), std::strerror(errno)));
  return hsm::Done{};
}

Outcome run(Session& session, const Dev& options) {
  const auto place = TRY(Place::make(options.directory));
  const auto locked = TRY(lock(place.path()));
  const auto module = options.module.empty() ? TRY(find_module()) : fs::absolute(options.module);
  const Signals signals;  // before any child, so that none is missed
  Environment environment{{"KEYMANTLE_STORE", (place.path() / "hsm").string()}};
  // Only codes cross the module's C interface: why it refuses, it writes down itself.
  if (std::getenv("KEYMANTLE_LOG") == nullptr) environment.emplace_back("KEYMANTLE_LOG", (place.path() / "kmsd.log").string());
  auto running = TRY(start_kmsd(options, place.path(), module, environment));
  const auto settings = TRY(settings_of(place.path(), running.url, module));
  TRY(write_profile(place.path() / "profile", settings));
  if (!session.exec.empty()) {
    auto command = TRY(Child::start(session.exec, settings, {}));
    const int exit_code = signals.wait_for(command, running.kmsd);
    if (exit_code != 0) return Failure{.passed_on = exit_code};
    return hsm::Done{};
  }
  if (session.out.json()) {
    Fields fields;
    for (const auto& [name, value] : settings) fields.push_back({name, value});
    session.out.record(fields);
  } else {
    for (const auto& [name, value] : settings) session.out.line(name + "=" + value);
  }
  session.out.say(fmt::format("ready; stop with Ctrl-C. In another terminal: keymantle --profile {} key list",
                              (place.path() / "profile").string()));
  if (!signals.wait_until_asked(running.kmsd)) {
    return refused(fmt::format("the KMS ended by itself: {}", last_line_of(place.path() / "kmsd.log")));
  }
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> dev_verbs() {
  auto dev = verb<Dev>("dev", "run the whole product on this machine: HSM, KMS, TLS, identities",
                       "  keymantle dev --dir ./demo\n"
                       "  keymantle dev --exec sh -c 'keymantle key create vol-root && keymantle key list'\n"
                       "  sets KEYMANTLE_URL, _IAM_URL, _INSTANCE, _API_KEY, _WRITER_API_KEY, _READER_API_KEY, _CA, _PKCS11_MODULE, _STORE",
                       declare, run);
  dev.takes_exec = true;
  return {dev};
}

}  // namespace cli
