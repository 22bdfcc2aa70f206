#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/secret.h"

// One encoding for frames to hsmd, store records and associated data (grammar):
//
//   integer, enum = its width in octets, little-endian      bool     = %x00 / %x01
//   bytes, text   = u32 length, octets                      optional = bool [value]
//   vector        = u32 count, items                        variant  = u8 alternative, value
//   struct        = its fields in the order of T::fields    room     = u64 size (all ones: "size only")
//
// There is one encoding for each value: the reader refuses other booleans, alternatives and trailing octets.

namespace hsm {

/// A frame or record that does not follow the grammar or its limits.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
concept HasFields = requires { T::fields; };

class Writer {
 public:
  const WipedBytes& bytes() const { return out_; }
  WipedBytes take() { return std::move(out_); }

  template <class T>
    requires(std::integral<T> || std::is_enum_v<T>)
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.push_back(value ? 1 : 0);
    } else {
      std::uint8_t raw[sizeof(T)];
      std::memcpy(raw, &value, sizeof(T));
      out_.insert(out_.end(), raw, raw + sizeof(T));
    }
  }
  void put(ByteView bytes) {
    put(static_cast<std::uint32_t>(bytes.size()));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void put(const Bytes& bytes) { put(ByteView(bytes)); }
  void put(const std::string& text) { put(view(text)); }
  void put(const Secret& secret) { put(secret.reveal(KeyUse{})); }
  void put(const std::shared_ptr<const Secret>& secret) { put(secret == nullptr ? ByteView() : secret->reveal(KeyUse{})); }
  void put(const Room& room) {
    put(room.data() == nullptr ? std::numeric_limits<std::uint64_t>::max() : std::uint64_t{room.size()});
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
    requires(!std::is_same_v<T, std::uint8_t>)
  void put(const std::vector<T>& items) {
    put(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) put(item);
  }
  template <class... Ts>
  void put(const std::variant<Ts...>& value) {
    put(static_cast<std::uint8_t>(value.index()));
    std::visit([this](const auto& v) { this->put(v); }, value);
  }
  void put(std::monostate) {}
  template <HasFields T>
  void put(const T& value) {
    std::apply([&](auto... member) { (put(value.*member), ...); }, T::fields);
  }

 private:
  WipedBytes out_;
};

/// Reads what Writer wrote. Every length is checked against what is left before anything is allocated. ByteView fields
/// point into the frame, which must outlive them. Throws Malformed.
class Reader {
 public:
  static constexpr int kMaxDepth = 8;
  static constexpr std::uint64_t kMaxRoom = std::uint64_t{64} << 20;

  explicit Reader(ByteView in, WipedBytes* room = nullptr) : in_(in), room_(room) {}

  template <class T>
  T get() {
    T value{};
    read(value);
    return value;
  }
  void expect_end() const {
    if (!in_.empty()) throw Malformed("octets behind the end");
  }
  std::size_t left() const { return in_.size(); }

  template <class T>
    requires(std::integral<T> || std::is_enum_v<T>)
  void read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      const auto raw = cut(1)[0];
      if (raw > 1) throw Malformed("a boolean that is neither 0 nor 1");
      value = raw == 1;
    } else {
      std::memcpy(&value, cut(sizeof(T)).data(), sizeof(T));
    }
  }
  void read(ByteView& bytes) { bytes = cut(get<std::uint32_t>()); }
  void read(Bytes& bytes) { bytes = bytes_of(get<ByteView>()); }
  void read(std::string& text) { text = std::string(text_of(get<ByteView>())); }
  void read(Secret& secret) { secret = Secret::copy_of(get<ByteView>()); }
  void read(std::shared_ptr<const Secret>& secret) { secret = std::make_shared<const Secret>(get<Secret>()); }
  void read(Room& room) {
    const auto size = get<std::uint64_t>();
    room = {};
    if (size == std::numeric_limits<std::uint64_t>::max()) return;
    if (room_ == nullptr || size > kMaxRoom) throw Malformed("room beyond the limit");
    room_->resize(size == 0 ? 1 : size);
    room = Room(room_->data(), size);
  }
  template <class T>
  void read(std::optional<T>& value) {
    value.reset();
    if (get<bool>()) value = get<T>();
  }
  template <class T>
    requires(!std::is_same_v<T, std::uint8_t>)
  void read(std::vector<T>& items) {
    const auto count = get<std::uint32_t>();
    if (count > in_.size()) throw Malformed("more items than octets");
    Deeper deeper(depth_);
    items.clear();
    for (std::uint32_t i = 0; i < count; ++i) items.push_back(get<T>());
  }
  template <class... Ts>
  void read(std::variant<Ts...>& value) {
    Deeper deeper(depth_);
    pick<0>(value, get<std::uint8_t>());
  }
  void read(std::monostate&) {}
  template <HasFields T>
  void read(T& value) {
    Deeper deeper(depth_);
    std::apply([&](auto... member) { (read(value.*member), ...); }, T::fields);
  }

 private:
  struct Deeper {
    explicit Deeper(int& d) : depth(d) {
      if (++depth > 4 * kMaxDepth) throw Malformed("nested too deeply");
    }
    ~Deeper() { --depth; }
    int& depth;
  };
  ByteView cut(std::size_t n) {
    if (n > in_.size()) throw Malformed("a length beyond the end");
    const auto head = in_.first(n);
    in_ = in_.subspan(n);
    return head;
  }
  template <std::size_t I, class... Ts>
  void pick(std::variant<Ts...>& value, std::uint8_t index) {
    if constexpr (I < sizeof...(Ts)) {
      if (index != I) return pick<I + 1>(value, index);
      read(value.template emplace<I>());
    } else {
      throw Malformed("an alternative that does not exist");
    }
  }

  ByteView in_;
  WipedBytes* room_;
  int depth_ = 0;
};

template <class T>
WipedBytes encode(const T& value) {
  Writer writer;
  writer.put(value);
  return writer.take();
}

/// Decodes a whole value; refuses trailing octets.
template <class T>
T decode(ByteView bytes, WipedBytes* room = nullptr) {
  Reader reader(bytes, room);
  auto value = reader.get<T>();
  reader.expect_end();
  return value;
}

}  // namespace hsm
