#include "hsm/store/changes_page.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "hsm/base/socket.h"
#include "hsm/store/file_state.h"

namespace hsm::store {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kWord = 64 / sizeof(std::uint64_t);
constexpr char kMagic[] = "keymantle chg 1\n";
constexpr std::size_t kMagicSize = sizeof kMagic - 1;

/// It is held for the time in which the file gets its first page, so that nobody waits for long but for a process that was stopped.
constexpr std::chrono::seconds kWaitForLock{2};

bool lock(int fd) {
  const auto until = std::chrono::steady_clock::now() + kWaitForLock;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || std::chrono::steady_clock::now() > until) return false;
    ::usleep(5000);
  }
  return true;
}

std::atomic_ref<std::uint64_t> atomic(std::uint64_t* word) { return std::atomic_ref<std::uint64_t>(*word); }

}  // namespace

Result<std::unique_ptr<ChangesPage>> ChangesPage::open(const std::filesystem::path& file) {
  std::unique_ptr<ChangesPage> page(new ChangesPage(file));
  TRY(page->map());
  return page;
}

ChangesPage::~ChangesPage() {
  for (void* page : pages_) ::munmap(page, kPage);
}

Status ChangesPage::map() {
  const Descriptor fd(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(Rv::device_error, "the page of changes cannot be opened").about(describe(file_, errno));
  // The lock keeps others from mapping a file that has no page yet. It would live as long as the mapping, not the descriptor.
  struct Unlock {
    int fd;
    ~Unlock() { ::flock(fd, LOCK_UN); }
  } unlock{fd.get()};
  struct stat state {};
  if (!lock(fd.get()))
    return fail(Rv::device_error, "another process keeps the page of changes locked; look for one that was stopped, and try again")
        .about(describe(file_, errno));
  if (::fstat(fd.get(), &state) != 0) return fail(Rv::device_error, "the page of changes cannot be looked at").about(describe(file_, errno));
  if (state.st_size < static_cast<off_t>(kPage)) {
    if (const int error = ::posix_fallocate(fd.get(), 0, kPage); error != 0)
      return fail(error == ENOSPC ? Rv::device_memory : Rv::device_error, "there is no room for the page of changes")
          .about(describe(file_, error));
  }
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) return fail(Rv::device_error, "the page of changes cannot be mapped").about(describe(file_, errno));
  static constexpr char kEmpty[kMagicSize] = {};
  if (std::memcmp(page, kEmpty, kMagicSize) == 0) std::memcpy(page, kMagic, kMagicSize);
  if (std::memcmp(page, kMagic, kMagicSize) != 0) {
    ::munmap(page, kPage);
    return fail(Rv::device_error, "this is no page of changes; remove it, it is made again").about(file_.string());
  }
  pages_.push_back(page);
  device_ = state.st_dev;
  inode_ = state.st_ino;
  word_.store(static_cast<std::uint64_t*>(page) + kWord, std::memory_order_release);
  return Done{};
}

std::uint64_t ChangesPage::committed() const {
  return atomic(word_.load(std::memory_order_acquire)).load(std::memory_order_acquire);
}

void ChangesPage::publish(std::uint64_t change) {
  const auto word = atomic(word_.load(std::memory_order_acquire));
  auto seen = word.load(std::memory_order_relaxed);
  while (seen < change && !word.compare_exchange_weak(seen, change, std::memory_order_release)) {
  }
}

Status ChangesPage::follow_file() {
  const std::lock_guard lock(mapping_);
  struct stat state {};
  if (::stat(file_.c_str(), &state) == 0 && state.st_dev == device_ && state.st_ino == inode_) return Done{};
  return map();
}

}  // namespace hsm::store
