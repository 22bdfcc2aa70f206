#pragma once

#include <string>

#include "hsm/base/result.h"
#include "kms/client/error.h"

namespace cli {

/// The exit codes of every verb.
enum class Exit : int { done = 0, refused = 1, usage = 2, unreachable = 3 };

/// Why a verb did not do its work; printed as "keymantle: message" and "hint: hint".
struct Failure {
  Exit exit = Exit::refused;
  std::string message;
  std::string hint;
  int passed_on = 0;  ///< the exit code of a program that was run: printed nothing, handed through
};

template <class T>
using Result = hsm::Result<T, Failure>;
using Outcome = Result<hsm::Done>;

inline Failure usage(std::string message, std::string hint = {}) { return {Exit::usage, std::move(message), std::move(hint)}; }
inline Failure refused(std::string message, std::string hint = {}) { return {Exit::refused, std::move(message), std::move(hint)}; }

Failure failure_from(const kms::client::Error& error);
Failure failure_from(const hsm::Error& error);

/// For TRY: the result of another folder, its error in this folder's words.
template <class T, class E>
Result<T> told(hsm::Result<T, E> result) {
  if (!result) return failure_from(result.error());
  return std::move(result).value();
}

}  // namespace cli
