#include "hsm/crypto/hash.h"
#include "hsm/crypto/rsa.h"

namespace hsm::crypto {
namespace {

constexpr std::uint64_t kDataSpecified = 1;  // CKZ_DATA_SPECIFIED

/// RSA has no number for BLAKE2b.
const Hash* rsa_hash(std::uint64_t digest) {
  return digest == static_cast<std::uint64_t>(Mech::blake2b_512) ? nullptr : hash_inside(digest, &Hash::digest);
}

Result<RsaScheme> pss(const Mechanism& mechanism, const Hash* message) {
  const auto* params = std::get_if<PssParams>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "PSS needs CK_RSA_PKCS_PSS_PARAMS");
  const auto* hash = rsa_hash(params->hash);
  const auto* mgf = hash_of(static_cast<Mgf>(params->mgf));
  if (hash == nullptr || mgf == nullptr) return fail(Rv::mechanism_param_invalid, "PSS with an unknown hash or MGF");
  if (message != nullptr && message != hash)
    return fail(Rv::mechanism_param_invalid, "the hash of the PSS parameter is not that of the mechanism");
  if (params->salt_length > kMostModulus) return fail(Rv::mechanism_param_invalid, "the PSS salt is too long");
  return RsaScheme{RSA_PKCS1_PSS_PADDING, message, hash, mgf, params->salt_length, {}};
}

Result<RsaScheme> oaep(const Mechanism& mechanism) {
  const auto* params = std::get_if<OaepParams>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "OAEP needs CK_RSA_PKCS_OAEP_PARAMS");
  const auto* hash = rsa_hash(params->hash);
  const auto* mgf = hash_of(static_cast<Mgf>(params->mgf));
  if (hash == nullptr || mgf == nullptr) return fail(Rv::mechanism_param_invalid, "OAEP with an unknown hash or MGF");
  if (params->source != kDataSpecified && (params->source != 0 || !params->label.empty()))
    return fail(Rv::mechanism_param_invalid, "OAEP with an unknown source of its label");
  return RsaScheme{RSA_PKCS1_OAEP_PADDING, nullptr, hash, mgf, 0, params->label};
}

}  // namespace

Result<RsaScheme> rsa_scheme(const Mechanism& mechanism) {
  if (mechanism.type == static_cast<std::uint64_t>(Mech::rsa_pkcs_oaep)) return oaep(mechanism);
  if (mechanism.type == static_cast<std::uint64_t>(Mech::rsa_pkcs_pss)) return pss(mechanism, nullptr);
  if (const auto* hash = hash_of(mechanism.type, &Hash::rsa_pss)) return pss(mechanism, hash);
  if (!std::holds_alternative<std::monostate>(mechanism.params))
    return fail(Rv::mechanism_param_invalid, "this RSA mechanism takes no parameter");
  if (mechanism.type == static_cast<std::uint64_t>(Mech::rsa_x_509)) return RsaScheme{RSA_NO_PADDING, {}, {}, {}, 0, {}};
  return RsaScheme{RSA_PKCS1_PADDING, hash_of(mechanism.type, &Hash::rsa_pkcs), {}, {}, 0, {}};
}

KeyContext rsa_context(const PairKey& key, const RsaScheme& scheme, int (*init)(EVP_PKEY_CTX*, const OSSL_PARAM*)) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::get().context(), key.pkey(), nullptr));
  must(context != nullptr, "no key context");
  std::vector<OSSL_PARAM> params;
  auto padding = scheme.padding;
  auto salt = static_cast<int>(scheme.salt);
  const auto text = [](const Hash& hash) { return const_cast<char*>(hash.name); };
  // The digest first: libcrypto checks the padding and the salt against it.
  if (scheme.padding == RSA_PKCS1_OAEP_PADDING) {
    params.push_back(OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, text(*scheme.hash), 0));
    if (!scheme.label.empty())
      params.push_back(OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                                         const_cast<std::uint8_t*>(scheme.label.data()), scheme.label.size()));
  } else if (const auto* digest = scheme.hash != nullptr ? scheme.hash : scheme.message) {
    params.push_back(OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, text(*digest), 0));
  }
  params.push_back(OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_PAD_MODE, &padding));
  if (scheme.mgf != nullptr)
    params.push_back(OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_MGF1_DIGEST, text(*scheme.mgf), 0));
  if (scheme.padding == RSA_PKCS1_PSS_PADDING)
    params.push_back(OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt));
  params.push_back(OSSL_PARAM_construct_end());
  must(init(context.get(), params.data()), "cannot start RSA");
  return context;
}

}  // namespace hsm::crypto
