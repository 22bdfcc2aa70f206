#include "hsm/base/secret.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "hsm/base/secret_arena.h"

namespace hsm {
namespace {

// Value of a base64 character without a table or a branch on it; -1 for any other character.
int sextet(int c) {
  const auto between = [c](int low, int high) { return ((low - 1 - c) & (c - high - 1)) >> 8; };
  int value = -1;
  value += between('A', 'Z') & (c - 'A' + 1);
  value += between('a', 'z') & (c - 'a' + 27);
  value += between('0', '9') & (c - '0' + 53);
  value += between('+', '+') & 63;
  value += between('/', '/') & 64;
  return value;
}

}  // namespace

Secret::Secret(std::size_t size) : data_(size == 0 ? nullptr : SecretArena::take(size)), size_(size) {}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() {
  if (data_ != nullptr) SecretArena::give_back(data_, size_);
}

Secret Secret::copy_of(ByteView bytes) {
  Secret secret(bytes.size());
  if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
  return secret;
}

Result<Secret> Secret::from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return fail(Rv::data_invalid, "not base64: its length is not a multiple of 4");
  std::size_t pads = 0;
  while (pads < 2 && pads < text.size() && text[text.size() - 1 - pads] == '=') ++pads;
  text.remove_suffix(pads);
  Secret secret(text.size() * 3 / 4);
  int bad = 0;
  unsigned group = 0;
  unsigned bits = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const int digit = sextet(static_cast<unsigned char>(c));
    bad |= digit;
    group = (group << 6) | (static_cast<unsigned>(digit) & 63u);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      secret.data_[at++] = static_cast<std::uint8_t>(group >> bits);
      group &= (1u << bits) - 1;
    }
  }
  if (bad < 0 || group != 0) return fail(Rv::data_invalid, "not base64");
  return secret;
}

Result<Secret> Secret::read_from(int descriptor, Ends ends, std::size_t limit) {
  Secret buffer(limit + 1);
  std::size_t size = 0;
  while (size <= limit) {
    // At a line's end one octet at a time: what follows belongs to somebody else.
    const auto want = ends == Ends::at_newline ? 1 : limit + 1 - size;
    const auto got = ::read(descriptor, buffer.data_ + size, want);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Rv::function_failed, "cannot read the secret from its descriptor").about(std::strerror(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (ends == Ends::at_newline && buffer.data_[size - 1] == '\n') {
      --size;
      break;
    }
  }
  if (size > limit) return fail(Rv::data_len_range, "the secret is longer than its limit");
  return copy_of({buffer.data_, size});
}

void Secret::shrink(std::size_t size) {
  if (size >= size_) return;
  *this = copy_of({data_, size});
}

bool equal_in_constant_time(const Secret& a, const Secret& b) {
  return equal_in_constant_time(ByteView{a.data_, a.size_}, ByteView{b.data_, b.size_});
}

bool Secret::memory_is_locked() {
  const Secret probe(1);  // so that the answer is about a page that exists
  return SecretArena::locked();
}

void Secret::after_fork_in_child() { SecretArena::after_fork_in_child(); }

void wipe(std::span<std::uint8_t> bytes) noexcept {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace hsm
