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
  std::vector<std::uint64_t> candidates(const Wanted& wanted, bool with_private) const;
  /// True when the object is unread and, unless private ones are asked for, not private.
  bool contains(std::uint64_t number, bool with_private) const;

 private:
  using Position = std::uint32_t;
  static constexpr Position kNone = UINT32_MAX;
  struct Entry {
    std::uint64_t number;
    std::uint32_t object_class;  ///< its low half: the whole is compared once the object is read
    bool private_object, unread;
    std::array<Position, kIndexed.size()> next;  ///< the next with the same hash of that attribute
  };
  /// Of one attribute: the first entry of each hash, by open addressing.
  class Chains {
   public:
    Position first(std::uint32_t hash) const;
    /// Puts an entry in front of the others of its hash, and gives the one that was there.
    Position prepend(std::uint32_t hash, Position entry);

   private:
    struct Chain {
      std::uint32_t hash = 0;
      Position first = kNone;
    };
    std::size_t place(std::uint32_t hash) const;
    void grow();

    std::vector<Chain> places_;  ///< a power of two
    std::size_t used_ = 0;
  };
  const Entry* find(std::uint64_t number) const;

  std::vector<Entry> entries_;  ///< ascending by number
  std::array<Chains, kIndexed.size()> chains_;
  std::size_t size_ = 0;
  bool has_private_ = false;
};

}  // namespace hsm::engine
