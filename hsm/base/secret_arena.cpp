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
struct Pool {
  std::mutex mutex;
  std::array<FreeSlot*, kClasses> free{};
};

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

void refill(Pool& p, std::size_t index) {
  const auto slot = kLeastSlot << index;
  auto* memory = map_guarded(kChunk);
  for (std::size_t at = kChunk; at >= slot; at -= slot)
    p.free[index] = new (memory + at - slot) FreeSlot{p.free[index]};
}

}  // namespace

std::uint8_t* SecretArena::take(std::size_t size) {
  if (size > kMostSlot) return map_guarded(whole_pages(size));
  auto& p = current_pool();
  const auto index = class_of(size);
  const std::lock_guard lock(p.mutex);
  if (p.free[index] == nullptr) refill(p, index);
  auto* slot = p.free[index];
  p.free[index] = slot->next;
  slot->next = nullptr;
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
  const std::lock_guard lock(p.mutex);
  p.free[index] = new (memory) FreeSlot{p.free[index]};
}

bool SecretArena::locked() { return all_locked; }

void SecretArena::after_fork_in_child() { pool.store(new Pool, std::memory_order_release); }

}  // namespace hsm
