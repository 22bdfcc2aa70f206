#include "hsm/store/open_files.h"

#include <sys/stat.h>
#include <time.h>

#include <cerrno>

#include "hsm/store/file_state.h"

namespace hsm::store {
namespace {

/// Kernels note times of writes to the tick, of which the slowest are 10 ms long.
constexpr std::int64_t kTicks = 50'000'000;

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

}  // namespace

OpenFiles::OpenFiles(const std::string& database) : files_{{{database}, {database + "-wal"}, {database + "-shm"}}} {}

Status OpenFiles::see() {
  for (auto& file : files_) {
    struct stat state {};
    if (::stat(file.path.c_str(), &state) != 0)
      return fail(Rv::device_error, "a file of the store was removed while it was opened; open it again").about(describe(file.path, errno));
    file.device = state.st_dev;
    file.inode = state.st_ino;
  }
  return Done{};
}

Status OpenFiles::check() const {
  for (const auto& file : files_) {
    struct stat state {};
    if (::stat(file.path.c_str(), &state) != 0)
      return fail(Rv::device_error,
                  "a file of the store was removed or renamed while it was in use; put it back, or end the programs that use the store and "
                  "restore a backup")
          .about(describe(file.path, errno));
    if (state.st_dev != file.device || state.st_ino != file.inode)
      return fail(Rv::device_error,
                  "a file of the store was replaced while it was in use; put the old one back, or end the programs that use the store and "
                  "start them again")
          .about(describe(file.path));
  }
  return Done{};
}

OpenFiles::Log OpenFiles::log() const {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  struct stat state {};
  if (::stat(files_[1].path.c_str(), &state) != 0) return {};
  const Log found{nanoseconds(state.st_mtim), state.st_size};
  return found.written + kTicks < nanoseconds(now) ? found : Log{};
}

}  // namespace hsm::store
