#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "hsm/base/secret.h"

namespace kms::http {

/// An application/x-www-form-urlencoded body. Its values may be API keys and passwords, so all of it lies in wiped memory.
class Form {
 public:
  /// Nothing for a broken escape, a NUL, or more than 32 members.
  static std::optional<Form> parse(std::string_view text);
  /// The first value of that name; empty when there is none.
  std::string_view value(std::string_view name) const;

 private:
  std::vector<std::pair<hsm::WipedString, hsm::WipedString>> members_;
};

}  // namespace kms::http
