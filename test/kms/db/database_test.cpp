// The contract of kms/db/database.h: every implementation must keep these sentences.

#include <unistd.h>

#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "kms/db/sqlite_database.h"

namespace {

using kms::Time;

Time at(std::int64_t ms) { return Time(std::chrono::milliseconds(ms)); }

struct DatabaseFixture {
  DatabaseFixture() : path("/tmp/keymantle-db-" + std::to_string(getpid()) + ".sqlite") {
    remove();
    database = kms::db::open_sqlite(path);
    commit([](auto& change) { change.put_instance({"i", "instance", "acc", at(1)}); });
  }
  ~DatabaseFixture() {
    database.reset();
    remove();
  }
  void remove() {
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  }
  template <class Body>
  void commit(Body body) {
    const auto change = database->begin();
    body(*change);
    change->commit();
  }
  kms::Key key(std::string id) {
    kms::Key k;
    k.instance = "i";
    k.id = std::move(id);
    k.name = "name";
    k.version = kms::KeyVersion{"v1-" + k.id, at(1)};
    k.created = at(1);
    k.tags = {"a", "b"};
    return k;
  }
  kms::Registration registration(std::string resource) {
    kms::Registration r;
    r.instance = "i";
    r.key = "k";
    r.resource = std::move(resource);
    r.version = {"v1-k", at(1)};
    r.wdek = "wdek";
    r.aad = {"x", ""};
    return r;
  }
  void add_key_with_registrations(int count) {
    commit([&](auto& change) {
      change.insert_key(key("k"));
      for (int i = 0; i < count; ++i) change.put_registration(registration("crn:" + std::to_string(i)));
    });
  }

  std::string path;
  std::unique_ptr<kms::db::Database> database;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database, DatabaseFixture)

BOOST_AUTO_TEST_CASE(what_is_not_committed_never_happened) {
  { database->begin()->insert_key(key("k")); }
  BOOST_TEST(!database->key("i", "k"));
}

BOOST_AUTO_TEST_CASE(a_key_reads_back_as_it_was_written_also_after_reopening) {
  auto written = key("k");
  written.aliases = {"one", "two"};
  written.expires = at(99);
  commit([&](auto& change) { change.insert_key(written); });
  database.reset();
  database = kms::db::open_sqlite(path);
  const auto read = database->key("i", "k");
  BOOST_REQUIRE(read);
  BOOST_TEST(read->aliases == written.aliases);
  BOOST_TEST(read->tags == written.tags);
  BOOST_TEST((read->expires == written.expires));
  BOOST_TEST(read->version->id == "v1-k");
  BOOST_TEST(database->key_of_alias("i", "two").value() == "k");
  BOOST_TEST(!database->key("other", "k"));
  BOOST_TEST(database->versions("k").size() == 1U);
}

BOOST_AUTO_TEST_CASE(versions_are_listed_newest_first_even_within_a_millisecond) {
  commit([&](auto& change) {
    change.insert_key(key("k"));
    change.insert_version("k", {"v2", at(1)});
    change.insert_version("k", {"v3", at(1)});
  });
  const auto versions = database->versions("k");
  BOOST_TEST(versions.at(0).id == "v3");
  BOOST_TEST(versions.at(2).id == "v1-k");
}

BOOST_AUTO_TEST_CASE(an_alias_is_taken_once_in_an_instance) {
  auto first = key("k");
  first.aliases = {"one"};
  commit([&](auto& change) { change.insert_key(first); });
  const auto change = database->begin();
  BOOST_TEST(change->alias_taken("i", "one"));
  BOOST_TEST(!change->alias_taken("j", "one"));
  auto second = key("l");
  second.aliases = {"one"};
  BOOST_CHECK_THROW(change->insert_key(second), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_wdek_is_renewed_only_if_it_is_still_the_one_that_was_seen) {
  add_key_with_registrations(1);
  auto seen = database->registrations("i", {}).items.at(0);
  BOOST_TEST(seen.aad == (kms::Aad{"x", ""}));
  commit([&](auto& change) { BOOST_TEST(change.renew_wdek(seen, "new", {"v2", at(2)}, at(2))); });
  commit([&](auto& change) { BOOST_TEST(!change.renew_wdek(seen, "newer", {"v3", at(3)}, at(3))); });
  const auto now = database->registrations("i", {}).items.at(0);
  BOOST_TEST(*now.wdek == "new");
  BOOST_TEST(now.revision == seen.revision + 1);
  seen.version.id = "v2";
  commit([&](auto& change) { BOOST_TEST(!change.renew_wdek(seen, "newer", {"v3", at(3)}, at(3))); });
}

BOOST_AUTO_TEST_CASE(a_failed_wdek_is_left_out_of_this_target_but_not_of_the_next) {
  add_key_with_registrations(2);
  const auto seen = database->stale_batch("k", "v2", "", 10).at(0);
  commit([&](auto& change) { BOOST_TEST(change.mark_rewrap_failure(seen, "v2", "why")); });
  BOOST_TEST(database->stale_batch("k", "v2", "", 10).size() == 1U);
  BOOST_TEST(database->stale_batch("k", "v3", "", 10).size() == 2U);
  BOOST_TEST(database->begin()->stale_wdeks("k", "v2") == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_has_one_holder_and_an_old_fence_saves_nothing) {
  add_key_with_registrations(1);
  kms::RewrapJob job;
  job.id = "j";
  job.instance = "i";
  job.key = "k";
  job.target = "v2";
  commit([&](auto& change) { change.insert_job(job); });
  std::optional<kms::RewrapJob> first;
  commit([&](auto& change) { first = change.lease_job("one", at(0), at(10)); });
  BOOST_REQUIRE(first);
  commit([&](auto& change) { BOOST_TEST(!change.lease_job("two", at(9), at(20))); });
  std::optional<kms::RewrapJob> second;
  commit([&](auto& change) { second = change.lease_job("two", at(10), at(20)); });
  BOOST_REQUIRE(second);
  first->done = 7;
  commit([&](auto& change) { BOOST_TEST(!change.save_job(*first)); });
  commit([&](auto& change) { change.end_jobs("k", kms::JobState::superseded, at(11)); });
  commit([&](auto& change) { BOOST_TEST(!change.save_job(*second)); });
  BOOST_TEST(database->jobs("k").at(0).done == 0U);
}

BOOST_AUTO_TEST_CASE(one_change_at_a_time_and_readers_see_the_state_before) {
  auto change = database->begin();
  change->insert_key(key("k"));
  BOOST_TEST(!database->key("i", "k"));
  std::atomic<bool> second{false};
  std::thread other([&] {
    const auto mine = database->begin();
    second = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  BOOST_TEST(!second.load());
  change->commit();
  change.reset();
  other.join();
  BOOST_TEST(database->key("i", "k").has_value());
}

BOOST_AUTO_TEST_CASE(the_audit_chain_begins_with_nothing_and_keeps_its_order) {
  {
    const auto change = database->begin();
    BOOST_TEST(change->audit_head().sequence == 0U);
    BOOST_TEST(change->audit_head().hash == hsm::Bytes(32));
    change->append_audit({1, hsm::Bytes(32), hsm::Bytes(32, 1), "[]"});
    BOOST_TEST(change->audit_head().hash == hsm::Bytes(32, 1));
    BOOST_CHECK_THROW(change->append_audit({1, {}, {}, "[]"}), std::runtime_error);
  }
  commit([](auto& change) { change.append_audit({1, hsm::Bytes(32), hsm::Bytes(32, 1), "[1]"}); });
  BOOST_TEST(database->audit_lines(0, 10).at(0).events == "[1]");
  BOOST_TEST(database->audit_lines(1, 10).empty());
}

BOOST_AUTO_TEST_SUITE_END()
