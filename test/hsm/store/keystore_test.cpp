#include <sys/wait.h>
#include <unistd.h>

#include "test/hsm/store/fixtures.h"

namespace hsm::store::test {

BOOST_AUTO_TEST_SUITE(keystore)

BOOST_FIXTURE_TEST_CASE(a_token_keeps_its_slot_label_and_serial_over_a_restart, OnDisk) {
  const auto before = keystore->token(0);
  open();
  const auto after = keystore->token(0);
  BOOST_REQUIRE((before && after));
  BOOST_TEST(after->label == "t");
  BOOST_TEST(after->serial == before->serial);
  BOOST_TEST(after->user_pin_set);
  BOOST_TEST(keystore->empty_slot().value() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_right_pin_opens_and_a_wrong_one_is_counted_durably, OnDisk) {
  const auto wrong = keystore->check_pin(0, UserType::user, pin("nope"));
  BOOST_REQUIRE(!wrong);
  BOOST_TEST((wrong.error().rv == Rv::pin_incorrect));
  open();
  BOOST_TEST(keystore->token(0)->user_tries == 1u);
  login();
  BOOST_TEST(keystore->token(0)->user_tries == 0u);
}

BOOST_FIXTURE_TEST_CASE(ten_wrong_pins_lock_and_the_security_officer_unlocks, OnDisk) {
  for (std::uint32_t i = 0; i < kPinTries; ++i) BOOST_TEST(!keystore->check_pin(0, UserType::user, pin("nope")));
  const auto locked = keystore->check_pin(0, UserType::user, pin("user-pin"));
  BOOST_REQUIRE(!locked);
  BOOST_TEST((locked.error().rv == Rv::pin_locked));
  BOOST_TEST((keystore->token(0)->flags() & 0x40000) != 0u);
  const auto so = keystore->check_pin(0, UserType::so, pin("so-pin"));
  BOOST_REQUIRE(so);
  BOOST_REQUIRE(keystore->set_user_pin(0, *so, pin("user-pin")));
  login();
}

BOOST_FIXTURE_TEST_CASE(private_objects_survive_a_new_user_pin, OnDisk) {
  const auto user = login();
  const auto made = create("mine", &user);
  BOOST_REQUIRE(keystore->change_pin(0, UserType::user, pin("user-pin"), pin("another")));
  const auto again = keystore->check_pin(0, UserType::user, pin("another"));
  BOOST_REQUIRE(again);
  const auto secrets = keystore->open_secrets(0, made, &*again);
  BOOST_REQUIRE(secrets);
  BOOST_TEST(equal_in_constant_time(*find_secret(*secrets, Attr::value), pin("secret value")));
}

BOOST_FIXTURE_TEST_CASE(the_security_officer_cannot_open_private_objects, OnDisk) {
  const auto user = login();
  const auto made = create("mine", &user);
  const auto so = keystore->check_pin(0, UserType::so, pin("so-pin"));
  BOOST_REQUIRE(so);
  BOOST_TEST((keystore->open_secrets(0, made, &*so).error().rv == Rv::user_not_logged_in));
  BOOST_TEST((keystore->open_secrets(0, made, nullptr).error().rv == Rv::user_not_logged_in));
}

BOOST_FIXTURE_TEST_CASE(an_object_comes_back_with_every_attribute, OnDisk) {
  const auto made = create("one");
  open();
  const auto all = read_all();
  BOOST_REQUIRE(all);
  BOOST_REQUIRE(all->objects.size() == 1u);
  const auto attributes = Keystore::public_attributes(all->objects[0]);
  BOOST_REQUIRE(attributes);
  BOOST_TEST((*find_bytes(*attributes, Attr::label) == bytes_of(std::string_view("one"))));
  BOOST_TEST(find(*attributes, Attr::value) == nullptr);
  const auto secrets = keystore->open_secrets(0, all->objects[0], nullptr);
  BOOST_REQUIRE(secrets);
  BOOST_TEST(equal_in_constant_time(*find_secret(*secrets, Attr::value), pin("secret value")));
}

BOOST_FIXTURE_TEST_CASE(an_edit_left_uncommitted_leaves_no_trace, OnDisk) {
  {
    auto edit = keystore->edit(0);
    BOOST_REQUIRE(edit);
    BOOST_REQUIRE(edit->create(object("lost", false), nullptr));
  }
  BOOST_TEST(read_all()->objects.empty());
}

BOOST_FIXTURE_TEST_CASE(a_reader_learns_what_changed_since_it_looked, OnDisk) {
  const auto first = create("first");
  Cursor cursor;
  BOOST_TEST(look(*keystore, cursor)->objects.size() == 1u);
  create("second");
  BOOST_TEST(cursor.change() != keystore->change());
  auto news = look(*keystore, cursor);
  BOOST_REQUIRE(news);
  BOOST_TEST(!news->everything);
  BOOST_TEST(news->objects.size() == 1u);
  auto edit = keystore->edit(0);
  BOOST_REQUIRE(edit->remove(first));
  BOOST_REQUIRE(edit->commit());
  news = look(*keystore, cursor);
  BOOST_REQUIRE(news);
  BOOST_TEST(news->removed.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(who_committed_need_not_read_it_back_unless_somebody_else_did_too, OnDisk) {
  const auto first = create("first");
  Cursor cursor;
  BOOST_REQUIRE(look(*keystore, cursor));
  auto edit = keystore->edit(0);
  BOOST_REQUIRE(edit->remove(first));
  const auto second = edit->create(object("second", false), nullptr);
  BOOST_REQUIRE(second);
  BOOST_REQUIRE(edit->commit());
  BOOST_REQUIRE(edit->stored().size() == 1u);
  BOOST_TEST((edit->stored()[0].id == second->id));
  BOOST_REQUIRE(edit->removed().size() == 1u);
  BOOST_TEST((edit->removed()[0] == first.id));
  BOOST_TEST(edit->advance(cursor));
  BOOST_TEST(cursor.change() == keystore->change());
  BOOST_TEST(!edit->advance(cursor));  // it is there already

  // What the cursor knows of the records is what the store has: the next reading compares them.
  create("third");
  auto late = keystore->edit(0);
  BOOST_REQUIRE(late->remove(*second));
  BOOST_REQUIRE(late->commit());
  BOOST_TEST(!late->advance(cursor));  // it has not seen the third
  const auto news = look(*keystore, cursor);
  BOOST_REQUIRE_MESSAGE(news, reason(news));
  BOOST_TEST(!news->everything);
  BOOST_TEST(news->objects.size() == 1u);
  BOOST_TEST(news->removed.size() == 1u);
  BOOST_TEST(keystore->token(0)->objects == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_update_of_an_object_that_somebody_changed_is_refused, OnDisk) {
  const auto made = create("x");
  {
    auto edit = keystore->edit(0);
    BOOST_REQUIRE(edit->update(made, object("y", false), nullptr));
    BOOST_REQUIRE(edit->commit());
  }
  auto edit = keystore->edit(0);
  BOOST_TEST((edit->update(made, object("z", false), nullptr).error().rv == Rv::function_failed));
}

BOOST_FIXTURE_TEST_CASE(another_master_key_is_refused_by_name, OnDisk) {
  keystore.reset();
  BOOST_REQUIRE(open_local(path / "other", cheap()));
  std::filesystem::copy_file(path / "other" / "master.seal", directory() / "master.seal",
                             std::filesystem::copy_options::overwrite_existing);
  const auto refused = open_local(directory(), cheap());
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("another master key") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_missing_master_key_file_is_named_and_not_made_again, OnDisk) {
  keystore.reset();
  std::filesystem::remove(directory() / "master.seal");
  const auto refused = open_local(directory(), cheap());
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("master.seal") != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(directory() / "master.seal"));
}

BOOST_FIXTURE_TEST_CASE(an_isolated_store_refuses_a_local_mounting, TemporaryDirectory) {
  auto store = open_sqlite_store(path);
  BOOST_REQUIRE(store);
  BOOST_REQUIRE(Keystore::open(std::move(*store), crypto::random_secret(32), Profile::production, cheap()));
  const auto refused = open_local(path, cheap());
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("isolated") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(re_initialising_needs_the_officers_pin_and_wipes, OnDisk) {
  create("gone");
  BOOST_TEST((keystore->init_token(0, "u", pin("wrong")).error().rv == Rv::pin_incorrect));
  BOOST_TEST(read_all()->objects.size() == 1u);
  BOOST_REQUIRE(keystore->init_token(0, "u", pin("so-pin")));
  BOOST_TEST(read_all()->objects.empty());
  BOOST_TEST(!keystore->token(0)->user_pin_set);
}

BOOST_FIXTURE_TEST_CASE(two_processes_that_write_at_once_lose_nothing, OnDisk) {
  keystore.reset();
  pid_t children[2];
  for (auto& child : children) {
    child = fork();
    if (child != 0) continue;
    Secret::after_fork_in_child();
    auto own = open_local(directory(), cheap());
    bool good = own.ok();
    for (int i = 0; good && i < 50; ++i) {
      auto edit = (*own)->edit(0);
      good = edit && edit->create(object("both", false), nullptr) && edit->commit();
    }
    _exit(good ? 0 : 1);
  }
  for (const auto child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
  open();
  BOOST_TEST(read_all()->objects.size() == 100u);
}

BOOST_FIXTURE_TEST_CASE(what_was_acknowledged_survives_kill_9_and_nothing_half_made_is_left, OnDisk) {
  keystore.reset();
  std::size_t acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    BOOST_REQUIRE(pipe(ends) == 0);
    const auto child = fork();
    if (child == 0) {
      Secret::after_fork_in_child();
      auto own = open_local(directory(), cheap());
      while (own) {
        auto edit = (*own)->edit(0);
        if (!edit || !edit->create(object("k", false), nullptr) || !edit->commit()) _exit(1);
        if (write(ends[1], "x", 1) != 1) _exit(1);
      }
      _exit(1);
    }
    close(ends[1]);
    char octet = 0;
    BOOST_REQUIRE(read(ends[0], &octet, 1) == 1);
    ++acknowledged;
    usleep(static_cast<useconds_t>(1000 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(ends[0], &octet, 1) == 1) ++acknowledged;
    close(ends[0]);
    open();
    const auto all = read_all();
    BOOST_REQUIRE_MESSAGE(all, reason(all));
    BOOST_TEST(all->objects.size() >= acknowledged);
    BOOST_TEST(all->objects.size() <= acknowledged + static_cast<std::size_t>(round) + 1);
    keystore.reset();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tampering)

BOOST_FIXTURE_TEST_CASE(an_edited_attribute_is_refused_and_the_object_named, OnDisk) {
  create("victim");
  sql("UPDATE objects SET attributes = replace(attributes, x'76696374696d', x'56494354494d')");
  const auto refused = read_all();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().rv == Rv::device_error));
  BOOST_TEST(refused.error().text().find("VICTIM") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_cut_record_is_refused, OnDisk) {
  create("victim");
  sql("UPDATE objects SET sealed = substr(sealed, 1, 20)");
  BOOST_TEST(!read_all());
}

BOOST_FIXTURE_TEST_CASE(swapped_records_are_refused, OnDisk) {
  create("one");
  create("two");
  sql("UPDATE objects SET sealed = (SELECT sealed FROM objects o WHERE o.number <> objects.number)");
  BOOST_TEST(!read_all());
}

BOOST_FIXTURE_TEST_CASE(a_removed_record_is_noticed_and_the_token_named, OnDisk) {
  create("one");
  create("two");
  sql("DELETE FROM objects WHERE number = 1");
  const auto refused = read_all();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("token \"t\"") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_record_put_back_is_noticed, OnDisk) {
  const auto made = create("one");
  sql("CREATE TABLE kept AS SELECT * FROM objects");
  {
    auto edit = keystore->edit(0);
    BOOST_REQUIRE(edit->remove(made));
    BOOST_REQUIRE(edit->commit());
  }
  sql("INSERT INTO objects SELECT * FROM kept");
  BOOST_TEST(!read_all());
}

BOOST_FIXTURE_TEST_CASE(an_edited_pin_counter_is_noticed, OnDisk) {
  sql("UPDATE tokens SET sealed = sealed || x'00'");
  open();
  const auto refused = keystore->token(0);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("slot 0") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_flipped_byte_in_the_audit_chain_is_found_by_its_number, OnDisk) {
  create("one");
  BOOST_REQUIRE(keystore->verify_audit());
  sql("UPDATE audit SET record = replace(record, x'74657374', x'54657374') WHERE sequence = 3");
  const auto refused = keystore->verify_audit();
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("record 3") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_cut_audit_chain_is_found, OnDisk) {
  create("one");
  sql("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)");
  BOOST_TEST(!keystore->verify_audit());
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_no_database_is_named, OnDisk) {
  keystore.reset();
  std::filesystem::remove(directory() / "keystore.db-wal");
  std::ofstream(directory() / "keystore.db") << std::string(8192, 'x');
  const auto refused = open_local(directory(), cheap());
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().text().find("keystore.db") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(audit)

BOOST_FIXTURE_TEST_CASE(acts_and_their_records_commit_together, OnDisk) {
  create("one");
  std::vector<std::string> lines;
  BOOST_REQUIRE(keystore->export_audit(1, [&](std::string_view line) -> Status {
    lines.emplace_back(line);
    return Done{};
  }));
  BOOST_REQUIRE(lines.size() >= 3u);
  BOOST_TEST(lines.front().find("keystore_created") != std::string::npos);
  BOOST_TEST(lines[lines.size() - 2].find("object_created") != std::string::npos);
  BOOST_TEST(lines.back().find("\"head\"") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(uses_are_counted_and_committed_as_a_group, OnDisk) {
  const auto made = create("one");
  const auto counter = keystore->use_counter(0, made.id, Act::used_sign);
  counter->fetch_add(1000);
  BOOST_REQUIRE(keystore->flush_uses());
  bool found = false;
  BOOST_REQUIRE(keystore->export_audit(1, [&](std::string_view line) -> Status {
    found = found || (line.find("used_sign") != std::string_view::npos && line.find("\"count\":1000") != std::string_view::npos);
    return Done{};
  }));
  BOOST_TEST(found);
  BOOST_TEST(counter->load() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::store::test
