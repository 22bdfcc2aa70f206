// Keys and objects the sentences use, as templates. None of them asks to be a token object.
#pragma once

#include <array>
#include <string_view>

#include "session.h"

namespace conformance {

Template roles(std::initializer_list<CK_ATTRIBUTE_TYPE> allowed);  // each of them CK_TRUE
Template readable_key();                                           // CKA_SENSITIVE false, CKA_EXTRACTABLE true

Template opens_readable_keys();                                    // of a key that wraps and unwraps such keys

Template data_object(std::string_view label);
Template certificate(std::string_view label);  // X.509, with the smallest fields that are asked for
Template secret_key(CK_KEY_TYPE type, ByteView value);  // to create, without any role
Template new_secret_key(CK_ULONG length);               // to generate

Template rsa_public_key();  // a fixed 2048-bit pair: to create, without any role
Template rsa_private_key();
Template new_rsa_public_key(CK_ULONG bits);  // to generate: size and exponent

struct Curve {
  std::string_view name;
  std::string_view oid;     // CKA_EC_PARAMS, in hexadecimal
  std::size_t field_bytes;  // r, s and each coordinate
};
inline constexpr std::array<Curve, 3> kCurves{{{"P-256", "06082a8648ce3d030107", 32},
                                               {"P-384", "06052b81040022", 48},
                                               {"P-521", "06052b81040023", 66}}};

Template ec_public_key();  // a fixed P-256 pair
Template ec_private_key();
Bytes ec_point();  // of that pair, bare
KeyPair generate_ec(Session& session, const Curve& curve, const Template& public_key, const Template& private_key);
Bytes day(int distance);  // CK_DATE of a day so far from today

Bytes point_of(ByteView octet_string);  // CKA_EC_POINT without its DER wrapping
Bytes wrapped_point(ByteView point);    // and back

}  // namespace conformance
