#include "hsm/engine/token.h"

#include <algorithm>
#include <vector>

namespace hsm::engine {

Status Token::refresh() {
  if (seen_.load(std::memory_order_acquire) == keystore_.change() && read_once_.load(std::memory_order_relaxed)) return Done{};
  std::scoped_lock lock(mutex_);
  return read();
}

/// True when the token was initialised since: nothing that was known of it holds any more.
bool Token::drop_stale_login() {
  const auto state = keystore_.token(slot_);
  if (state && state->id == id_) return false;
  if (state) id_ = state->id;
  incarnation_.fetch_add(1, std::memory_order_release);
  unlocked_ = nullptr;
  users_ = 0;
  return true;
}

Status Token::read() {
  auto news = keystore_.refresh(slot_, cursor_, unlocked_.get());
  if (!news && unlocked_ != nullptr && drop_stale_login()) news = keystore_.refresh(slot_, cursor_, nullptr);
  // A change of the policy is a change of what was known of every key.
  const auto profile = TRY(keystore_.token(slot_)).profile;
  if (profile_.exchange(profile, std::memory_order_relaxed) != profile) epoch_.fetch_add(1, std::memory_order_release);
  return read_news(TRY(std::move(news)));
}

Status Token::read_news(store::Refresh news) {
  if (news.everything) {
    drop_stale_login();
    epoch_.fetch_add(1, std::memory_order_release);
    objects_.clear();
    private_checked_ = true;
  }
  for (auto& object : news.objects) take(std::move(object));
  for (const auto& id : news.removed)
    if (objects_.remove(id.number()) != nullptr) epoch_.fetch_add(1, std::memory_order_release);
  seen_.store(cursor_.change(), std::memory_order_release);
  read_once_.store(true, std::memory_order_relaxed);
  return Done{};
}

void Token::take(store::StoredObject object) {
  if (object.private_object && unlocked_ == nullptr) private_checked_ = false;
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
  TRY(read());
  if (!private_checked_) {
    const auto objects = objects_.all([](const Object& object) { return object.has(is_private); });
    std::vector<const store::StoredObject*> records;
    records.reserve(objects.size());
    for (const auto& object : objects) records.push_back(&object->stored());
    TRY(keystore_.verify_private(*unlocked, records));
    private_checked_ = true;
  }
  unlocked_ = unlocked;
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
