#pragma once

#include <deque>
#include <random>
#include <string>

#include "hsm/base/codec.h"

namespace hsm::test {

/// Makes values of any type that the codec knows. Views and rooms point into the maker, which must outlive them.
class Samples {
 public:
  explicit Samples(unsigned seed) : random_(seed) {}

  template <class T>
  T make() {
    T value{};
    fill(value);
    return value;
  }

  template <class T>
    requires(std::integral<T> || std::is_enum_v<T>)
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = random_() % 2 == 0;
    } else {
      const std::uint64_t number = random_();
      std::memcpy(&value, &number, sizeof value);
    }
  }
  void fill(Bytes& bytes) {
    bytes.resize(random_() % 40);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random_());
  }
  void fill(std::string& text) { text = std::string(random_() % 20, 'x'); }
  void fill(ByteView& bytes) { bytes = memory_.emplace_back(make<Bytes>()); }
  void fill(Room& room) {
    if (random_() % 3 == 0) return;
    room = memory_.emplace_back(Bytes(1 + random_() % 60));
  }
  void fill(Secret& secret) { secret = Secret::copy_of(make<Bytes>()); }
  void fill(std::shared_ptr<const Secret>& secret) {
    Secret made;
    fill(made);
    secret = std::make_shared<const Secret>(std::move(made));
  }
  template <class T>
  void fill(std::optional<T>& value) {
    if (random_() % 2 == 0) value = make<T>();
  }
  template <class T>
    requires(!std::is_same_v<T, std::uint8_t>)
  void fill(std::vector<T>& items) {
    const auto count = depth_ > 2 ? 0 : random_() % 4;
    ++depth_;
    for (std::size_t i = 0; i < count; ++i) items.push_back(make<T>());
    --depth_;
  }
  template <class... Ts>
  void fill(std::variant<Ts...>& value) {
    pick<0>(value, random_() % sizeof...(Ts));
  }
  void fill(std::monostate&) {}
  template <HasFields T>
  void fill(T& value) {
    std::apply([&](auto... member) { (fill(value.*member), ...); }, T::fields);
  }

 private:
  template <std::size_t I, class... Ts>
  void pick(std::variant<Ts...>& value, std::size_t index) {
    if constexpr (I < sizeof...(Ts)) {
      if (index != I) return pick<I + 1>(value, index);
      fill(value.template emplace<I>());
    }
  }

  std::mt19937_64 random_;
  std::deque<Bytes> memory_;
  int depth_ = 0;
};

/// Calls `visit<T>()` for each type of a tuple.
template <class Tuple, class Visit, std::size_t... I>
void for_each_type(const Visit& visit, std::index_sequence<I...>) {
  (visit.template operator()<std::tuple_element_t<I, Tuple>>(), ...);
}
template <class Tuple, class Visit>
void for_each_type(const Visit& visit) {
  for_each_type<Tuple>(visit, std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

}  // namespace hsm::test
