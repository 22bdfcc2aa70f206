#pragma once

#include <array>

#include "hsm/crypto/digest.h"
#include "hsm/crypto/operation.h"

namespace hsm::crypto {

/// A signature of a fixed size over a message that is hashed as it comes, or over what was given itself where the mechanism has no
/// hash. The algorithm gives sign() and verify().
class MessageSignature : public Operation {
 public:
  std::uint64_t once_size(std::uint64_t) const final { return size_; }
  std::uint64_t update_size(std::uint64_t) const final { return 0; }
  std::uint64_t finish_size() const final { return size_; }

  Result<std::size_t> once(ByteView in, Room room) final {
    if (room.size() < size_) return fail(Rv::buffer_too_small, "no room for the signature");
    std::array<std::uint8_t, kMostHash> digest;
    return sign(message_.whole(in, digest), room);
  }
  Result<std::size_t> update(ByteView in, Room) final {
    message_.update(in);
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) final {
    if (room.size() < size_) return fail(Rv::buffer_too_small, "no room for the signature");
    std::array<std::uint8_t, kMostHash> digest;
    return sign(message_.finish(digest), room);
  }
  Status verify_once(ByteView data, ByteView signature) final {
    std::array<std::uint8_t, kMostHash> digest;
    return verify(message_.whole(data, digest), signature);
  }
  Status verify_finish(ByteView signature) final {
    std::array<std::uint8_t, kMostHash> digest;
    return verify(message_.finish(digest), signature);
  }

 protected:
  /// `hash` is nullptr where the caller gives what is signed.
  MessageSignature(const Hash* hash, std::size_t size) : MessageSignature(Message(hash), size) {}
  MessageSignature(Message message, std::size_t size) : size_(size), message_(std::move(message)) {}

  /// `digest` is what the hash gave, or the data. The room holds size() octets.
  virtual Result<std::size_t> sign(ByteView digest, Room room) = 0;
  virtual Status verify(ByteView digest, ByteView signature) = 0;
  std::size_t size() const { return size_; }
  void start_again() { message_.reset(); }

 private:
  std::size_t size_;
  Message message_;
};

}  // namespace hsm::crypto
