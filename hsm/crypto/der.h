#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "hsm/base/bytes.h"
#include "hsm/base/secret.h"

// The little DER that keys and signatures need: single-octet tags, definite minimal lengths below 2^32.

namespace hsm::crypto::der {

inline constexpr std::uint8_t kInteger = 0x02, kBitString = 0x03, kOctetString = 0x04, kNull = 0x05, kOid = 0x06,
                              kPrintableString = 0x13, kSequence = 0x30;
constexpr std::uint8_t context(unsigned number) { return static_cast<std::uint8_t>(0xA0 | number); }

struct Element {
  std::uint8_t tag;
  ByteView value;
};

/// Reads elements one after the other; nothing on anything that is not DER. Points into what it reads.
class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}
  bool at_end() const { return in_.empty(); }

  std::optional<Element> next() {
    if (in_.size() < 2 || (in_[0] & 0x1F) == 0x1F) return {};
    const auto tag = in_[0];
    std::size_t length = in_[1];
    std::size_t header = 2;
    if (length >= 0x80) {
      const auto octets = length & 0x7F;
      if (octets == 0 || octets > 4 || in_.size() < 2 + octets) return {};
      length = 0;
      for (std::size_t i = 0; i < octets; ++i) length = length << 8 | in_[2 + i];
      if (length < 0x80 || length >> (8 * (octets - 1)) == 0) return {};
      header += octets;
    }
    if (length > in_.size() - header) return {};
    const auto value = in_.subspan(header, length);
    in_ = in_.subspan(header + length);
    return Element{tag, value};
  }
  /// The value of the next element if it has this tag; the reader does not move otherwise.
  std::optional<ByteView> next(std::uint8_t tag) {
    if (in_.empty() || in_[0] != tag) return {};
    const auto element = next();
    if (!element) return {};
    return element->value;
  }
  /// The magnitude of a non-negative INTEGER, without a sign octet.
  std::optional<ByteView> natural() {
    const auto value = next(kInteger);
    if (!value || value->empty() || ((*value)[0] & 0x80) != 0) return {};
    if (value->size() > 1 && (*value)[0] == 0) return ((*value)[1] & 0x80) == 0 ? std::optional<ByteView>() : value->subspan(1);
    return value;
  }

 private:
  ByteView in_;
};

/// The element that these octets are, if they are one and nothing else.
inline std::optional<Element> only_element(ByteView in) {
  Reader reader(in);
  auto element = reader.next();
  return reader.at_end() ? element : std::nullopt;
}

/// Appends elements to a buffer (Bytes, or WipedBytes for what is secret).
template <class Buffer>
class Writer {
 public:
  void element(std::uint8_t tag, ByteView value) {
    header(tag, value.size());
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void element(std::uint8_t tag, const Writer& inside) { element(tag, ByteView(inside.out_)); }
  /// An INTEGER from a magnitude with any number of leading zeros.
  void natural(ByteView magnitude) {
    while (!magnitude.empty() && magnitude[0] == 0) magnitude = magnitude.subspan(1);
    const bool sign_octet = magnitude.empty() || (magnitude[0] & 0x80) != 0;
    header(kInteger, magnitude.size() + (sign_octet ? 1 : 0));
    if (sign_octet) out_.push_back(0);
    out_.insert(out_.end(), magnitude.begin(), magnitude.end());
  }
  void small(std::uint8_t number) { natural(ByteView(&number, 1)); }
  /// A BIT STRING of whole octets.
  void bits(ByteView value) {
    header(kBitString, value.size() + 1);
    out_.push_back(0);
    out_.insert(out_.end(), value.begin(), value.end());
  }
  const Buffer& buffer() const { return out_; }
  Buffer take() { return std::move(out_); }

 private:
  void header(std::uint8_t tag, std::size_t length) {
    out_.push_back(tag);
    if (length < 0x80) {
      out_.push_back(static_cast<std::uint8_t>(length));
      return;
    }
    unsigned octets = 1;
    while (length >> (8 * octets) != 0) ++octets;
    out_.push_back(static_cast<std::uint8_t>(0x80 | octets));
    while (octets-- > 0) out_.push_back(static_cast<std::uint8_t>(length >> (8 * octets)));
  }
  Buffer out_;
};

}  // namespace hsm::crypto::der
