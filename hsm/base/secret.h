#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"

namespace p11 {
struct SecretAccess;
}
namespace kms {
struct SecretAccess;
}
namespace cli {
struct SecretAccess;
}
namespace hsm {
class Writer;
class Reader;
namespace crypto {
struct SecretAccess;
}

/// The passkey to a Secret's bytes. Only the structs named here can make one, so that this list is the whole list of
/// places that look inside: the algorithms, the C boundary of the module, the codec (sealed records, frames to
/// hsmd), the KMS's boundary to a PKCS#11 module and to its clients, the command line's terminal.
class KeyUse {
  KeyUse() = default;
  friend class Secret;
  friend class Writer;
  friend class Reader;
  friend struct crypto::SecretAccess;
  friend struct ::p11::SecretAccess;
  friend struct ::kms::SecretAccess;
  friend struct ::cli::SecretAccess;
};

/// Bytes that must not leak: PINs, keys, shares, passphrases, DEKs. Move-only; in locked pages between guard pages, left
/// out of core dumps, wiped on release and empty in a forked child; never printed. Owned by one thread at a time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  /// Takes a copy; wiping the source is the caller's duty.
  static Secret copy_of(ByteView bytes);
  /// Decodes padded base64 without a table (no cache trace of the value); an error for anything else.
  static Result<Secret> from_base64(std::string_view text);
  /// Reads up to `limit` bytes from a descriptor to its end; one trailing newline is dropped when `line` is set.
  enum class Ends { at_eof, at_newline };
  static Result<Secret> read_from(int descriptor, Ends ends, std::size_t limit = 65536);

  ByteView reveal(KeyUse) const { return {data_, size_}; }
  std::span<std::uint8_t> fill(KeyUse) { return {data_, size_}; }
  Secret clone(KeyUse) const { return copy_of({data_, size_}); }
  /// Forgets everything behind `size`.
  void shrink(std::size_t size);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  friend bool equal_in_constant_time(const Secret& a, const Secret& b);
  template <class Out>
  friend Out& operator<<(Out&, const Secret&) = delete;

  /// False once a page could not be locked (RLIMIT_MEMLOCK). A daemon refuses to start then.
  static bool memory_is_locked();
  /// To be called in a forked child before any Secret is made: gives it an allocator of its own.
  static void after_fork_in_child();

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

static_assert(!std::copyable<Secret> && std::movable<Secret>);

/// Overwrites memory in a way that the compiler may not remove.
void wipe(std::span<std::uint8_t> bytes) noexcept;

/// For buffers in which secrets travel (frames, JSON bodies): ordinary memory, overwritten before it is given back.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) {}  // NOLINT: implicit as the standard asks
  T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* p, std::size_t n) noexcept {
    wipe({static_cast<std::uint8_t*>(static_cast<void*>(p)), n * sizeof(T)});
    std::allocator<T>().deallocate(p, n);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;
using WipedString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace hsm
