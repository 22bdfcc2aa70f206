#pragma once

#include <filesystem>
#include <string>

#include "cli/failure.h"
#include "hsm/base/secret.h"

namespace cli {

/// The command line's passkey to a Secret's bytes: the terminal and descriptors of its own user.
struct SecretAccess {
  static hsm::ByteView bytes(const hsm::Secret& secret) { return secret.reveal(hsm::KeyUse{}); }
  static std::span<std::uint8_t> room(hsm::Secret& secret) { return secret.fill(hsm::KeyUse{}); }
  static hsm::Secret copy(const hsm::Secret& secret) { return secret.clone(hsm::KeyUse{}); }
};

/// All of a file (also /dev/fd/N), or its first line.
Result<hsm::Secret> read_secret_file(const std::filesystem::path& file, hsm::Secret::Ends ends);

/// From `file` when it is given, else typed on the terminal without echo; the prompt goes to the terminal itself. `confirm`
/// asks twice.
enum class Ask { once, twice };
Result<hsm::Secret> ask_secret(const std::string& prompt, const std::string& file, Ask ask);

/// Writes a secret to a descriptor that the caller opened for it. Refuses a terminal and a regular file unless `anywhere`.
Outcome give_secret(int descriptor, const hsm::Secret& secret, bool anywhere);

/// A destructive verb: prints what will be lost and asks for `name` to be typed; `yes` answers for scripts.
Outcome confirm_loss(const std::string& loss, const std::string& name, bool yes);

}  // namespace cli
