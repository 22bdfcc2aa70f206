#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "hsm/base/config.h"
#include "hsm/base/secret.h"

// A configuration file that cannot be read, or that others could have written.

namespace hsm {
namespace {

namespace fs = std::filesystem;

struct ConfigurationFile {
  ConfigurationFile() {
    auto name = (fs::temp_directory_path() / "keymantle-conf-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    file = folder / "keymantle.toml";
    std::ofstream(file) << "store = \"/from/file\"\n";
    ::chmod(file.c_str(), 0644);
    for (const char* variable : {"KEYMANTLE_STORE", "KEYMANTLE_HSM", "KEYMANTLE_LOG", "KEYMANTLE_PINS"}) ::unsetenv(variable);
    ::setenv("KEYMANTLE_CONF", file.c_str(), 1);
  }
  ~ConfigurationFile() {
    ::unsetenv("KEYMANTLE_CONF");
    fs::remove_all(folder);
  }
  ConfigurationFile(const ConfigurationFile&) = delete;

  static std::string refusal() {
    const auto config = Config::load();
    if (config) return "accepted: " + config->store.string();
    return config.error().text();
  }
  /// The same in a process that the modes of files bind, root or not.
  static std::string refusal_by_modes() {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    if (child == 0) {
      Secret::after_fork_in_child();
      __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
      __user_cap_data_struct none[2]{};
      const std::string text = ::syscall(SYS_capset, &header, none) == 0 ? refusal() : "capabilities stay";
      ::_exit(::write(ends[1], text.data(), text.size()) > 0 ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text(2048, '\0');
    const auto size = ::read(ends[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return text;
  }
  void must_be_refused_with(const std::string& text, std::initializer_list<std::string> parts) const {
    BOOST_TEST(text.find(file.string()) != std::string::npos, text);
    for (const auto& part : parts) BOOST_TEST(text.find(part) != std::string::npos, text);
  }

  fs::path folder, file;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(configuration_files)

BOOST_FIXTURE_TEST_CASE(a_file_of_the_users_own_that_others_may_only_read_is_taken, ConfigurationFile) {
  BOOST_TEST(refusal() == "accepted: /from/file");
  ::chmod(file.c_str(), 0600);
  BOOST_TEST(refusal() == "accepted: /from/file");
}

BOOST_FIXTURE_TEST_CASE(an_unreadable_file_is_named_with_its_mode, ConfigurationFile) {
  ::chmod(file.c_str(), 0);
  must_be_refused_with(refusal_by_modes(), {"cannot be read", "mode 0000", "Permission denied"});
}

BOOST_FIXTURE_TEST_CASE(a_file_that_others_may_write_is_refused_with_its_mode, ConfigurationFile) {
  ::chmod(file.c_str(), 0666);
  must_be_refused_with(refusal(), {"others may write", "mode 0666"});
  ::chmod(file.c_str(), 0664);
  must_be_refused_with(refusal(), {"others may write", "mode 0664"});
}

BOOST_FIXTURE_TEST_CASE(a_file_of_another_user_is_refused_with_its_owner, ConfigurationFile) {
  if (::chown(file.c_str(), 65534, 65534) != 0) {
    BOOST_TEST_MESSAGE("only root can give a file away: not tested");
    return;
  }
  must_be_refused_with(refusal(), {"others may write", "owner 65534"});
}

BOOST_FIXTURE_TEST_CASE(a_directory_in_place_of_the_file_is_named, ConfigurationFile) {
  fs::remove(file);
  fs::create_directory(file);
  must_be_refused_with(refusal(), {"is a directory"});
}

BOOST_FIXTURE_TEST_CASE(a_missing_file_that_was_named_is_refused, ConfigurationFile) {
  fs::remove(file);
  must_be_refused_with(refusal(), {"No such file"});
}

BOOST_FIXTURE_TEST_CASE(an_unknown_log_level_is_refused_with_its_line, ConfigurationFile) {
  std::ofstream(file) << "log = \"stderr\"\nlog_level = \"loud\"\n";
  must_be_refused_with(refusal(), {"keymantle.toml:2", "loud"});
}

BOOST_FIXTURE_TEST_CASE(no_file_at_all_is_what_dev_null_says, ConfigurationFile) {
  ::setenv("KEYMANTLE_CONF", "/dev/null", 1);
  ::setenv("KEYMANTLE_STORE", "/from/environment", 1);
  BOOST_TEST(refusal() == "accepted: /from/environment");
  ::unsetenv("KEYMANTLE_STORE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm
