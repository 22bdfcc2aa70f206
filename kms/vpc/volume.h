#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kms/client/client.h"
#include "kms/vpc/luks.h"
#include "kms/vpc/record.h"

namespace kms::vpc {

struct NewVolume {
  std::string name;
  std::string key;             ///< id or alias of an active root key
  std::uint64_t size = 0;      ///< octets of data; 0: as large as `from`
  std::filesystem::path from;  ///< raw filesystem or disk image to fill it with; empty: none
  LuksVersion version = LuksVersion::two;
};

/// A QCOW2 image that its owner encrypted, and the WDEK of its passphrase.
struct NewImage {
  std::string name;
  std::string key;
  std::filesystem::path file;
  std::string wdek;
};

/// A container that the passphrase has been seen to open.
struct Opened {
  Record record;
  hsm::Secret passphrase;
  bool rewrapped = false;  ///< the KMS gave a WDEK of the current key version, and it is kept
};

/// Volumes and images whose passphrases the KMS wraps. Their files and records lie in one directory. Uses the client of its
/// caller; belongs to the same thread.
class Volumes {
 public:
  Volumes(client::Client& kms, std::filesystem::path directory) : kms_(kms), records_(std::move(directory)) {}

  /// A container whose passphrase the KMS draws. When any step fails, nothing of it is left.
  client::Result<Record> create(const NewVolume& wanted);
  /// Unwraps once and tries the passphrase before anything is kept.
  client::Result<Record> import_image(const NewImage& wanted);

  /// Unwraps the passphrase and tries it. The WDEK of the registry counts, since the KMS re-wraps that one; the record's
  /// is used when the registry has none. Refusals have the codes encryption_key_disabled, encryption_key_deleted, no_file,
  /// not_luks, passphrase_wrong.
  client::Result<Opened> open(Kind kind, const std::string& name);

  /// Unregisters and forgets it; a volume's file is deleted too, an image's file belongs to its owner and stays.
  client::Status remove(Kind kind, const std::string& name);

  const Records& records() const { return records_; }

 private:
  client::Result<Record> describe(Kind kind, const std::string& name, const client::Key& key) const;
  client::Status keep(const Record& record);
  client::Status register_at_kms(const Record& record);
  client::Result<Record> with_registered_wdek(Record record);
  client::Result<hsm::Secret> unwrap(Record& record, bool& rewrapped);
  client::Error explain(client::Error error, const Record& record);

  client::Client& kms_;
  Records records_;
};

}  // namespace kms::vpc
