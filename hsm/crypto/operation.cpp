#include "hsm/crypto/operation.h"

#include <algorithm>
#include <array>

#include "hsm/crypto/digest.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/hash.h"

namespace hsm::crypto {
namespace {

struct Maker {
  Mech id;
  Made (*make)(const Beginning&);
};
// What is not a hash's own number (those are in hash.cpp).
constexpr auto kMakers = std::to_array<Maker>({
    {Mech::rsa_pkcs, begin_rsa},
    {Mech::rsa_x_509, begin_rsa},
    {Mech::rsa_pkcs_oaep, begin_rsa_cipher},
    {Mech::rsa_pkcs_pss, begin_rsa_signature},
    {Mech::ecdsa, begin_ecdsa},
    {Mech::aes_ecb, begin_block_cipher},
    {Mech::aes_cbc, begin_block_cipher},
    {Mech::aes_cbc_pad, begin_block_cipher},
    {Mech::aes_ctr, begin_block_cipher},
    {Mech::aes_gcm, begin_aes_gcm},
    {Mech::dsa, begin_ecdsa},
    {Mech::eddsa, begin_eddsa},
    {Mech::aes_xts, begin_whole_cipher},
    {Mech::aes_cts, begin_whole_cipher},
    {Mech::aes_ccm, begin_aead},
    {Mech::chacha20_poly1305, begin_aead},
    {Mech::chacha20, begin_chacha20},
    {Mech::poly1305, begin_poly1305},
    {Mech::aes_gmac, begin_gmac},
    {Mech::aes_mac, begin_cbc_mac},
    {Mech::aes_mac_general, begin_cbc_mac},
    {Mech::aes_xcbc_mac, begin_cbc_mac},
    {Mech::aes_xcbc_mac_96, begin_cbc_mac},
    {Mech::aes_cmac, begin_cmac},
    {Mech::aes_cmac_general, begin_cmac},
    {Mech::aes_ofb, begin_block_cipher},
    {Mech::aes_cfb8, begin_block_cipher},
    {Mech::aes_cfb128, begin_block_cipher},
    {Mech::aes_cfb1, begin_block_cipher},
    {Mech::camellia_ecb, begin_block_cipher},
    {Mech::camellia_cbc, begin_block_cipher},
    {Mech::camellia_cbc_pad, begin_block_cipher},
    {Mech::camellia_ctr, begin_block_cipher},
    {Mech::camellia_mac, begin_cbc_mac},
    {Mech::camellia_mac_general, begin_cbc_mac},
    {Mech::aria_ecb, begin_block_cipher},
    {Mech::aria_cbc, begin_block_cipher},
    {Mech::aria_cbc_pad, begin_block_cipher},
    {Mech::aria_mac, begin_cbc_mac},
    {Mech::aria_mac_general, begin_cbc_mac},
    {Mech::des3_ecb, begin_block_cipher},
    {Mech::des3_cbc, begin_block_cipher},
    {Mech::des3_cbc_pad, begin_block_cipher},
    {Mech::des_ecb, begin_block_cipher},
    {Mech::des_cbc, begin_block_cipher},
    {Mech::des_cbc_pad, begin_block_cipher},
    {Mech::des_ofb64, begin_block_cipher},
    {Mech::des_cfb64, begin_block_cipher},
    {Mech::des_cfb8, begin_block_cipher},
    {Mech::des_mac, begin_cbc_mac},
    {Mech::des_mac_general, begin_cbc_mac},
    {Mech::seed_ecb, begin_block_cipher},
    {Mech::seed_cbc, begin_block_cipher},
    {Mech::seed_cbc_pad, begin_block_cipher},
    {Mech::seed_mac, begin_cbc_mac},
    {Mech::seed_mac_general, begin_cbc_mac},
    {Mech::des3_mac, begin_cbc_mac},
    {Mech::des3_mac_general, begin_cbc_mac},
    {Mech::des3_cmac, begin_cmac},
    {Mech::des3_cmac_general, begin_cmac},
    {Mech::aes_key_wrap, begin_key_wrap},
    {Mech::aes_key_wrap_pad, begin_key_wrap},
    {Mech::aes_key_wrap_kwp, begin_key_wrap},
    {Mech::aes_key_wrap_pkcs7, begin_key_wrap},
    {Mech::gostr3410, begin_gost_signature},
    {Mech::gostr3410_with_gostr3411, begin_gost_signature},
    {Mech::gostr3411, begin_gost_digest},
    {Mech::gostr3411_hmac, begin_gost_hmac},
    {Mech::tls12_mac, begin_tls_mac},
    {Mech::tls_mac, begin_tls_mac},
});

Made (*maker_of(std::uint64_t mechanism))(const Beginning&) {
  for (const auto& maker : kMakers)
    if (static_cast<std::uint64_t>(maker.id) == mechanism) return maker.make;
  if (hash_of(mechanism, &Hash::digest) != nullptr) return begin_digest;
  if (hash_of(mechanism, &Hash::hmac) != nullptr || hash_of(mechanism, &Hash::hmac_general) != nullptr) return begin_hmac;
  if (hash_of(mechanism, &Hash::rsa_pkcs) != nullptr || hash_of(mechanism, &Hash::rsa_pss) != nullptr)
    return begin_rsa_signature;
  if (hash_of(mechanism, &Hash::ecdsa) != nullptr || hash_of(mechanism, &Hash::dsa) != nullptr) return begin_ecdsa;
  const auto row = find_mechanism(mechanism);
  if (row && ((*row)->param == Param::sign_context || (*row)->param == Param::hash_sign_context)) return begin_pq_signature;
  return nullptr;
}

}  // namespace

Status Operation::verify_once(ByteView, ByteView) { return fail(Rv::function_failed, "this operation does not verify"); }
Status Operation::verify_finish(ByteView) { return fail(Rv::function_failed, "this operation does not verify"); }
Status Operation::update_with(const Key&) { return fail(Rv::key_indigestible, "this operation does not digest keys"); }
Result<std::unique_ptr<Operation>> Operation::fork() const {
  return fail(Rv::state_unsaveable, "the state of this operation cannot be copied");
}

Result<std::unique_ptr<Operation>> begin(Use use, const Mechanism& mechanism, const KeyPtr& key) {
  const auto make = maker_of(mechanism.type);
  if (make == nullptr) return fail(Rv::mechanism_invalid, "no operation works with this mechanism");
  if (make == begin_digest || make == begin_gost_digest) {
    if (use != Use::digest) return fail(Rv::mechanism_invalid, "a digest mechanism only digests");
  } else {
    if (use == Use::digest) return fail(Rv::mechanism_invalid, "this mechanism does not digest");
    if (key == nullptr) return fail(Rv::key_needed, "this mechanism needs a key");
  }
  return make({use, mechanism, key});
}

Result<const SecretKey*> secret_key(const Key& key, KeyType type) {
  const auto* secret = secret_of(key);
  if (secret == nullptr || secret->type() != type)
    return fail(Rv::key_type_inconsistent, "the mechanism needs a secret key of another type");
  return secret;
}

Result<const SecretKey*> aes_key(const Key& key) { return secret_key(key, KeyType::aes); }

Result<const PairKey*> pair_key(const Key& key, KeyType type, Use use) {
  const auto* pair = pair_of(key);
  if (pair == nullptr || pair->type() != type)
    return fail(Rv::key_type_inconsistent, "the mechanism needs a key of another type");
  const bool needs_private = use == Use::sign || use == Use::decrypt || use == Use::sign_recover;
  if (needs_private != pair->is_private())
    return fail(Rv::key_type_inconsistent, "the mechanism needs the other half of the key pair");
  return pair;
}

Result<std::size_t> put(ByteView result, Room room) {
  if (room.size() < result.size()) return fail(Rv::buffer_too_small, "no room for the result");
  std::ranges::copy(result, room.begin());
  return result.size();
}

Made begin_digest(const Beginning& wanted) {
  if (!std::holds_alternative<std::monostate>(wanted.mechanism.params))
    return fail(Rv::mechanism_param_invalid, "a digest takes no parameter");
  return make_digest(*hash_of(wanted.mechanism.type, &Hash::digest));
}

Made begin_hmac(const Beginning& wanted) {
  const auto type = wanted.mechanism.type;
  if (wanted.use != Use::sign && wanted.use != Use::verify)
    return fail(Rv::mechanism_invalid, "an HMAC only signs and verifies");
  const auto* fixed = hash_of(type, &Hash::hmac);
  const auto& hash = fixed != nullptr ? *fixed : *hash_of(type, &Hash::hmac_general);
  const auto* secret = secret_of(*wanted.key);
  if (secret == nullptr || (secret->type() != KeyType::generic_secret && secret->type() != hash.hmac_key))
    return fail(Rv::key_type_inconsistent, "an HMAC needs a generic secret or a key of its own type");
  const auto* general = std::get_if<MacGeneralParams>(&wanted.mechanism.params);
  const bool has_parameter = !std::holds_alternative<std::monostate>(wanted.mechanism.params);
  if (fixed != nullptr ? has_parameter : general == nullptr)
    return fail(Rv::mechanism_param_invalid, "CKM_*_HMAC takes no parameter, CKM_*_HMAC_GENERAL the length of the MAC");
  if (general != nullptr && (general->length == 0 || general->length > hash.size))
    return fail(Rv::mechanism_param_invalid, "the length of the MAC is not between 1 and that of the hash");
  return make_hmac(hash, secret->value(), general != nullptr ? general->length : hash.size, type);
}

}  // namespace hsm::crypto
