#include <filesystem>

#include <fmt/format.h>

#include "hsm/base/sqlite.h"
#include "hsm/engine/unread_objects.h"
#include "test/hsm/engine/fixtures.h"

// Objects of a token are verified at start and read from the store when somebody asks for them.

using namespace hsm;
using namespace hsm::engine::test;

namespace {

struct Directory {
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "keymantle-engine-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::unique_ptr<store::Keystore> open_in(const std::filesystem::path& path) {
  auto keystore = store::open_local(path, cheap());
  BOOST_REQUIRE(keystore);
  return std::move(*keystore);
}

/// A token on a disk, whose process can end and begin again.
struct OnDisk : Directory, UserFixture {
  OnDisk() : UserFixture(open_in(path)) {}

  void restart(bool with_login = true) {
    one.reset();
    other.reset();
    engine.reset();
    engine = hsm::engine::Engine::over(open_in(path), "test");
    one = engine->attach("one");
    session = open();
    if (with_login) BOOST_REQUIRE(login(session));
  }
  /// What a thief with an editor does.
  void sql(const std::string& statement) const {
    sqlite::Database db((path / "keystore.db").string(), sqlite::Database::Mode::read_write);
    db.execute(statement);
  }
  ObjectHandle data(std::string_view label, bool is_private = false, std::string_view value = "value") {
    return create(attributes(attribute(Attr::object_class, ObjectClass::data), attribute(Attr::token, true),
                             attribute(Attr::private_, is_private), text(Attr::label, label), secret(Attr::value, value)));
  }
  std::vector<ObjectHandle> labelled(std::string_view label) { return find(attributes(text(Attr::label, label))); }
  /// Why a search for a label is refused.
  std::string refusal(std::string_view label) {
    request::FindInit init;
    init.session = session;
    init.attributes = attributes(text(Attr::label, label));
    const auto refused = one->call(init);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(code(refused) == Rv::device_error);
    return refused.error().text();
  }
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(unread_objects)

BOOST_FIXTURE_TEST_CASE(after_a_restart_objects_are_found_by_label_id_class_and_a_walk_over_all, OnDisk) {
  for (int i = 0; i < 40; ++i) data(fmt::format("object {}", i));
  generate(aes_with(attribute(Attr::id, Bytes{1, 2}), attribute(Attr::token, true)));
  restart();
  BOOST_TEST(labelled("object 7").size() == 1u);
  BOOST_TEST(labelled("object 77").empty());
  BOOST_TEST(find(attributes(attribute(Attr::id, Bytes{1, 2}))).size() == 1u);
  BOOST_TEST(find(attributes(attribute(Attr::object_class, ObjectClass::secret_key))).size() == 1u);
  BOOST_TEST(find(attributes(attribute(Attr::object_class, ObjectClass::data), text(Attr::label, "aes"))).empty());
  BOOST_TEST(find(attributes(secret(Attr::value, "value"))).size() == 40u);
  BOOST_TEST(find({}).size() == 41u);
}

BOOST_FIXTURE_TEST_CASE(many_objects_with_one_label_are_all_found_in_the_order_of_their_making, OnDisk) {
  std::vector<ObjectHandle> made;
  for (int i = 0; i < 300; ++i) made.push_back(data("the same"));
  restart();
  BOOST_TEST(labelled("the same") == made, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_handle_from_before_finds_an_object_that_no_search_has_found, OnDisk) {
  const auto handle = data("object");
  restart();
  BOOST_TEST(std::get<bool>(get(handle, Attr::token).attribute.value));
}

BOOST_FIXTURE_TEST_CASE(private_objects_are_found_by_nobody_before_the_login_and_by_their_user_after_it, OnDisk) {
  data("mine", true);
  data("everybody's");
  restart(false);
  BOOST_TEST(labelled("mine").empty());
  BOOST_TEST(find({}).size() == 1u);
  BOOST_REQUIRE(login(session));
  BOOST_TEST(labelled("mine").size() == 1u);
  BOOST_TEST(find({}).size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(an_object_edited_after_the_start_is_refused_by_name_when_it_is_read, OnDisk) {
  data("victim");
  data("another");
  restart();
  sql("UPDATE objects SET attributes = attributes || x'00' WHERE number = 1");
  const auto reason = refusal("victim");
  BOOST_TEST(contains(reason, "edited or exchanged"));
  BOOST_TEST(contains(reason, "object 0000000000000001"));
  BOOST_TEST(labelled("another").size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_object_removed_or_put_back_after_the_start_is_refused_by_name_when_it_is_read, OnDisk) {
  const auto old = data("victim");
  sql("CREATE TABLE kept AS SELECT * FROM objects WHERE number = 1");
  BOOST_REQUIRE(set(old, attributes(text(Attr::label, "renamed"))));
  restart();
  sql("UPDATE objects SET (version, attributes, sealed) = (SELECT version, attributes, sealed FROM kept) WHERE number = 1");
  BOOST_TEST(contains(refusal("renamed"), "object 0000000000000001"));
  sql("DELETE FROM objects WHERE number = 1");
  BOOST_TEST(contains(refusal("renamed"), "object 0000000000000001"));
}

BOOST_FIXTURE_TEST_CASE(an_object_that_another_process_changed_before_anybody_read_it_is_the_new_one, OnDisk) {
  data("first");
  data("second");
  data("third");
  restart();
  {
    auto elsewhere = hsm::engine::Engine::over(open_in(path), "elsewhere");
    auto device = elsewhere->attach("elsewhere");
    const auto there = device->call(request::OpenSession{slot, true}).value().session;
    const auto found = find(attributes(text(Attr::label, "second")), there, device.get());
    BOOST_REQUIRE(found.size() == 1u);
    request::SetAttributes change;
    change.session = there;
    change.object = found[0];
    change.attributes = attributes(text(Attr::label, "changed"));
    BOOST_REQUIRE(device->call(change));
    const auto gone = find(attributes(text(Attr::label, "third")), there, device.get());
    BOOST_REQUIRE(device->call(request::DestroyObject{there, gone.at(0)}));
  }
  BOOST_TEST(labelled("second").empty());
  BOOST_TEST(labelled("changed").size() == 1u);
  BOOST_TEST(labelled("third").empty());
  BOOST_TEST(find({}).size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_private_object_edited_before_the_login_refuses_the_login_by_name, OnDisk) {
  data("mine", true);
  restart(false);
  BOOST_TEST(find({}).empty());
  sql("UPDATE objects SET attributes = CAST(REPLACE(CAST(attributes AS BLOB), 'mine', 'thee') AS BLOB) WHERE number = 1");
  const auto refused = login(session);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(code(refused) == Rv::device_error);
  BOOST_TEST(contains(refused.error().text(), "object 0000000000000001"));
}

BOOST_FIXTURE_TEST_CASE(a_login_keeps_the_objects_that_were_read_before_it, OnDisk) {
  const auto handle = data("everybody's");
  data("mine", true);
  restart(false);
  BOOST_TEST(find({}).size() == 1u);
  BOOST_REQUIRE(login(session));
  BOOST_TEST((labelled("everybody's") == std::vector{handle}));
  BOOST_REQUIRE(destroy(handle));
  BOOST_TEST(find({}).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(objects_of_a_token_that_was_initialised_again_elsewhere_are_gone, OnDisk) {
  data("object");
  restart();
  {
    auto elsewhere = hsm::engine::Engine::over(open_in(path), "elsewhere");
    auto device = elsewhere->attach("elsewhere");
    request::InitToken again;
    again.slot = slot;
    again.pin = pin("so-pin");
    again.label = "token";
    BOOST_REQUIRE(device->call(again));
  }
  BOOST_TEST(labelled("object").empty());
}

BOOST_AUTO_TEST_CASE(what_a_search_may_find_is_never_left_out_whatever_collides) {
  hsm::engine::UnreadObjects unread;
  std::vector<store::StoredObject> objects;
  for (std::uint64_t number = 1; number <= 5000; ++number) {
    store::StoredObject object;
    for (std::size_t i = 0; i < 8; ++i) object.id.bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    object.private_object = number % 7 == 0;
    object.public_attributes = AttributeBlob::encode(attributes(
        attribute(Attr::object_class, number % 2 == 0 ? ObjectClass::data : ObjectClass::secret_key),
        text(Attr::label, fmt::format("label {}", number % 100)), attribute(Attr::id, Bytes{static_cast<std::uint8_t>(number), 1})));
    unread.add(object);
    objects.push_back(std::move(object));
  }
  for (std::uint64_t number = 3; number <= 5000; number += 3) BOOST_TEST(unread.take(number));
  BOOST_TEST(!unread.take(3));
  BOOST_TEST(!unread.take(5001));
  const Template searches[] = {attributes(text(Attr::label, "label 42")), attributes(attribute(Attr::id, Bytes{9, 1})),
                               attributes(attribute(Attr::object_class, ObjectClass::data)), {},
                               attributes(attribute(Attr::object_class, ObjectClass::data), text(Attr::label, "label 8"))};
  for (const auto& search : searches) {
    const Wanted wanted(search, use());
    for (const bool with_private : {false, true}) {
      std::vector<std::uint64_t> expected;
      for (const auto& object : objects)
        if (object.id.number() % 3 != 0 && (with_private || !object.private_object) &&
            wanted.matches(AttributeBlob(object.public_attributes)))
          expected.push_back(object.id.number());
      auto found = unread.candidates(wanted, with_private);
      std::ranges::sort(found);
      BOOST_TEST(std::ranges::includes(found, expected));
      BOOST_TEST(found.size() < 2 * expected.size() + 1);
      for (const auto number : found) BOOST_TEST(unread.contains(number, with_private));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
