#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kms/client/error.h"

namespace kms::vpc {

enum class Kind { volume, image };
std::string_view name_of(Kind kind);

/// What is kept about a volume or image: the file NAME.json in the directory of volumes. It holds nothing secret; the WDEK
/// opens nothing without the KMS.
struct Record {
  Kind kind = Kind::volume;
  std::string name;
  std::string crn;          ///< under which it is registered at the KMS
  std::string key_id;
  std::string key_crn;
  std::string key_version;  ///< that made `wdek`
  std::string wdek;
  std::filesystem::path file;  ///< absolute
  std::string format;       ///< luks2, luks1, qcow2
  std::uint64_t size = 0;   ///< octets of data a guest sees; 0 for images
  std::string created;      ///< RFC 3339

  friend bool operator==(const Record&, const Record&) = default;
};

/// The record as one line of JSON.
std::string to_json(const Record& record);
client::Result<Record> record_from_json(std::string_view text, const std::filesystem::path& source);

/// The records of one directory. Every write replaces the file in one step.
class Records {
 public:
  explicit Records(std::filesystem::path directory) : directory_(std::move(directory)) {}

  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path path_of(const std::string& name) const { return directory_ / (name + ".json"); }
  client::Result<Record> read(Kind kind, const std::string& name) const;
  client::Result<std::vector<Record>> list(Kind kind) const;  ///< by name; other JSON files are passed over
  client::Status write(const Record& record) const;
  client::Status refuse_taken(const std::string& name) const;
  /// When it is missing, with mode 0700; not its parents.
  client::Status make_directory() const;
  client::Status remove(const std::string& name) const;

 private:
  std::filesystem::path directory_;
};

/// 1 to 63 lower-case letters, digits and hyphens, beginning with a letter.
client::Status check_name(const std::string& name);

}  // namespace kms::vpc
