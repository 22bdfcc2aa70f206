#include <fcntl.h>
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "cli/secret_input.h"
#include "cli/verb.h"
#include "hsm/base/socket.h"

namespace cli {

namespace {

/// A profile holds lines NAME=value, as `keymantle dev` prints and writes them. KEYMANTLE_API_KEY stays in a Secret.
struct Profile {
  std::map<std::string, std::string> values;
  hsm::Secret api_key;
};

constexpr std::string_view kKeyLine = "KEYMANTLE_API_KEY=";

Result<Profile> read_profile(const std::string& file) {
  Profile profile;
  if (file.empty()) return profile;
  const auto whole = TRY(read_secret_file(file, hsm::Secret::Ends::at_eof));
  auto text = hsm::text_of(SecretAccess::bytes(whole));
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      return usage(fmt::format("{}: line {} is not NAME=value", file, number), "keymantle dev --dir DIR writes DIR/profile");
    }
    if (line.starts_with(kKeyLine)) {
      profile.api_key = hsm::Secret::copy_of(hsm::view(line.substr(kKeyLine.size())));
    } else if (line.find("API_KEY") == std::string_view::npos) {
      profile.values.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return profile;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string pick(const std::string& flag, const char* name, const Profile& profile) {
  if (!flag.empty()) return flag;
  if (auto value = environment(name); !value.empty()) return value;
  const auto found = profile.values.find(name);
  return found == profile.values.end() ? std::string() : found->second;
}

Result<Profile> profile_of(const Connection& connection) {
  return read_profile(connection.profile.empty() ? environment("KEYMANTLE_PROFILE") : connection.profile);
}

}  // namespace

Result<kms::client::Client> Session::kms() const {
  auto profile = TRY(profile_of(connection));
  kms::client::Settings settings;
  settings.url = pick(connection.url, "KEYMANTLE_URL", profile);
  if (settings.url.empty()) {
    return usage("no KMS is named", "set KEYMANTLE_URL, or give --profile FILE; `keymantle dev` starts one and prints both");
  }
  settings.iam_url = pick(connection.iam_url, "KEYMANTLE_IAM_URL", profile);
  settings.instance = pick(connection.instance, "KEYMANTLE_INSTANCE", profile);
  settings.ca_file = pick(connection.ca, "KEYMANTLE_CA", profile);
  if (!connection.api_key_file.empty()) {
    settings.api_key = TRY(read_secret_file(connection.api_key_file, hsm::Secret::Ends::at_newline));
  } else if (const char* key = std::getenv("KEYMANTLE_API_KEY"); key != nullptr && *key != '\0') {
    settings.api_key = hsm::Secret::copy_of(hsm::view(std::string_view(key)));
  } else {
    settings.api_key = std::move(profile.api_key);
  }
  return told(kms::client::Client::open(std::move(settings)));
}

Result<std::string> Session::admin_socket() const {
  const auto profile = TRY(profile_of(connection));
  auto path = pick(connection.admin_socket, "KEYMANTLE_ADMIN", profile);
  return path.empty() ? std::string("/run/keymantle/admin.sock") : path;
}

}  // namespace cli
