#include "hsm/engine/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hsm::engine {
namespace {

bool is_private_object(const ObjectPtr& object) { return object->has(is_private); }

}  // namespace

/// What one reading of the store gave; nothing of it is in the tables yet.
struct Token::News {
  store::Refresh refresh;
  std::vector<store::StoredObject> changed;  ///< unless it was everything
  UnreadObjects unread;                      ///< of everything: what is not known already ...
  std::vector<ObjectPtr> kept;               ///< ... and what is
};

Status Token::refresh() {
  if (seen_.load(std::memory_order_acquire) == keystore_.change() && read_once_.load(std::memory_order_relaxed)) return Done{};
  std::scoped_lock lock(mutex_);
  return read();
}

Status Token::refresh(const store::Edit& committed) {
  {
    std::scoped_lock lock(mutex_);
    if (read_once_.load(std::memory_order_relaxed) && committed.advance(cursor_)) {
      News news;
      news.changed = committed.stored();
      news.refresh.removed = committed.removed();
      absorb(std::move(news));
      return Done{};
    }
  }
  return refresh();  // another thread may have read it already
}

Result<ObjectPtr> Token::find(std::uint64_t number) {
  if (auto known = objects_.find(number)) return known;
  // A miss is rare, and may be of an object that somebody is reading just now.
  std::scoped_lock lock(mutex_);
  if (unread_.contains(number, unlocked_ != nullptr)) TRY(read_unread({number}));
  return objects_.find(number);
}

Result<std::vector<ObjectPtr>> Token::select(const Wanted& wanted, const std::function<bool(const Object&)>& visible) {
  if (some_unread_.load(std::memory_order_acquire)) {
    std::scoped_lock lock(mutex_);
    TRY(read_unread(unread_.candidates(wanted, unlocked_ != nullptr)));
  }
  return objects_.select(wanted, visible);
}

Status Token::read_unread(std::vector<std::uint64_t> numbers) {
  const auto have = [&](std::uint64_t number) { return !unread_.contains(number, true); };
  for (int again = 0; !numbers.empty(); again = 1) {
    for (auto& object : TRY(keystore_.records(slot_, cursor_, numbers, unlocked_.get()))) take(std::move(object));
    some_unread_.store(unread_.size() > 0, std::memory_order_release);
    std::erase_if(numbers, have);
    if (numbers.empty()) break;
    // Another one changed or removed them meanwhile, or somebody did who has no key.
    if (again != 0)
      return fail(Rv::device_error, "a stored object was removed or exchanged behind the keystore; restore the store from a backup")
          .about(fmt::format("object {:016x}", numbers.front()));
    TRY(read());
    std::erase_if(numbers, have);
  }
  return Done{};
}

Status Token::notice() {
  if (read_once_.load(std::memory_order_relaxed)) return refresh();
  const auto state = TRY(keystore_.token(slot_));
  std::scoped_lock lock(mutex_);
  if (read_once_.load(std::memory_order_relaxed)) return Done{};
  profile_.store(state.profile, std::memory_order_relaxed);
  drop_stale_login();
  return Done{};
}

/// True when the token was initialised since: nothing that was known of it holds any more.
bool Token::drop_stale_login() {
  const auto state = keystore_.token(slot_);
  if (state ? state->id == id_ : state.error().rv != Rv::token_not_present) return false;  // a store that cannot be read says nothing
  if (state) id_ = state->id;
  incarnation_.fetch_add(1, std::memory_order_release);
  unlocked_ = nullptr;
  users_ = 0;
  return true;
}

Result<Token::News> Token::ask() {
  News news;
  const auto same = [](const Object& known, const store::ObjectView& object) {
    return known.stored().id == object.id && known.stored().version == object.version &&
           std::ranges::equal(known.stored().sealed, object.sealed) &&
           std::ranges::equal(known.stored().public_attributes, object.public_attributes);
  };
  news.refresh = TRY(keystore_.refresh(slot_, cursor_, unlocked_.get(), [&](const store::ObjectView& object, bool everything) {
    if (!everything) {
      news.changed.push_back(object.copy());
      return;
    }
    auto known = objects_.find(object.id.number());
    if (known != nullptr && same(*known, object)) {
      news.kept.push_back(std::move(known));
    } else {
      news.unread.add(object);
    }
  }));
  return news;
}

Status Token::read() {
  auto news = ask();
  if (!news && unlocked_ != nullptr && drop_stale_login()) news = ask();
  // What was read and not absorbed has to be read again: the cursor is behind it already.
  struct ReadAgain {
    store::Cursor* cursor;
    ~ReadAgain() {
      if (cursor != nullptr) *cursor = store::Cursor();
    }
  } unless_absorbed{&cursor_};
  // A change of the policy is a change of what was known of every key.
  const auto profile = TRY(keystore_.token(slot_)).profile;
  if (profile_.exchange(profile, std::memory_order_relaxed) != profile) epoch_.fetch_add(1, std::memory_order_release);
  absorb(TRY(std::move(news)));
  unless_absorbed.cursor = nullptr;
  return Done{};
}

void Token::absorb(News news) {
  if (news.refresh.everything) {
    drop_stale_login();
    epoch_.fetch_add(1, std::memory_order_release);
    // Not emptied and filled again: others look meanwhile.
    const auto is_kept = [&](const Object& object) {
      const auto at = std::ranges::lower_bound(news.kept, object.number(), {}, [](const ObjectPtr& kept) { return kept->number(); });
      return at != news.kept.end() && at->get() == &object;
    };
    for (const auto& object : objects_.all([&](const Object& known) { return !is_kept(known); })) objects_.remove(object->number());
    private_checked_ = unlocked_ != nullptr || (!news.unread.has_private() && std::ranges::none_of(news.kept, is_private_object));
    unread_ = std::move(news.unread);
  }
  for (auto& object : news.changed) take(std::move(object));
  for (const auto& id : news.refresh.removed) {
    unread_.take(id.number());
    if (objects_.remove(id.number()) != nullptr) epoch_.fetch_add(1, std::memory_order_release);
  }
  some_unread_.store(unread_.size() > 0, std::memory_order_release);
  seen_.store(cursor_.change(), std::memory_order_release);
  read_once_.store(true, std::memory_order_relaxed);
}

void Token::take(store::StoredObject object) {
  if (object.private_object && unlocked_ == nullptr) private_checked_ = false;
  unread_.take(object.id.number());
  const auto known = objects_.find(object.id.number());
  if (known && known->stored().version == object.version) return;
  auto now = std::make_shared<const Object>(std::move(object));
  if (known) now->share_nonces_of(*known);
  if (objects_.put(std::move(now))) epoch_.fetch_add(1, std::memory_order_release);
}

void Token::seat_comes(const SessionCounts& counts) {
  std::scoped_lock lock(seats_mutex_);
  seats_.push_back(&counts);
}

void Token::seat_goes(const SessionCounts& counts) {
  std::scoped_lock lock(seats_mutex_);
  std::erase(seats_, &counts);
}

bool Token::has_sessions() const {
  std::scoped_lock lock(seats_mutex_);
  return std::ranges::any_of(seats_, [](const SessionCounts* counts) { return counts->any(); });
}

Status Token::user_came(const UnlockedPtr& unlocked) {
  std::scoped_lock lock(mutex_);
  if (!read_once_.load(std::memory_order_relaxed)) drop_stale_login();
  const auto before = std::exchange(unlocked_, unlocked);
  if (!private_checked_) cursor_ = store::Cursor();
  if (auto done = read(); !done) {
    unlocked_ = before;
    return done;
  }
  if (unlocked_ == nullptr) return fail(Rv::user_not_logged_in, "the token was initialised again");
  ++users_;
  return Done{};
}

void Token::user_went() {
  std::scoped_lock lock(mutex_);
  if (users_ == 0 || --users_ > 0) return;
  unlocked_ = nullptr;
  for (const auto& object : objects_.all([](const Object& o) { return o.has(is_private); })) object->forget_key();
}

}  // namespace hsm::engine
