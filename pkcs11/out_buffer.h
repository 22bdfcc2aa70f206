#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ranges>

#include "hsm/base/bytes.h"
#include "pkcs11/entry.h"

namespace p11 {

/// Octets given by the caller. A null pointer stands for none, but not for "so many of none".
inline Result<hsm::ByteView> octets(const void* data, CK_ULONG size) {
  if (data == nullptr && size != 0) return fail(Rv::arguments_bad, "a length without a pointer");
  if (size > static_cast<CK_ULONG>(std::numeric_limits<std::ptrdiff_t>::max()))
    return fail(Rv::arguments_bad, "a length that no memory has");
  return hsm::ByteView(static_cast<const std::uint8_t*>(data), size);
}

template <class T>
Status not_null(const T* pointer) {
  if (pointer == nullptr) return fail(Rv::arguments_bad, "a null pointer");
  return Done{};
}

/// Where a function puts octets, by the convention of the standard: a null buffer asks for the size, `size` holds the room and
/// then what was needed (PKCS#11 3.0, 5.2).
class OutBuffer {
 public:
  OutBuffer(CK_BYTE_PTR data, CK_ULONG_PTR size) : data_(data), size_(size) {}

  bool is_bad() const { return size_ == nullptr; }
  hsm::Room room() const { return data_ == nullptr ? hsm::Room() : hsm::Room(data_, std::min(*size_, most_behind(data_))); }
  /// Produced, or another reply with its size and whether it was written.
  template <class Produced>
  Status take(const Produced& produced) const {
    *size_ = produced.size;
    if (!produced.written && data_ != nullptr) return fail(Rv::buffer_too_small, "the caller's buffer");
    return Done{};
  }

 private:
  /// A caller may claim more room than the address space has behind the pointer. Nothing that is produced needs it, and its end could not
  /// be pointed to.
  static CK_ULONG most_behind(const CK_BYTE* data) {
    constexpr auto kMost = static_cast<CK_ULONG>(std::numeric_limits<std::ptrdiff_t>::max());
    return std::min(kMost, std::numeric_limits<std::uintptr_t>::max() - reinterpret_cast<std::uintptr_t>(data));
  }

  CK_BYTE_PTR data_;
  CK_ULONG_PTR size_;
};

/// The same convention for lists of slots and mechanisms.
template <std::ranges::sized_range List>
Status give_list(const List& list, CK_ULONG_PTR into, CK_ULONG_PTR count) {
  const CK_ULONG room = *count;
  *count = std::ranges::size(list);
  if (into == nullptr) return Done{};
  if (room < std::ranges::size(list)) return fail(Rv::buffer_too_small, "the caller's list");
  std::ranges::copy(list, into);
  return Done{};
}

}  // namespace p11
