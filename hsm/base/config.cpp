#include "hsm/base/config.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace hsm {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<fs::path> home() {
  if (const auto value = environment("HOME")) return fs::path(*value);
  return std::nullopt;
}

Result<fs::path> default_store() {
  // The XDG specification tells to ignore a relative path.
  if (const auto data = environment("XDG_DATA_HOME"); data && fs::path(*data).is_absolute())
    return fs::path(*data) / "keymantle";
  if (const auto directory = home()) return *directory / ".local" / "share" / "keymantle";
  return fail(Rv::general_error, "no place for the store: set HOME, XDG_DATA_HOME or KEYMANTLE_STORE");
}

Result<std::string> socket_path(const std::string& value, const std::string& origin) {
  if (!value.starts_with("unix:/"))
    return fail(Rv::arguments_bad, "an HSM is named as unix:/ABSOLUTE/PATH").about(fmt::format("{}: {}", origin, value));
  return value.substr(5);
}

Result<bool> rehearsal(const std::string& value, const std::string& origin) {
  if (value != "rehearsal" && value != "standard")
    return fail(Rv::arguments_bad, "pins are \"standard\" or \"rehearsal\"").about(fmt::format("{}: {}", origin, value));
  return value == "rehearsal";
}

std::string at(const fs::path& file, const toml::source_region& source) {
  return fmt::format("{}:{}", file.string(), source.begin.line);
}

Status read_file(const fs::path& file, Config& config) {
  toml::table table;
  try {
    table = toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    return fail(Rv::general_error, "the configuration file is not valid TOML")
        .about(fmt::format("{}: {}", at(file, error.source()), error.description()));
  }
  for (const auto& [key, node] : table) {
    const auto name = key.str();
    const auto where = at(file, node.source());
    if (name == "kms" && node.is_table()) continue;  // read by keymantle-kmsd
    const auto value = node.value<std::string>();
    if (!value) return fail(Rv::general_error, "a setting that is not text").about(fmt::format("{}: {}", where, name));
    if (name == "store") {
      config.store = *value;
    } else if (name == "hsm") {
      config.hsm_socket = TRY(socket_path(*value, where));
    } else if (name == "log") {
      config.log_file = *value;
    } else if (name == "log_level") {
      config.log_level = *value;
    } else if (name == "pins") {
      config.rehearsal_pins = TRY(rehearsal(*value, where));
    } else {
      return fail(Rv::general_error, "an unknown setting (known: store, hsm, log, log_level, pins)")
          .about(fmt::format("{}: {}", where, name));
    }
  }
  return Done{};
}

std::vector<fs::path> usual_files() {
  std::vector<fs::path> files;
  if (const auto directory = environment("XDG_CONFIG_HOME")) {
    files.push_back(fs::path(*directory) / "keymantle" / "keymantle.toml");
  } else if (const auto h = home()) {
    files.push_back(*h / ".config" / "keymantle" / "keymantle.toml");
  }
  files.emplace_back("/etc/keymantle/keymantle.toml");
  return files;
}

Status read_files(const Config::Overrides& overrides, Config& config) {
  auto named = overrides.config_file;
  if (!named) named = environment("KEYMANTLE_CONF");
  if (named) {
    std::error_code ignored;
    if (!fs::exists(*named, ignored)) return fail(Rv::general_error, "the configuration file does not exist").about(*named);
    return read_file(*named, config);
  }
  for (const auto& file : usual_files()) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) return read_file(file, config);
  }
  return Done{};
}

}  // namespace

Result<Config> Config::load(const Overrides& overrides) {
  Config config;
  TRY(read_files(overrides, config));
  // A store named nearer than an HSM in the file means the store: the nearer setting is the one meant.
  const auto store = overrides.store ? overrides.store : environment("KEYMANTLE_STORE");
  const auto hsm = overrides.hsm ? overrides.hsm : environment("KEYMANTLE_HSM");
  if (store) {
    config.store = *store;
    if (!hsm) config.hsm_socket.reset();
  }
  if (hsm && !(overrides.store && !overrides.hsm)) config.hsm_socket = TRY(socket_path(*hsm, "KEYMANTLE_HSM"));
  if (const auto pins = environment("KEYMANTLE_PINS")) config.rehearsal_pins = TRY(rehearsal(*pins, "KEYMANTLE_PINS"));
  if (const auto file = environment("KEYMANTLE_LOG")) config.log_file = *file;
  if (config.store.empty() && !config.hsm_socket) config.store = TRY(default_store());
  return config;
}

Status ensure_private_directory(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) {
    if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), error);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
      return fail(Rv::device_error, "cannot make the directory; check its parent's owner and mode")
          .about(fmt::format("{} ({})", directory.string(), std::strerror(errno)));
  }
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0)
    return fail(Rv::device_error, "cannot look at the directory")
        .about(fmt::format("{} ({})", directory.string(), std::strerror(errno)));
  const auto named = fmt::format("{} (mode {:04o}, owner {})", directory.string(), info.st_mode & 07777u, info.st_uid);
  if (!S_ISDIR(info.st_mode)) return fail(Rv::device_error, "not a directory").about(directory.string());
  if (info.st_uid != ::geteuid() && ::geteuid() != 0)
    return fail(Rv::device_error, "the directory belongs to another user").about(named);
  if ((info.st_mode & 022) != 0)
    return fail(Rv::device_error, "others may write the directory; chmod it to 0700").about(named);
  return Done{};
}

}  // namespace hsm
