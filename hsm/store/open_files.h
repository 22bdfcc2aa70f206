#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "hsm/base/result.h"

namespace hsm::store {

/// Which files an open database has: itself, its write-ahead log and the log's index. A process goes on writing to a file that was removed
/// or exchanged, SQLite says nothing, and what it acknowledged would be gone. None of the three changes by itself while a connection is open.
/// Immutable once it has seen them.
class OpenFiles {
 public:
  explicit OpenFiles(const std::string& database);

  /// To be called when the database has been read from: the log and its index exist from then on.
  Status see();
  /// Refuses, naming the file, when one of them is no longer what see() saw. One stat(2) for each.
  Status check() const;

  /// When the write-ahead log was last written and how long it is: a commit, whoever makes it, changes one of them.
  struct Log {
    std::int64_t written = 0;  ///< ns since 1970, 0 where it is not known
    std::int64_t size = 0;
    bool operator==(const Log&) const = default;
  };
  /// Unknown when it was written so lately that the next write could have the same time.
  Log log() const;

 private:
  struct File {
    std::string path;
    std::uint64_t device = 0, inode = 0;
  };
  std::array<File, 3> files_;
};

}  // namespace hsm::store
