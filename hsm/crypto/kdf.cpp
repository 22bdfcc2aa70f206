#include <botan/argon2.h>
#include <botan/pwdhash.h>
#include <botan/version.h>

#include <algorithm>
#include <array>

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/digest.h"
#include "hsm/crypto/kdf.h"

namespace hsm::crypto {

Bytes sha256(ByteView data) {
  Bytes out(sha_256().size);
  digest_into(sha_256(), {data}, out.data());
  return out;
}

Bytes hmac_sha256(const Secret& key, ByteView data) {
  Bytes out(sha_256().size);
  hmac_into(sha_256(), key.reveal(SecretAccess::use()), {data}, out.data());
  return out;
}

Secret iterated_sha256(ByteView salt, const Secret& password, unsigned rounds) {
  Secret out(sha_256().size);
  const auto octets = out.fill(SecretAccess::use());
  digest_into(sha_256(), {salt, password.reveal(SecretAccess::use())}, octets.data());
  for (unsigned round = 1; round < rounds; ++round) digest_into(sha_256(), {octets}, octets.data());
  return out;
}

Secret hkdf_expand(const Hash& hash, const Secret& key, ByteView info, std::size_t length) {
  must(length <= 255 * hash.size, "HKDF gives at most 255 blocks");
  HmacState expand(hash, key.reveal(SecretAccess::use()));
  Secret out(length);
  auto rest = out.fill(SecretAccess::use());
  std::array<std::uint8_t, kMostHash> block{};
  for (std::uint8_t counter = 1; !rest.empty(); ++counter) {
    expand.start();
    if (counter > 1) expand.update(ByteView(block).first(hash.size));
    expand.update(info);
    expand.update(ByteView(&counter, 1));
    expand.finish(block.data());
    const auto size = std::min(rest.size(), hash.size);
    std::copy_n(block.begin(), size, rest.begin());
    rest = rest.subspan(size);
  }
  wipe(block);
  return out;
}

Secret hkdf_sha256(const Secret& key, ByteView salt, std::string_view info, std::size_t length) {
  Secret extracted(sha_256().size);
  hmac_into(sha_256(), salt, {key.reveal(SecretAccess::use())}, extracted.fill(SecretAccess::use()).data());
  return hkdf_expand(sha_256(), extracted, view(info), length);
}

Secret argon2id(const Secret& password, ByteView salt, const Secret& pepper, const Argon2Cost& cost, std::size_t length) {
  Secret out(length);
  const auto octets = out.fill(SecretAccess::use());
  const auto pin = text_of(password.reveal(SecretAccess::use()));
  const auto secret = pepper.reveal(SecretAccess::use());
#if BOTAN_VERSION_MAJOR >= 3
  Botan::PasswordHashFamily::create_or_throw("Argon2id")
      ->from_params(cost.memory_kib, cost.passes, cost.lanes)
      ->derive_key(octets.data(), octets.size(), pin.data(), pin.size(), salt.data(), salt.size(), nullptr, 0, secret.data(),
                   secret.size());
#else
  constexpr std::uint8_t kArgon2id = 2;
  Botan::argon2(octets.data(), octets.size(), pin.data(), pin.size(), salt.data(), salt.size(), secret.data(), secret.size(),
                nullptr, 0, kArgon2id, cost.lanes, cost.memory_kib, cost.passes);
#endif
  return out;
}

Secret run_kdf(const char* name, const OSSL_PARAM* settings, std::uint64_t length) {
  using Kdf = std::unique_ptr<EVP_KDF, FreedBy<EVP_KDF_free>>;
  using KdfContext = std::unique_ptr<EVP_KDF_CTX, FreedBy<EVP_KDF_CTX_free>>;
  const Kdf algorithm(EVP_KDF_fetch(Library::get().context(), name, nullptr));
  must(algorithm != nullptr, "the default provider lacks a key derivation");
  const KdfContext context(EVP_KDF_CTX_new(algorithm.get()));
  Secret out(length);
  must(context != nullptr && EVP_KDF_derive(context.get(), out.fill(SecretAccess::use()).data(), out.size(), settings) > 0,
       "cannot run a key derivation");
  return out;
}

}  // namespace hsm::crypto
