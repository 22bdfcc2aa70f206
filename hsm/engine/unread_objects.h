#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hsm/engine/indexed.h"
#include "hsm/model/template.h"
#include "hsm/store/rows.h"

namespace hsm::engine {

/// Objects of a token that were verified but that nobody has asked for yet: the little that a search needs to know of them, so that
/// a hundred thousand cost neither time nor memory at start. Not thread-safe.
class UnreadObjects {
 public:
  /// Numbers ascend.
  void add(const store::ObjectView& object);
  /// It is not unread any more; false when it was not.
  bool take(std::uint64_t number);
  std::size_t size() const { return size_; }
  /// True when a private object was ever added.
  bool has_private() const { return has_private_; }

  /// Numbers of those that may match, and of no private ones unless asked for: all that do are among them.
  /// The first search by an attribute sorts its hashes.
  std::vector<std::uint64_t> candidates(const Wanted& wanted, bool with_private);
  /// True when the object is unread and, unless private ones are asked for, not private.
  bool contains(std::uint64_t number, bool with_private) const;

 private:
  struct Entry {
    std::uint64_t number;
    std::uint32_t object_class;  ///< its low half: the whole is compared once the object is read
    bool private_object, unread;
  };
  /// Of one attribute: what it is hashed to in which entries.
  struct Hashes {
    struct Pair {
      std::uint32_t hash, entry;
      friend auto operator<=>(const Pair&, const Pair&) = default;
    };
    std::vector<Pair> pairs;
    bool sorted = true;
  };
  const Entry* find(std::uint64_t number) const;

  std::vector<Entry> entries_;  ///< ascending by number
  std::array<Hashes, kIndexed.size()> hashes_;
  std::size_t size_ = 0;
  bool has_private_ = false;
};

}  // namespace hsm::engine
