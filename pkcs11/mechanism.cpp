#include "pkcs11/mechanism.h"

#include <cstring>

namespace p11 {
namespace {

using hsm::Bytes;
using hsm::Mechanism;
using hsm::Param;

constexpr CK_ULONG kMostOctets = CK_ULONG{16} << 20;

Result<Bytes> copy(const void* data, CK_ULONG size) {
  if (data == nullptr && size != 0) return fail(Rv::mechanism_param_invalid, "a length without a pointer in the parameter");
  if (size > kMostOctets) return fail(Rv::mechanism_param_invalid, "a length beyond the limit in the parameter");
  const auto* octets = static_cast<const std::uint8_t*>(data);
  return Bytes(octets, octets + size);
}

/// The parameter as structure T. The caller's pointer need not be aligned for it.
template <class T>
Result<T> structure(const CK_MECHANISM& from) {
  if (from.pParameter == nullptr || from.ulParameterLen != sizeof(T))
    return fail(Rv::mechanism_param_invalid, "the parameter is not the structure that the mechanism takes");
  T value;
  std::memcpy(&value, from.pParameter, sizeof value);
  return value;
}

Result<Mechanism::Params> read_ctr(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_AES_CTR_PARAMS>(from));
  return Mechanism::Params(hsm::CtrParams{given.ulCounterBits, TRY(copy(given.cb, sizeof given.cb))});
}

Result<Mechanism::Params> read_gcm(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_GCM_PARAMS>(from));
  return Mechanism::Params(
      hsm::GcmParams{TRY(copy(given.pIv, given.ulIvLen)), TRY(copy(given.pAAD, given.ulAADLen)), given.ulTagBits});
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
  return Mechanism::Params(hsm::Ecdh1Params{given.kdf, TRY(copy(given.pSharedData, given.ulSharedDataLen)),
                                            TRY(copy(given.pPublicData, given.ulPublicDataLen))});
}

Result<Mechanism::Params> read_params(Param param, const CK_MECHANISM& from) {
  switch (param) {
    case Param::none:
      if (from.ulParameterLen != 0) return fail(Rv::mechanism_param_invalid, "the mechanism takes no parameter");
      return Mechanism::Params();
    case Param::optional_iv:
      if (from.ulParameterLen == 0) return Mechanism::Params();
      return Mechanism::Params(hsm::IvParams{TRY(copy(from.pParameter, from.ulParameterLen))});
    case Param::iv:
      return Mechanism::Params(hsm::IvParams{TRY(copy(from.pParameter, from.ulParameterLen))});
    case Param::ctr:
      return read_ctr(from);
    case Param::gcm:
      return read_gcm(from);
    case Param::pss:
      return read_pss(from);
    case Param::oaep:
      return read_oaep(from);
    case Param::ecdh1:
      return read_ecdh1(from);
    case Param::mac_general:
      return Mechanism::Params(hsm::MacGeneralParams{TRY(structure<CK_MAC_GENERAL_PARAMS>(from))});
  }
  return fail(Rv::mechanism_param_invalid, "a parameter of an unknown kind");
}

}  // namespace

Result<Mechanism> read_mechanism(const CK_MECHANISM* mechanism) {
  if (mechanism == nullptr) return fail(Rv::arguments_bad, "no mechanism");
  const auto row = hsm::find_mechanism(mechanism->mechanism);
  if (!row) return Mechanism{mechanism->mechanism, {}};
  return Mechanism{mechanism->mechanism, TRY(read_params((*row)->param, *mechanism))};
}

}  // namespace p11
