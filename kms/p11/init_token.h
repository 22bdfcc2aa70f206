#pragma once

#include <filesystem>
#include <string>

#include "hsm/base/result.h"
#include "hsm/base/secret.h"

namespace kms::p11 {

/// A token to make in a module that has a free one.
struct NewToken {
  std::filesystem::path module;
  std::string label;  ///< 1 to 32 octets
};

/// Initialises the first token that is not initialised, and sets its user PIN. Done, without a change, when the module has a
/// token of this label with a user PIN already. One of this label that a crash left without a user PIN gets one.
hsm::Status init_token(const NewToken& wanted, const hsm::Secret& so_pin, const hsm::Secret& user_pin);

}  // namespace kms::p11
