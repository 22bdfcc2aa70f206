#pragma once

#include <string_view>

namespace hsm::crypto {

/// Contents octets of the OBJECT IDENTIFIERs of AlgorithmIdentifier.
inline constexpr std::string_view kRsaEncryption{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01", 9};
inline constexpr std::string_view kEcPublicKey{"\x2A\x86\x48\xCE\x3D\x02\x01", 7};

inline constexpr std::string_view kDsa{"\x2A\x86\x48\xCE\x38\x04\x01", 7};
inline constexpr std::string_view kDhKeyAgreement{"\x2A\x86\x48\x86\xF7\x0D\x01\x03\x01", 9};

}  // namespace hsm::crypto
