#include <algorithm>

#include "pkcs11/parameters.h"

// The parameters of TLS, and what comes back through them.

namespace p11 {
namespace {

using hsm::Bytes;
using hsm::Param;
using Params = hsm::Mechanism::Params;

struct Randoms {
  Bytes client, server;
};
Result<Randoms> read_randoms(const CK_SSL3_RANDOM_DATA& given) {
  Randoms randoms;
  randoms.client = TRY(copy(given.pClientRandom, given.ulClientRandomLen));
  randoms.server = TRY(copy(given.pServerRandom, given.ulServerRandomLen));
  return randoms;
}

/// PKCS#11 3.1, 6.40.6: in what Diffie-Hellman agrees on there is no version.
Status check_version(const CK_MECHANISM& from, CK_VERSION_PTR version) {
  const bool is_dh = from.mechanism == CKM_TLS_MASTER_KEY_DERIVE_DH || from.mechanism == CKM_TLS12_MASTER_KEY_DERIVE_DH || from.mechanism == CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH;
  if (is_dh && version != nullptr) return fail(Rv::mechanism_param_invalid, "a pre-master secret of Diffie-Hellman has no version");
  return Done{};
}

bool is_before_tls12(const CK_MECHANISM& from) {
  return from.mechanism == CKM_TLS_MASTER_KEY_DERIVE || from.mechanism == CKM_TLS_MASTER_KEY_DERIVE_DH ||
         from.mechanism == CKM_TLS_KEY_AND_MAC_DERIVE;
}

/// The structures of TLS 1.2 are those before with the hash of the PRF behind.
Result<CK_TLS12_MASTER_KEY_DERIVE_PARAMS> master_structure(const CK_MECHANISM& from) {
  if (!is_before_tls12(from)) return structure<CK_TLS12_MASTER_KEY_DERIVE_PARAMS>(from);
  const auto given = TRY(structure<CK_SSL3_MASTER_KEY_DERIVE_PARAMS>(from));
  return CK_TLS12_MASTER_KEY_DERIVE_PARAMS{given.RandomInfo, given.pVersion, CKM_TLS_PRF};
}
Result<CK_TLS12_KEY_MAT_PARAMS> key_block_structure(const CK_MECHANISM& from) {
  if (!is_before_tls12(from)) return structure<CK_TLS12_KEY_MAT_PARAMS>(from);
  const auto given = TRY(structure<CK_SSL3_KEY_MAT_PARAMS>(from));
  return CK_TLS12_KEY_MAT_PARAMS{given.ulMacSizeInBits, given.ulKeySizeInBits, given.ulIVSizeInBits, given.bIsExport,
                                 given.RandomInfo, given.pReturnedKeyMaterial, CKM_TLS_PRF};
}

Result<Params> read_master(const CK_MECHANISM& from) {
  const auto given = TRY(master_structure(from));
  TRY(check_version(from, given.pVersion));
  auto randoms = TRY(read_randoms(given.RandomInfo));
  const bool asks = given.pVersion != nullptr;
  return Params(hsm::TlsMasterParams{given.prfHashMechanism, std::move(randoms.client), std::move(randoms.server), {}, asks});
}

Result<Params> read_extended_master(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS>(from));
  TRY(check_version(from, given.pVersion));
  if (given.ulSessionHashLen == 0) return fail(Rv::mechanism_param_invalid, "an extended master secret needs a session hash");
  auto hash = TRY(copy(given.pSessionHash, given.ulSessionHashLen));
  return Params(hsm::TlsMasterParams{given.prfHashMechanism, {}, {}, std::move(hash), given.pVersion != nullptr});
}

Result<Params> read_key_block(const CK_MECHANISM& from) {
  const auto given = TRY(key_block_structure(from));
  if (given.bIsExport != CK_FALSE) return fail(Rv::mechanism_param_invalid, "keys of export cipher suites are not made");
  const auto out = TRY(structure_at<CK_SSL3_KEY_MAT_OUT>(given.pReturnedKeyMaterial, sizeof(CK_SSL3_KEY_MAT_OUT)));
  const CK_ULONG iv_bits = from.mechanism == CKM_TLS12_KEY_SAFE_DERIVE ? 0 : given.ulIVSizeInBits;
  if (iv_bits != 0 && (out.pIVClient == nullptr || out.pIVServer == nullptr))
    return fail(Rv::mechanism_param_invalid, "no place for the IVs");
  auto randoms = TRY(read_randoms(given.RandomInfo));
  return Params(hsm::TlsKeyBlockParams{given.prfHashMechanism, std::move(randoms.client), std::move(randoms.server), given.ulMacSizeInBits,
                                       given.ulKeySizeInBits, iv_bits});
}

Result<Params> read_kdf(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_TLS_KDF_PARAMS>(from));
  auto randoms = TRY(read_randoms(given.RandomInfo));
  hsm::TlsKdfParams params{given.prfMechanism, TRY(copy(given.pLabel, given.ulLabelLength)), std::move(randoms.client),
                           std::move(randoms.server), {}};
  if (given.pContextData != nullptr || given.ulContextDataLength != 0)
    params.context = TRY(copy(given.pContextData, given.ulContextDataLength));
  return Params(std::move(params));
}

Result<Params> read_mac(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_TLS_MAC_PARAMS>(from));
  return Params(hsm::TlsMacParams{given.prfHashMechanism, given.ulMacLength, given.ulServerOrClient});
}

/// The caller's structure, which read_mechanism() took: it was there.
template <class T>
T again(const void* place) {
  T value;
  std::memcpy(&value, place, sizeof value);
  return value;
}

Status give_key_block(const CK_MECHANISM& from, const hsm::request::Derived& derived) {
  const auto asked = TRY(key_block_structure(from));
  const CK_ULONG iv_bits = from.mechanism == CKM_TLS12_KEY_SAFE_DERIVE ? 0 : asked.ulIVSizeInBits;
  if (derived.others.size() != 4 || derived.told.size() != 2 * (iv_bits / 8))
    return fail(Rv::general_error, "the device answered with other keys or IVs than were asked for");
  auto* const place = asked.pReturnedKeyMaterial;
  auto out = again<CK_SSL3_KEY_MAT_OUT>(place);
  out.hClientMacSecret = derived.others[0];
  out.hServerMacSecret = derived.others[1];
  out.hClientKey = derived.others[2];
  out.hServerKey = derived.others[3];
  const auto half = static_cast<std::ptrdiff_t>(derived.told.size() / 2);
  if (half != 0) {
    std::copy_n(derived.told.begin(), half, out.pIVClient);
    std::copy_n(derived.told.begin() + half, half, out.pIVServer);
  }
  std::memcpy(place, &out, sizeof out);
  return Done{};
}

Status give_version(CK_VERSION_PTR place, const Bytes& version) {
  if (place == nullptr) return Done{};
  if (version.size() != 2) return fail(Rv::general_error, "the device answered without the version that was asked for");
  place->major = version[0];
  place->minor = version[1];
  return Done{};
}

}  // namespace

Result<Params> read_tls(Param param, const CK_MECHANISM& from) {
  switch (param) {
    case Param::tls_master: return read_master(from);
    case Param::tls_extended_master: return read_extended_master(from);
    case Param::tls_key_block: return read_key_block(from);
    case Param::tls_kdf: return read_kdf(from);
    case Param::tls_mac: return read_mac(from);
    default: return fail(Rv::mechanism_param_invalid, "a parameter of an unknown kind");
  }
}

bool gives_handles_by_parameter(const CK_MECHANISM& mechanism) {
  return mechanism.mechanism == CKM_TLS_KEY_AND_MAC_DERIVE || mechanism.mechanism == CKM_TLS12_KEY_AND_MAC_DERIVE ||
         mechanism.mechanism == CKM_TLS12_KEY_SAFE_DERIVE;
}

bool answers_by_parameter(const CK_MECHANISM& mechanism) {
  return gives_handles_by_parameter(mechanism) || mechanism.mechanism == CKM_TLS_MASTER_KEY_DERIVE ||
         mechanism.mechanism == CKM_TLS12_MASTER_KEY_DERIVE ||
         mechanism.mechanism == CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE;
}

Status give_derived(const CK_MECHANISM& from, const hsm::request::Derived& derived) {
  switch (from.mechanism) {
    case CKM_TLS_KEY_AND_MAC_DERIVE:
    case CKM_TLS12_KEY_AND_MAC_DERIVE:
    case CKM_TLS12_KEY_SAFE_DERIVE:
      return give_key_block(from, derived);
    case CKM_TLS_MASTER_KEY_DERIVE:
    case CKM_TLS12_MASTER_KEY_DERIVE:
      return give_version(TRY(master_structure(from)).pVersion, derived.told);
    case CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE:
      return give_version(again<CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS>(from.pParameter).pVersion, derived.told);
    default:
      return give_additional_keys(from, derived.others);
  }
}

}  // namespace p11
