#include "pkcs11/mechanism.h"

#include "pkcs11/parameters.h"

namespace p11 {
namespace {

using hsm::Bytes;
using hsm::Mechanism;
using hsm::Param;

Result<Mechanism::Params> read_ctr(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_AES_CTR_PARAMS>(from));
  return Mechanism::Params(hsm::CtrParams{given.ulCounterBits, TRY(copy(given.cb, sizeof given.cb))});
}

Result<Mechanism::Params> read_gcm(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_GCM_PARAMS>(from));
  auto iv = TRY(copy(given.pIv, given.ulIvLen));
  auto aad = TRY(copy(given.pAAD, given.ulAADLen));
  return Mechanism::Params(hsm::GcmParams{std::move(iv), std::move(aad), given.ulTagBits});
}

Result<Mechanism::Params> read_pss(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_RSA_PKCS_PSS_PARAMS>(from));
  return Mechanism::Params(hsm::PssParams{given.hashAlg, given.mgf, given.sLen});
}

Result<Mechanism::Params> read_oaep(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_RSA_PKCS_OAEP_PARAMS>(from));
  return Mechanism::Params(
      hsm::OaepParams{given.hashAlg, given.mgf, given.source, TRY(copy(given.pSourceData, given.ulSourceDataLen))});
}

Result<Mechanism::Params> read_ecdh1(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_ECDH1_DERIVE_PARAMS>(from));
  auto shared = TRY(copy(given.pSharedData, given.ulSharedDataLen));
  auto point = TRY(copy(given.pPublicData, given.ulPublicDataLen));
  return Mechanism::Params(hsm::Ecdh1Params{given.kdf, std::move(shared), std::move(point)});
}

using Params = Mechanism::Params;

Result<Params> read_ccm(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_CCM_PARAMS>(from));
  auto nonce = TRY(copy(given.pNonce, given.ulNonceLen));
  auto aad = TRY(copy(given.pAAD, given.ulAADLen));
  return Params(hsm::CcmParams{given.ulDataLen, std::move(nonce), std::move(aad), given.ulMACLen});
}

Result<Params> read_aead(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_SALSA20_CHACHA20_POLY1305_PARAMS>(from));
  auto nonce = TRY(copy(given.pNonce, nonce_octets(given.ulNonceLen)));
  auto aad = TRY(copy(given.pAAD, given.ulAADLen));
  return Params(hsm::AeadParams{std::move(nonce), std::move(aad)});
}

Result<Params> read_chacha20(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_CHACHA20_PARAMS>(from));
  if (given.blockCounterBits % 8 != 0 || given.ulNonceBits % 8 != 0)
    return fail(Rv::mechanism_param_invalid, "the counter and the nonce have whole octets");
  auto counter = TRY(copy(given.pBlockCounter, given.blockCounterBits / 8));
  auto nonce = TRY(copy(given.pNonce, given.ulNonceBits / 8));
  return Params(hsm::ChaCha20Params{std::move(counter), std::move(nonce)});
}

Result<Params> read_eddsa(const CK_MECHANISM& from) {
  if (from.ulParameterLen == 0) return Params();
  const auto given = TRY(structure<CK_EDDSA_PARAMS>(from));
  return Params(hsm::EddsaParams{given.phFlag != CK_FALSE, TRY(copy(given.pContextData, given.ulContextDataLen))});
}

Result<Params> read_sign_context(const CK_MECHANISM& from) {
  if (from.ulParameterLen == 0) return Params();
  const auto given = TRY(structure<CK_SIGN_ADDITIONAL_CONTEXT>(from));
  return Params(hsm::SignContextParams{given.hedgeVariant, TRY(copy(given.pContext, given.ulContextLen)), 0});
}

Result<Params> read_hash_sign_context(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_HASH_SIGN_ADDITIONAL_CONTEXT>(from));
  return Params(hsm::SignContextParams{given.hedgeVariant, TRY(copy(given.pContext, given.ulContextLen)), given.hash});
}

Result<Params> read_rsa_aes(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_RSA_AES_KEY_WRAP_PARAMS>(from));
  const auto oaep = TRY(structure_at<CK_RSA_PKCS_OAEP_PARAMS>(given.pOAEPParams, sizeof(CK_RSA_PKCS_OAEP_PARAMS)));
  return Params(hsm::RsaAesParams{given.ulAESKeyBits, {oaep.hashAlg, oaep.mgf, oaep.source, TRY(copy(oaep.pSourceData, oaep.ulSourceDataLen))}});
}

Result<Params> read_ecdh_aes(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_ECDH_AES_KEY_WRAP_PARAMS>(from));
  return Params(hsm::EcdhAesParams{given.ulAESKeyBits, given.kdf, TRY(copy(given.pSharedData, given.ulSharedDataLen))});
}

Result<Params> read_iv(const CK_MECHANISM& from) { return Params(hsm::IvParams{TRY(copy(from.pParameter, from.ulParameterLen))}); }

Result<Params> read_params(Param param, const CK_MECHANISM& from) {
  switch (param) {
    case Param::none:
      if (from.ulParameterLen != 0) return fail(Rv::mechanism_param_invalid, "the mechanism takes no parameter");
      return Params();
    case Param::optional_iv: return from.ulParameterLen == 0 ? Result<Params>(Params()) : read_iv(from);
    case Param::iv: return read_iv(from);
    case Param::ctr: return read_ctr(from);
    case Param::gcm: return read_gcm(from);
    case Param::pss: return read_pss(from);
    case Param::oaep: return read_oaep(from);
    case Param::ecdh1: return read_ecdh1(from);
    case Param::mac_general: return Params(hsm::MacGeneralParams{TRY(structure<CK_MAC_GENERAL_PARAMS>(from))});
    case Param::raw: return Params(hsm::RawParams{TRY(copy(from.pParameter, from.ulParameterLen))});
    case Param::ccm: return read_ccm(from);
    case Param::aead: return read_aead(from);
    case Param::chacha20: return read_chacha20(from);
    case Param::eddsa: return read_eddsa(from);
    case Param::sign_context: return read_sign_context(from);
    case Param::hash_sign_context: return read_hash_sign_context(from);
    case Param::rsa_aes: return read_rsa_aes(from);
    case Param::ecdh_aes: return read_ecdh_aes(from);
    case Param::tls_master:
    case Param::tls_extended_master:
    case Param::tls_key_block:
    case Param::tls_kdf:
    case Param::tls_mac: return read_tls(param, from);
    case Param::otp: return read_otp(from);
    default: return read_derivation(param, from);
  }
}

}  // namespace

Result<Mechanism> read_mechanism(const CK_MECHANISM* mechanism) {
  if (mechanism == nullptr) return fail(Rv::arguments_bad, "no mechanism");
  const auto row = hsm::find_mechanism(mechanism->mechanism);
  if (!row) return Mechanism{mechanism->mechanism, {}};
  auto params = read_params((*row)->param, *mechanism);
  if (!params) return Mechanism{mechanism->mechanism, hsm::MalformedParams{std::string(params.error().why)}};
  return Mechanism{mechanism->mechanism, std::move(*params)};
}

}  // namespace p11
