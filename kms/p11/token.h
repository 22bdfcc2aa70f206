#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"

namespace kms::p11 {

using hsm::Bytes;
using hsm::ByteView;
using hsm::Result;
using hsm::Secret;
using hsm::Status;

struct Settings {
  std::filesystem::path module;
  std::optional<std::string> token_label;  ///< by default the first token that has a user PIN
  std::size_t max_sessions = 64;           ///< beyond that, callers wait for one another
};

/// What the module offers beyond the mechanisms that the KMS requires (those of SoftHSM2).
struct Capabilities {
  bool gcm_wrap = false;         ///< CKM_AES_GCM with CKF_WRAP and CKF_UNWRAP
  bool key_wrap_pad = false;     ///< CKM_AES_KEY_WRAP_PAD (RFC 5649)
  std::string token_label;
  std::string manufacturer;
};

/// The object's CKA_ID, by which it is found, and its CKA_LABEL, by which people know it.
struct ObjectName {
  Bytes id;
  std::string label;
};

/// A key on the token: looked up at its first use and again after the module lost its sessions. Any thread may use it.
class KeyRef {
 public:
  enum class Class { secret, private_key };
  explicit KeyRef(Bytes id, Class kind = Class::secret) : id_(std::move(id)), kind_(kind) {}
  const Bytes& id() const { return id_; }

 private:
  friend class Connection;
  friend class Session;
  Bytes id_;
  Class kind_;
  mutable std::atomic<std::uint64_t> generation_{0};
  mutable std::atomic<unsigned long> handle_{0};
};

struct Gcm {
  ByteView iv;   ///< 12 octets
  ByteView aad;
};
struct KeyWrapPad {};
using WrapMechanism = std::variant<Gcm, KeyWrapPad>;

enum class OaepHash { sha1, sha256 };
enum class NonceCipher { gcm, cbc_pad };

struct PublicKey {
  Bytes modulus;
  Bytes exponent;
};

class Connection;

/// One logged-in token of a PKCS#11 module. Sessions are pooled, one per thread at work; when the module loses them (a
/// restarted daemon, a pulled device) the token logs in again and repeats the call. Any thread may call anything.
/// Refusals carry the module's own code. Session objects never outlive the call that made them.
class Token {
 public:
  /// Loads the module, finds the token and logs in; refuses with the reason (no such file, no such token, wrong PIN).
  static Result<std::unique_ptr<Token>> open(Settings settings, Secret pin);
  ~Token();
  Token(const Token&) = delete;

  const Capabilities& offers() const;
  /// One round trip to the token.
  Status ping();

  // --- token objects
  /// AES-256, sensitive, never extractable, for WRAP and UNWRAP alone.
  Status generate_wrapping_key(const ObjectName& name);
  Status create_wrapping_key(const ObjectName& name, const Secret& material);
  /// Generic secret for HMAC-SHA-256, sensitive, never extractable.
  Status generate_mac_key(const ObjectName& name);
  /// Readable secrets (standard keys).
  Status generate_readable(const ObjectName& name, std::size_t size);
  Status create_readable(const ObjectName& name, const Secret& material);
  Result<Secret> read(const KeyRef& key);
  Result<bool> exists(const KeyRef& key);
  /// Destroys every object with this id, whatever its class; none is no error.
  Status destroy(const Bytes& id);

  // --- wrapping
  Result<Bytes> wrap(const KeyRef& key, const WrapMechanism& mechanism, const Secret& data);
  struct Drawn {
    Secret data;
    Bytes wrapped;
  };
  /// The token draws `size` octets, which leave it wrapped and in the clear.
  Result<Drawn> wrap_new(const KeyRef& key, const WrapMechanism& mechanism, std::size_t size);
  Result<Secret> unwrap(const KeyRef& key, const WrapMechanism& mechanism, ByteView wrapped);
  /// From one key to another inside the token: this process never holds the data.
  Result<Bytes> rewrap(const KeyRef& from, const WrapMechanism& mechanism, ByteView wrapped, const KeyRef& to,
                       const WrapMechanism& new_mechanism);
  /// Unwraps inside the token and forgets: says only whether it would work.
  Status check(const KeyRef& key, const WrapMechanism& mechanism, ByteView wrapped);

  // --- import
  /// An RSA pair whose private half unwraps and nothing else.
  Result<PublicKey> generate_import_pair(const ObjectName& name, std::size_t bits);
  /// RSA-OAEP inside the token; the result is a wrapping key as above. Refuses other sizes than 16, 24, 32.
  Status unwrap_wrapping_key(const KeyRef& import_key, OaepHash hash, ByteView sealed, const ObjectName& name);
  /// Opens `nonce` with the sealed key as a session key that can only decrypt. What fails says `rv` of the step:
  /// `Opened::unwrapped` false when it was the key, true when it was the nonce.
  struct Opened {
    bool unwrapped = false;
    std::optional<Bytes> nonce;
    hsm::Rv rv = hsm::Rv::ok;
  };
  Result<Opened> open_nonce(const KeyRef& import_key, OaepHash hash, ByteView sealed, NonceCipher cipher, ByteView iv,
                            ByteView nonce);

  // --- HMAC, digest, random
  /// HMAC-SHA-256.
  Result<Bytes> mac(const KeyRef& key, ByteView data);
  /// SHA-256.
  Result<Bytes> digest(ByteView data);
  Result<Bytes> random(std::size_t size);
  /// 12 octets, drawn in bulk.
  Result<std::array<std::uint8_t, 12>> random_iv();

 private:
  explicit Token(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace kms::p11
