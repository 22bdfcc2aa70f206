#include "hsm/engine/unread_objects.h"

#include <algorithm>
#include <utility>

#include "hsm/model/attribute_blob.h"

namespace hsm::engine {
namespace {

std::uint32_t short_hash(Attr attribute, ByteView octets) {
  const auto hash = index_hash(attribute, octets);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

void UnreadObjects::add(const store::ObjectView& object) {
  const auto position = static_cast<std::uint32_t>(entries_.size());
  Entry entry{object.id.number(), 0, object.private_object, true};
  std::size_t still_wanted = kIndexed.size() + 1;
  AttributeBlob(object.public_attributes).each([&](std::uint64_t type, ByteView value) {
    if (still_wanted == 0) return;
    if (type == static_cast<std::uint64_t>(Attr::object_class)) {
      entry.object_class = static_cast<std::uint32_t>(number_in(value).value_or(0));
      --still_wanted;
      return;
    }
    const auto indexed = std::ranges::find(kIndexed, static_cast<Attr>(type));
    if (indexed == kIndexed.end()) return;
    --still_wanted;
    const auto octets = octets_in(value);
    if (octets.empty()) return;
    auto& hashes = hashes_[static_cast<std::size_t>(indexed - kIndexed.begin())];
    hashes.pairs.push_back({short_hash(*indexed, octets), position});
    hashes.sorted = false;
  });
  entries_.push_back(entry);
  has_private_ = has_private_ || entry.private_object;
  ++size_;
}

const UnreadObjects::Entry* UnreadObjects::find(std::uint64_t number) const {
  const auto at = std::ranges::lower_bound(entries_, number, {}, &Entry::number);
  return at == entries_.end() || at->number != number ? nullptr : &*at;
}

bool UnreadObjects::contains(std::uint64_t number, bool with_private) const {
  const auto* entry = find(number);
  return entry != nullptr && entry->unread && (with_private || !entry->private_object);
}

bool UnreadObjects::take(std::uint64_t number) {
  const auto* entry = find(number);
  if (entry == nullptr || !entry->unread) return false;
  entries_[static_cast<std::size_t>(entry - entries_.data())].unread = false;
  if (--size_ == 0) *this = UnreadObjects();
  return true;
}

std::vector<std::uint64_t> UnreadObjects::candidates(const Wanted& wanted, bool with_private) {
  std::vector<std::uint64_t> found;
  if (size_ == 0 || wanted.impossible()) return found;
  const auto object_class = wanted.number(Attr::object_class);
  const auto consider = [&](const Entry& entry) {
    if (!entry.unread || (entry.private_object && !with_private)) return;
    if (object_class && entry.object_class != static_cast<std::uint32_t>(*object_class)) return;
    found.push_back(entry.number);
  };
  for (std::size_t i = 0; i < kIndexed.size(); ++i) {
    const auto octets = wanted.octets(kIndexed[i]);
    if (!octets || octets->empty()) continue;
    auto& hashes = hashes_[i];
    if (!std::exchange(hashes.sorted, true)) std::ranges::sort(hashes.pairs);
    const auto hash = short_hash(kIndexed[i], *octets);
    auto pair = std::ranges::lower_bound(hashes.pairs, hash, {}, &Hashes::Pair::hash);
    for (; pair != hashes.pairs.end() && pair->hash == hash; ++pair) consider(entries_[pair->entry]);
    return found;
  }
  std::ranges::for_each(entries_, consider);
  return found;
}

}  // namespace hsm::engine
