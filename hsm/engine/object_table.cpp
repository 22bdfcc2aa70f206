#include "hsm/engine/object_table.h"

#include <algorithm>
#include <mutex>

#include "hsm/engine/indexed.h"

namespace hsm::engine {
ObjectPtr ObjectTable::find(std::uint64_t number) const {
  const auto& part = part_of(number);
  std::shared_lock lock(part.mutex);
  const auto at = part.objects.find(number);
  return at == part.objects.end() ? nullptr : at->second;
}

void ObjectTable::Part::index(const Object& object) {
  for (const auto attribute : kIndexed) {
    const auto octets = object.attributes().octets(attribute);
    if (!octets.empty()) by_value.emplace(index_hash(attribute, octets), &object);
  }
  if (!object.on_token()) by_owner.emplace(object.owner(), object.number());
}

void ObjectTable::Part::unindex(const Object& object) {
  for (const auto attribute : kIndexed) {
    const auto octets = object.attributes().octets(attribute);
    auto [at, end] = by_value.equal_range(index_hash(attribute, octets));
    for (; at != end; ++at) {
      if (at->second != &object) continue;
      by_value.erase(at);
      break;
    }
  }
  by_owner.erase({object.owner(), object.number()});
}

void ObjectTable::Part::set(ObjectPtr& place, ObjectPtr object) {
  if (place != nullptr) unindex(*place);
  index(*object);
  place = std::move(object);
}

bool ObjectTable::put(ObjectPtr object) {
  auto& part = part_of(object->number());
  ObjectPtr before;  // destroyed when the lock is given back
  std::unique_lock lock(part.mutex);
  auto& place = part.objects[object->number()];
  before = place;
  part.set(place, std::move(object));
  return before != nullptr;
}

ObjectTable::Replacing ObjectTable::replace(const Object& old, ObjectPtr object) {
  auto& part = part_of(object->number());
  ObjectPtr before;  // destroyed when the lock is given back
  std::unique_lock lock(part.mutex);
  const auto at = part.objects.find(object->number());
  if (at == part.objects.end()) return Replacing::gone;
  if (at->second.get() != &old) return Replacing::changed;
  before = at->second;
  part.set(at->second, std::move(object));
  return Replacing::done;
}

ObjectPtr ObjectTable::remove(std::uint64_t number) {
  auto& part = part_of(number);
  std::unique_lock lock(part.mutex);
  const auto at = part.objects.find(number);
  if (at == part.objects.end()) return nullptr;
  auto object = std::move(at->second);
  part.unindex(*object);
  part.objects.erase(at);
  return object;
}

std::size_t ObjectTable::Part::remove_all_of(SessionHandle session) {
  const auto first_of = [&] {
    const auto at = by_owner.lower_bound({session, 0});
    return at == by_owner.end() || at->first != session ? by_owner.end() : at;
  };
  {
    std::shared_lock lock(mutex);
    if (first_of() == by_owner.end()) return 0;
  }
  std::vector<ObjectPtr> gone;  // destroyed when the lock is given back
  std::unique_lock lock(mutex);
  for (auto next = first_of(); next != by_owner.end(); next = first_of()) {
    const auto at = objects.find(next->second);
    gone.push_back(std::move(at->second));
    objects.erase(at);
    unindex(*gone.back());
  }
  return gone.size();
}

std::size_t ObjectTable::remove_all_of(SessionHandle session) {
  std::size_t removed = 0;
  for (auto& part : parts_) removed += part.remove_all_of(session);
  return removed;
}

void ObjectTable::clear() {
  for (auto& part : parts_) {
    std::unique_lock lock(part.mutex);
    part.by_owner.clear();
    part.by_value.clear();
    part.objects.clear();
  }
}

std::size_t ObjectTable::size() const {
  std::size_t size = 0;
  for (const auto& part : parts_) {
    std::shared_lock lock(part.mutex);
    size += part.objects.size();
  }
  return size;
}

bool ObjectTable::Part::candidates(const Wanted& wanted, std::vector<const Object*>& out) const {
  for (const auto attribute : kIndexed) {
    const auto octets = wanted.octets(attribute);
    if (!octets || octets->empty()) continue;
    auto [at, end] = by_value.equal_range(index_hash(attribute, *octets));
    for (; at != end; ++at) out.push_back(at->second);
    return true;
  }
  return false;
}

void ObjectTable::Part::select(const Wanted& wanted, const std::function<bool(const Object&)>& visible, std::vector<ObjectPtr>& found) const {
  std::shared_lock lock(mutex);
  std::vector<const Object*> few;
  if (candidates(wanted, few)) {
    for (const auto* object : few)
      if (visible(*object) && wanted.matches(object->attributes())) found.push_back(objects.at(object->number()));
    return;
  }
  const auto object_class = wanted.number(Attr::object_class);
  for (const auto& [number, object] : objects) {
    if (object_class && static_cast<std::uint64_t>(object->kind().object_class) != *object_class) continue;
    if (visible(*object) && wanted.matches(object->attributes())) found.push_back(object);
  }
}

std::vector<ObjectPtr> ObjectTable::select(const Wanted& wanted, const std::function<bool(const Object&)>& visible) const {
  std::vector<ObjectPtr> found;
  if (wanted.impossible()) return found;
  for (const auto& part : parts_) part.select(wanted, visible, found);
  std::ranges::sort(found, {}, [](const ObjectPtr& object) { return object->number(); });
  return found;
}

std::vector<ObjectPtr> ObjectTable::all(const std::function<bool(const Object&)>& wanted) const {
  std::vector<ObjectPtr> found;
  for (const auto& part : parts_) {
    std::shared_lock lock(part.mutex);
    for (const auto& [number, object] : part.objects)
      if (wanted(*object)) found.push_back(object);
  }
  return found;
}

}  // namespace hsm::engine
