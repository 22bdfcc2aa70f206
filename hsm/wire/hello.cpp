#include "hsm/wire/hello.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace hsm::wire {
namespace {

constexpr std::size_t kPage = 4096;
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace

ChangePage::ChangePage(ChangePage&& other) noexcept
    : counter_(std::exchange(other.counter_, nullptr)), descriptor_(std::move(other.descriptor_)) {}

ChangePage& ChangePage::operator=(ChangePage&& other) noexcept {
  std::swap(counter_, other.counter_);
  descriptor_ = std::move(other.descriptor_);
  return *this;
}

ChangePage::~ChangePage() {
  if (counter_ != nullptr) ::munmap(counter_, kPage);
}

Result<ChangePage> ChangePage::make() {
  ChangePage page;
  page.descriptor_ = Descriptor(::memfd_create("keymantle-changes", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!page.descriptor_ || ::ftruncate(page.descriptor_.get(), kPage) != 0)
    return fail(Rv::host_memory, "the shared page cannot be made");
  void* memory = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, page.descriptor_.get(), 0);
  if (memory == MAP_FAILED) return fail(Rv::host_memory, "the shared page cannot be mapped");
  page.counter_ = static_cast<std::atomic<std::uint64_t>*>(memory);
  // From here on nobody else can map it for writing, make it shorter or take the seals off.
  if (::fcntl(page.descriptor_.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return fail(Rv::general_error, "the shared page cannot be sealed (Linux 5.1 or later is needed)");
  return page;
}

Result<ChangePage> ChangePage::map(const Descriptor& passed) {
  struct stat about {};
  if (::fstat(passed.get(), &about) != 0 || about.st_size != static_cast<off_t>(kPage))
    return fail(Rv::device_error, "what the server passed is not a change page");
  ChangePage page;
  void* memory = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, passed.get(), 0);
  if (memory == MAP_FAILED) return fail(Rv::host_memory, "the shared page cannot be mapped");
  page.counter_ = static_cast<std::atomic<std::uint64_t>*>(memory);
  return page;
}

}  // namespace hsm::wire
