#include <boost/mpl/list.hpp>
#include <thread>

#include "test/hsm/store/fixtures.h"

// What every Store promises: the same sentences run on SQLite and on memory.

namespace hsm::store::test {
namespace {

struct Memory {
  std::unique_ptr<Store> store = make_memory_store();
};
struct Sqlite : TemporaryDirectory {
  Sqlite() { open(); }
  void open() {
    store.reset();
    auto opened = open_sqlite_store(path);
    BOOST_REQUIRE_MESSAGE(opened, reason(opened));
    store = std::move(*opened);
  }
  std::unique_ptr<Store> store;
};
using Both = boost::mpl::list<Memory, Sqlite>;

StoredObject record(std::uint64_t number, std::uint8_t filling = 1) {
  StoredObject object;
  object.id.bytes[7] = static_cast<std::uint8_t>(number);
  object.id.bytes[15] = 9;
  object.public_attributes = Bytes(5, filling);
  object.sealed = Bytes(40, filling);
  return object;
}

template <class Body>
std::uint64_t change(Store& store, Body body) {
  auto begun = store.begin();
  BOOST_REQUIRE(begun);
  body(**begun);
  const auto number = (*begun)->number();
  BOOST_REQUIRE((*begun)->commit());
  return number;
}

std::vector<std::uint64_t> numbers(const std::vector<StoredObject>& objects) {
  std::vector<std::uint64_t> found;
  for (const auto& object : objects) found.push_back(object.id.number());
  return found;
}
void check_numbers(const std::vector<StoredObject>& objects, std::vector<std::uint64_t> expected) {
  BOOST_TEST(numbers(objects) == expected, boost::test_tools::per_element());
}

/// A snapshot with the objects that it showed.
struct ReadStore : Snapshot {
  std::vector<StoredObject> objects;
};
Result<ReadStore> read(Store& store, SlotId slot, std::uint64_t since) {
  ReadStore all;
  static_cast<Snapshot&>(all) = TRY(store.read(slot, since, [&](const Snapshot&, const ObjectView& object) -> Status {
    all.objects.push_back(object.copy());
    return Done{};
  }));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_contract)

BOOST_AUTO_TEST_CASE_TEMPLATE(an_empty_store_has_nothing, Kind, Both) {
  Kind kind;
  BOOST_TEST(kind.store->tokens()->tokens.empty());
  BOOST_TEST(read(*kind.store, 0, 0)->objects.empty());
  BOOST_TEST(!kind.store->meta("header")->has_value());
  BOOST_TEST(kind.store->audit(1, 10)->empty());
  BOOST_TEST(kind.store->change() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_committed_is_read_back_as_it_was, Kind, Both) {
  Kind kind;
  const TokenRow token{3, TokenId{{1, 2, 3}}, {4, 5}};
  change(*kind.store, [&](Change& c) {
    BOOST_REQUIRE(c.put_token(token));
    BOOST_REQUIRE(c.put_object(3, record(1, 7)));
    BOOST_REQUIRE(c.put_meta("m", Bytes{8}));
    BOOST_REQUIRE(c.add_audit({1, {9}}));
  });
  const auto snapshot = read(*kind.store, 3, 0);
  BOOST_REQUIRE(snapshot);
  BOOST_TEST(snapshot->complete);
  BOOST_REQUIRE(snapshot->tokens.size() == 1u);
  BOOST_TEST((snapshot->tokens[0].id == token.id && snapshot->tokens[0].slot == 3 && snapshot->tokens[0].sealed == token.sealed));
  BOOST_REQUIRE(snapshot->objects.size() == 1u);
  BOOST_TEST((snapshot->objects[0].id == record(1).id && snapshot->objects[0].sealed == record(1, 7).sealed));
  BOOST_TEST((**kind.store->meta("m") == Bytes{8}));
  BOOST_TEST(((*kind.store->audit(1, 10))[0].record == Bytes{9}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(some_objects_are_shown_by_their_numbers_and_those_that_are_gone_are_not, Kind, Both) {
  Kind kind;
  change(*kind.store, [&](Change& c) {
    for (int number = 1; number < 6; ++number) BOOST_REQUIRE(c.put_object(0, record(static_cast<std::uint64_t>(number))));
    BOOST_REQUIRE(c.put_object(1, record(6)));
    BOOST_REQUIRE(c.remove_object(0, record(3).id));
  });
  std::vector<StoredObject> seen;
  const auto see = [&](const ObjectView& object) -> Status {
    seen.push_back(object.copy());
    return Done{};
  };
  const std::uint64_t wanted[] = {2, 3, 4, 6, 7};
  BOOST_REQUIRE(kind.store->read_some(0, wanted, see));
  check_numbers(seen, {2, 4});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(who_is_shown_the_objects_can_end_the_reading, Kind, Both) {
  Kind kind;
  change(*kind.store, [&](Change& c) {
    for (int number = 1; number < 6; ++number) BOOST_REQUIRE(c.put_object(0, record(static_cast<std::uint64_t>(number))));
  });
  int seen = 0;
  const auto refused = kind.store->read(0, 0, [&](const Snapshot& snapshot, const ObjectView&) -> Status {
    BOOST_TEST(snapshot.complete);
    if (++seen == 2) return fail(Rv::device_error, "enough");
    return Done{};
  });
  BOOST_REQUIRE(!refused);
  BOOST_TEST(seen == 2);
  BOOST_TEST(read(*kind.store, 0, 0)->objects.size() == 5u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_change_that_is_not_committed_leaves_nothing, Kind, Both) {
  Kind kind;
  {
    auto begun = kind.store->begin();
    BOOST_REQUIRE((*begun)->put_object(0, record(1)));
    BOOST_REQUIRE((*begun)->add_audit({1, {9}}));
  }
  BOOST_TEST(read(*kind.store, 0, 0)->objects.empty());
  BOOST_TEST(kind.store->audit(1, 10)->empty());
  BOOST_TEST(kind.store->change() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_change_sees_its_own_writes_and_others_do_not_yet, Kind, Both) {
  Kind kind;
  auto begun = kind.store->begin();
  BOOST_REQUIRE((*begun)->put_object(0, record(1)));
  BOOST_TEST((*begun)->object(0, record(1).id)->has_value());
  BOOST_TEST(read(*kind.store, 0, 0)->objects.empty());
  BOOST_REQUIRE((*begun)->commit());
  BOOST_TEST(read(*kind.store, 0, 0)->objects.size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_commit_raises_the_change_number, Kind, Both) {
  Kind kind;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto number = change(*kind.store, [&](Change& c) { BOOST_REQUIRE(c.put_object(0, record(i))); });
    BOOST_TEST(number == i);
    BOOST_TEST(kind.store->change() == i);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reader_gets_only_what_changed_since, Kind, Both) {
  Kind kind;
  const auto first = change(*kind.store, [&](Change& c) {
    for (std::uint64_t i = 1; i <= 3; ++i) BOOST_REQUIRE(c.put_object(0, record(i)));
    BOOST_REQUIRE(c.put_object(1, record(9)));
  });
  change(*kind.store, [&](Change& c) {
    BOOST_REQUIRE(c.put_object(0, record(2, 5)));
    BOOST_REQUIRE(c.put_object(0, record(4)));
    BOOST_REQUIRE(c.remove_object(0, record(1).id));
    BOOST_REQUIRE(c.remove_object(1, record(9).id));
  });
  const auto snapshot = read(*kind.store, 0, first);
  BOOST_TEST(!snapshot->complete);
  check_numbers(snapshot->objects, {2, 4});
  BOOST_REQUIRE(snapshot->removed.size() == 1u);
  BOOST_TEST(snapshot->removed[0].number() == 1u);
  check_numbers(read(*kind.store, 0, 0)->objects, {2, 3, 4});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(removing_a_token_removes_its_objects_and_no_others, Kind, Both) {
  Kind kind;
  const auto first = change(*kind.store, [&](Change& c) {
    BOOST_REQUIRE(c.put_token({0, {}, {1}}));
    BOOST_REQUIRE(c.put_token({1, {}, {1}}));
    BOOST_REQUIRE(c.put_object(0, record(1)));
    BOOST_REQUIRE(c.put_object(1, record(2)));
  });
  change(*kind.store, [&](Change& c) { BOOST_REQUIRE(c.remove_token(0)); });
  BOOST_TEST(kind.store->tokens()->tokens.size() == 1u);
  BOOST_TEST(read(*kind.store, 0, first)->removed.size() == 1u);
  check_numbers(read(*kind.store, 1, 0)->objects, {2});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_audit_number_is_given_once, Kind, Both) {
  Kind kind;
  change(*kind.store, [&](Change& c) { BOOST_REQUIRE(c.add_audit({1, {9}})); });
  auto begun = kind.store->begin();
  BOOST_TEST(!(*begun)->add_audit({1, {8}}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(writers_of_one_process_take_turns, Kind, Both) {
  Kind kind;
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        auto begun = kind.store->begin();
        const auto number = *(*begun)->next_object_number();
        if (!(*begun)->put_object(0, record(number)) || !(*begun)->commit()) return;
      }
    });
  for (auto& writer : writers) writer.join();
  BOOST_TEST(read(*kind.store, 0, 0)->objects.size() == 40u);
  BOOST_TEST(kind.store->change() == 40u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sqlite_store)

BOOST_FIXTURE_TEST_CASE(another_opener_of_the_store_shows_in_the_shared_page, Sqlite) {
  auto other = open_sqlite_store(path);
  BOOST_REQUIRE(other);
  change(**other, [&](Change& c) { BOOST_REQUIRE(c.put_object(0, record(1))); });
  BOOST_TEST(store->change() == 1u);
  BOOST_TEST(read(*store, 0, 0)->objects.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_removed_page_of_changes_is_made_again_and_followed, Sqlite) {
  BOOST_TEST(store->change() == 0u);
  std::filesystem::remove(path / "changes");
  auto other = open_sqlite_store(path);
  change(**other, [&](Change& c) { BOOST_REQUIRE(c.put_object(0, record(1))); });
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  BOOST_TEST(store->change() == 1u);
  change(**other, [&](Change& c) { BOOST_REQUIRE(c.put_object(0, record(2))); });
  BOOST_TEST(store->change() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_commit_whose_maker_died_before_it_told_is_seen_within_a_second, Sqlite) {
  constexpr std::chrono::milliseconds kUntilTheNextLook{1100};
  sqlite::Database maker((path / "keystore.db").string(), sqlite::Database::Mode::read_write);
  for (const std::uint64_t number : {1, 2, 3}) {
    maker.execute("UPDATE state SET change = " + std::to_string(number));
    std::this_thread::sleep_for(kUntilTheNextLook);
    BOOST_TEST(store->change() == number);
    std::this_thread::sleep_for(kUntilTheNextLook);
    BOOST_TEST(store->change() == number);  // the time at which it looks and finds that nothing was written
  }
}

BOOST_FIXTURE_TEST_CASE(a_reader_from_long_ago_reads_everything, Sqlite) {
  const auto first = change(*store, [&](Change& c) { BOOST_REQUIRE(c.put_object(0, record(1))); });
  store.reset();
  {
    sqlite::Database db((path / "keystore.db").string(), sqlite::Database::Mode::read_write);
    db.execute("UPDATE state SET change = 9000");
  }
  open();
  change(*store, [&](Change& c) { BOOST_REQUIRE(c.remove_object(0, record(1).id)); });
  const auto snapshot = read(*store, 0, first);
  BOOST_TEST(snapshot->complete);
  BOOST_TEST(snapshot->objects.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::store::test
