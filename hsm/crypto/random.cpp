#include <openssl/rand.h>

#include <algorithm>

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/handle.h"
#include "hsm/crypto/library.h"

// The DRBG of our own library context (CTR_DRBG, AES-256, one per thread): it reseeds itself in a forked child.

namespace hsm::crypto {
namespace {

constexpr unsigned kStrength = 256;

/// Not by RAND_priv_bytes_ex: that asks the host's RAND_METHOD first, whatever the library context.
bool fill(std::span<std::uint8_t> out) {
  auto* generator = RAND_get0_private(Library::get().context());
  return generator != nullptr && EVP_RAND_generate(generator, out.data(), out.size(), kStrength, 0, nullptr, 0) > 0;
}

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
