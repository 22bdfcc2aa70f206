#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace hsm::store {

/// The tags of a token's records by object number: 32 octets for each, because a token may have a hundred thousand.
class RecordTags {
 public:
  using Tag = std::array<std::uint8_t, 16>;

  void reserve(std::size_t records) { records_.reserve(records); }
  std::size_t size() const { return size_; }

  const Tag* find(std::uint64_t number) const {
    const auto at = place(number);
    return at == records_.end() || at->number != number || at->gone ? nullptr : &at->tag;
  }
  /// The tag that was there before.
  std::optional<Tag> put(std::uint64_t number, const Tag& tag) {
    const auto at = place(number);
    if (at == records_.end() || at->number != number) {
      records_.insert(at, Record{number, false, tag});  // behind the last one, as a rule: numbers only grow
      ++size_;
      return std::nullopt;
    }
    const auto before = at->gone ? std::nullopt : std::optional(at->tag);
    if (at->gone) ++size_;
    *at = Record{number, false, tag};
    return before;
  }
  /// The tag that was there.
  std::optional<Tag> remove(std::uint64_t number) {
    const auto at = place(number);
    if (at == records_.end() || at->number != number || at->gone) return std::nullopt;
    const auto before = at->tag;
    at->gone = true;
    --size_;
    if (records_.size() > 2 * size_ + kSpare) std::erase_if(records_, [](const Record& record) { return record.gone; });
    return before;
  }

 private:
  static constexpr std::size_t kSpare = 1024;
  struct Record {
    std::uint64_t number = 0;
    bool gone = false;
    Tag tag{};
  };
  std::vector<Record>::iterator place(std::uint64_t number) {
    return records_.begin() + (std::as_const(*this).place(number) - records_.cbegin());
  }
  std::vector<Record>::const_iterator place(std::uint64_t number) const {
    if (records_.empty() || records_.back().number < number) return records_.end();
    return std::ranges::lower_bound(records_, number, {}, &Record::number);
  }

  std::vector<Record> records_;  ///< ascending by number; removed ones stay until they are many
  std::size_t size_ = 0;         ///< those that are there
};

}  // namespace hsm::store
