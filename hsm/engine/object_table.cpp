#include "hsm/engine/object_table.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>

namespace hsm::engine {
namespace {

/// From the most selective one on.
constexpr auto kIndexed = std::to_array({Attr::unique_id, Attr::id, Attr::label});

std::uint64_t hash_of(Attr attribute, ByteView octets) {
  return std::hash<std::string_view>()(text_of(octets)) * 31 + static_cast<std::uint64_t>(attribute);
}

}  // namespace

ObjectPtr ObjectTable::find(std::uint64_t number) const {
  std::shared_lock lock(mutex_);
  const auto at = objects_.find(number);
  return at == objects_.end() ? nullptr : at->second;
}

void ObjectTable::index(const Object& object) {
  for (const auto attribute : kIndexed) {
    const auto octets = object.attributes().octets(attribute);
    if (!octets.empty()) by_value_.emplace(hash_of(attribute, octets), &object);
  }
  if (!object.on_token()) by_owner_.emplace(object.owner(), object.number());
}

void ObjectTable::unindex(const Object& object) {
  for (const auto attribute : kIndexed) {
    const auto octets = object.attributes().octets(attribute);
    auto [at, end] = by_value_.equal_range(hash_of(attribute, octets));
    for (; at != end; ++at) {
      if (at->second != &object) continue;
      by_value_.erase(at);
      break;
    }
  }
  by_owner_.erase({object.owner(), object.number()});
}

bool ObjectTable::put(ObjectPtr object) {
  std::unique_lock lock(mutex_);
  auto& place = objects_[object->number()];
  const bool replaced = place != nullptr;
  if (replaced) unindex(*place);
  index(*object);
  place = std::move(object);
  return replaced;
}

ObjectPtr ObjectTable::remove(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  const auto at = objects_.find(number);
  if (at == objects_.end()) return nullptr;
  auto object = std::move(at->second);
  unindex(*object);
  objects_.erase(at);
  return object;
}

std::size_t ObjectTable::remove_all_of(SessionHandle session) {
  const auto first_of = [&] {
    const auto at = by_owner_.lower_bound({session, 0});
    return at == by_owner_.end() || at->first != session ? by_owner_.end() : at;
  };
  {
    std::shared_lock lock(mutex_);
    if (first_of() == by_owner_.end()) return 0;
  }
  std::vector<ObjectPtr> gone;  // destroyed when the lock is given back
  std::unique_lock lock(mutex_);
  for (auto next = first_of(); next != by_owner_.end(); next = first_of()) {
    const auto at = objects_.find(next->second);
    gone.push_back(std::move(at->second));
    objects_.erase(at);
    unindex(*gone.back());
  }
  return gone.size();
}

void ObjectTable::clear() {
  std::unique_lock lock(mutex_);
  by_owner_.clear();
  by_value_.clear();
  objects_.clear();
}

std::size_t ObjectTable::size() const {
  std::shared_lock lock(mutex_);
  return objects_.size();
}

bool ObjectTable::candidates(const Wanted& wanted, std::vector<const Object*>& out) const {
  for (const auto attribute : kIndexed) {
    const auto octets = wanted.octets(attribute);
    if (!octets || octets->empty()) continue;
    auto [at, end] = by_value_.equal_range(hash_of(attribute, *octets));
    for (; at != end; ++at) out.push_back(at->second);
    return true;
  }
  return false;
}

std::vector<ObjectPtr> ObjectTable::select(const Wanted& wanted, const std::function<bool(const Object&)>& visible) const {
  std::vector<ObjectPtr> found;
  if (wanted.impossible()) return found;
  std::shared_lock lock(mutex_);
  std::vector<const Object*> few;
  if (candidates(wanted, few)) {
    for (const auto* object : few)
      if (visible(*object) && wanted.matches(object->attributes())) found.push_back(objects_.at(object->number()));
  } else {
    const auto object_class = wanted.number(Attr::object_class);
    for (const auto& [number, object] : objects_) {
      if (object_class && static_cast<std::uint64_t>(object->kind().object_class) != *object_class) continue;
      if (visible(*object) && wanted.matches(object->attributes())) found.push_back(object);
    }
  }
  std::ranges::sort(found, {}, [](const ObjectPtr& object) { return object->number(); });
  return found;
}

std::vector<ObjectPtr> ObjectTable::all(const std::function<bool(const Object&)>& wanted) const {
  std::vector<ObjectPtr> found;
  std::shared_lock lock(mutex_);
  for (const auto& [number, object] : objects_)
    if (wanted(*object)) found.push_back(object);
  return found;
}

}  // namespace hsm::engine
