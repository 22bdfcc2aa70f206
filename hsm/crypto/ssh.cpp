#include "hsm/crypto/derive.h"
#include "hsm/crypto/kdf.h"
#include "hsm/crypto/key.h"

// The keys of SSH (RFC 4253, 7.2), by libcrypto's SSHKDF.

namespace hsm::crypto {
namespace {

/// RFC 4251, 5: the octets of a natural number as an mpint, which is what K is hashed as.
WipedBytes mpint(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  const bool would_be_negative = !number.empty() && (number.front() & 0x80) != 0;
  const auto size = number.size() + (would_be_negative ? 1 : 0);
  WipedBytes encoded;
  for (const int shift : {24, 16, 8, 0}) encoded.push_back(static_cast<std::uint8_t>(size >> shift));
  if (would_be_negative) encoded.push_back(0);
  encoded.insert(encoded.end(), number.begin(), number.end());
  return encoded;
}

}  // namespace

Result<Secret> derive_ssh(const Derivation& wanted) {
  const auto* params = std::get_if<SshKdfParams>(&wanted.mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs KM_SSH_KDF_PARAMS");
  const auto* hash = hash_inside(params->hash, &Hash::digest);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "SSH with an unknown hash");
  if (params->letter < 'A' || params->letter > 'F') return fail(Rv::mechanism_param_invalid, "the keys of SSH have the letters A to F");
  if (params->exchange_hash.empty() || params->session_id.empty())
    return fail(Rv::mechanism_param_invalid, "the keys of SSH are made of an exchange hash and a session identifier");
  auto key = mpint(TRY(secret_octets(wanted.base)));
  auto exchange = params->exchange_hash, session = params->session_id;
  char letter[] = {static_cast<char>(params->letter), '\0'};
  const OSSL_PARAM settings[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(hash->name), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SSHKDF_XCGHASH, exchange.data(), exchange.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SSHKDF_SESSION_ID, session.data(), session.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_SSHKDF_TYPE, letter, 0),
      OSSL_PARAM_construct_end()};
  return run_kdf("SSHKDF", settings, wanted.length != 0 ? wanted.length : hash->size);
}

}  // namespace hsm::crypto
