#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <variant>

#include "hsm/base/bytes.h"
#include "hsm/base/codec.h"
#include "hsm/base/config.h"
#include "hsm/base/secret.h"
#include "hsm/base/socket.h"
#include "hsm/base/sqlite.h"

namespace hsm {
namespace {

namespace fs = std::filesystem;

struct TemporaryDirectory {
  TemporaryDirectory() {
    char name[] = "/tmp/keymantle-base-XXXXXX";
    path = mkdtemp(name);
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
  fs::path path;
};

struct CleanEnvironment : TemporaryDirectory {
  CleanEnvironment() {
    for (const char* name : {"KEYMANTLE_STORE", "KEYMANTLE_HSM", "KEYMANTLE_CONF", "KEYMANTLE_LOG", "XDG_DATA_HOME"})
      unsetenv(name);
    setenv("HOME", path.c_str(), 1);
    setenv("XDG_CONFIG_HOME", (path / "conf").c_str(), 1);
  }
  fs::path write(const std::string& name, const std::string& text) const {
    const auto file = path / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);  // whatever the umask
    return file;
  }
};

struct Inner {
  std::uint32_t number = 0;
  std::string text;
  static constexpr auto fields = std::tuple{&Inner::number, &Inner::text};
  friend bool operator==(const Inner&, const Inner&) = default;
};
struct Outer {
  bool flag = false;
  std::vector<Inner> items;
  std::optional<std::uint64_t> maybe;
  std::variant<std::monostate, Inner, Bytes> choice;
  static constexpr auto fields = std::tuple{&Outer::flag, &Outer::items, &Outer::maybe, &Outer::choice};
  friend bool operator==(const Outer&, const Outer&) = default;
};
struct WithRoom {
  Room room;
  static constexpr auto fields = std::tuple{&WithRoom::room};
};

const Outer kSample{true, {{1, "one"}, {2, "two"}}, 7, Bytes{1, 2, 3}};

ByteView view_of(const WipedBytes& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(base64_follows_the_vectors_of_rfc_4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    BOOST_TEST(to_base64(view(plain)) == coded);
    BOOST_TEST((from_base64(coded) == bytes_of(std::string_view(plain))));
    BOOST_TEST(Secret::from_base64(coded).value().size() == std::string_view(plain).size());
  }
}

BOOST_AUTO_TEST_CASE(base64_that_is_not_canonical_is_refused) {
  for (const char* text : {"Zg=", "Zg", "Zh==", "Z===", "Zm 9v", "Zm9-", "====", "=m9v", "Zm=v"}) {
    BOOST_TEST(!from_base64(text), text);
    BOOST_TEST(!Secret::from_base64(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_secret_decodes_base64_to_the_same_octets) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  const auto secret = Secret::from_base64(to_base64(all));
  BOOST_REQUIRE(secret);
  BOOST_TEST(equal_in_constant_time(*secret, Secret::copy_of(all)));
}

BOOST_AUTO_TEST_CASE(hex_goes_both_ways_and_refuses_other_characters) {
  BOOST_TEST(to_hex(Bytes{0, 0xAB, 0xFF}) == "00abff");
  BOOST_TEST((from_hex("00ABff") == Bytes{0, 0xAB, 0xFF}));
  BOOST_TEST(!from_hex("0"));
  BOOST_TEST(!from_hex("0g"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(codec)

BOOST_AUTO_TEST_CASE(a_value_comes_back_as_it_went) {
  const auto frame = encode(kSample);
  BOOST_TEST((decode<Outer>(view_of(frame)) == kSample));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
  const auto frame = encode(kSample);
  for (std::size_t n = 0; n < frame.size(); ++n)
    BOOST_CHECK_THROW(decode<Outer>(view_of(frame).first(n)), Malformed);
}

BOOST_AUTO_TEST_CASE(octets_behind_the_end_are_refused) {
  auto frame = encode(kSample);
  frame.push_back(0);
  BOOST_CHECK_THROW(decode<Outer>(view_of(frame)), Malformed);
}

BOOST_AUTO_TEST_CASE(a_second_spelling_of_a_boolean_is_refused) {
  auto frame = encode(kSample);
  frame[0] = 2;
  BOOST_CHECK_THROW(decode<Outer>(view_of(frame)), Malformed);
}

BOOST_AUTO_TEST_CASE(a_count_beyond_the_frame_is_refused_before_anything_is_allocated) {
  const Bytes frame{0xFF, 0xFF, 0xFF, 0xFF};
  BOOST_CHECK_THROW(decode<std::vector<std::string>>(frame), Malformed);
}

BOOST_AUTO_TEST_CASE(room_travels_as_a_size_with_a_limit) {
  std::uint8_t memory[10];
  WipedBytes storage;
  BOOST_TEST(decode<WithRoom>(view_of(encode(WithRoom{Room(memory)})), &storage).room.size() == 10u);
  BOOST_TEST(decode<WithRoom>(view_of(encode(WithRoom{})), &storage).room.data() == nullptr);
  const auto huge = encode(std::uint64_t{1} << 40);
  BOOST_CHECK_THROW(decode<WithRoom>(view_of(huge), &storage), Malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(secrets_are_equal_by_content_only) {
  BOOST_TEST(equal_in_constant_time(Secret::copy_of(view("pin")), Secret::copy_of(view("pin"))));
  BOOST_TEST(!equal_in_constant_time(Secret::copy_of(view("pin")), Secret::copy_of(view("pim"))));
  BOOST_TEST(!equal_in_constant_time(Secret::copy_of(view("pin")), Secret::copy_of(view("pins"))));
}

BOOST_AUTO_TEST_CASE(a_moved_secret_leaves_nothing_behind) {
  auto a = Secret::copy_of(view("value"));
  const auto b = std::move(a);
  BOOST_TEST(a.empty());  // NOLINT: the state after a move is the claim
  BOOST_TEST(b.size() == 5u);
}

BOOST_AUTO_TEST_CASE(secrets_of_many_sizes_live_side_by_side) {
  std::vector<Secret> secrets;
  for (std::size_t n = 1; n < 20000; n = n * 3 / 2 + 1) secrets.push_back(Secret::copy_of(Bytes(n, static_cast<std::uint8_t>(n))));
  for (const auto& secret : secrets)
    BOOST_TEST(equal_in_constant_time(secret, Secret::copy_of(Bytes(secret.size(), static_cast<std::uint8_t>(secret.size())))));
}

BOOST_AUTO_TEST_CASE(secrets_that_one_thread_makes_and_another_destroys_take_no_more_and_more_memory) {
  const auto hand_over = [](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      std::vector<Secret> secrets;
      for (std::size_t i = 0; i < 1000; ++i) secrets.push_back(Secret::copy_of(Bytes(1 + i % 600, 7)));
      std::jthread([handed = std::move(secrets)]() mutable { handed.clear(); }).join();
    }
  };
  // Only the memory of secrets is wiped on fork.
  const auto pieces = [] {
    std::ifstream maps("/proc/self/smaps");
    int count = 0;
    for (std::string line; std::getline(maps, line);) count += line.starts_with("VmFlags:") && line.find(" wf") != std::string::npos;
    return count;
  };
  hand_over(3);  // as much as it takes
  const auto before = pieces();
  BOOST_TEST(before > 0);
  hand_over(40);
  BOOST_TEST(pieces() - before < 4);
}

BOOST_AUTO_TEST_CASE(threads_make_and_destroy_secrets_at_once) {
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&wrong, t] {
        for (int round = 0; round < 200; ++round) {
          std::vector<Secret> secrets;
          for (std::size_t i = 1; i < 100; ++i) secrets.push_back(Secret::copy_of(Bytes(3 * i, static_cast<std::uint8_t>(t))));
          for (const auto& secret : secrets)
            if (!equal_in_constant_time(secret, Secret::copy_of(Bytes(secret.size(), static_cast<std::uint8_t>(t))))) ++wrong;
        }
      });
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(a_forked_child_reads_zeros_and_can_make_secrets_of_its_own) {
  const auto secret = Secret::copy_of(view("sixteen octets!!"));
  const auto child = fork();
  if (child == 0) {
    Secret::after_fork_in_child();
    const auto own = Secret::copy_of(view("x"));
    _exit(equal_in_constant_time(secret, Secret::copy_of(Bytes(16, 0))) && own.size() == 1 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  BOOST_TEST(equal_in_constant_time(secret, Secret::copy_of(view("sixteen octets!!"))));
}

BOOST_AUTO_TEST_CASE(reading_a_line_leaves_what_follows_to_others) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  BOOST_REQUIRE(write(ends[1], "1234\nrest", 9) == 9);
  const auto pin = Secret::read_from(ends[0], Secret::Ends::at_newline);
  BOOST_REQUIRE(pin);
  BOOST_TEST(equal_in_constant_time(*pin, Secret::copy_of(view("1234"))));
  char next = 0;
  BOOST_TEST(read(ends[0], &next, 1) == 1);
  BOOST_TEST(next == 'r');
  close(ends[0]);
  close(ends[1]);
}

BOOST_AUTO_TEST_CASE(a_secret_longer_than_its_limit_is_refused) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  BOOST_REQUIRE(write(ends[1], "123456789", 9) == 9);
  close(ends[1]);
  BOOST_TEST(!Secret::read_from(ends[0], Secret::Ends::at_eof, 8));
  close(ends[0]);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(configuration)

BOOST_FIXTURE_TEST_CASE(nothing_needs_to_be_configured, CleanEnvironment) {
  const auto config = Config::load();
  BOOST_REQUIRE(config);
  BOOST_TEST(config->store == path / ".local/share/keymantle");
  BOOST_TEST(!config->hsm_socket);
}

BOOST_FIXTURE_TEST_CASE(xdg_data_home_moves_the_store, CleanEnvironment) {
  setenv("XDG_DATA_HOME", "/somewhere", 1);
  BOOST_TEST(Config::load().value().store == "/somewhere/keymantle");
  unsetenv("XDG_DATA_HOME");
}

BOOST_FIXTURE_TEST_CASE(the_environment_wins_over_the_file, CleanEnvironment) {
  write("conf/keymantle/keymantle.toml", "store = \"/from/file\"\n");
  BOOST_TEST(Config::load().value().store == "/from/file");
  setenv("KEYMANTLE_STORE", "/from/environment", 1);
  BOOST_TEST(Config::load().value().store == "/from/environment");
  unsetenv("KEYMANTLE_STORE");
}

BOOST_FIXTURE_TEST_CASE(an_hsmd_is_named_by_a_unix_address, CleanEnvironment) {
  setenv("KEYMANTLE_HSM", "unix:/run/keymantle/hsmd.sock", 1);
  BOOST_TEST(Config::load().value().hsm_socket.value() == "/run/keymantle/hsmd.sock");
  setenv("KEYMANTLE_HSM", "tcp:1234", 1);
  BOOST_TEST(!Config::load());
  unsetenv("KEYMANTLE_HSM");
}

BOOST_FIXTURE_TEST_CASE(errors_in_the_file_name_the_file_and_the_line, CleanEnvironment) {
  const auto file = write("bad.toml", "store = \"/x\"\nstoer = \"/y\"\n");
  setenv("KEYMANTLE_CONF", file.c_str(), 1);
  const auto unknown = Config::load();
  BOOST_REQUIRE(!unknown);
  BOOST_TEST(unknown.error().text().find("bad.toml:2") != std::string::npos);
  BOOST_TEST(unknown.error().text().find("stoer") != std::string::npos);
  write("bad.toml", "store = /x\n");
  BOOST_TEST(Config::load().error().text().find("bad.toml:1") != std::string::npos);
  setenv("KEYMANTLE_CONF", "/does/not/exist", 1);
  BOOST_TEST(Config::load().error().text().find("/does/not/exist") != std::string::npos);
  unsetenv("KEYMANTLE_CONF");
}

// The letters that toml++ believes to be impossible there; the sanitizers see it.
BOOST_FIXTURE_TEST_CASE(letters_outside_of_texts_are_refused, CleanEnvironment) {
  for (const auto* letter : {"\u3042", "\u00a7", "\uFEFB", "\u0590"}) {
    setenv("KEYMANTLE_CONF", write("odd.toml", std::string(letter) + "store = \"/x\"\n").c_str(), 1);
    BOOST_TEST(Config::load().error().text().find("odd.toml:1") != std::string::npos);
    setenv("KEYMANTLE_CONF", write("odd.toml", std::string("store = \"/") + letter + "\"\n").c_str(), 1);
    BOOST_TEST(Config::load().value().store.string() == std::string("/") + letter);
  }
  unsetenv("KEYMANTLE_CONF");
}

BOOST_FIXTURE_TEST_CASE(a_store_directory_is_made_for_its_owner_alone, TemporaryDirectory) {
  const auto directory = path / "a" / "b";
  BOOST_REQUIRE(ensure_private_directory(directory));
  struct stat info {};
  stat(directory.c_str(), &info);
  BOOST_TEST((info.st_mode & 0777) == 0700u);
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_others_may_write_is_refused_with_its_mode, TemporaryDirectory) {
  const auto directory = path / "open";
  mkdir(directory.c_str(), 0700);
  chmod(directory.c_str(), 0777);
  const auto refused = ensure_private_directory(directory);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("0777") != std::string::npos);
  BOOST_TEST(refused.error().text().find(directory.string()) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(databases)

BOOST_FIXTURE_TEST_CASE(a_transaction_left_uncommitted_leaves_no_trace, TemporaryDirectory) {
  sqlite::Database db((path / "x.db").string(), sqlite::Database::Mode::read_write_create);
  db.execute("CREATE TABLE t(a)");
  { 
    sqlite::Transaction transaction(db);
    db.prepare("INSERT INTO t VALUES(?1)").bind(1).run();
  }
  auto count = db.prepare("SELECT count(*) FROM t");
  BOOST_TEST(count.step());
  BOOST_TEST(count.integer(0) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_created_database_is_readable_by_its_owner_alone, TemporaryDirectory) {
  const sqlite::Database db((path / "x.db").string(), sqlite::Database::Mode::read_write_create);
  struct stat info {};
  stat((path / "x.db").c_str(), &info);
  BOOST_TEST((info.st_mode & 0777) == 0600u);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_no_database_is_named_in_the_error, TemporaryDirectory) {
  const auto file = (path / "x.db").string();
  std::ofstream(file) << std::string(4096, 'x');
  try {
    sqlite::Database db(file, sqlite::Database::Mode::read_write);
    BOOST_ERROR("a text file was opened as a database");
  } catch (const sqlite::Failure& failure) {
    const auto error = sqlite::to_error(failure, file);
    BOOST_TEST(error.text().find("damaged") != std::string::npos);
    BOOST_TEST(error.text().find(file) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sockets)

BOOST_FIXTURE_TEST_CASE(a_stale_socket_is_replaced_and_a_live_one_refused, TemporaryDirectory) {
  const auto file = (path / "s").string();
  { const auto stale = listen_unix(file, 0600); BOOST_REQUIRE(stale); }
  const auto listener = listen_unix(file, 0600);
  BOOST_REQUIRE(listener);
  const auto second = listen_unix(file, 0600);
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.error().text().find("already serves") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_passes_through_a_socket_and_the_peer_is_known, TemporaryDirectory) {
  const auto file = (path / "s").string();
  const auto listener = listen_unix(file, 0600);
  const auto client = connect_unix(file);
  const auto server = accept_from(*listener);
  BOOST_REQUIRE((client && server));
  BOOST_TEST(peer_of(*server).value().pid == getpid());
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  BOOST_REQUIRE(send_descriptor(*server, ends[1]));
  const auto passed = receive_descriptor(*client);
  BOOST_REQUIRE(passed);
  BOOST_TEST(write(passed->get(), "x", 1) == 1);
  char octet = 0;
  BOOST_TEST(read(ends[0], &octet, 1) == 1);
  close(ends[0]);
  close(ends[1]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm
