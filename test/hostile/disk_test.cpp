#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <chrono>

#include "test/hostile/store_user.h"

// Disks that are full, broken or read-only, and writers that are stopped, as an application sees them.

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// A token with a key, and a process that is logged in.
struct InUse {
  explicit InUse(const fs::path& at, const fs::path& log, const std::vector<std::string>& settings = {}) : user(at, log, settings) {
    for (const char* command : {"initialize", "init-token 0 t so-pin", "open 0", "login so so-pin", "init-pin user-pin", "logout", "login user user-pin",
                                "create-key key k", "create first value"})
      user.must(command);
    encrypted = user.must("encrypt key");
  }
  StoreUser user;
  std::string encrypted;
};

/// What a process finds that opens the store now.
std::string found_by_another(const fs::path& store, const fs::path& log) {
  StoreUser other(store, log);
  for (const char* command : {"initialize", "open 0", "login user user-pin"}) other.must(command);
  return other.must("list");
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(disks)

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_what_it_cannot_keep_and_all_works_again_when_there_is_room) {
  StoreFolder place;
  const auto disk = place.folder / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m,mode=0700") != 0) {
    BOOST_TEST_MESSAGE("no tmpfs here: not tested");
    return;
  }
  struct Unmounted {
    fs::path at;
    ~Unmounted() { ::umount2(at.c_str(), MNT_DETACH); }
  } unmounted{disk};
  const auto log = place.folder / "log";
  InUse in_use(disk / "store", log);
  std::ofstream(disk / "ballast") << std::string(300'000, 'x');
  std::string told, kept;
  std::size_t made = 0;
  for (; made < 200; ++made) {
    told = in_use.user.ask("create more " + std::string(4000, 'v'));
    if (told != "CKR_OK") break;
  }
  BOOST_TEST(told == "CKR_DEVICE_MEMORY");
  BOOST_TEST(made > 3u);
  BOOST_TEST(place.log().find("the disk is full; nothing was changed") != std::string::npos);
  BOOST_TEST(place.log().find((disk / "store" / "keystore.db").string()) != std::string::npos);
  BOOST_TEST(in_use.user.ask("generate-pair pair") == "CKR_DEVICE_MEMORY");
  BOOST_TEST(in_use.user.must("encrypt key") == in_use.encrypted);  // a key that is there works on
  const auto listed = in_use.user.must("list");
  fs::remove(disk / "ballast");
  BOOST_TEST(in_use.user.must("list") == listed);
  in_use.user.must("create last value");
  in_use.user.must("generate-pair pair");
  const auto after = in_use.user.must("list");
  in_use.user.end();
  BOOST_TEST(found_by_another(disk / "store", log) == after);
}

BOOST_AUTO_TEST_CASE(a_disk_that_fails_while_the_store_is_in_use_loses_nothing_acknowledged) {
  struct Trouble {
    const char *name, *code, *words;
  };
  for (const auto& trouble : {Trouble{"full", "CKR_DEVICE_MEMORY", "the disk is full"}, {"read-only", "CKR_DEVICE_ERROR", "the disk reported an error"},
                              {"broken", "CKR_DEVICE_ERROR", "the disk reported an error"}}) {
    BOOST_TEST_CONTEXT(trouble.name) {
      StoreFolder place;
      InUse in_use(place.store(), place.folder / "log");
      auto& user = in_use.user;
      const auto before = user.must("list");
      user.must(std::string("disk ") + trouble.name);
      for (const char* command : {"create second value", "generate-pair pair", "set-label first renamed", "destroy first", "set-pin user-pin other-pin"})
        BOOST_TEST(user.ask(command) == trouble.code, command);
      BOOST_TEST(place.log().find(trouble.words) != std::string::npos, place.log());
      BOOST_TEST(place.log().find((place.store() / "keystore.db").string()) != std::string::npos);
      BOOST_TEST(user.must("encrypt key") == in_use.encrypted);
      BOOST_TEST(user.must("list") == before);
      BOOST_TEST(found_by_another(place.store(), place.folder / "log") == before);
      user.must("disk good");
      user.must("create second value");
      const auto after = user.must("list");
      user.end();
      BOOST_TEST(found_by_another(place.store(), place.folder / "log") == after);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_removed_under_a_session_gives_an_error_that_names_it) {
  StoreFolder place;
  InUse in_use(place.store(), place.folder / "log");
  fs::remove_all(place.store());
  for (const char* command : {"create second value", "generate-pair pair", "set-label first renamed", "destroy first"})
    BOOST_TEST(in_use.user.ask(command) == "CKR_DEVICE_ERROR", command);
  BOOST_TEST(in_use.user.ask("logout") == "CKR_DEVICE_ERROR");  // it cannot be recorded
  BOOST_TEST(in_use.user.ask("logout") == "CKR_USER_NOT_LOGGED_IN");
  BOOST_TEST(in_use.user.ask("login user user-pin") == "CKR_DEVICE_ERROR");
  BOOST_TEST(place.log().find("removed or renamed while it was in use") != std::string::npos);
  BOOST_TEST(place.log().find((place.store() / "keystore.db").string()) != std::string::npos);
  BOOST_TEST(in_use.user.ask("finalize") == "CKR_OK");
}

BOOST_AUTO_TEST_CASE(a_writer_that_was_stopped_makes_others_wait_for_a_bounded_time_and_say_so) {
  StoreFolder place;
  InUse stopped(place.store(), place.folder / "log");
  StoreUser other(place, {"KEYMANTLE_TEST_WAIT=300"});
  for (const char* command : {"initialize", "open 0", "login user user-pin"}) other.must(command);
  stopped.user.must("stop-at-next-write");
  stopped.user.send("create second value");
  stopped.user.wait_until_stopped();
  const auto start = Clock::now();
  BOOST_TEST(other.ask("create third value") == "CKR_DEVICE_ERROR");
  BOOST_TEST(seconds_since(start) < 5);
  BOOST_TEST(place.log().find("keeps the database locked") != std::string::npos);
  BOOST_TEST(other.must("encrypt key") == stopped.encrypted);  // reading waits for nobody
  StoreUser third(place);
  third.must("initialize");
  stopped.user.signal(SIGCONT);
  BOOST_TEST(stopped.user.answer() == "CKR_OK");
  other.must("create third value");
  BOOST_TEST(other.must("list").find("second=value third=value") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_page_of_changes_that_stays_locked_is_named_in_bounded_time) {
  StoreFolder place;
  { InUse in_use(place.store(), place.folder / "log"); }
  const int page = ::open((place.store() / "changes").c_str(), O_RDWR | O_CLOEXEC);
  BOOST_REQUIRE(::flock(page, LOCK_EX) == 0);
  StoreUser user(place);
  const auto start = Clock::now();
  BOOST_TEST(user.ask("initialize") == "CKR_DEVICE_ERROR");
  BOOST_TEST(seconds_since(start) < 10);
  BOOST_TEST(place.log().find((place.store() / "changes").string()) != std::string::npos);
  ::close(page);
  user.must("initialize");
}

BOOST_AUTO_TEST_CASE(a_store_made_read_only_is_refused_to_who_opens_it_and_goes_on_for_who_has_it_open) {
  StoreFolder place;
  InUse in_use(place.store(), place.folder / "log");
  ::chmod(place.store().c_str(), 0500);
  for (const char* name : {"keystore.db", "keystore.db-wal", "changes"}) ::chmod((place.store() / name).c_str(), 0400);
  in_use.user.must("create second value");
  StoreUser other(place);
  BOOST_TEST(other.ask("initialize") == "CKR_TOKEN_WRITE_PROTECTED");
  BOOST_TEST(place.log().find("mode 0500") != std::string::npos);
  ::chmod(place.store().c_str(), 0700);
  for (const char* name : {"keystore.db", "keystore.db-wal", "changes"}) ::chmod((place.store() / name).c_str(), 0600);
  BOOST_TEST(found_by_another(place.store(), place.folder / "log") == in_use.user.must("list"));
}

BOOST_AUTO_TEST_SUITE_END()
