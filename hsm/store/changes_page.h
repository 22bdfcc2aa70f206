#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "hsm/base/result.h"

namespace hsm::store {

/// The number of the last commit, in a page of memory that all processes of one store share: a reader learns without a system
/// call that another process committed. Grammar of the file `changes`:
///
///   page = "keymantle chg 1" LF, 48 * %x00, u64 last committed change, zeros up to 4096 octets     (words in the machine's order)
///
/// A writer raises the word when its commit is on the disk and before it tells anybody. So the word never knows of more than the database:
/// one that does is the witness of a database that was put back or cut (SqliteStore). It may know of less: a writer that died between the two,
/// or a page that was removed, is noticed by the look that each process takes once a second anyway, and by the next writer or opener.
class ChangesPage {
 public:
  static Result<std::unique_ptr<ChangesPage>> open(const std::filesystem::path& file);
  ~ChangesPage();
  ChangesPage(const ChangesPage&) = delete;

  std::uint64_t committed() const;
  /// Raises the word to `change`, which must be on the disk; never lowers it.
  void publish(std::uint64_t change);
  /// Maps the file again when somebody replaced it.
  Status follow_file();

 private:
  explicit ChangesPage(std::filesystem::path file) : file_(std::move(file)) {}
  Status map();

  std::filesystem::path file_;
  std::mutex mapping_;
  std::atomic<std::uint64_t*> word_{nullptr};
  std::vector<void*> pages_;  // every mapping ever made: another thread may still read an old one
  std::uint64_t device_ = 0, inode_ = 0;
};

}  // namespace hsm::store
