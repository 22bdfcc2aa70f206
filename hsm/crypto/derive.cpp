#include <algorithm>
#include <array>

#include "hsm/crypto/digest.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/operation.h"

// CKM_ECDH1_DERIVE and CKM_ECDH1_COFACTOR_DERIVE: the same, as all curves have the cofactor 1.

namespace hsm::crypto {
namespace {

/// The x coordinate of the shared point.
Result<Secret> agree(const PairKey& own, ByteView public_data) {
  const auto point = uncompressed_point(own.curve(), public_data);
  if (!point) return fail(Rv::mechanism_param_invalid, "the public data is not an uncompressed point of this curve");
  const auto peer = make_ec_public(own.curve(), *point);
  if (peer == nullptr) return fail(Rv::mechanism_param_invalid, "the public point is not on the curve");
  const QuietErrors quiet;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::get().context(), own.pkey(), nullptr));
  must(context != nullptr && EVP_PKEY_derive_init(context.get()) > 0, "cannot start ECDH");
  Secret shared(own.curve().octets());
  auto size = shared.size();
  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) <= 0 ||
      EVP_PKEY_derive(context.get(), shared.fill(SecretAccess::use()).data(), &size) <= 0 || size != shared.size())
    return fail(Rv::mechanism_param_invalid, "the public point does not give a shared secret");
  return shared;
}

/// ANSI X9.63: HASH(Z || u32 counter || shared data) ...
Secret expand(const Hash& hash, const Secret& shared, ByteView shared_data, std::uint64_t length) {
  Secret out(length);
  auto rest = out.fill(SecretAccess::use());
  std::array<std::uint8_t, kMostHash> block;
  for (std::uint32_t counter = 1; !rest.empty(); ++counter) {
    const std::array<std::uint8_t, 4> number = {
        static_cast<std::uint8_t>(counter >> 24), static_cast<std::uint8_t>(counter >> 16),
        static_cast<std::uint8_t>(counter >> 8), static_cast<std::uint8_t>(counter)};
    digest_into(hash, {shared.reveal(SecretAccess::use()), number, shared_data}, block.data());
    const auto size = std::min(rest.size(), hash.size);
    std::copy_n(block.begin(), size, rest.begin());
    rest = rest.subspan(size);
  }
  wipe(block);
  return out;
}

}  // namespace

Result<Secret> derive(const Mechanism& mechanism, const Key& base_key, std::uint64_t length) {
  constexpr std::uint64_t kMost = 65536;
  if (mechanism.type != static_cast<std::uint64_t>(Mech::ecdh1_derive) &&
      mechanism.type != static_cast<std::uint64_t>(Mech::ecdh1_cofactor_derive))
    return fail(Rv::mechanism_invalid, "nothing is derived by this mechanism");
  const auto* params = std::get_if<Ecdh1Params>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "ECDH needs CK_ECDH1_DERIVE_PARAMS");
  const bool plain = params->kdf == static_cast<std::uint64_t>(Kdf::null);
  const auto* hash = hash_of(static_cast<Kdf>(params->kdf));
  if (!plain && hash == nullptr) return fail(Rv::mechanism_param_invalid, "ECDH with an unknown key derivation function");
  if (plain && !params->shared_data.empty())
    return fail(Rv::mechanism_param_invalid, "CKD_NULL takes no shared data");
  const auto* own = pair_of(base_key);
  if (own == nullptr || own->type() != KeyType::ec || !own->is_private())
    return fail(Rv::key_type_inconsistent, "ECDH needs an EC private key");
  auto shared = TRY(agree(*own, params->public_data));
  if (!plain) {
    if (length > kMost) return fail(Rv::key_size_range, "the derived key would be too long");
    return expand(*hash, shared, params->shared_data, length != 0 ? length : hash->size);
  }
  if (length > shared.size()) return fail(Rv::key_size_range, "the shared secret is shorter than the key wanted");
  if (length == 0 || length == shared.size()) return shared;
  // PKCS#11 3.1, 6.3.17: truncation removes octets from the leading end.
  return Secret::copy_of(shared.reveal(SecretAccess::use()).last(length));
}

}  // namespace hsm::crypto
