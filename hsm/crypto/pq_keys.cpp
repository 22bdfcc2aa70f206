#include <openssl/decoder.h>
#include <openssl/encoder.h>

#include <algorithm>
#include <array>

#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/load.h"
#include "hsm/crypto/pq.h"

// Keys of ML-KEM (FIPS 203), ML-DSA (FIPS 204) and SLH-DSA (FIPS 205); PKCS#11 3.2, 6.66 to 6.68.

namespace hsm::crypto {
namespace {

constexpr auto kSets = std::to_array<PqSet>({
    {KeyType::ml_kem, 1, "ML-KEM-512", 512},
    {KeyType::ml_kem, 2, "ML-KEM-768", 768},
    {KeyType::ml_kem, 3, "ML-KEM-1024", 1024},
    {KeyType::ml_dsa, 1, "ML-DSA-44", 128},
    {KeyType::ml_dsa, 2, "ML-DSA-65", 192},
    {KeyType::ml_dsa, 3, "ML-DSA-87", 256},
    {KeyType::slh_dsa, 1, "SLH-DSA-SHA2-128s", 128},
    {KeyType::slh_dsa, 2, "SLH-DSA-SHAKE-128s", 128},
    {KeyType::slh_dsa, 3, "SLH-DSA-SHA2-128f", 128},
    {KeyType::slh_dsa, 4, "SLH-DSA-SHAKE-128f", 128},
    {KeyType::slh_dsa, 5, "SLH-DSA-SHA2-192s", 192},
    {KeyType::slh_dsa, 6, "SLH-DSA-SHAKE-192s", 192},
    {KeyType::slh_dsa, 7, "SLH-DSA-SHA2-192f", 192},
    {KeyType::slh_dsa, 8, "SLH-DSA-SHAKE-192f", 192},
    {KeyType::slh_dsa, 9, "SLH-DSA-SHA2-256s", 256},
    {KeyType::slh_dsa, 10, "SLH-DSA-SHAKE-256s", 256},
    {KeyType::slh_dsa, 11, "SLH-DSA-SHA2-256f", 256},
    {KeyType::slh_dsa, 12, "SLH-DSA-SHAKE-256f", 256},
});

constexpr const char* kSeed = "seed";  // OSSL_PKEY_PARAM_ML_DSA_SEED, OSSL_PKEY_PARAM_ML_KEM_SEED

std::size_t part_size(const EVP_PKEY* pkey, const char* name) {
  const QuietErrors quiet;
  std::size_t size = 0;
  return EVP_PKEY_get_octet_string_param(pkey, name, nullptr, 0, &size) > 0 ? size : 0;
}

Bytes public_octets(const EVP_PKEY* pkey) {
  Bytes octets(part_size(pkey, OSSL_PKEY_PARAM_PUB_KEY));
  std::size_t size = 0;
  must(EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size(), &size), "cannot read a public key");
  return octets;
}

void add_secret_part(Template& to, Attr type, const EVP_PKEY* pkey, const char* name) {
  const auto size = part_size(pkey, name);
  if (size == 0) return;  // a key that was imported without its seed has none
  Secret octets(size);
  std::size_t written = 0;
  must(EVP_PKEY_get_octet_string_param(pkey, name, octets.fill(SecretAccess::use()).data(), size, &written), "cannot read a private key");
  to.push_back(attribute(type, std::move(octets)));
}

Template private_parts(const PqSet& set, const EVP_PKEY* pkey) {
  Template parts;
  parts.push_back(attribute(Attr::parameter_set, set.number));
  add_secret_part(parts, Attr::value, pkey, OSSL_PKEY_PARAM_PRIV_KEY);
  if (set.type != KeyType::slh_dsa) add_secret_part(parts, Attr::seed, pkey, kSeed);
  return parts;
}

OSSL_PARAM octets_param(const char* name, ByteView octets) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(octets.data()), octets.size());
}

/// The private key from its seed, its value or both, which libcrypto then compares.
Result<Pkey> private_pkey(const PqSet& set, const Template& attributes) {
  const auto* value = find_secret(attributes, Attr::value);
  const auto* seed = find_secret(attributes, Attr::seed);
  std::array<OSSL_PARAM, 3> params;
  std::size_t count = 0;
  if (seed != nullptr && !seed->empty()) params[count++] = octets_param(kSeed, seed->reveal(SecretAccess::use()));
  if (value != nullptr && !value->empty()) params[count++] = octets_param(OSSL_PKEY_PARAM_PRIV_KEY, value->reveal(SecretAccess::use()));
  if (count == 0) return fail(Rv::template_incomplete, "the private key needs CKA_VALUE or CKA_SEED");
  params[count] = OSSL_PARAM_construct_end();
  auto pkey = make_pkey(set.name, true, params.data());
  if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "the octets are not a private key of this parameter set");
  return pkey;
}

}  // namespace

std::span<const PqSet> all_pq_sets() { return kSets; }

Result<const PqSet*> pq_set_in(const Template& attributes, KeyType type) {
  const auto number = find_number(attributes, Attr::parameter_set);
  if (!number) return fail(Rv::template_incomplete, "the key needs CKA_PARAMETER_SET");
  const auto it = std::ranges::find_if(kSets, [&](const PqSet& set) { return set.type == type && set.number == *number; });
  if (it == kSets.end()) return fail(Rv::attribute_value_invalid, "CKA_PARAMETER_SET is none of this key type");
  return &*it;
}

bool has_pq(KeyType type) {
  const QuietErrors quiet;
  return std::ranges::all_of(kSets, [&](const PqSet& set) {
    return set.type != type || key_context_of(set.name) != nullptr;
  });
}

Result<KeyPtr> load_pq(const Template& attributes, KeyType type, ObjectClass half) {
  const auto* set = TRY(pq_set_in(attributes, type));
  if (!has_pq(type)) return fail(Rv::attribute_value_invalid, "this libcrypto does not have the algorithm of this key");
  Pkey pkey;
  if (half == ObjectClass::public_key) {
    const auto* value = find_bytes(attributes, Attr::value);
    if (value == nullptr) return fail(Rv::template_incomplete, "the public key needs CKA_VALUE");
    OSSL_PARAM params[] = {octets_param(OSSL_PKEY_PARAM_PUB_KEY, *value), OSSL_PARAM_construct_end()};
    pkey = make_pkey(set->name, false, params);
    if (pkey == nullptr) return fail(Rv::attribute_value_invalid, "CKA_VALUE is not a public key of this parameter set");
  } else {
    pkey = TRY(private_pkey(*set, attributes));
  }
  return KeyPtr(std::make_shared<PairKey>(half, type, std::move(pkey), set->bits, nullptr, Secret()));
}

Result<GeneratedPair> generate_pq(const Template& wanted, KeyType type) {
  const auto* set = TRY(pq_set_in(wanted, type));
  if (!has_pq(type)) return fail(Rv::mechanism_invalid, "this libcrypto does not have the algorithm");
  const auto pkey = run_keygen(set->name, nullptr);
  GeneratedPair pair;
  pair.public_part.push_back(attribute(Attr::value, public_octets(pkey.get())));
  pair.private_part = private_parts(*set, pkey.get());
  return pair;
}

Result<Template> pq_public_half(const Template& private_key) {
  const auto type = static_cast<KeyType>(find_number(private_key, Attr::key_type).value_or(0));
  const auto* set = TRY(pq_set_in(private_key, type));
  const auto pkey = TRY(private_pkey(*set, private_key));
  Template half;
  half.push_back(attribute(Attr::parameter_set, set->number));
  half.push_back(attribute(Attr::value, public_octets(pkey.get())));
  return half;
}

Result<Secret> pq_document(const Template& private_key) {
  const auto type = static_cast<KeyType>(find_number(private_key, Attr::key_type).value_or(0));
  const auto pkey = TRY(private_pkey(*TRY(pq_set_in(private_key, type)), private_key));
  using Encoder = std::unique_ptr<OSSL_ENCODER_CTX, FreedBy<OSSL_ENCODER_CTX_free>>;
  const Encoder encoder(OSSL_ENCODER_CTX_new_for_pkey(pkey.get(), EVP_PKEY_KEYPAIR, "DER", "PrivateKeyInfo", nullptr));
  std::uint8_t* encoded = nullptr;
  std::size_t size = 0;
  must(encoder != nullptr && OSSL_ENCODER_to_data(encoder.get(), &encoded, &size) > 0, "cannot encode a private key");
  auto document = Secret::copy_of({encoded, size});
  OPENSSL_clear_free(encoded, size);
  return document;
}

Result<Template> read_pq_document(const Secret& document) {
  using Decoder = std::unique_ptr<OSSL_DECODER_CTX, FreedBy<OSSL_DECODER_CTX_free>>;
  const QuietErrors quiet;
  EVP_PKEY* made = nullptr;
  const Decoder decoder(OSSL_DECODER_CTX_new_for_pkey(&made, "DER", "PrivateKeyInfo", nullptr, EVP_PKEY_KEYPAIR,
                                                      Library::get().context(), nullptr));
  const auto octets = document.reveal(SecretAccess::use());
  const auto* at = octets.data();
  auto left = octets.size();
  const bool read = decoder != nullptr && OSSL_DECODER_from_data(decoder.get(), &at, &left) > 0;
  const Pkey pkey(made);
  if (!read || left != 0) return fail(Rv::wrapped_key_invalid, "the document is not a PrivateKeyInfo of a supported key");
  for (const auto& set : kSets) {
    if (EVP_PKEY_is_a(pkey.get(), set.name) == 0) continue;
    auto key = private_parts(set, pkey.get());
    key.push_back(attribute(Attr::key_type, set.type));
    return key;
  }
  return fail(Rv::wrapped_key_invalid, "the document is not a PrivateKeyInfo of a supported key");
}

}  // namespace hsm::crypto
