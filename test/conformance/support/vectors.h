// Other people's numbers: files of Wycheproof vectors (C2SP/wycheproof, testvectors_v1), where they are present.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "bytes.h"

namespace conformance {

using Json = boost::json::object;

// Looks in the folder that KEYMANTLE_VECTORS names, or in shared/vectors beside the checkout. Without it, says so and
// gives nothing.
std::optional<Json> vectors_in(std::string_view file);

std::string_view text_of(const Json& from, std::string_view name);
Bytes bytes_of(const Json& from, std::string_view name);    // written as hexadecimal
Bytes natural_of(const Json& from, std::string_view name);  // without the zeros in front
CK_ULONG number_of(const Json& from, std::string_view name);

// r || s, each as long as the field, of a signature in strict DER. Nothing where it is no such thing, or where a number
// is negative or longer than the field: what PKCS#11 has no way to say.
std::optional<Bytes> r_and_s(ByteView der, std::size_t field_bytes);

}  // namespace conformance
