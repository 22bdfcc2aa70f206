#include <algorithm>
#include <array>

#include "hsm/crypto/derive.h"
#include "hsm/crypto/digest.h"

// Key derivation of IKE (RFC 2409, 5 and appendix B; RFC 7296, 2.13, 2.14 and 2.18; PKCS#11 3.2, 6.64), with HMAC as the prf.

namespace hsm::crypto {
namespace {

Result<const Hash*> prf_of(std::uint64_t mechanism) {
  const auto* hash = hash_inside(mechanism, &Hash::hmac);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "IKE with an unknown pseudo-random function");
  return hash;
}

/// The values of the keys that the parameter names; `expected` of them.
Result<std::vector<ByteView>> values_of(std::span<const KeyPtr> keys, std::size_t expected) {
  if (keys.size() != expected) return fail(Rv::mechanism_param_invalid, "the mechanism needs the handle of another key");
  std::vector<ByteView> values;
  for (const auto& key : keys) values.push_back(TRY(secret_octets(*key)));
  return values;
}

Secret prf_once(const Hash& hash, ByteView key, std::initializer_list<ByteView> pieces) {
  Secret out(hash.size);
  hmac_into(hash, key, pieces, out.fill(SecretAccess::use()).data());
  return out;
}

Error wrong_params() { return fail(Rv::mechanism_param_invalid, "the parameter is not that of the mechanism"); }

}  // namespace

Result<Secret> derive_ike_prf(const Derivation& wanted) {
  const auto* params = std::get_if<IkePrfParams>(&wanted.mechanism.params);
  if (params == nullptr || (params->data_is_key && params->new_key)) return wrong_params();
  const auto* hash = TRY(prf_of(params->prf));
  const auto base = TRY(secret_octets(wanted.base));
  if (params->data_is_key) {
    auto nonces = params->initiator;
    nonces.insert(nonces.end(), params->responder.begin(), params->responder.end());
    if (nonces.empty()) return fail(Rv::mechanism_param_invalid, "nonces that are the key must not be empty");
    return leading(prf_once(*hash, nonces, {base}), wanted.length);
  }
  const auto keys = TRY(values_of(wanted.others, params->new_key ? 1 : 0));
  return leading(prf_once(*hash, base, {keys.empty() ? ByteView() : keys[0], params->initiator, params->responder}), wanted.length);
}

Result<Secret> derive_ike1_prf(const Derivation& wanted) {
  const auto* params = std::get_if<Ike1PrfParams>(&wanted.mechanism.params);
  if (params == nullptr) return wrong_params();
  const auto* hash = TRY(prf_of(params->prf));
  const auto keys = TRY(values_of(wanted.others, params->previous_key ? 2 : 1));
  const std::array<std::uint8_t, 1> number = {params->number};
  return leading(prf_once(*hash, TRY(secret_octets(wanted.base)),
                          {params->previous_key ? keys[1] : ByteView(), keys[0], params->initiator, params->responder, number}),
                 wanted.length);
}

Result<Secret> derive_ike2_prf_plus(const Derivation& wanted) {
  const auto* params = std::get_if<Ike2PrfPlusParams>(&wanted.mechanism.params);
  if (params == nullptr) return wrong_params();
  const auto* hash = TRY(prf_of(params->prf));
  const auto keys = TRY(values_of(wanted.others, params->seed_key ? 1 : 0));
  if (keys.empty() && params->seed.empty()) return fail(Rv::mechanism_param_invalid, "prf+ needs a seed");
  if (wanted.length == 0) return fail(Rv::template_incomplete, "the mechanism needs CKA_VALUE_LEN");
  if (wanted.length > 255 * hash->size) return fail(Rv::key_size_range, "prf+ gives at most 255 blocks");
  WipedBytes seed;
  if (!keys.empty()) seed.assign(keys[0].begin(), keys[0].end());
  seed.insert(seed.end(), params->seed.begin(), params->seed.end());
  // prf+ and the second half of HKDF are the same function.
  Secret key = Secret::copy_of(TRY(secret_octets(wanted.base)));
  return hkdf_expand(*hash, key, seed, wanted.length);
}

Result<Secret> derive_ike1_extended(const Derivation& wanted) {
  const auto* params = std::get_if<Ike1ExtendedParams>(&wanted.mechanism.params);
  if (params == nullptr) return wrong_params();
  const auto* hash = TRY(prf_of(params->prf));
  const auto base = TRY(secret_octets(wanted.base));
  const auto keys = TRY(values_of(wanted.others, params->agreed_key ? 1 : 0));
  const auto length = wanted.length != 0 ? wanted.length : hash->size;
  const bool quick = !keys.empty() || !params->extra.empty();
  if (!quick && length <= base.size()) return Secret::copy_of(base.first(length));
  const std::array<std::uint8_t, 1> zero = {0};
  Secret out(length), last;
  auto rest = out.fill(SecretAccess::use());
  while (!rest.empty()) {
    const bool starts = last.empty() && !quick;
    last = prf_once(*hash, base,
                    {last.reveal(SecretAccess::use()), keys.empty() ? ByteView() : keys[0], params->extra,
                     starts ? ByteView(zero) : ByteView()});
    const auto size = std::min(rest.size(), last.size());
    std::ranges::copy(last.reveal(SecretAccess::use()).first(size), rest.begin());
    rest = rest.subspan(size);
  }
  return out;
}

}  // namespace hsm::crypto
