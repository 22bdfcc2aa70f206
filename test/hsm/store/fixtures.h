#pragma once

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "hsm/base/sqlite.h"
#include "hsm/store/keystore.h"

namespace hsm::store::test {

struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "keymantle-store-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "" : result.error().text();
}

inline Secret pin(std::string_view text) { return Secret::copy_of(view(text)); }
inline KeystoreOptions cheap() { return {.pin_cost = {.memory_kib = 64, .passes = 1, .lanes = 1}, .actor = "test"}; }

inline Template object(std::string_view label, bool is_private, std::string_view value = "secret value") {
  Template attributes;
  attributes.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
  attributes.push_back(attribute(Attr::token, true));
  attributes.push_back(attribute(Attr::private_, is_private));
  attributes.push_back(attribute(Attr::label, bytes_of(label)));
  attributes.push_back(attribute(Attr::value, pin(value)));
  return attributes;
}

/// A keystore on disk with one token (slot 0, SO "so-pin", user "user-pin").
/// What Keystore::refresh() tells, with the objects that it showed.
struct Seen {
  bool everything = false;
  std::vector<StoredObject> objects;
  std::vector<ObjectId> removed;
};
inline Result<Seen> look(Keystore& keystore, Cursor& cursor, const Unlocked* unlocked = nullptr) {
  Seen seen;
  auto news = TRY(keystore.refresh(0, cursor, unlocked, [&](const ObjectView& object, bool) { seen.objects.push_back(object.copy()); }));
  seen.everything = news.everything;
  seen.removed = std::move(news.removed);
  return seen;
}

struct OnDisk : TemporaryDirectory {
  OnDisk() {
    open();
    BOOST_REQUIRE(keystore->init_token(0, "t", pin("so-pin")));
    const auto so = keystore->check_pin(0, UserType::so, pin("so-pin"));
    BOOST_REQUIRE(so);
    BOOST_REQUIRE(keystore->set_user_pin(0, *so, pin("user-pin")));
  }
  std::filesystem::path directory() const { return path / "store"; }
  void open() {
    keystore.reset();
    auto opened = open_local(directory(), cheap());
    BOOST_REQUIRE_MESSAGE(opened, reason(opened));
    keystore = std::move(*opened);
  }
  Unlocked login() const {
    auto unlocked = keystore->check_pin(0, UserType::user, pin("user-pin"));
    BOOST_REQUIRE(unlocked);
    return std::move(*unlocked);
  }
  StoredObject create(std::string_view label, const Unlocked* unlocked = nullptr) const {
    auto edit = keystore->edit(0);
    BOOST_REQUIRE(edit);
    auto made = edit->create(object(label, unlocked != nullptr), unlocked);
    BOOST_REQUIRE(made);
    BOOST_REQUIRE(edit->record({.act = Act::object_created, .actor = {}, .object = made->id}));
    BOOST_REQUIRE(edit->commit());
    return std::move(*made);
  }
  /// What a thief with an editor does.
  void sql(std::string_view statement) {
    sqlite::Database db((directory() / "keystore.db").string(), sqlite::Database::Mode::read_write);
    db.execute(statement);
  }
  Result<Seen> read_all(const Unlocked* unlocked = nullptr) const {
    Cursor cursor;
    return look(*keystore, cursor, unlocked);
  }
  std::unique_ptr<Keystore> keystore;
};

}  // namespace hsm::store::test
