#include "kms/core/key_cache.h"

namespace kms {

KeyPointer KeyCache::find(const std::string& instance, const std::string& key) {
  std::uint64_t changes = 0;
  {
    const std::shared_lock lock(mutex_);
    auto found = keys_.find(key);
    if (found == keys_.end()) {
      if (const auto alias = aliases_.find(instance + "/" + key); alias != aliases_.end()) found = keys_.find(alias->second);
    }
    if (found != keys_.end()) return found->second->key.instance == instance ? found->second : nullptr;
    changes = changes_;
  }
  auto entry = load(instance, key);
  bool by_alias = false;
  if (entry == nullptr) {
    const auto id = database_.key_of_alias(instance, key);
    if (id) entry = load(instance, *id);
    by_alias = entry != nullptr;
  }
  if (entry == nullptr) return nullptr;
  const std::unique_lock lock(mutex_);
  if (changes == changes_) {
    keys_[entry->key.id] = entry;
    if (by_alias) aliases_[instance + "/" + key] = entry->key.id;
  }
  return entry;
}

KeyPointer KeyCache::load(const std::string& instance, const std::string& id) {
  auto key = database_.key(instance, id);
  if (!key) return nullptr;
  auto entry = std::make_shared<KeyEntry>();
  entry->key = std::move(*key);
  entry->mac = mac_of(instance);
  if (entry->key.extractable) {
    entry->readable = std::make_shared<p11::KeyRef>(object_id(id));
    return entry;
  }
  for (auto& version : database_.versions(id)) {
    auto object = std::make_shared<p11::KeyRef>(object_id(version.id));
    entry->versions.push_back({std::move(version), std::move(object)});
  }
  // Both reads may have met a rotation between them; the current version decides.
  while (!entry->versions.empty() && entry->key.version && entry->versions.front().version.id != entry->key.version->id) {
    entry->versions.erase(entry->versions.begin());
  }
  return entry;
}

void KeyCache::forget(const std::string& key) {
  const std::unique_lock lock(mutex_);
  ++changes_;
  keys_.erase(key);
}

std::shared_ptr<const p11::KeyRef> KeyCache::mac_of(const std::string& instance) {
  const std::unique_lock lock(mutex_);
  auto& mac = macs_[instance];
  if (mac == nullptr) mac = std::make_shared<p11::KeyRef>(instance_mac_id(instance));
  return mac;
}

}  // namespace kms
