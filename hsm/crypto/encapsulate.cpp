#include <algorithm>
#include <array>

#include "hsm/crypto/load.h"
#include "hsm/crypto/operation.h"

// Key encapsulation (PKCS#11 3.2, 5.18.8). A KEM of its own (ML-KEM) adds a row with its three functions.

namespace hsm::crypto {
namespace {

struct Kem {
  Mech id;
  Result<std::uint64_t> (*ciphertext_size)(const Mechanism& mechanism, const Template& public_key);
  Result<Encapsulated> (*encapsulate)(const Mechanism& mechanism, const Template& public_key, std::uint64_t length);
  Result<Secret> (*decapsulate)(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext,
                                std::uint64_t length);
};

// ---- RSA: a fresh secret, wrapped (6.1.8)

constexpr std::uint64_t kSecret = 32;

Result<std::uint64_t> rsa_size(const Mechanism& mechanism, const Template& public_key) {
  return wrapped_size(mechanism, *TRY(load_key(public_key)), kSecret);
}

Result<Encapsulated> rsa_encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  auto secret = random_secret(length == 0 ? kSecret : length);
  auto wrapped = TRY(wrap(mechanism, *TRY(load_key(public_key)), secret));
  return Encapsulated{std::move(wrapped), std::move(secret)};
}

Result<Secret> rsa_decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext, std::uint64_t) {
  return unwrap(mechanism, private_key, ciphertext);
}

// ---- ECDH with an ephemeral pair, whose public point is the ciphertext (6.3.19)

Result<Mechanism> with_peer(const Mechanism& mechanism, ByteView point) {
  const auto* params = std::get_if<Ecdh1Params>(&mechanism.params);
  if (params == nullptr || !params->public_data.empty())
    return fail(Rv::mechanism_param_invalid, "encapsulation by ECDH takes CK_ECDH1_DERIVE_PARAMS without public data");
  return Mechanism{mechanism.type, Ecdh1Params{params->kdf, params->shared_data, bytes_of(point)}};
}

/// The point of a public key without its OCTET STRING.
Result<Bytes> point_of(const Template& public_key) {
  const auto* given = find_bytes(public_key, Attr::ec_point);
  const auto point = given == nullptr ? std::nullopt : uncompressed_point(*TRY(curve_in(public_key)), *given);
  if (!point) return fail(Rv::key_type_inconsistent, "the mechanism needs a public key with a point");
  return bytes_of(*point);
}

Result<std::uint64_t> ecdh_size(const Mechanism&, const Template& public_key) {
  return TRY(point_of(public_key)).size();
}

Result<Encapsulated> ecdh_encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  const auto peer = TRY(with_peer(mechanism, TRY(point_of(public_key))));
  Template curve;
  curve.push_back(attribute(Attr::ec_params, *find_bytes(public_key, Attr::ec_params)));
  auto pair = TRY(generate_pair({static_cast<std::uint64_t>(Mech::ec_key_pair_gen), {}}, curve));
  auto& ephemeral = pair.private_part;
  ephemeral.push_back(attribute(Attr::object_class, ObjectClass::private_key));
  ephemeral.push_back(attribute(Attr::key_type, KeyType::ec));
  auto secret = TRY(derive(peer, *TRY(load_key(ephemeral)), length));
  pair.public_part.push_back(attribute(Attr::ec_params, *find_bytes(public_key, Attr::ec_params)));
  return Encapsulated{TRY(point_of(pair.public_part)), std::move(secret)};
}

Result<Secret> ecdh_decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext,
                                std::uint64_t length) {
  auto secret = derive(TRY(with_peer(mechanism, ciphertext)), private_key, length);
  if (!secret && secret.error().rv == Rv::mechanism_param_invalid)
    return fail(Rv::wrapped_key_invalid, "the ciphertext is no point that gives a secret");
  return secret;
}

constexpr auto kKems = std::to_array<Kem>({
    {Mech::rsa_pkcs_oaep, rsa_size, rsa_encapsulate, rsa_decapsulate},
    {Mech::ecdh1_derive, ecdh_size, ecdh_encapsulate, ecdh_decapsulate},
    {Mech::ecdh1_cofactor_derive, ecdh_size, ecdh_encapsulate, ecdh_decapsulate},
});

Result<const Kem*> kem(const Mechanism& mechanism) {
  const auto at = std::ranges::find(kKems, static_cast<Mech>(mechanism.type), &Kem::id);
  if (at == kKems.end()) return fail(Rv::mechanism_invalid, "nothing is encapsulated by this mechanism");
  return &*at;
}

}  // namespace

Result<std::uint64_t> encapsulated_size(const Mechanism& mechanism, const Template& public_key) {
  return TRY(kem(mechanism))->ciphertext_size(mechanism, public_key);
}

Result<Encapsulated> encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length) {
  return TRY(kem(mechanism))->encapsulate(mechanism, public_key, length);
}

Result<Secret> decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext,
                           std::uint64_t length) {
  return TRY(kem(mechanism))->decapsulate(mechanism, private_key, ciphertext, length);
}

}  // namespace hsm::crypto
