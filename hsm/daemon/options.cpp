#include "hsm/daemon/options.h"

#include <grp.h>
#include <pwd.h>

#include <CLI/CLI.hpp>

namespace hsm::daemon {
namespace {

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos; }

/// Names become numbers while the command line is read: a name that nobody has is an error of usage.
std::string number_of_user(std::string& name) {
  if (is_number(name)) return {};
  const auto* user = ::getpwnam(name.c_str());
  if (user == nullptr) return "no such user: " + name;
  name = std::to_string(user->pw_uid);
  return {};
}
std::string number_of_group(std::string& name) {
  if (is_number(name)) return {};
  const auto* group = ::getgrnam(name.c_str());
  if (group == nullptr) return "no such group: " + name;
  name = std::to_string(group->gr_gid);
  return {};
}

}  // namespace

std::variant<Options, int> read_options(int argc, char** argv) {
  Options options;
  CLI::App app{
      "keymantle-hsmd: a software HSM that applications reach over a Unix socket.\n"
      "A new store has no master key, and a restarted unit is sealed: the admin socket is for making, checking and giving\n"
      "shares (keymantle hsm --help)."};
  app.footer(
      "Example:\n"
      "  keymantle-hsmd --store /var/lib/keymantle --socket /run/keymantle/hsm.sock --admin-socket /run/keymantle/admin.sock\n"
      "  KEYMANTLE_HSM=unix:/run/keymantle/hsm.sock pkcs11-tool --module libkeymantle-pkcs11.so -L");
  std::string level = "info";
  app.add_option("--store", options.store, "directory of the keys at rest; made when missing")->required()->type_name("DIR");
  app.add_option("--socket", options.socket, "where applications connect")->required()->type_name("PATH");
  app.add_option("--admin-socket", options.admin_socket, "where the keymantle command connects")->type_name("PATH");
  app.add_flag("--dev", options.development, "development profile: the master key lies in a file beside the store");
  app.add_flag("--rehearsal-pins", options.rehearsal_pins, "with --dev: PINs cost little to guess; for tests and rehearsals")
      ->needs("--dev");
  app.add_option("--allow-uid", options.users, "a user who may connect, besides root and the daemon's own; may be repeated")
      ->transform(CLI::Validator(number_of_user, "", "user"))
      ->type_name("USER");
  app.add_option("--allow-gid", options.groups, "a group whose members may connect; may be repeated")
      ->transform(CLI::Validator(number_of_group, "", "group"))
      ->type_name("GROUP");
  app.add_option("--log-level", level, "error, warning, info or debug")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->type_name("LEVEL");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.log_level = level == "error"     ? log::Level::error
                      : level == "warning" ? log::Level::warning
                      : level == "info"    ? log::Level::info
                                           : log::Level::debug;
  return options;
}

}  // namespace hsm::daemon
