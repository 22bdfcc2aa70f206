#pragma once

#include <string>

#include "hsm/base/result.h"

namespace kms::client {

/// Why a call gave nothing.
enum class Kind {
  refused,      ///< the KMS answered and said no
  unreachable,  ///< no connection, TLS failure, timeout, or an answer that stopped short
  unusable,     ///< an answer that is not what the API promises
  local,        ///< nothing was sent: a file, a setting, a program on this side
};

/// A refusal as a caller sees it. Never holds a plaintext, a token or an API key.
struct Error {
  Kind kind = Kind::local;
  int status = 0;       ///< HTTP status, or 0
  std::string code;     ///< reason code such as KEY_NOT_FOUND_ERR, or one of ours such as encryption_key_disabled
  std::string message;  ///< one line: what failed, for which thing
  std::string hint;     ///< what to do next; may be empty
};

template <class T>
using Result = hsm::Result<T, Error>;
using Status = Result<hsm::Done>;

inline Error local_error(std::string code, std::string message, std::string hint = {}) {
  return {Kind::local, 0, std::move(code), std::move(message), std::move(hint)};
}
/// An HSM-side refusal (a file, a descriptor) told in this folder's words.
inline Error local_error(const hsm::Error& error) { return local_error("local", error.text()); }

/// For TRY: a Result of hsm/base as one of ours.
template <class T>
Result<T> told(hsm::Result<T> result) {
  if (!result) return local_error(result.error());
  return std::move(result).value();
}

}  // namespace kms::client
