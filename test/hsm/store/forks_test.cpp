#include <sys/wait.h>
#include <unistd.h>

#include "test/hsm/store/fixtures.h"

// A store that a process opened, and the children that it forks (SQLite: "do not carry a connection across a fork").

namespace hsm::store::test {
namespace {

/// A child that does `body` between two words of its parent's: word() is what it says, proceed() lets it go on.
class Child {
 public:
  template <class Body>
  explicit Child(Body body) {
    BOOST_REQUIRE(::pipe(up_) == 0);
    BOOST_REQUIRE(::pipe(down_) == 0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    const auto wait = [&](std::string_view word) {
      write_all(up_[1], word);
      char go = 0;
      if (::read(down_[0], &go, 1) != 1) ::_exit(2);
    };
    body(wait);
    ::_exit(0);
  }
  /// What the child says next; it waits until proceed().
  std::string word() const {
    std::string text(512, '\0');
    const auto size = ::read(up_[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  void proceed() const { write_all(down_[1], "g"); }
  int end() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

 private:
  static void write_all(int to, std::string_view text) {
    if (::write(to, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(3);
  }
  int up_[2]{}, down_[2]{};
  pid_t pid_ = -1;
};

Status put(Store& store, std::string_view name) {
  auto change = TRY(store.begin());
  TRY(change->put_meta(name, view("x")));
  return change->commit();
}

std::unique_ptr<Store> opened(const std::filesystem::path& path) {
  auto store = open_sqlite_store(path);
  BOOST_REQUIRE_MESSAGE(store, reason(store));
  return std::move(*store);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forks)

BOOST_FIXTURE_TEST_CASE(a_child_that_opens_its_parents_store_has_locks_of_its_own, TemporaryDirectory) {
  auto store = opened(path);
  BOOST_REQUIRE(put(*store, "by parent"));
  const Child child([&](auto wait) {
    auto own = open_sqlite_store(path);
    wait(own && put(**own, "by child") ? "open" : reason(own));
    wait(reason(put(**own, "by child, later")).empty() ? "written" : "refused");
  });
  BOOST_TEST(child.word() == "open");
  store.reset();  // were it alone, this would remove the log that the child goes on writing to
  BOOST_TEST(std::filesystem::exists(path / "keystore.db-wal"));
  child.proceed();
  BOOST_TEST(child.word() == "written");
  const auto again = opened(path);
  BOOST_TEST(again->meta("by child, later").value().has_value());
  child.proceed();
  BOOST_TEST(child.end() == 0);
}

BOOST_FIXTURE_TEST_CASE(parent_and_child_write_in_turns_and_see_each_other, TemporaryDirectory) {
  auto store = opened(path);
  const Child child([&](auto wait) {
    auto own = open_sqlite_store(path);
    wait(own && put(**own, "by child") ? "written" : reason(own));
    wait((*own)->meta("by parent").value() ? "seen" : "not seen");
  });
  BOOST_TEST(child.word() == "written");
  BOOST_TEST(store->meta("by child").value().has_value());
  BOOST_REQUIRE(put(*store, "by parent"));
  child.proceed();
  BOOST_TEST(child.word() == "seen");
  child.proceed();
  BOOST_TEST(child.end() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_child_that_never_opens_the_store_takes_nothing_from_its_parent, TemporaryDirectory) {
  auto store = opened(path);
  const Child child([](auto wait) { wait("here"); });
  BOOST_TEST(child.word() == "here");
  child.proceed();
  BOOST_TEST(child.end() == 0);
  const Child other([&](auto wait) {
    const bool open = open_sqlite_store(path).ok();  // and closed
    wait(open ? "closed" : "refused");
  });
  BOOST_TEST(other.word() == "closed");
  BOOST_TEST(std::filesystem::exists(path / "keystore.db-wal"));
  BOOST_REQUIRE(put(*store, "later"));
  BOOST_TEST(store->meta("later").value().has_value());
  other.proceed();
  BOOST_TEST(other.end() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_child_forked_in_the_midst_of_a_change_is_refused_and_the_change_goes_on, TemporaryDirectory) {
  auto store = opened(path);
  auto change = store->begin().value();
  BOOST_REQUIRE(change->put_meta("half", view("x")));
  const Child child([&](auto wait) { wait(reason(open_sqlite_store(path))); });
  BOOST_TEST(child.word().find("forked from one that was writing") != std::string::npos);
  child.proceed();
  BOOST_TEST(child.end() == 0);
  BOOST_REQUIRE(change->commit());
  BOOST_TEST(store->meta("half").value().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_second_opener_in_one_process_does_not_drop_the_locks_of_the_first, TemporaryDirectory) {
  auto store = opened(path);
  opened(path).reset();
  const Child other([&](auto wait) {
    const bool open = open_sqlite_store(path).ok();  // and closed
    wait(open ? "closed" : "refused");
  });
  BOOST_TEST(other.word() == "closed");
  BOOST_TEST(std::filesystem::exists(path / "keystore.db-wal"));
  other.proceed();
  BOOST_TEST(other.end() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::store::test
