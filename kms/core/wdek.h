#pragma once

#include <memory>

#include "kms/core/types.h"
#include "kms/p11/token.h"

// A wrapped data key, opaque to callers (grammar):
//
//   wdek    = base64( '{"ciphertext":"' b64 '","iv":"' b64 '","version":"4.0.0","handle":"' version-id '"' scheme '}' )
//   scheme  = ',"scheme":"AES-GCM"'                            iv = 12 octets, ciphertext ends in a 16-octet tag
//           / ',"scheme":"AES-KWP+HMAC-SHA256","size":"' decimal '","mac":"' b64 '"'
//                                                             iv empty, RFC 5649; the MAC is checked before unwrapping
//
// `size` is the plaintext's: SoftHSM2 gives RFC 5649's padding back as if it were data.
//
//   bound   = "keymantle wdek v1", key id, version id, aad as a vector (encoding of hsm/base/codec.h)
//   GCM's associated data is `bound`; the MAC's input is `bound`, size (u32, little-endian), ciphertext.
//
// There is one text for each value; the reader refuses every other.

namespace kms {

enum class Scheme { gcm, key_wrap_pad };

struct Wdek {
  Scheme scheme = Scheme::gcm;
  std::string version;
  Bytes iv;
  Bytes ciphertext;
  Bytes mac;
  std::uint32_t size = 0;  ///< of the plaintext; key_wrap_pad only
};

std::string to_text(const Wdek& wdek);
std::optional<Wdek> parse_wdek(std::string_view text);

/// One version of a root key, as wrapping needs it.
struct WrappingKey {
  std::string key;
  std::string version;
  std::shared_ptr<const p11::KeyRef> object;
  std::shared_ptr<const p11::KeyRef> mac;  ///< of the instance
};

/// Wraps with GCM where the module can, else with RFC 5649 and a MAC. Reads both. Any thread.
class Wrapper {
 public:
  explicit Wrapper(p11::Token& token) : token_(token) {}

  Result<std::string> wrap(const WrappingKey& key, const Secret& data, const Aad& aad);
  struct Drawn {
    Secret data;
    std::string wdek;
  };
  Result<Drawn> wrap_new(const WrappingKey& key, std::size_t size, const Aad& aad);
  Result<Secret> unwrap(const WrappingKey& key, const Wdek& wdek, const Aad& aad);
  Result<std::string> rewrap(const WrappingKey& from, const Wdek& wdek, const WrappingKey& to, const Aad& aad);
  Status check(const WrappingKey& key, const Wdek& wdek, const Aad& aad);

 private:
  /// The caller's side of one mechanism: what the parameters point to.
  struct Sealing {
    Scheme scheme = Scheme::gcm;
    Bytes iv;
    hsm::WipedBytes bound;
    std::uint32_t size = 0;
    p11::WrapMechanism mechanism() const;
  };
  Result<Sealing> sealing(const WrappingKey& key, const Aad& aad, std::size_t size);
  Result<Sealing> opening(const WrappingKey& key, const Wdek& wdek, const Aad& aad);
  Result<Bytes> mac(const WrappingKey& key, const Sealing& sealing, ByteView ciphertext);
  Result<std::string> finish(const WrappingKey& key, Sealing sealing, Bytes ciphertext);

  p11::Token& token_;
};

}  // namespace kms
