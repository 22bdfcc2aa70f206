#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/forks.h"
#include "hsm/crypto/handle.h"
#include "hsm/crypto/library.h"

// The generator of our own library context (random_batches.h), one in each thread; a forked child's draws anew.

namespace hsm::crypto {
namespace {

constexpr unsigned kStrength = 256;

/// Not by RAND_priv_bytes_ex: that asks the host's RAND_METHOD first, whatever the library context.
bool fill(std::span<std::uint8_t> out) {
  auto* generator = RAND_get0_private(Library::get().context());
  return generator != nullptr && EVP_RAND_generate(generator, out.data(), out.size(), kStrength, 0, nullptr, 0) > 0;
}

/// Random octets that were drawn together and not given out yet: one of the generator's calls costs microseconds, whatever its length.
/// What a parent drew is not given out again in its child.
struct Batch {
  std::array<std::uint8_t, 1024> octets;
  std::size_t left = 0;
  unsigned drawn_after = 0;
};
constinit thread_local Batch batch{};

}  // namespace

Status random(Room room) {
  const QuietErrors quiet;
  if (!room.empty() && !fill(room)) return fail(Rv::device_error, "the random generator does not work");
  return Done{};
}

Secret random_secret(std::size_t length) {
  Secret secret(length);
  must(fill(secret.fill(SecretAccess::use())), "the random generator does not work");
  return secret;
}

Bytes random_bytes(std::size_t length) {
  Bytes bytes(length);
  must(fill(bytes), "the random generator does not work");
  return bytes;
}

Bytes random_identifier(std::size_t length) {
  const auto now = forks_so_far();
  if (batch.left < length || batch.drawn_after != now) {
    must(length <= batch.octets.size() && fill(batch.octets), "the random generator does not work");
    batch.left = batch.octets.size();
    batch.drawn_after = now;
  }
  const auto first = batch.octets.begin() + static_cast<std::ptrdiff_t>(batch.octets.size() - batch.left);
  batch.left -= length;
  return {first, first + static_cast<std::ptrdiff_t>(length)};
}

Status seed_random(ByteView additional) {
  const QuietErrors quiet;
  auto* generator = RAND_get0_private(Library::get().context());
  if (generator == nullptr) return fail(Rv::device_error, "the random generator does not work");
  // Additional input of a reseed from the system's source: what a caller gives can only add.
  constexpr std::size_t kMost = 4096;
  const auto head = additional.first(std::min(additional.size(), kMost));
  if (EVP_RAND_reseed(generator, 0, nullptr, 0, head.data(), head.size()) <= 0)
    return fail(Rv::device_error, "the random generator does not take a seed");
  return Done{};
}

}  // namespace hsm::crypto
