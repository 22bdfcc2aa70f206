#include "hsm/crypto/envelope.h"

#include "hsm/crypto/der.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/operation.h"

namespace hsm::crypto {
namespace {

Mechanism named(Mech id, Mechanism::Params params = {}) { return {static_cast<std::uint64_t>(id), std::move(params)}; }

Result<std::uint64_t> aes_octets(std::uint64_t bits) {
  if (bits != 128 && bits != 192 && bits != 256) return fail(Rv::mechanism_param_invalid, "the temporary AES key has 128, 192 or 256 bits");
  return bits / 8;
}

bool is_rsa(const Mechanism& mechanism) { return mechanism.type == static_cast<std::uint64_t>(Mech::rsa_aes_key_wrap); }

/// The wrapping key of the kind that the mechanism works with.
Result<const PairKey*> pair_for(const Mechanism& mechanism, const Key& key, ObjectClass half, Rv wrong) {
  const auto type = is_rsa(mechanism) ? KeyType::rsa
                    : mechanism.type == static_cast<std::uint64_t>(Mech::ecdh_x_aes_key_wrap) ? KeyType::ec_montgomery
                                                                                              : KeyType::ec;
  const auto* pair = pair_of(key);
  if (pair == nullptr || pair->type() != type || pair->object_class() != half)
    return Error{wrong, "the mechanism wraps with the public half of another type of key, and unwraps with its private half",
                 Place::here(), {}};
  return pair;
}

Bytes curve_params(const PairKey& pair) {
  return pair.type() == KeyType::ec ? ec_params_of(pair.curve()) : ec_params_of(raw_curve_of(pair));
}

/// CKA_EC_POINT of a public key.
Bytes point_of(const PairKey& pair) {
  std::size_t size = 0;
  must(EVP_PKEY_get_octet_string_param(pair.pkey(), OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0, &size), "cannot read a public key");
  Bytes octets(size);
  must(EVP_PKEY_get_octet_string_param(pair.pkey(), OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size(), &size),
       "cannot read a public key");
  if (pair.type() != KeyType::ec) return octets;
  der::Writer<Bytes> encoded;
  encoded.element(der::kOctetString, octets);
  return encoded.take();
}

/// How long CKA_EC_POINT of a key of this curve is.
std::size_t point_size(const PairKey& pair) {
  if (pair.type() != KeyType::ec) return raw_curve_of(pair).octets;
  der::Writer<Bytes> encoded;
  encoded.element(der::kOctetString, Bytes(1 + 2 * pair.curve().octets()));
  return encoded.buffer().size();
}

Result<KeyPtr> temporary(Secret value) {
  return KeyPtr(std::make_shared<SecretKey>(KeyType::aes, std::move(value)));
}

/// The AES key that both sides agree on.
Result<KeyPtr> agreed(const EcdhAesParams& params, const Key& own_private, ByteView peer_point) {
  const auto octets = TRY(aes_octets(params.aes_bits));
  auto mechanism = named(Mech::ecdh1_derive, Ecdh1Params{params.kdf, params.shared_data, bytes_of(peer_point)});
  return temporary(TRY(derive(mechanism, own_private, octets)));
}

struct Transport {
  KeyPtr private_key;
  Bytes point;
};
Result<Transport> new_transport(const PairKey& wrapping_key) {
  Template wanted;
  wanted.push_back(attribute(Attr::ec_params, curve_params(wrapping_key)));
  auto pair = TRY(generate_pair(named(wrapping_key.type() == KeyType::ec ? Mech::ec_key_pair_gen : Mech::ec_montgomery_key_pair_gen), wanted));
  auto& key = pair.private_part;
  key.push_back(attribute(Attr::object_class, ObjectClass::private_key));
  key.push_back(attribute(Attr::key_type, wrapping_key.type()));
  return Transport{TRY(load_key(key)), *find_bytes(pair.public_part, Attr::ec_point)};
}

Bytes joined(Bytes first, ByteView second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Error bad_params() { return fail(Rv::mechanism_param_invalid, "the parameter is not the structure that the mechanism takes"); }

}  // namespace

bool is_envelope(const Mechanism& mechanism) {
  switch (static_cast<Mech>(mechanism.type)) {
    case Mech::rsa_aes_key_wrap:
    case Mech::ecdh_aes_key_wrap:
    case Mech::ecdh_x_aes_key_wrap:
    case Mech::ecdh_cof_aes_key_wrap:
      return true;
    default:
      return false;
  }
}

Result<Bytes> wrap_envelope(const Mechanism& mechanism, const Key& wrapping_key, const Secret& value) {
  const auto* pair = TRY(pair_for(mechanism, wrapping_key, ObjectClass::public_key, Rv::wrapping_key_type_inconsistent));
  if (const auto* rsa = std::get_if<RsaAesParams>(&mechanism.params); rsa != nullptr && is_rsa(mechanism)) {
    const auto aes = random_secret(TRY(aes_octets(rsa->aes_bits)));
    auto sealed = TRY(wrap(named(Mech::rsa_pkcs_oaep, rsa->oaep), wrapping_key, aes));
    const auto inner = TRY(temporary(aes.clone(SecretAccess::use())));
    return joined(std::move(sealed), TRY(wrap(named(Mech::aes_key_wrap_kwp), *inner, value)));
  }
  const auto* ecdh = std::get_if<EcdhAesParams>(&mechanism.params);
  if (ecdh == nullptr || is_rsa(mechanism)) return bad_params();
  const auto transport = TRY(new_transport(*pair));
  const auto inner = TRY(agreed(*ecdh, *transport.private_key, point_of(*pair)));
  return joined(transport.point, TRY(wrap(named(Mech::aes_key_wrap_kwp), *inner, value)));
}

Result<Secret> unwrap_envelope(const Mechanism& mechanism, const Key& unwrapping_key, ByteView wrapped) {
  const auto* pair = TRY(pair_for(mechanism, unwrapping_key, ObjectClass::private_key, Rv::unwrapping_key_type_inconsistent));
  const auto head = is_rsa(mechanism) ? pair->modulus_size() : point_size(*pair);
  if (wrapped.size() <= head) return fail(Rv::wrapped_key_len_range, "the wrapped key is too short for its two parts");
  if (const auto* rsa = std::get_if<RsaAesParams>(&mechanism.params); rsa != nullptr && is_rsa(mechanism)) {
    const auto octets = TRY(aes_octets(rsa->aes_bits));
    auto aes = TRY(unwrap(named(Mech::rsa_pkcs_oaep, rsa->oaep), unwrapping_key, wrapped.first(head)));
    if (aes.size() != octets) return fail(Rv::wrapped_key_invalid, "the temporary AES key has another length");
    return unwrap(named(Mech::aes_key_wrap_kwp), *TRY(temporary(std::move(aes))), wrapped.subspan(head));
  }
  const auto* ecdh = std::get_if<EcdhAesParams>(&mechanism.params);
  if (ecdh == nullptr || is_rsa(mechanism)) return bad_params();
  auto inner = agreed(*ecdh, unwrapping_key, wrapped.first(head));
  if (!inner) return fail(Rv::wrapped_key_invalid, "the wrapped key does not begin with a public key of the curve");
  return unwrap(named(Mech::aes_key_wrap_kwp), **inner, wrapped.subspan(head));
}

Result<std::uint64_t> envelope_size(const Mechanism& mechanism, const Key& wrapping_key, std::uint64_t length) {
  const auto* pair = TRY(pair_for(mechanism, wrapping_key, ObjectClass::public_key, Rv::wrapping_key_type_inconsistent));
  const auto head = is_rsa(mechanism) ? pair->modulus_size() : point_size(*pair);
  return head + (length + 7) / 8 * 8 + 8;
}

}  // namespace hsm::crypto
