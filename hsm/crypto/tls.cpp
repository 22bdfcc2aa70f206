#include <openssl/kdf.h>

#include <algorithm>
#include <array>

#include "hsm/crypto/derive.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/message_signature.h"

// TLS 1.2 (RFC 5246, 5, 6.3, 7.4.9 and 8.1; RFC 5705; RFC 7627; PKCS#11 3.2, 6.40): everything is the PRF under another label. TLS 1.0 and
// 1.1 (RFC 2246, 5) differ in the PRF alone, which the mechanisms of any version name by CKM_TLS_PRF in the place of a hash.

namespace hsm::crypto {
namespace {

constexpr std::size_t kMaster = 48, kRandom = 32;
/// What libcrypto 3.0 takes as label and seed together.
constexpr std::size_t kMostSeed = 1024;

constexpr std::string_view kMasterSecret = "master secret", kExtendedMasterSecret = "extended master secret",
                           kKeyExpansion = "key expansion", kClientFinished = "client finished", kServerFinished = "server finished";

bool is_of_tls12_alone(std::uint64_t mechanism) {
  const auto id = static_cast<Mech>(mechanism);
  return id != Mech::tls_mac && id != Mech::tls_kdf && id != Mech::tls_master_key_derive && id != Mech::tls_master_key_derive_dh &&
         id != Mech::tls_key_and_mac_derive;
}

/// The PRF's hash, by libcrypto's name.
Result<const char*> prf_hash(const Mechanism& mechanism, std::uint64_t digest) {
  if (digest == static_cast<std::uint64_t>(Mech::tls_prf) && !is_of_tls12_alone(mechanism.type)) return "MD5-SHA1";
  const auto* hash = hash_inside(digest, &Hash::digest);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "the PRF of TLS 1.2 needs a hash");
  return hash->name;
}

Bytes seed_of(std::string_view label, std::initializer_list<ByteView> pieces) {
  Bytes seed = bytes_of(label);
  for (const auto piece : pieces) seed.insert(seed.end(), piece.begin(), piece.end());
  return seed;
}

/// PRF(secret, label, seed), `seed` with the label before it.
void prf(const char* hash, ByteView secret, const Bytes& seed, Room out) {
  using Kdf = std::unique_ptr<EVP_KDF, FreedBy<EVP_KDF_free>>;
  using KdfContext = std::unique_ptr<EVP_KDF_CTX, FreedBy<EVP_KDF_CTX_free>>;
  const Kdf algorithm(EVP_KDF_fetch(Library::get().context(), OSSL_KDF_NAME_TLS1_PRF, nullptr));
  const KdfContext context(EVP_KDF_CTX_new(algorithm.get()));
  const OSSL_PARAM settings[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(hash), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, const_cast<std::uint8_t*>(secret.data()), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, const_cast<std::uint8_t*>(seed.data()), seed.size()),
      OSSL_PARAM_construct_end()};
  must(context != nullptr && EVP_KDF_derive(context.get(), out.data(), out.size(), settings) > 0, "cannot run the PRF of TLS");
}

Status check_randoms(const Bytes& client, const Bytes& server) {
  if (client.size() != kRandom || server.size() != kRandom)
    return fail(Rv::mechanism_param_invalid, "the randoms of the client and the server have 32 octets");
  return Done{};
}

/// RFC 5705, 4: what the protocol itself makes is not exported. Of the whole seed, as a short label may be continued by a random.
bool is_reserved(ByteView seed) {
  return std::ranges::any_of(
      std::to_array({kMasterSecret, kExtendedMasterSecret, kKeyExpansion, kClientFinished, kServerFinished}),
      [&](std::string_view label) { return text_of(seed).starts_with(label); });
}

bool is_rsa(const Mechanism& mechanism) {
  return mechanism.type == static_cast<std::uint64_t>(Mech::tls_master_key_derive) ||
         mechanism.type == static_cast<std::uint64_t>(Mech::tls12_master_key_derive) ||
         mechanism.type == static_cast<std::uint64_t>(Mech::tls12_extended_master_key_derive);
}

class TlsMac final : public MessageSignature {
 public:
  TlsMac(const char* hash, KeyPtr key, std::string_view label, std::size_t length)
      : MessageSignature(nullptr, length), hash_(hash), key_(std::move(key)), label_(label) {}
  Result<bool> restart(const Mechanism&) override { return false; }

 private:
  Status make(ByteView data, Room room) const {
    if (label_.size() + data.size() > kMostSeed) return fail(Rv::data_len_range, "the digest of a handshake is shorter than that");
    prf(hash_, secret_of(*key_)->value(), seed_of(label_, {data}), room);
    return Done{};
  }
  Result<std::size_t> sign(ByteView data, Room room) override {
    TRY(make(data, room.first(size())));
    return size();
  }
  Status verify(ByteView data, ByteView signature) override {
    Bytes right(size());
    TRY(make(data, right));
    if (signature.size() != right.size()) return fail(Rv::signature_len_range, "the MAC has another length");
    if (!equal_in_constant_time(right, signature)) return fail(Rv::signature_invalid, "the MAC does not fit");
    return Done{};
  }

  const char* hash_;
  KeyPtr key_;
  std::string_view label_;
};

}  // namespace

Result<Secret> derive_tls_master(const Derivation& wanted) {
  const auto* params = std::get_if<TlsMasterParams>(&wanted.mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs the parameters of a TLS 1.2 master secret");
  const auto* hash = TRY(prf_hash(wanted.mechanism, params->hash));
  const auto pre_master = TRY(secret_octets(wanted.base));
  if (is_rsa(wanted.mechanism) && pre_master.size() != kMaster)
    return fail(Rv::key_size_range, "the pre-master secret of an RSA key exchange has 48 octets");
  if (wanted.length != 0 && wanted.length != kMaster) return fail(Rv::template_inconsistent, "a master secret has 48 octets");
  Secret master(kMaster);
  const auto out = master.fill(SecretAccess::use());
  if (!params->session_hash.empty()) {
    if (params->session_hash.size() > kMostHash) return fail(Rv::mechanism_param_invalid, "a session hash has at most 64 octets");
    prf(hash, pre_master, seed_of(kExtendedMasterSecret, {params->session_hash}), out);
    return master;
  }
  TRY(check_randoms(params->client_random, params->server_random));
  prf(hash, pre_master, seed_of(kMasterSecret, {params->client_random, params->server_random}), out);
  return master;
}

Bytes tls_version(const Mechanism& mechanism, const Key& base_key) {
  const auto* params = std::get_if<TlsMasterParams>(&mechanism.params);
  const auto* secret = secret_of(base_key);
  if (params == nullptr || !params->asks_version || secret == nullptr || secret->value().size() != kMaster) return {};
  return bytes_of(secret->value().first(2));
}

Result<Secret> derive_tls_export(const Derivation& wanted) {
  const auto* params = std::get_if<TlsKdfParams>(&wanted.mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_TLS_KDF_PARAMS");
  const auto* hash = TRY(prf_hash(wanted.mechanism, params->hash));
  TRY(check_randoms(params->client_random, params->server_random));
  const auto secret = TRY(secret_octets(wanted.base));
  auto seed = seed_of(text_of(params->label), {params->client_random, params->server_random});
  if (params->context) {
    const auto size = params->context->size();
    const std::array<std::uint8_t, 2> prefix = {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    seed = seed_of(text_of(seed), {prefix, *params->context});
  }
  if (params->label.empty() || seed.size() > kMostSeed)
    return fail(Rv::mechanism_param_invalid, "the label, the randoms and the context have at most 1024 octets together");
  if (is_reserved(seed)) return fail(Rv::mechanism_param_invalid, "the label is one of TLS itself");
  if (wanted.length == 0) return fail(Rv::template_incomplete, "the mechanism needs CKA_VALUE_LEN");
  Secret out(wanted.length);
  prf(hash, secret, seed, out.fill(SecretAccess::use()));
  return out;
}

Result<TlsKeyBlock> derive_tls_keys(const Mechanism& mechanism, const Key& base_key) {
  constexpr std::uint64_t kMostBits = 512, kMostIvBits = 128;
  const auto* params = std::get_if<TlsKeyBlockParams>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_TLS12_KEY_MAT_PARAMS");
  const auto* hash = TRY(prf_hash(mechanism, params->hash));
  TRY(check_randoms(params->client_random, params->server_random));
  if (params->mac_bits > kMostBits || params->key_bits > kMostBits || params->iv_bits > kMostIvBits ||
      (params->mac_bits | params->key_bits | params->iv_bits) % 8 != 0 || (params->mac_bits | params->key_bits) == 0 ||
      (params->iv_bits != 0 && params->key_bits == 0))
    return fail(Rv::mechanism_param_invalid, "no cipher suite has keys or IVs of these sizes");
  const auto master = TRY(secret_octets(base_key));
  if (master.size() != kMaster) return fail(Rv::key_size_range, "a master secret has 48 octets");
  const auto mac = params->mac_bits / 8, key = params->key_bits / 8, iv = params->iv_bits / 8;
  Secret block(2 * (mac + key + iv));
  prf(hash, master, seed_of(kKeyExpansion, {params->server_random, params->client_random}), block.fill(SecretAccess::use()));
  auto rest = block.reveal(SecretAccess::use());
  const auto cut = [&](std::size_t size) { return Secret::copy_of(std::exchange(rest, rest.subspan(size)).first(size)); };
  TlsKeyBlock keys;
  keys.client_mac = cut(mac);
  keys.server_mac = cut(mac);
  keys.client_key = cut(key);
  keys.server_key = cut(key);
  keys.ivs = bytes_of(rest);
  return keys;
}

Made begin_tls_mac(const Beginning& wanted) {
  constexpr std::uint64_t kServer = 1, kClient = 2, kLeast = 12, kMost = 64;
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "a MAC only signs and verifies");
  const auto* params = std::get_if<TlsMacParams>(&wanted.mechanism.params);
  if (params == nullptr || (params->side != kServer && params->side != kClient))
    return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_TLS_MAC_PARAMS of the server or the client");
  if (params->length < kLeast || params->length > kMost)
    return fail(Rv::mechanism_param_invalid, "the verify data of TLS 1.2 have 12 to 64 octets");
  const auto* hash = TRY(prf_hash(wanted.mechanism, params->hash));
  TRY(secret_octets(*wanted.key));
  return std::unique_ptr<Operation>(
      std::make_unique<TlsMac>(hash, wanted.key, params->side == kServer ? kServerFinished : kClientFinished, params->length));
}

}  // namespace hsm::crypto
