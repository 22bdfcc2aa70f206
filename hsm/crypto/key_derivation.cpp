#include <openssl/kdf.h>

#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/derive.h"
#include "hsm/crypto/digest.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/operation.h"

// Secret keys out of secret keys by hashing, joining and encrypting (PKCS#11 3.2, 6.43, 6.20, 6.22), and out of passwords (6.33).

namespace hsm::crypto {
namespace {

ByteView octets_of(const Secret& secret) { return secret.reveal(SecretAccess::use()); }

Secret joined(ByteView first, ByteView second) {
  Secret whole(first.size() + second.size());
  const auto out = whole.fill(SecretAccess::use());
  std::ranges::copy(second, std::ranges::copy(first, out.begin()).out);
  return whole;
}

Result<Secret> shake(const EVP_MD* algorithm, ByteView value, std::uint64_t length) {
  if (length == 0) return fail(Rv::template_incomplete, "a key out of SHAKE needs CKA_VALUE_LEN");
  const DigestContext context(EVP_MD_CTX_new());
  Secret out(length);
  must(context != nullptr && EVP_DigestInit_ex2(context.get(), algorithm, nullptr) > 0 &&
           EVP_DigestUpdate(context.get(), value.data(), value.size()) > 0 &&
           EVP_DigestFinalXOF(context.get(), out.fill(SecretAccess::use()).data(), out.size()) > 0,
       "cannot run SHAKE");
  return out;
}

/// Bits of the value from `first_bit` on, around its end if need be.
Result<Secret> extracted(ByteView value, std::uint64_t first_bit, std::uint64_t length) {
  if (length == 0) return fail(Rv::template_incomplete, "an extracted key needs CKA_VALUE_LEN");
  if (length > value.size()) return fail(Rv::key_size_range, "the base key is shorter than the key wanted");
  if (first_bit >= 8 * value.size()) return fail(Rv::mechanism_param_invalid, "the first bit lies behind the key");
  Secret out(length);
  const auto to = out.fill(SecretAccess::use());
  const auto byte = static_cast<std::size_t>(first_bit / 8);
  const auto shift = static_cast<unsigned>(first_bit % 8);
  for (std::size_t i = 0; i < length; ++i) {
    const unsigned high = value[(byte + i) % value.size()], low = value[(byte + i + 1) % value.size()];
    to[i] = static_cast<std::uint8_t>((high << 8 | low) >> (8 - shift));
  }
  return out;
}

Result<Secret> xored(ByteView value, ByteView data, std::uint64_t length) {
  Secret out(std::min(value.size(), data.size()));
  const auto to = out.fill(SecretAccess::use());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = value[i] ^ data[i];
  return leading(std::move(out), length);
}

/// CKP_PKCS5_PBKD2_HMAC_*; nullptr for others.
const Hash* prf_of(std::uint64_t prf) {
  constexpr auto kPrfs = std::to_array<std::pair<std::uint64_t, Mech>>({{1, Mech::sha_1}, {3, Mech::sha224}, {4, Mech::sha256},
      {5, Mech::sha384}, {6, Mech::sha512}, {7, Mech::sha512_224}, {8, Mech::sha512_256}});
  for (const auto& [number, digest] : kPrfs)
    if (number == prf) return hash_of(static_cast<std::uint64_t>(digest), &Hash::digest);
  return nullptr;
}

}  // namespace

Result<Secret> derive_by_hash(const Derivation& wanted) {
  if (!std::holds_alternative<std::monostate>(wanted.mechanism.params))
    return fail(Rv::mechanism_param_invalid, "the mechanism takes no parameter");
  const auto value = TRY(secret_octets(wanted.base));
  if (wanted.mechanism.type == static_cast<std::uint64_t>(Mech::shake_128_key_derivation)) return shake(shake_128(), value, wanted.length);
  if (wanted.mechanism.type == static_cast<std::uint64_t>(Mech::shake_256_key_derivation)) return shake(shake_256(), value, wanted.length);
  const auto& hash = *hash_of(wanted.mechanism.type, &Hash::key_derivation);
  Secret out(hash.size);
  digest_into(hash, {value}, out.fill(SecretAccess::use()).data());
  return leading(std::move(out), wanted.length);
}

Result<Secret> derive_by_joining(const Derivation& wanted) {
  const auto value = TRY(secret_octets(wanted.base));
  const auto& params = wanted.mechanism.params;
  switch (static_cast<Mech>(wanted.mechanism.type)) {
    case Mech::concatenate_base_and_key:
      if (wanted.others.empty()) return fail(Rv::mechanism_param_invalid, "the mechanism needs the handle of another key");
      return leading(joined(value, TRY(secret_octets(*wanted.others[0]))), wanted.length);
    case Mech::extract_key_from_key: {
      const auto* from = std::get_if<ExtractParams>(&params);
      if (from == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_EXTRACT_PARAMS");
      return extracted(value, from->first_bit, wanted.length);
    }
    default:
      break;
  }
  const auto* given = std::get_if<DataParams>(&params);
  if (given == nullptr || given->data.empty())
    return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_KEY_DERIVATION_STRING_DATA with data");
  if (wanted.mechanism.type == static_cast<std::uint64_t>(Mech::xor_base_and_data)) return xored(value, given->data, wanted.length);
  const bool base_first = wanted.mechanism.type == static_cast<std::uint64_t>(Mech::concatenate_base_and_data);
  return leading(base_first ? joined(value, given->data) : joined(given->data, value), wanted.length);
}

Result<Secret> derive_by_encryption(const Derivation& wanted) {
  const auto* given = std::get_if<DataParams>(&wanted.mechanism.params);
  const auto* row = TRY(find_mechanism(wanted.mechanism.type));
  const bool cbc = row->param != Param::string_data;
  const auto block = block_of(row->key);
  if (given == nullptr || given->data.empty() || given->data.size() % block != 0 || given->data.size() > kMostDerived ||
      given->iv.size() != (cbc ? block : 0))
    return fail(Rv::mechanism_param_invalid, "the mechanism needs whole blocks of data, and with CBC an IV");
  const auto key = TRY(secret_key(wanted.base, row->key))->value();
  const auto context = keyed_context(Library::get().block(row->key, cbc ? BlockMode::cbc : BlockMode::ecb, key.size()), key, true);
  if (cbc) must(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, given->iv.data(), 1, nullptr), "cannot start a cipher");
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  Secret out(given->data.size());
  run_cipher(context.get(), given->data, out.fill(SecretAccess::use()).data());
  return leading(std::move(out), wanted.length);
}

Result<Secret> derive_from_password(const Mechanism& mechanism, std::uint64_t length) {
  constexpr std::uint64_t kMostIterations = 100'000'000;
  const auto* params = std::get_if<Pbkdf2Params>(&mechanism.params);
  if (params == nullptr || params->password == nullptr)
    return fail(Rv::mechanism_param_invalid, "CKM_PKCS5_PBKD2 needs CK_PKCS5_PBKD2_PARAMS2");
  const auto* hash = prf_of(params->prf);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "PBKDF2 with an unknown pseudo-random function");
  if (params->iterations == 0 || params->iterations > kMostIterations)
    return fail(Rv::mechanism_param_invalid, "PBKDF2 takes 1 to 100 million iterations");
  if (length == 0 || length > kMostDerived) return fail(Rv::key_size_range, "the derived key has 1 to 65536 octets");
  using Kdf = std::unique_ptr<EVP_KDF, FreedBy<EVP_KDF_free>>;
  using KdfContext = std::unique_ptr<EVP_KDF_CTX, FreedBy<EVP_KDF_CTX_free>>;
  const Kdf algorithm(EVP_KDF_fetch(Library::get().context(), OSSL_KDF_NAME_PBKDF2, nullptr));
  const KdfContext context(EVP_KDF_CTX_new(algorithm.get()));
  const auto password = octets_of(*params->password);
  auto iterations = params->iterations;
  int unchecked = 1;  // a salt or count below what SP 800-132 asks is the caller's choice
  const OSSL_PARAM settings[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(hash->name), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, const_cast<std::uint8_t*>(password.data()), password.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<std::uint8_t*>(params->salt.data()), params->salt.size()),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations),
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unchecked),
      OSSL_PARAM_construct_end()};
  Secret out(length);
  must(context != nullptr && EVP_KDF_derive(context.get(), out.fill(SecretAccess::use()).data(), out.size(), settings) > 0,
       "cannot run PBKDF2");
  return out;
}

std::vector<std::uint64_t> other_keys_of(const Mechanism& mechanism) {
  constexpr std::uint64_t kSaltIsKey = 4;
  if (const auto* joined = std::get_if<KeyParams>(&mechanism.params)) return {joined->key};
  if (const auto* hkdf = std::get_if<HkdfParams>(&mechanism.params); hkdf != nullptr && hkdf->extract && hkdf->salt_type == kSaltIsKey)
    return {hkdf->salt_key};
  std::vector<std::uint64_t> keys;
  const auto add = [&](const std::optional<std::uint64_t>& key) {
    if (key) keys.push_back(*key);
  };
  if (const auto* plus = std::get_if<Ike2PrfPlusParams>(&mechanism.params)) {
    add(plus->seed_key);
  } else if (const auto* first = std::get_if<IkePrfParams>(&mechanism.params)) {
    add(first->new_key);
  } else if (const auto* later = std::get_if<Ike1PrfParams>(&mechanism.params)) {
    add(later->agreed_key);
    add(later->previous_key);
  } else if (const auto* extended = std::get_if<Ike1ExtendedParams>(&mechanism.params)) {
    add(extended->agreed_key);
  }
  return keys;
}

}  // namespace hsm::crypto
