#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "hsm/base/rv.h"

namespace hsm {

/// Where in the source a failure arose. Filled by default arguments; nobody passes it.
struct Place {
  const char* file = "";
  int line = 0;
  static constexpr Place here(const char* f = __builtin_FILE(), int l = __builtin_LINE()) { return {f, l}; }
};

/// A string literal and nothing else: a reason that cannot carry a PIN, a key or a user's bytes.
class Literal {
 public:
  template <std::size_t N>
  constexpr Literal(const char (&text)[N]) : text_(text, N - 1) {}  // NOLINT: implicit on purpose
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// A refusal of the HSM: the code, why (a literal), what it is about (a path, a label, a mode: never a secret).
struct Error {
  Rv rv = Rv::general_error;
  std::string_view why;
  Place place;
  std::string subject;

  /// Names the file, object or setting that the refusal is about.
  Error&& about(std::string what) && {
    subject = std::move(what);
    return std::move(*this);
  }
  /// "why: subject", for logs and command lines. A refusal that came over a socket has all its text in the subject.
  std::string text() const {
    if (why.empty()) return subject;
    return subject.empty() ? std::string(why) : std::string(why) + ": " + subject;
  }
};

inline Error fail(Rv rv, Literal why, Place place = Place::here()) { return Error{rv, why.text(), place, {}}; }

/// The value of a Status that succeeded.
struct Done {
  friend bool operator==(Done, Done) = default;
};

/// A value or the reason why there is none. `E` is hsm::Error below, kms::Error in the KMS.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  explicit operator bool() const { return state_.index() == 0; }
  bool ok() const { return state_.index() == 0; }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T value() && { return std::move(std::get<0>(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() & { return std::get<1>(state_); }
  const E& error() const& { return std::get<1>(state_); }
  E error() && { return std::move(std::get<1>(state_)); }

 private:
  std::variant<T, E> state_;
};

using Status = Result<Done>;

#define KM_JOIN2(a, b) a##b
#define KM_JOIN(a, b) KM_JOIN2(a, b)
#define KM_TRY(name, ...)                               \
  __extension__({                                       \
    auto name = (__VA_ARGS__);                          \
    if (!name) [[unlikely]]                             \
      return std::move(name).error();                   \
    std::move(name).value();                            \
  })
/// The value of a Result, or return its error from the function around: the only macro with control flow.
#define TRY(...) KM_TRY(KM_JOIN(try_result_, __COUNTER__), __VA_ARGS__)

/// Calls one of several lambdas by a variant's alternative.
template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

}  // namespace hsm
