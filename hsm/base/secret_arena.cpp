#include "hsm/base/secret_arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>

#include "hsm/base/secret.h"
#include "hsm/base/thread_number.h"

namespace hsm {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kLeastSlot = 32;
constexpr std::size_t kMostSlot = 8192;
constexpr std::size_t kClasses = 9;  // 32, 64 ... 8192

std::atomic<bool> all_locked{true};

struct FreeSlot {
  FreeSlot* next;
};
/// Free slots of every class.
struct alignas(64) Shelf {
  std::mutex mutex;  ///< guards what follows
  std::array<FreeSlot*, kClasses> free{};
  std::array<std::size_t, kClasses> count{};

  void push(std::size_t index, void* slot) {
    free[index] = new (slot) FreeSlot{free[index]};
    ++count[index];
  }
  FreeSlot* pop(std::size_t index) {
    auto* slot = free[index];
    if (slot == nullptr) return nullptr;
    free[index] = slot->next;
    slot->next = nullptr;
    --count[index];
    return slot;
  }
};
/// Each thread takes slots from a shelf of its own, and gives them back there, so that threads do not wait for each other; what is too
/// little or too much goes to and from the common one in groups. Large slots are all kept there.
struct Pool {
  std::array<Shelf, kThreadParts> of_threads;
  Shelf common;
};
constexpr std::size_t kMostShared = 4;  // classes up to 256 octets are on the threads' shelves
constexpr std::size_t kGroup = 16;

// The pool of this process. A forked child gets another and leaves the parent's (whose mutex may be held) alone.
std::atomic<Pool*> pool{nullptr};

Pool& current_pool() {
  auto* p = pool.load(std::memory_order_acquire);
  if (p == nullptr) {
    auto* fresh = new Pool;
    if (pool.compare_exchange_strong(p, fresh)) return *fresh;
    delete fresh;
  }
  return *p;
}

std::size_t class_of(std::size_t size) {
  return static_cast<std::size_t>(std::bit_width((std::max(size, kLeastSlot) - 1) / kLeastSlot));
}

std::size_t whole_pages(std::size_t size) { return (size + kPage - 1) / kPage * kPage; }

/// Pages of our own: guard page, `size` octets (whole pages), guard page.
std::uint8_t* map_guarded(std::size_t size) {
  const auto span = size + 2 * kPage;
  void* raw = mmap(nullptr, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  auto* memory = static_cast<std::uint8_t*>(raw) + kPage;
  if (mprotect(memory, size, PROT_READ | PROT_WRITE) != 0) {
    munmap(raw, span);
    throw std::bad_alloc();
  }
  if (mlock(memory, size) != 0) all_locked = false;
  madvise(memory, size, MADV_DONTDUMP);
  madvise(memory, size, MADV_WIPEONFORK);
  return memory;
}

void refill(Shelf& shelf, std::size_t index) {
  const auto slot = kLeastSlot << index;
  auto* memory = map_guarded(kChunk);
  for (std::size_t at = kChunk; at >= slot; at -= slot) shelf.push(index, memory + at - slot);
}

FreeSlot* take_from(Shelf& shelf, std::size_t index) {
  if (shelf.free[index] == nullptr) refill(shelf, index);
  return shelf.pop(index);
}

/// Both are locked.
void move_group(Shelf& from, Shelf& to, std::size_t index) {
  for (std::size_t i = 0; i < kGroup; ++i) {
    auto* slot = from.pop(index);
    if (slot == nullptr) return;
    to.push(index, slot);
  }
}

Shelf& shelf_of_this_thread(Pool& p) { return p.of_threads[thread_part()]; }

}  // namespace

std::uint8_t* SecretArena::take(std::size_t size) {
  if (size > kMostSlot) return map_guarded(whole_pages(size));
  auto& p = current_pool();
  const auto index = class_of(size);
  FreeSlot* slot = nullptr;
  if (index < kMostShared) {
    auto& own = shelf_of_this_thread(p);
    const std::lock_guard lock(own.mutex);
    slot = own.pop(index);
    if (slot == nullptr) {
      const std::lock_guard also(p.common.mutex);
      slot = take_from(p.common, index);
      move_group(p.common, own, index);
    }
  } else {
    const std::lock_guard lock(p.common.mutex);
    slot = take_from(p.common, index);
  }
  return static_cast<std::uint8_t*>(static_cast<void*>(slot));
}

void SecretArena::give_back(std::uint8_t* memory, std::size_t size) noexcept {
  wipe({memory, size});
  if (size > kMostSlot) {
    munmap(memory - kPage, whole_pages(size) + 2 * kPage);
    return;
  }
  auto& p = current_pool();
  const auto index = class_of(size);
  auto& shelf = index < kMostShared ? shelf_of_this_thread(p) : p.common;
  const std::lock_guard lock(shelf.mutex);
  shelf.push(index, memory);
  if (index >= kMostShared || shelf.count[index] <= 2 * kGroup) return;
  const std::lock_guard also(p.common.mutex);
  move_group(shelf, p.common, index);
}

bool SecretArena::locked() { return all_locked; }

void SecretArena::after_fork_in_child() { pool.store(new Pool, std::memory_order_release); }

}  // namespace hsm
