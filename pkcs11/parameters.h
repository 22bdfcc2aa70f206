#pragma once

#include <cstring>

#include "hsm/model/mechanism.h"
#include "pkcs11/entry.h"

// Reading what a mechanism's parameter points to.

namespace p11 {

inline constexpr CK_ULONG kMostOctets = CK_ULONG{16} << 20;

/// The octets of a pointer and a length inside a parameter; mechanism_param_invalid for a length without a pointer or beyond 16 MiB.
inline Result<hsm::Bytes> copy(const void* data, CK_ULONG size) {
  if (data == nullptr && size != 0) return fail(Rv::mechanism_param_invalid, "a length without a pointer in the parameter");
  if (size > kMostOctets) return fail(Rv::mechanism_param_invalid, "a length beyond the limit in the parameter");
  const auto* octets = static_cast<const std::uint8_t*>(data);
  return hsm::Bytes(octets, octets + size);
}

/// The structure T at a place of this size. The caller's pointer need not be aligned for it.
template <class T>
Result<T> structure_at(const void* data, CK_ULONG size) {
  if (data == nullptr || size != sizeof(T))
    return fail(Rv::mechanism_param_invalid, "the parameter is not the structure that the mechanism takes");
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}
template <class T>
Result<T> structure(const CK_MECHANISM& from) {
  return structure_at<T>(from.pParameter, from.ulParameterLen);
}

/// ulNonceLen of the ChaCha20 structures: the standard counts it in bits (PKCS#11 3.2, 6.61), its examples and other modules in octets.
/// The numbers of one kind are none of the other.
inline CK_ULONG nonce_octets(CK_ULONG length) { return length == 64 || length == 96 || length == 192 ? length / 8 : length; }

/// The parameters of mechanisms that derive keys, or make them from a password.
Result<hsm::Mechanism::Params> read_derivation(hsm::Param param, const CK_MECHANISM& from);
/// The templates of the additional keys of SP 800-108; none for other mechanisms.
Result<std::vector<hsm::Template>> read_additional_keys(const CK_MECHANISM& from);
/// Writes their handles where read_additional_keys() found the places. general_error for another number of handles.
Status give_additional_keys(const CK_MECHANISM& from, const std::vector<hsm::ObjectHandle>& handles);
/// CK_OTP_PARAMS.
Result<hsm::Mechanism::Params> read_otp(const CK_MECHANISM& from);
/// Writes the IV that CKM_PBE_* gave where its parameter has a place for it; general_error for one of another length.
Status give_iv(const CK_MECHANISM& from, const hsm::Bytes& iv);
/// Whether give_iv() has something to write.
bool gives_iv(const CK_MECHANISM& mechanism);
/// Those of TLS.
Result<hsm::Mechanism::Params> read_tls(hsm::Param param, const CK_MECHANISM& from);

/// Whether C_DeriveKey gives its handles through the parameter, so that it needs no place for one of its own.
bool gives_handles_by_parameter(const CK_MECHANISM& mechanism);
/// give_derived() has something to write.
bool answers_by_parameter(const CK_MECHANISM& mechanism);
/// Writes what goes back through the parameter, which read_mechanism() has taken: handles, IVs, a version.
/// general_error when the device's answer is not what was asked for.
Status give_derived(const CK_MECHANISM& from, const hsm::request::Derived& derived);

}  // namespace p11
