#include "test/hostile/disk_trouble.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

struct sqlite3;

// The names of the C library by which SQLite and the module write, in front of the library's own. At the write of the number
// KEYMANTLE_TEST_KILL_AT the process kills itself, as kill -9 would: before the write, or, with KEYMANTLE_TEST_KILL_HALFWAY, when half of it is
// done. What goes to a pipe or a terminal is not counted. The log's index and the page of changes are shared memory, and no write.
// KEYMANTLE_TEST_WAIT is how many milliseconds a connection waits for a lock, in place of what it asks for.

namespace {

std::atomic<std::uint64_t> begun{0};

std::uint64_t fatal() {
  static const std::uint64_t at = [] {
    const char* value = ::getenv("KEYMANTLE_TEST_KILL_AT");
    return value == nullptr ? 0 : ::strtoull(value, nullptr, 10);
  }();
  return at;
}
bool halfway() {
  static const bool set = ::getenv("KEYMANTLE_TEST_KILL_HALFWAY") != nullptr;
  return set;
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

/// Of the store: only a log is appended to.
bool is_file(int fd) {
  struct stat state {};
  return ::fstat(fd, &state) == 0 && (S_ISREG(state.st_mode) || S_ISDIR(state.st_mode)) && (::fcntl(fd, F_GETFL) & O_APPEND) == 0;
}

std::atomic<int> failing{0};
std::atomic<bool> stopping{false};

bool is_the_fatal_one() {
  if (stopping.exchange(false)) ::raise(SIGSTOP);
  return begun.fetch_add(1) + 1 == fatal();
}

/// For what is done or not done: true when it fails.
bool count() {
  if (is_the_fatal_one()) die();
  errno = failing;
  return failing != 0 && failing != EIO;
}
bool count(int fd) { return is_file(fd) && count(); }

template <class Function>
Function* next(Function* /*of this type*/, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Writes all of it, or half of it and no more of anything.
template <class Write>
ssize_t counted_write(int fd, size_t size, Write write) {
  if (!is_file(fd)) return write(size);
  if (!is_the_fatal_one()) {
    if (failing == 0 || failing == EIO) return write(size);
    errno = failing;
    return -1;
  }
  if (halfway()) static_cast<void>(write(size / 2));
  die();
}

}  // namespace

std::uint64_t writes_begun() { return begun.load(); }
void let_writes_fail(int error) { failing = error; }
void stop_at_next_write() { stopping = true; }

#define KM_IN_FRONT extern "C" __attribute__((visibility("default")))

KM_IN_FRONT ssize_t write(int fd, const void* data, size_t size) {
  static auto* const real = next(&::write, "write");
  return counted_write(fd, size, [&](size_t part) { return real(fd, data, part); });
}
KM_IN_FRONT ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static auto* const real = next(&::pwrite, "pwrite");
  return counted_write(fd, size, [&](size_t part) { return real(fd, data, part, at); });
}
KM_IN_FRONT ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static auto* const real = next(&::pwrite64, "pwrite64");
  return counted_write(fd, size, [&](size_t part) { return real(fd, data, part, at); });
}
KM_IN_FRONT int fsync(int fd) {
  static auto* const real = next(&::fsync, "fsync");
  if (count(fd) || (failing == EIO && is_file(fd))) return errno = failing, -1;
  return real(fd);
}
KM_IN_FRONT int fdatasync(int fd) {
  static auto* const real = next(&::fdatasync, "fdatasync");
  if (count(fd) || (failing == EIO && is_file(fd))) return errno = failing, -1;
  return real(fd);
}
KM_IN_FRONT int ftruncate(int fd, off_t size) noexcept {
  static auto* const real = next(&::ftruncate, "ftruncate");
  if (count(fd)) return -1;
  return real(fd, size);
}
KM_IN_FRONT int ftruncate64(int fd, off64_t size) noexcept {
  static auto* const real = next(&::ftruncate64, "ftruncate64");
  if (count(fd)) return -1;
  return real(fd, size);
}
KM_IN_FRONT int posix_fallocate(int fd, off_t from, off_t size) {
  static auto* const real = next(&::posix_fallocate, "posix_fallocate");
  if (count(fd)) return errno;
  return real(fd, from, size);
}
KM_IN_FRONT int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const real = next(&::mkdir, "mkdir");
  if (count()) return -1;
  return real(path, mode);
}
KM_IN_FRONT int unlink(const char* path) noexcept {
  static auto* const real = next(&::unlink, "unlink");
  if (count()) return -1;
  return real(path);
}
KM_IN_FRONT int link(const char* from, const char* to) noexcept {
  static auto* const real = next(&::link, "link");
  if (count()) return -1;
  return real(from, to);
}
KM_IN_FRONT int rename(const char* from, const char* to) noexcept {
  static auto* const real = next(&::rename, "rename");
  if (count()) return -1;
  return real(from, to);
}

// The mode is there when a file may be made; to pass it on when it is not does no harm.
#define KM_OPEN(name)                                              \
  KM_IN_FRONT int name(const char* path, int flags, ...) {         \
    using Open = int(const char*, int, ...);                       \
    static auto* const real = next(static_cast<Open*>(&::name), #name); \
    mode_t mode = 0;                                               \
    if ((flags & O_CREAT) != 0) {                                  \
      va_list rest;                                                \
      va_start(rest, flags);                                       \
      mode = va_arg(rest, mode_t);                                 \
      va_end(rest);                                                \
      if (count()) return -1;                                      \
    }                                                              \
    return real(path, flags, mode);                                \
  }
KM_OPEN(open)
KM_OPEN(open64)

KM_IN_FRONT int sqlite3_busy_timeout(sqlite3* database, int milliseconds) {
  using Wait = int(sqlite3*, int);
  // The module brings it, and only the module sees it.
  static auto* const real = reinterpret_cast<Wait*>(::dlsym(::dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_NOLOAD), "sqlite3_busy_timeout"));
  const char* instead = ::getenv("KEYMANTLE_TEST_WAIT");
  return real(database, instead == nullptr ? milliseconds : std::min(milliseconds, ::atoi(instead)));
}
