#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hsm/softhsm/object_file.h"

namespace hsm::softhsm {

/// Where SoftHSM2 keeps its tokens for this user: directories.tokendir of SOFTHSM2_CONF, of the user's or of the system's
/// softhsm2.conf, else Debian's default.
std::filesystem::path default_directory();

/// A token of SoftHSM2's file store. Reads only.
class Token {
 public:
  /// The token of this label below `directory`; refuses where none or several have it.
  static Result<Token> find(const std::filesystem::path& directory, const std::string& label);

  /// Opens it with the user's PIN; pin_incorrect otherwise.
  Status unlock(const Secret& pin);
  /// The files of its objects, by name.
  Result<std::vector<std::filesystem::path>> objects() const;
  /// One object, decrypted. data_invalid or encrypted_data_invalid when the file is damaged.
  Result<StoredObject> read(const std::filesystem::path& file) const;

 private:
  Token(std::filesystem::path directory, Secret locked_key) : directory_(std::move(directory)), locked_key_(std::move(locked_key)) {}

  std::filesystem::path directory_;
  Secret locked_key_;
  Secret key_;
};

}  // namespace hsm::softhsm
