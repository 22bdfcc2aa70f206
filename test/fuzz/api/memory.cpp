#include "test/fuzz/api/memory.h"

#include <cstdio>
#include <cstdlib>

namespace fuzz {
namespace {

const char* called = "no function";

constexpr std::uint8_t kCanary = 0xC5;
constexpr std::size_t kCanaries = 16;
constexpr std::size_t kMostEarlier = 16;
constexpr std::size_t kLargeRoom = 64 * 1024;  // more than any call here needs

}  // namespace

void calling(const char* function) { called = function; }

void broken(const char* what) {
  std::fprintf(stderr, "%s: %s\n", called, what);
  std::abort();
}

void Out::check(CK_RV rv) const {
  if (size == nullptr) return;
  if (rv == CKR_OK && data != nullptr && *size > claimed) broken("more octets than there is room for, with CKR_OK");
  if (rv == CKR_OK && data != nullptr && *size > real) broken("more octets than anything here has, with CKR_OK");
  if (rv == CKR_BUFFER_TOO_SMALL && data != nullptr && *size <= claimed) broken("CKR_BUFFER_TOO_SMALL for a buffer that is large enough");
  if (rv == CKR_BUFFER_TOO_SMALL && data == nullptr) broken("CKR_BUFFER_TOO_SMALL where only the size was asked for");
}

Octets Out::written(CK_RV rv) const {
  if (rv != CKR_OK || data == nullptr || size == nullptr) return {};
  return {data, data + *size};
}

CK_BYTE_PTR Memory::allocate(std::size_t size, std::size_t offset, std::size_t behind) {
  auto memory = std::make_unique<CK_BYTE[]>(offset + size + behind);
  auto* data = memory.get() + offset;
  pieces_.push_back({std::move(memory), data, size});
  return data;
}

CK_BYTE_PTR Memory::place(std::size_t size, Alignment alignment) {
  const std::size_t offset = alignment == Alignment::any && choices_.once_in(8) ? 1 : 0;
  return allocate(size, offset, 0);
}

CK_BYTE_PTR Memory::room(std::size_t size) {
  auto* data = allocate(size, 0, kCanaries);
  std::memset(data + size, kCanary, kCanaries);
  canaries_.emplace_back(data + size, kCanaries);
  return data;
}

In Memory::input(const Octets& octets) {
  auto* data = allocate(octets.size(), 0, 0);
  if (!octets.empty()) std::memcpy(data, octets.data(), octets.size());
  const In in{data, octets.size()};
  inputs_.push_back({in, octets});
  return in;
}

In Memory::input(Limit limit) {
  static constexpr auto kSizes = std::to_array<std::size_t>({0, 1, 4, 8, 12, 13, 15, 16, 17, 20, 24, 28, 31, 32, 33, 48, 64, 65, 128, 256, 1024, 4096});
  static constexpr auto kBeyondMemory = std::to_array<CK_ULONG>({~CK_ULONG{0}, CK_ULONG{1} << 63, (CK_ULONG{1} << 63) + 16});
  static constexpr auto kBeyondValues =
      std::to_array<CK_ULONG>({~CK_ULONG{0}, CK_ULONG{1} << 63, ~CK_ULONG{0} / sizeof(CK_ATTRIBUTE) * sizeof(CK_ATTRIBUTE), CK_ULONG{1} << 40, (CK_ULONG{32} << 20) + 1});
  switch (choices_.below(16)) {
    case 1: return {nullptr, 0};
    case 2: return {nullptr, choices_.number()};
    case 3:
      if (limit == Limit::memory) return {input(choices_.octets(1)).data, choices_.one_of(kBeyondMemory)};
      if (limit == Limit::value) return {input(choices_.octets(1)).data, choices_.one_of(kBeyondValues)};
      return input(choices_.octets(3));
    case 4: case 5: case 6: case 7:
      if (!earlier_.empty()) {
        auto octets = choices_.one_of(earlier_);
        if (choices_.once_in(4) && !octets.empty()) octets[choices_.octet() % octets.size()] ^= static_cast<std::uint8_t>(choices_.octet() | 1);
        if (choices_.once_in(8)) octets.resize(choices_.octet());
        return input(octets);
      }
      return input(choices_.octets(16));
    case 8: case 9: return input(choices_.octets(choices_.octet()));
    default: {
      const auto size = choices_.one_of(kSizes);
      return input(Octets(size, choices_.octet()));
    }
  }
}

Out Memory::output() {
  static constexpr auto kRooms = std::to_array<std::size_t>({0, 1, 15, 16, 20, 32, 48, 64, 128, 256, 1024, 4096});
  const auto make = [this](std::size_t real, CK_ULONG claimed) {
    outputs_.push_back({room(real), number(claimed), real, claimed});
    return outputs_.back();
  };
  switch (choices_.below(16)) {
    case 1: case 2: {
      outputs_.push_back({nullptr, number(choices_.number()), 0, 0});
      return outputs_.back();
    }
    case 3: return Out{place(16), nullptr, 0, 0};
    case 4: return Out{};
    case 5: return make(kLargeRoom, choices_.once_in(2) ? ~CK_ULONG{0} : CK_ULONG{1} << 63);
    case 6: case 7: case 8: return make(std::min<std::size_t>(announced_, kLargeRoom), std::min<CK_ULONG>(announced_, kLargeRoom));
    case 9: {
      const auto less = std::min<std::size_t>(announced_ == 0 ? 0 : announced_ - 1, kLargeRoom);
      return make(less, less);
    }
    case 10: case 11: {
      const auto room = choices_.one_of(kRooms);
      return make(room, room);
    }
    default: return make(kLargeRoom, kLargeRoom);
  }
}

void Memory::check(CK_RV rv) const {
  for (const auto& [in, before] : inputs_)
    if (!before.empty() && std::memcmp(in.data, before.data(), before.size()) != 0) broken("what was given to be read is changed");
  for (const auto& [data, size] : canaries_)
    if (std::any_of(data, data + size, [](CK_BYTE c) { return c != kCanary; })) broken("octets behind the room for output are written");
  for (const auto& out : outputs_) out.check(rv);
}

void Memory::remember(Octets octets) {
  if (octets.empty()) return;
  if (octets.size() > kLargeRoom) octets.resize(kLargeRoom);
  if (earlier_.size() == kMostEarlier) earlier_.erase(earlier_.begin());
  earlier_.push_back(std::move(octets));
}

void Memory::release() {
  for (const auto& out : outputs_)
    if (out.size != nullptr) announced_ = *out.size;
  pieces_.clear();
  inputs_.clear();
  outputs_.clear();
  canaries_.clear();
}

}  // namespace fuzz
