#pragma once

#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/operation.h"

namespace hsm::crypto {

/// A MAC of up to 16 octets, cut to `length`. The algorithm gives begin(), feed() and end().
class BlockMac : public Operation {
 public:
  std::uint64_t once_size(std::uint64_t) const final { return length_; }
  std::uint64_t update_size(std::uint64_t) const final { return 0; }
  std::uint64_t finish_size() const final { return length_; }

  Result<std::size_t> once(ByteView in, Room room) final {
    if (room.size() < length_) return fail(Rv::buffer_too_small, "no room for the MAC");
    begin();
    feed(in);
    return finish(room);
  }
  Result<std::size_t> update(ByteView in, Room) final {
    feed(in);
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) final {
    if (room.size() < length_) return fail(Rv::buffer_too_small, "no room for the MAC");
    const auto mac = end();
    std::copy_n(mac.begin(), length_, room.begin());
    return length_;
  }
  Status verify_once(ByteView data, ByteView signature) final {
    begin();
    feed(data);
    return verify_finish(signature);
  }
  Status verify_finish(ByteView signature) final {
    const auto mac = end();
    if (signature.size() != length_) return fail(Rv::signature_len_range, "the MAC has another length");
    if (!equal_in_constant_time(ByteView(mac).first(length_), signature)) return fail(Rv::signature_invalid, "the MAC does not fit");
    return Done{};
  }

 protected:
  using Block = std::array<std::uint8_t, kAesBlock>;
  BlockMac(std::uint64_t mechanism, std::size_t length) : mechanism_(mechanism), length_(length) {}

  /// Forgets what was fed.
  virtual void begin() = 0;
  virtual void feed(ByteView in) = 0;
  /// The MAC of what was fed; the next one begins.
  virtual Block end() = 0;
  std::uint64_t mechanism() const { return mechanism_; }
  std::size_t length() const { return length_; }
  /// Whether another message with this mechanism has a MAC of the same length.
  bool same(const Mechanism& other) const {
    const auto* general = std::get_if<MacGeneralParams>(&other.params);
    return other.type == mechanism_ && (general == nullptr || general->length == length_);
  }

 private:
  std::uint64_t mechanism_;
  std::size_t length_;
};

/// The length that a mechanism without or with MacGeneralParams asks for: `usual`, or 1 to `most`. mechanism_param_invalid otherwise.
Result<std::size_t> mac_length(const Mechanism& mechanism, bool takes_length, std::size_t usual, std::size_t most);

}  // namespace hsm::crypto
