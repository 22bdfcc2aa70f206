#pragma once

#include <array>
#include <initializer_list>
#include <memory>

#include "hsm/base/bytes.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/crypto/handle.h"
#include "hsm/crypto/hash.h"

namespace hsm::crypto {

/// Hash of several pieces in one go, into `out` (hash.size octets).
void digest_into(const Hash& hash, std::initializer_list<ByteView> pieces, std::uint8_t* out);

/// A keyed HMAC: the states after the inner and the outer pad are computed once, so that a message costs two copies of a
/// digest state and its own blocks. Used by one thread at a time.
class HmacState {
 public:
  HmacState(const Hash& hash, ByteView key);
  void start();
  void update(ByteView in);
  /// hash.size octets.
  void finish(std::uint8_t* out);
  const Hash& hash() const { return *hash_; }
  HmacState copy() const;

 private:
  explicit HmacState(const Hash& hash) : hash_(&hash) {}
  const Hash* hash_;
  DigestContext inner_, outer_, running_;
};

/// What is to be signed: hashed as it comes, or kept as it is when the mechanism signs a digest of the caller's (no hash).
class Message {
 public:
  /// nullptr: no hash.
  explicit Message(const Hash* hash);
  explicit Message(const Xof& xof);
  void reset();
  void update(ByteView in);
  /// The digest (in `room`), or what was given itself.
  ByteView whole(ByteView in, std::array<std::uint8_t, kMostHash>& room);
  ByteView finish(std::array<std::uint8_t, kMostHash>& room);

 private:
  Message(const EVP_MD* algorithm, std::size_t size, bool extendable);

  const EVP_MD* algorithm_;  ///< nullptr where the message is kept
  std::size_t size_;
  bool extendable_;
  DigestContext context_;
  bool dirty_ = true;
  Bytes kept_;
};

/// HMAC of several pieces in one go.
void hmac_into(const Hash& hash, ByteView key, std::initializer_list<ByteView> pieces, std::uint8_t* out);

/// The second half of HKDF (RFC 5869, 2.3); at most 255 blocks.
Secret hkdf_expand(const Hash& hash, const Secret& key, ByteView info, std::size_t length);

std::unique_ptr<Operation> make_digest(const Hash& hash);
/// `length` octets of the MAC.
std::unique_ptr<Operation> make_hmac(const Hash& hash, ByteView key, std::size_t length, std::uint64_t mechanism);

}  // namespace hsm::crypto
