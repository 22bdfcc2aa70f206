#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/derive.h"
#include "hsm/crypto/digest.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/operation.h"
#include "hsm/crypto/seed.h"

// Secret keys out of secret keys by hashing, joining and encrypting (PKCS#11 3.2, 6.43, 6.20, 6.22).

namespace hsm::crypto {
namespace {

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
  const auto block_cipher_key = TRY(block_key(wanted.mechanism, wanted.base));
  const auto key = block_cipher_key.octets();
  Secret out(given->data.size());
  if (row->key == KeyType::seed) {
    seed_encrypt(key, given->iv, given->data, out.fill(SecretAccess::use()).data());
    return leading(std::move(out), wanted.length);
  }
  const auto context = keyed_context(Library::get().block(row->key, cbc ? BlockMode::cbc : BlockMode::ecb, key.size()), key, true);
  if (cbc) must(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, given->iv.data(), 1, nullptr), "cannot start a cipher");
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  run_cipher(context.get(), given->data, out.fill(SecretAccess::use()).data());
  return leading(std::move(out), wanted.length);
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
