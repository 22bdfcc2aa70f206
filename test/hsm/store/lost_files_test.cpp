#include <chrono>
#include <thread>

#include "hsm/store/changes_page.h"
#include "test/hsm/store/fixtures.h"

// Files that vanish or are exchanged while a process works with them, and old copies in their place.

namespace hsm::store::test {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A keystore with one object, open.
struct InUse : OnDisk {
  InUse() { create("before"); }

  Status try_create() const {
    auto edit = TRY(keystore->edit(0));
    const auto made = TRY(edit.create(object("after", false), nullptr));
    TRY(edit.record({.act = Act::object_created, .actor = {}, .object = made.id}));
    return edit.commit();
  }
  std::size_t count() const {
    const auto all = read_all();
    BOOST_REQUIRE_MESSAGE(all, reason(all));
    return all->objects.size();
  }
  fs::path database() const { return directory() / "keystore.db"; }

  void must_refuse_and_name(const fs::path& file) const {
    const auto refused = try_create();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().rv == Rv::device_error));
    BOOST_TEST(contains(refused.error().text(), file.string()), refused.error().text());
    BOOST_TEST(contains(refused.error().text(), "in use"), refused.error().text());
    const auto unread = read_all();
    BOOST_REQUIRE(!unread);
    BOOST_TEST(contains(unread.error().text(), file.string()), unread.error().text());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lost_files)

BOOST_FIXTURE_TEST_CASE(nothing_is_acknowledged_once_the_directory_was_removed, InUse) {
  fs::remove_all(directory());
  must_refuse_and_name(database());
}

BOOST_FIXTURE_TEST_CASE(nothing_is_acknowledged_while_the_directory_has_another_name, InUse) {
  fs::rename(directory(), path / "moved");
  must_refuse_and_name(database());
  fs::rename(path / "moved", directory());
  BOOST_REQUIRE(try_create());
  open();
  BOOST_TEST(count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_acknowledged_once_the_database_was_removed_renamed_or_replaced, InUse) {
  fs::rename(database(), path / "aside");
  must_refuse_and_name(database());
  fs::copy_file(path / "aside", database());
  must_refuse_and_name(database());
  fs::rename(path / "aside", database());
  BOOST_REQUIRE(try_create());
  fs::remove(database());
  must_refuse_and_name(database());
}

BOOST_FIXTURE_TEST_CASE(nothing_is_acknowledged_once_the_write_ahead_log_or_its_index_was_removed, InUse) {
  for (const char* name : {"keystore.db-wal", "keystore.db-shm"}) {
    fs::rename(directory() / name, path / "aside");
    must_refuse_and_name(directory() / name);
    fs::rename(path / "aside", directory() / name);
    BOOST_REQUIRE(try_create());
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_that_vanishes_while_a_change_runs_lets_it_not_be_acknowledged, InUse) {
  const auto shown = keystore->change();
  auto edit = keystore->edit(0);
  BOOST_REQUIRE(edit);
  BOOST_REQUIRE(edit->create(object("after", false), nullptr));
  fs::remove_all(directory());
  const auto refused = edit->commit();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(contains(refused.error().text(), database().string()));
  BOOST_TEST(keystore->change() == shown);
}

BOOST_FIXTURE_TEST_CASE(whoever_only_reads_notices_within_a_second_that_the_store_is_gone, InUse) {
  BOOST_REQUIRE(keystore->token(0));
  fs::remove_all(directory());
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const auto refused = keystore->token(0);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(contains(refused.error().text(), database().string()));
}

BOOST_FIXTURE_TEST_CASE(another_store_made_in_the_place_of_a_removed_one_is_left_alone, InUse) {
  for (int i = 0; i < 5; ++i) BOOST_REQUIRE(try_create());
  fs::remove_all(directory());
  {
    const auto other = open_local(directory(), cheap());
    BOOST_REQUIRE_MESSAGE(other, reason(other));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  static_cast<void>(keystore->change());
  must_refuse_and_name(database());
  keystore.reset();
  const auto other = open_local(directory(), cheap());
  BOOST_REQUIRE_MESSAGE(other, reason(other));
  BOOST_TEST((*other)->tokens()->empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(old_copies)

namespace {

/// A keystore whose database somebody copied before something else happened.
struct WithOldCopy : InUse {
  WithOldCopy() {
    close();
    fs::copy_file(database(), path / "old");
    open();
  }
  /// The last connection moves the write-ahead log into the database.
  void close() { keystore.reset(); }
  void put_back() {
    close();
    fs::copy_file(path / "old", database(), fs::copy_options::overwrite_existing);
  }
  std::string refusal() {
    close();
    const auto opened = open_local(directory(), cheap());
    if (opened) return "opened";
    BOOST_TEST((opened.error().rv == Rv::device_error));
    return opened.error().text();
  }
  void must_be_named_as_old() {
    const auto text = refusal();
    BOOST_TEST(contains(text, database().string()), text);
    BOOST_TEST(contains(text, "older than what was committed"), text);
    BOOST_TEST(contains(text, "changes"), text);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_database_put_back_does_not_bring_back_pin_tries, WithOldCopy) {
  for (int i = 0; i < 3; ++i) BOOST_TEST(!keystore->check_pin(0, UserType::user, pin("wrong")));
  put_back();
  must_be_named_as_old();
  must_be_named_as_old();  // and opening it did not help it over
}

BOOST_FIXTURE_TEST_CASE(a_database_put_back_does_not_bring_back_a_deleted_object, WithOldCopy) {
  auto edit = keystore->edit(0);
  BOOST_REQUIRE(edit->remove(read_all()->objects.at(0)));
  BOOST_REQUIRE(edit->commit());
  put_back();
  must_be_named_as_old();
}

BOOST_FIXTURE_TEST_CASE(a_database_that_falls_behind_is_refused_to_a_process_that_has_it_open, InUse) {
  const auto page = ChangesPage::open(directory() / "changes");
  BOOST_REQUIRE(page);
  (*page)->publish(1000);
  BOOST_TEST(contains(try_create().error().text(), "older than what was committed"));
  BOOST_TEST(contains(reason(read_all()), "older than what was committed"));
}

BOOST_FIXTURE_TEST_CASE(a_cut_write_ahead_log_is_named, InUse) {
  // Copied while it is open, as a log that no process has moved into the database.
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(try_create());
  fs::copy(directory(), path / "copy");
  fs::remove(path / "copy" / "keystore.db-shm");
  BOOST_REQUIRE_MESSAGE(open_local(path / "copy", cheap()), "the whole copy is good");
  fs::remove_all(path / "copy");
  fs::copy(directory(), path / "copy");
  fs::remove(path / "copy" / "keystore.db-shm");
  const auto log = path / "copy" / "keystore.db-wal";
  fs::resize_file(log, fs::file_size(log) - 1);
  auto text = reason(open_local(path / "copy", cheap()));
  BOOST_TEST(contains(text, (path / "copy" / "keystore.db").string()), text);
  BOOST_TEST(contains(text, "older than what was committed"), text);
  fs::remove(log);
  text = reason(open_local(path / "copy", cheap()));
  BOOST_TEST(contains(text, (path / "copy" / "keystore.db").string()), text);
}

BOOST_FIXTURE_TEST_CASE(a_missing_database_is_named_and_none_is_made_in_its_place, InUse) {
  keystore.reset();
  for (const char* name : {"keystore.db", "keystore.db-wal", "keystore.db-shm"}) fs::remove(directory() / name);
  const auto text = reason(open_local(directory(), cheap()));
  BOOST_TEST(contains(text, database().string()), text);
  BOOST_TEST(contains(text, "missing"), text);
  BOOST_TEST(!fs::exists(database()));
  std::ofstream(database()).flush();
  BOOST_TEST(contains(reason(open_local(directory(), cheap())), "older than what was committed"));
}

BOOST_FIXTURE_TEST_CASE(a_backup_is_restored_by_removing_the_page_of_changes, WithOldCopy) {
  BOOST_REQUIRE(try_create());
  put_back();
  must_be_named_as_old();
  fs::remove(directory() / "changes");
  open();
  BOOST_TEST(count() == 1u);
  BOOST_REQUIRE(try_create());
  open();
  BOOST_TEST(count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_page_of_changes_that_lags_behind_or_lost_its_content_is_no_alarm, InUse) {
  keystore.reset();
  const auto page = directory() / "changes";
  const auto put_number = [&](std::uint64_t number) {
    std::fstream file(page, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(64);
    for (int i = 0; i < 8; ++i) file.put(static_cast<char>(number >> (8 * i) & 0xFF));
  };
  put_number(1);
  open();
  BOOST_TEST(count() == 1u);
  keystore.reset();
  fs::resize_file(page, 0);
  open();
  BOOST_REQUIRE(try_create());
  keystore.reset();
  std::ofstream(page, std::ios::binary) << std::string(4096, '\0');
  open();
  BOOST_TEST(count() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::store::test
