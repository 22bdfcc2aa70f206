#include "test/hsm/engine/knowledge.h"

#include <algorithm>
#include <unordered_map>

namespace hsm::engine::test {
namespace {

/// Octets that are the same by more than chance.
constexpr std::size_t kChunk = 8;
/// Octets of a key that may be tried out, and how many octets of an answer tell which was right.
constexpr std::size_t kGuessed = 2;

std::uint64_t chunk_at(const Bytes& octets, std::size_t at) {
  std::uint64_t chunk = 0;
  for (std::size_t i = 0; i < kChunk; ++i) chunk = chunk << 8 | octets[at + i];
  return chunk;
}

}  // namespace

Knowledge::Id Knowledge::key(const Bytes& value) {
  const auto [at, added] = ids_.try_emplace(value, values_.size());
  if (added) {
    values_.push_back(value);
    known_.emplace_back(value.size(), false);
  }
  return at->second;
}

void Knowledge::own(Id key) {
  own_.insert(key);
  know(key);
}

void Knowledge::know(Id key) { known_[key].assign(known_[key].size(), true); }

void Knowledge::same(Id one, std::size_t at, Id other, std::size_t other_at, std::size_t count) {
  if (at >= values_[one].size() || other_at >= values_[other].size()) return;
  count = std::min({count, values_[one].size() - at, values_[other].size() - other_at});
  same_.push_back({one, at, other, other_at, count});
}

bool Knowledge::knows(Id key) const { return unknown_octets(key) == 0; }

std::size_t Knowledge::unknown_octets(Id key) const {
  return static_cast<std::size_t>(std::ranges::count(known_[key], false));
}

void Knowledge::learn(Id key, std::size_t octet) {
  if (known_[key][octet]) return;
  known_[key][octet] = true;
  more_ = true;
}

void Knowledge::find_in_what_was_seen() {
  std::unordered_multimap<std::uint64_t, std::pair<Id, std::size_t>> chunks;
  for (Id key = 0; key < values_.size(); ++key)
    for (std::size_t at = 0; at + kChunk <= values_[key].size(); at += kChunk) chunks.emplace(chunk_at(values_[key], at), std::pair(key, at));
  for (const auto& octets : seen_) {
    for (std::size_t at = 0; at + kChunk <= octets.size(); ++at) {
      const auto [from, to] = chunks.equal_range(chunk_at(octets, at));
      for (auto found = from; found != to; ++found)
        for (std::size_t i = 0; i < kChunk; ++i) learn(found->second.first, found->second.second + i);
    }
  }
}

void Knowledge::follow_functions() {
  for (const auto& [inputs, output] : functions_) {
    if (std::ranges::all_of(inputs, [&](Id key) { return own_.contains(key); }) && own_.insert(output).second) more_ = true;
    if (std::ranges::all_of(inputs, [&](Id key) { return knows(key); })) {
      for (std::size_t i = 0; i < values_[output].size(); ++i) learn(output, i);
    } else if (knows(output)) {
      // Backwards by trying out, where only little of one input is missing.
      for (const auto key : inputs)
        if (std::ranges::all_of(inputs, [&](Id other) { return other == key || knows(other); }) && told_[key] < values_[output].size()) {
          told_[key] = values_[output].size();
          more_ = true;
        }
    }
  }
}

void Knowledge::follow_parts() {
  for (const auto& part : same_) {
    for (std::size_t i = 0; i < part.count; ++i) {
      if (known_[part.one][part.at + i]) learn(part.other, part.other_at + i);
      if (known_[part.other][part.other_at + i]) learn(part.one, part.at + i);
    }
  }
}

void Knowledge::open_what_is_closed() {
  for (const auto& [key, opens, content] : closed_) {
    const bool opened = knows(key) || (opens == Opens::decryption && decrypting_.contains(key)) ||
                        ((opens == Opens::encryption || opens == Opens::block) && encrypting_.contains(key)) ||
                        (opens == Opens::mac && signing_.contains(key));
    if (opened)
      for (std::size_t i = 0; i < values_[content].size(); ++i) learn(content, i);
    // A known text gives the key stream that closed it, which he may ask for again.
    if (opens == Opens::encryption && knows(content) && encrypting_.insert(key).second) more_ = true;
  }
}

void Knowledge::guess() {
  for (const auto& [key, octets] : told_) {
    if (octets < kGuessed || knows(key) || unknown_octets(key) > kGuessed) continue;
    for (std::size_t i = 0; i < values_[key].size(); ++i) learn(key, i);
  }
}

void Knowledge::close() {
  find_in_what_was_seen();
  do {
    more_ = false;
    follow_functions();
    follow_parts();
    open_what_is_closed();
    guess();
  } while (more_);
}

}  // namespace hsm::engine::test
