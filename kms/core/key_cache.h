#pragma once

#include <shared_mutex>
#include <unordered_map>

#include "kms/core/types.h"
#include "kms/db/database.h"
#include "kms/p11/token.h"

namespace kms {

/// A key as rows say, with the references to its token objects. Never changes; a changed key is a new entry.
struct KeyEntry {
  struct Version {
    KeyVersion version;
    std::shared_ptr<const p11::KeyRef> object;
  };
  Key key;
  std::vector<Version> versions;                      ///< newest first; root keys only
  std::shared_ptr<const p11::KeyRef> readable;        ///< standard keys only
  std::shared_ptr<const p11::KeyRef> mac;             ///< of the instance

  const Version* version(std::string_view id) const {
    for (const auto& v : versions) {
      if (v.version.id == id) return &v;
    }
    return nullptr;
  }
};
using KeyPointer = std::shared_ptr<const KeyEntry>;

/// CKA_ID of what belongs to a version, a standard key, an instance.
inline Bytes object_id(std::string_view uuid) { return hsm::bytes_of(uuid); }
inline Bytes instance_mac_id(std::string_view instance) { return hsm::bytes_of("keymantle-wdek-mac:" + std::string(instance)); }

/// Keys in memory, so that a wrap reads no row. Every writer of a key must forget() it after its commit.
class KeyCache {
 public:
  explicit KeyCache(db::Database& database) : database_(database) {}

  /// By id or alias; null when the instance has no such key.
  KeyPointer find(const std::string& instance, const std::string& key);
  void forget(const std::string& key);
  std::shared_ptr<const p11::KeyRef> mac_of(const std::string& instance);

 private:
  KeyPointer load(const std::string& instance, const std::string& id);

  db::Database& database_;
  std::shared_mutex mutex_;
  std::uint64_t changes_ = 0;  ///< a row read before a change must not be kept after it
  std::unordered_map<std::string, KeyPointer> keys_;
  std::unordered_map<std::string, std::string> aliases_;  ///< instance/alias -> id
  std::unordered_map<std::string, std::shared_ptr<const p11::KeyRef>> macs_;
};

}  // namespace kms
