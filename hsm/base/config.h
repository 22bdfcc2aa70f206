#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "hsm/base/result.h"

namespace hsm {

/// Where the HSM is. None of it needs to be set: the default is a store of the user's own, made on first use. A file that others than
/// root and the user may write is refused.
/// Precedence: `overrides` (pInitArgs, flags), environment, the file of KEYMANTLE_CONF,
/// $XDG_CONFIG_HOME/keymantle/keymantle.toml, /etc/keymantle/keymantle.toml, defaults.
struct Config {
  std::filesystem::path store;              ///< KEYMANTLE_STORE, `store = "DIR"`; default $XDG_DATA_HOME/keymantle
  std::optional<std::string> hsm_socket;    ///< KEYMANTLE_HSM=unix:PATH, `hsm = "unix:PATH"`: use an hsmd instead
  std::optional<std::filesystem::path> log_file;  ///< `log = "FILE"`, KEYMANTLE_LOG; "stderr" is the process's own
  std::string log_level = "warning";
  bool rehearsal_pins = false;              ///< KEYMANTLE_PINS=rehearsal, `pins = "rehearsal"`: PINs set from now on cost little to guess


  struct Overrides {
    std::optional<std::string> store;
    std::optional<std::string> hsm;
    std::optional<std::string> config_file;
  };
  /// Reads environment and files. Errors name the file, the line and the value.
  static Result<Config> load(const Overrides& overrides);
  static Result<Config> load() { return load(Overrides()); }
};

/// Makes `directory` (0700, parents as needed) if it does not exist; refuses one that others may write, one of
/// another owner and one that is no directory, naming it and its mode.
Status ensure_private_directory(const std::filesystem::path& directory);

}  // namespace hsm
