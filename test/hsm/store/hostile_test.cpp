#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/hsm/store/fixtures.h"

// Disks that are full, directories that cannot be written, files that were cut or exchanged.

namespace hsm::store::test {
namespace {

/// Gives up what lets root pass over the modes of files; the user stays the same, so that a private
/// TMPDIR above the test's directory can still be walked through.
bool obey_modes() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

/// Runs in a child that the modes of files hold for, root or not; gives what the child wrote.
template <class Body>
std::string obeying_modes(Body body) {
  int pipe[2];
  BOOST_REQUIRE(::pipe(pipe) == 0);
  const auto child = ::fork();
  if (child == 0) {
    Secret::after_fork_in_child();
    if (!obey_modes()) ::_exit(2);
    const std::string text = body();
    [[maybe_unused]] const auto written = ::write(pipe[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string text(4096, '\0');
  const auto size = ::read(pipe[0], text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  ::close(pipe[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_places)

BOOST_FIXTURE_TEST_CASE(a_missing_directory_is_named, TemporaryDirectory) {
  const auto refused = open_sqlite_store(path / "nowhere");
  BOOST_REQUIRE(!refused);
  BOOST_TEST(contains(refused.error().text(), "nowhere"));
  BOOST_TEST(contains(refused.error().text(), "cannot be found"));
}

BOOST_FIXTURE_TEST_CASE(a_file_in_place_of_the_directory_is_named, TemporaryDirectory) {
  std::ofstream(path / "file") << "x";
  BOOST_TEST(contains(reason(open_sqlite_store(path / "file")), "not a directory"));
}

BOOST_FIXTURE_TEST_CASE(an_unwritable_directory_is_named_with_its_mode, TemporaryDirectory) {
  std::filesystem::create_directory(path / "d");
  ::chmod((path / "d").c_str(), 0555);
  const auto text = obeying_modes([&] { return reason(open_sqlite_store(path / "d")); });
  BOOST_TEST(contains(text, "cannot be written"));
  BOOST_TEST(contains(text, "mode 0555"));
}

BOOST_FIXTURE_TEST_CASE(a_database_that_others_own_is_named, TemporaryDirectory) {
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("only root can give a file away: not tested");
    return;
  }
  std::filesystem::create_directory(path / "d");
  BOOST_REQUIRE(open_sqlite_store(path / "d"));
  ::chmod((path / "d").c_str(), 0777);
  BOOST_REQUIRE(::chown((path / "d" / "keystore.db").c_str(), 65534, 65534) == 0);
  std::filesystem::remove(path / "d" / "changes");
  const auto text = obeying_modes([&] { return reason(open_sqlite_store(path / "d")); });
  BOOST_TEST(contains(text, "keystore.db"));
  BOOST_TEST(contains(text, "mode 0600"));
}

BOOST_FIXTURE_TEST_CASE(a_master_key_file_that_others_may_read_is_refused, OnDisk) {
  keystore.reset();
  ::chmod((directory() / "master.seal").c_str(), 0644);
  const auto text = reason(open_local(directory(), cheap()));
  BOOST_TEST(contains(text, "master.seal"));
  BOOST_TEST(contains(text, "mode 0644"));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_master_key_file_is_refused_by_name, OnDisk) {
  keystore.reset();
  {
    std::fstream file(directory() / "master.seal", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file.put('x').put('y');
  }
  BOOST_TEST(contains(reason(open_local(directory(), cheap())), "damaged"));
  std::filesystem::resize_file(directory() / "master.seal", 50);
  BOOST_TEST(contains(reason(open_local(directory(), cheap())), "damaged"));
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_refuses_the_act_and_keeps_what_was_there, TemporaryDirectory) {
  std::filesystem::create_directory(path / "disk");
  if (::mount("tmpfs", (path / "disk").c_str(), "tmpfs", 0, "size=640k,mode=0700") != 0) {
    BOOST_TEST_MESSAGE("no tmpfs here: not tested");
    return;
  }
  struct Unmounted {
    std::filesystem::path at;
    ~Unmounted() { ::umount2(at.c_str(), MNT_DETACH); }
  } unmounted{path / "disk"};
  auto keystore = open_local(path / "disk", cheap());
  BOOST_REQUIRE_MESSAGE(keystore, reason(keystore));
  BOOST_REQUIRE((*keystore)->init_token(0, "t", pin("so-pin")));
  std::size_t made = 0;
  std::string refusal;
  while (made < 5000 && refusal.empty()) {
    const auto once = [&]() -> Status {
      auto edit = TRY((*keystore)->edit(0));
      const auto object_made = TRY(edit.create(object("big", false, std::string(2000, 'v')), nullptr));
      TRY(edit.record({.act = Act::object_created, .actor = {}, .object = object_made.id}));
      return edit.commit();
    };
    const auto done = once();
    if (done) ++made;
    if (!done) refusal = done.error().text();
  }
  BOOST_TEST(contains(refusal, "disk"));
  BOOST_TEST(contains(refusal, "keystore.db"));
  BOOST_TEST(made > 0u);
  Cursor cursor;
  const auto all = look(**keystore, cursor);
  BOOST_REQUIRE_MESSAGE(all, reason(all));
  BOOST_TEST(all->objects.size() == made);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(exchanged_rows)

BOOST_FIXTURE_TEST_CASE(a_token_that_was_removed_is_named, OnDisk) {
  sql("DELETE FROM objects");
  sql("DELETE FROM tokens");
  open();
  const auto refused = keystore->tokens();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(contains(refused.error().text(), "slot 0"));
  BOOST_TEST(!keystore->init_token(0, "new", pin("so-pin")));
}

BOOST_FIXTURE_TEST_CASE(a_token_that_was_put_back_with_its_objects_is_named, OnDisk) {
  sql("CREATE TABLE old_tokens AS SELECT * FROM tokens");
  sql("CREATE TABLE old_objects AS SELECT * FROM objects");
  create("later");
  BOOST_TEST(!keystore->check_pin(0, UserType::user, pin("wrong")));
  sql("UPDATE tokens SET sealed = (SELECT sealed FROM old_tokens)");
  sql("DELETE FROM objects");
  const auto refused = read_all();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(contains(refused.error().text(), "slot 0"));
  const auto again = keystore->check_pin(0, UserType::user, pin("user-pin"));
  BOOST_TEST((!again && again.error().rv == Rv::device_error));
}

BOOST_FIXTURE_TEST_CASE(a_row_of_another_store_is_refused, OnDisk) {
  auto other = open_local(path / "other", cheap());
  BOOST_REQUIRE((*other)->init_token(0, "t", pin("so-pin")));
  other->reset();
  sql("ATTACH '" + (path / "other" / "keystore.db").string() + "' AS o; UPDATE tokens SET sealed = (SELECT sealed FROM o.tokens)");
  open();
  BOOST_TEST(contains(reason(keystore->tokens()), "slot 0"));
}

BOOST_FIXTURE_TEST_CASE(an_edited_header_is_refused, OnDisk) {
  keystore.reset();
  sql("UPDATE meta SET value = substr(value, 1, 20) || x'02' || substr(value, 22) WHERE name = 'header'");
  BOOST_TEST(!open_local(directory(), cheap()));
  sql("UPDATE meta SET value = substr(value, 1, 12) WHERE name = 'header'");
  BOOST_TEST(contains(reason(open_local(directory(), cheap())), "damaged"));
  sql("DELETE FROM meta WHERE name = 'header'");
  BOOST_TEST(contains(reason(open_local(directory(), cheap())), "header is missing"));
}

BOOST_FIXTURE_TEST_CASE(a_removed_head_is_noticed, OnDisk) {
  sql("DELETE FROM meta WHERE name = 'head'");
  open();
  BOOST_TEST(contains(reason(keystore->tokens()), "head"));
  BOOST_TEST(!keystore->edit(0));
}

BOOST_FIXTURE_TEST_CASE(a_cut_database_is_named, OnDisk) {
  for (int i = 0; i < 40; ++i) create("object");
  keystore.reset();
  std::filesystem::resize_file(directory() / "keystore.db", std::filesystem::file_size(directory() / "keystore.db") / 2);
  auto opened = open_local(directory(), cheap());
  if (opened) {
    Cursor cursor;
    const auto all = look(**opened, cursor);
    BOOST_REQUIRE(!all);
    BOOST_TEST(!all.error().subject.empty());
    return;
  }
  BOOST_TEST(contains(opened.error().text(), "keystore.db"));
}

BOOST_FIXTURE_TEST_CASE(two_processes_that_make_the_store_at_once_agree_on_one_master_key, TemporaryDirectory) {
  for (int round = 0; round < 5; ++round) {
    const auto where = path / std::to_string(round);
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      Secret::after_fork_in_child();
      const auto made = open_local(where, cheap());
      ::_exit(made && (*made)->tokens() ? 0 : 1);
    }
    for (const auto child : children) {
      int status = 1;
      ::waitpid(child, &status, 0);
      BOOST_TEST(status == 0);
    }
    BOOST_TEST(bool(open_local(where, cheap())));
  }
}

BOOST_FIXTURE_TEST_CASE(ten_thousand_objects_are_read_and_verified_quickly, OnDisk) {
  {
    auto edit = keystore->edit(0);
    BOOST_REQUIRE(edit);
    for (int i = 0; i < 10000; ++i) BOOST_REQUIRE(edit->create(object("label " + std::to_string(i), false), nullptr));
    BOOST_REQUIRE(edit->commit());
  }
  open();
  const auto start = std::chrono::steady_clock::now();
  const auto all = read_all();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
  BOOST_REQUIRE_MESSAGE(all, reason(all));
  BOOST_TEST(all->objects.size() == 10000u);
  BOOST_TEST_MESSAGE("read and verified in " << took << " ms");
  BOOST_TEST(took < 1000);  // a loaded machine; the figure itself is the bench's
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::store::test
