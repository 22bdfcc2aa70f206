#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hsm/base/secret.h"

namespace kms::client {

/// The numbers of the Key Protect API.
enum class KeyState { preactive = 0, active = 1, suspended = 2, deactivated = 3, destroyed = 5 };
std::string_view name_of(KeyState state);

struct KeyVersion {
  std::string id;
  std::string creation_date;
};

/// A key's metadata. `json` is the resource as the server sent it, without any payload.
struct Key {
  std::string id;
  std::string name;
  std::string crn;
  std::string description;
  std::string creation_date;
  std::string last_rotate_date;
  KeyState state = KeyState::active;
  bool extractable = false;
  bool imported = false;
  KeyVersion version;
  std::string json;
};

/// What to create. With `payload` the key is imported; with `nonce` and `iv` the payload is encrypted to an import token.
struct NewKey {
  std::string name;
  std::string description;
  bool extractable = false;
  std::vector<std::string> aliases;
  hsm::Secret payload;  ///< base64 text: raw key bytes, or the output of RSA-OAEP
  std::string encrypted_nonce;
  std::string iv;
  std::string encryption_algorithm;
};

/// A new version's material for an imported key; empty for a generated one.
struct NewVersion {
  hsm::Secret payload;  ///< base64 text
  std::string encrypted_nonce;
  std::string iv;
  std::string encryption_algorithm;
};

/// The answer of wrap: the wrapped data key (WDEK), and its plaintext when the KMS drew it.
struct Wrapped {
  std::string wdek;
  std::string key_version;
  hsm::Secret plaintext;  ///< base64 text, exactly as the KMS sent it; empty when the caller gave the plaintext
};

/// The answer of unwrap. `rewrapped` holds a new WDEK when the old one was made by an earlier key version: keep it.
struct Unwrapped {
  hsm::Secret plaintext;  ///< base64 text, exactly as the KMS sent it
  std::string key_version;
  std::optional<std::string> rewrapped;
  std::string rewrapped_version;
};

struct Rewrapped {
  std::string wdek;
  std::string old_version;
  std::string new_version;
};

struct ImportToken {
  std::string creation_date;
  std::string expiration_date;
  std::int64_t max_allowed_retrievals = 0;
  std::int64_t remaining_retrievals = 0;
  std::string payload;  ///< base64 of the PEM public key; only in the answer of get
  std::string nonce;    ///< base64; only in the answer of get
  std::string json;
};

/// "Resource X is encrypted under key K": `wdek` is what the KMS re-wraps by itself after a rotation.
struct Registration {
  std::string key_id;
  std::string resource_crn;
  std::string description;
  std::string creation_date;
  std::string last_updated;
  std::string wdek;
  KeyVersion version;
  bool prevent_key_deletion = false;
  std::string json;
};
struct NewRegistration {
  std::string description;
  std::string wdek;
  std::string key_version;
  bool prevent_key_deletion = false;
};

/// Progress of the re-wrapping that follows a rotation.
struct RewrapJob {
  std::string id;
  std::string key_id;
  std::string state;
  std::int64_t total = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::string creation_date;
  std::string json;
};

}  // namespace kms::client
