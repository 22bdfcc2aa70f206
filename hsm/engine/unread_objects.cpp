#include "hsm/engine/unread_objects.h"

#include <algorithm>
#include <utility>

#include "hsm/model/attribute_blob.h"

namespace hsm::engine {
namespace {

constexpr std::size_t kFirstPlaces = 64;

std::uint32_t short_hash(Attr attribute, ByteView octets) {
  const auto hash = index_hash(attribute, octets);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

std::size_t UnreadObjects::Chains::place(std::uint32_t hash) const {
  const auto mask = places_.size() - 1;
  auto at = hash & mask;
  while (places_[at].first != kNone && places_[at].hash != hash) at = (at + 1) & mask;
  return at;
}

UnreadObjects::Position UnreadObjects::Chains::first(std::uint32_t hash) const {
  return places_.empty() ? kNone : places_[place(hash)].first;
}

UnreadObjects::Position UnreadObjects::Chains::prepend(std::uint32_t hash, Position entry) {
  if (2 * (used_ + 1) > places_.size()) grow();
  auto& chain = places_[place(hash)];
  if (chain.first == kNone) ++used_;
  chain.hash = hash;
  return std::exchange(chain.first, entry);
}

void UnreadObjects::Chains::grow() {
  auto before = std::move(places_);
  places_.assign(before.empty() ? kFirstPlaces : 2 * before.size(), {});
  for (const auto& chain : before)
    if (chain.first != kNone) places_[place(chain.hash)] = chain;
}

void UnreadObjects::add(const store::ObjectView& object) {
  const auto position = static_cast<Position>(entries_.size());
  Entry entry{object.id.number(), 0, object.private_object, true, {}};
  entry.next.fill(kNone);
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
    const auto which = static_cast<std::size_t>(indexed - kIndexed.begin());
    entry.next[which] = chains_[which].prepend(short_hash(*indexed, octets), position);
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

std::vector<std::uint64_t> UnreadObjects::candidates(const Wanted& wanted, bool with_private) const {
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
    for (auto at = chains_[i].first(short_hash(kIndexed[i], *octets)); at != kNone; at = entries_[at].next[i]) consider(entries_[at]);
    return found;
  }
  std::ranges::for_each(entries_, consider);
  return found;
}

}  // namespace hsm::engine
