#include <array>

#include "hsm/crypto/derive.h"
#include "hsm/crypto/kdf.h"

// Keys out of passwords: PBKDF2 (RFC 8018; PKCS#11 3.2, 6.33) and the function of PKCS#12 (RFC 7292, appendix B; 6.34).

namespace hsm::crypto {
namespace {

constexpr std::uint64_t kMostIterations = 100'000'000;

/// CKP_PKCS5_PBKD2_HMAC_*; nullptr for others.
const Hash* prf_of(std::uint64_t prf) {
  constexpr auto kPrfs = std::to_array<std::pair<std::uint64_t, Mech>>({{1, Mech::sha_1}, {3, Mech::sha224}, {4, Mech::sha256},
      {5, Mech::sha384}, {6, Mech::sha512}, {7, Mech::sha512_224}, {8, Mech::sha512_256}});
  for (const auto& [number, digest] : kPrfs)
    if (number == prf) return hash_of(static_cast<std::uint64_t>(digest), &Hash::digest);
  return nullptr;
}

OSSL_PARAM text(const char* name, const char* value) { return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0); }
OSSL_PARAM octets(const char* name, ByteView value) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(value.data()), value.size());
}

Status check_iterations(std::uint64_t iterations) {
  if (iterations == 0 || iterations > kMostIterations)
    return fail(Rv::mechanism_param_invalid, "a password is hashed 1 to 100 million times");
  return Done{};
}

Result<Secret> pbkdf2(const Pbkdf2Params& params, std::uint64_t length) {
  const auto* hash = prf_of(params.prf);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "PBKDF2 with an unknown pseudo-random function");
  TRY(check_iterations(params.iterations));
  if (length == 0 || length > kMostDerived) return fail(Rv::key_size_range, "the derived key has 1 to 65536 octets");
  auto iterations = params.iterations;
  int unchecked = 1;  // a salt or count below what SP 800-132 asks is the caller's choice
  const OSSL_PARAM settings[] = {text(OSSL_KDF_PARAM_DIGEST, hash->name),
                                 octets(OSSL_KDF_PARAM_PASSWORD, params.password->reveal(SecretAccess::use())),
                                 octets(OSSL_KDF_PARAM_SALT, params.salt),
                                 OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations),
                                 OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unchecked),
                                 OSSL_PARAM_construct_end()};
  return run_kdf(OSSL_KDF_NAME_PBKDF2, settings, length);
}

/// What the function of PKCS#12 makes: RFC 7292, B.3.
enum class Purpose : int { key = 1, iv = 2, mac = 3 };
struct Made12 {
  Mech id;
  Purpose purpose;
  std::size_t length;
  std::size_t iv = 0;
};
constexpr auto kMade12 = std::to_array<Made12>({
    {Mech::pbe_sha1_des3_ede_cbc, Purpose::key, 24, 8},
    {Mech::pbe_sha1_des2_ede_cbc, Purpose::key, 16, 8},
    {Mech::pba_sha1_with_sha1_hmac, Purpose::mac, 20},
});
const Made12* made12(std::uint64_t mechanism) {
  for (const auto& row : kMade12)
    if (static_cast<std::uint64_t>(row.id) == mechanism) return &row;
  return nullptr;
}

Result<Secret> pkcs12(const PbeParams& params, Purpose purpose, std::size_t length) {
  TRY(check_iterations(params.iterations));
  if (params.salt.empty()) return fail(Rv::mechanism_param_invalid, "PKCS#12 takes no empty salt");
  auto iterations = params.iterations;
  auto id = static_cast<int>(purpose);
  const OSSL_PARAM settings[] = {text(OSSL_KDF_PARAM_DIGEST, sha1().name),
                                 octets(OSSL_KDF_PARAM_PASSWORD, params.password->reveal(SecretAccess::use())),
                                 octets(OSSL_KDF_PARAM_SALT, params.salt),
                                 OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations),
                                 OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS12_ID, &id),
                                 OSSL_PARAM_construct_end()};
  return run_kdf("PKCS12KDF", settings, length);
}

}  // namespace

Result<Secret> derive_from_password(const Mechanism& mechanism, std::uint64_t length) {
  if (const auto* row = made12(mechanism.type)) {
    const auto* params = std::get_if<PbeParams>(&mechanism.params);
    if (params == nullptr || params->password == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_PBE_PARAMS");
    if (length != row->length) return fail(Rv::key_size_range, "the mechanism makes keys of another length");
    return pkcs12(*params, row->purpose, row->length);
  }
  const auto* params = std::get_if<Pbkdf2Params>(&mechanism.params);
  if (params == nullptr || params->password == nullptr)
    return fail(Rv::mechanism_param_invalid, "CKM_PKCS5_PBKD2 needs CK_PKCS5_PBKD2_PARAMS2");
  return pbkdf2(*params, length);
}

Result<Bytes> iv_from_password(const Mechanism& mechanism) {
  const auto* row = made12(mechanism.type);
  const auto* params = std::get_if<PbeParams>(&mechanism.params);
  if (row == nullptr || params == nullptr || params->password == nullptr || row->iv == 0) return Bytes();
  return bytes_of(TRY(pkcs12(*params, Purpose::iv, row->iv)).reveal(SecretAccess::use()));
}

}  // namespace hsm::crypto
