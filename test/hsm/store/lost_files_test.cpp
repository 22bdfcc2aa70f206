#include <chrono>
#include <thread>

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

}  // namespace hsm::store::test
