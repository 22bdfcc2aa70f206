#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hsm/engine/object.h"
#include "hsm/model/template.h"

namespace hsm::engine {

/// Objects by number, with a hash index on label, id and unique id. Thread-safe: many readers, one writer in each of its parts; a search
/// sees the parts one after the other. One part makes searches quick, many let threads make and destroy objects at once.
class ObjectTable {
 public:
  explicit ObjectTable(std::size_t parts = 1) : parts_(parts) {}
  ObjectPtr find(std::uint64_t number) const;
  /// Adds the object, or replaces the one of its number; true when it replaced one.
  bool put(ObjectPtr object);
  /// Puts the object in the place of `old`, unless that is gone or there is another state of it.
  enum class Replacing { done, gone, changed };
  Replacing replace(const Object& old, ObjectPtr object);
  /// The object that was there, or nullptr.
  ObjectPtr remove(std::uint64_t number);
  /// Removes the session objects of `session`; how many there were.
  std::size_t remove_all_of(SessionHandle session);
  void clear();
  std::size_t size() const;

  /// Objects whose clear attributes match and that `visible` admits, by number.
  std::vector<ObjectPtr> select(const Wanted& wanted, const std::function<bool(const Object&)>& visible) const;
  std::vector<ObjectPtr> all(const std::function<bool(const Object&)>& wanted) const;

 private:
  using Index = std::unordered_multimap<std::uint64_t, const Object*>;
  struct alignas(64) Part {
    mutable std::shared_mutex mutex;  ///< guards what follows
    std::unordered_map<std::uint64_t, ObjectPtr> objects;
    std::set<std::pair<SessionHandle, std::uint64_t>> by_owner;  ///< session objects: who made them, their numbers
    Index by_value;  ///< hash of (attribute, octets); one index for the three attributes

    void set(ObjectPtr& place, ObjectPtr object);
    void index(const Object& object);
    void unindex(const Object& object);
    /// The shortest list of candidates that an index gives; false when only a walk over everything tells.
    bool candidates(const Wanted& wanted, std::vector<const Object*>& out) const;
    void select(const Wanted& wanted, const std::function<bool(const Object&)>& visible, std::vector<ObjectPtr>& found) const;
    std::size_t remove_all_of(SessionHandle session);
  };
  Part& part_of(std::uint64_t number) { return parts_[number % parts_.size()]; }
  const Part& part_of(std::uint64_t number) const { return parts_[number % parts_.size()]; }

  std::vector<Part> parts_;
};

}  // namespace hsm::engine
