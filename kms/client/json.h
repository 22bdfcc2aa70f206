#pragma once

#include <boost/json/array.hpp>
#include <boost/json/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "hsm/base/secret.h"
#include "kms/client/error.h"

// JSON in memory that is wiped before it is given back. Included by .cpp files only, never by a header that others read.

namespace kms::client {

/// A storage whose memory is overwritten when it is released.
boost::json::storage_ptr wiping_storage();

/// A whole document that must be an object.
Result<boost::json::object> parse_object(std::string_view text);
hsm::WipedString to_text(const boost::json::value& value);
/// The same without any secret in it, as an ordinary string.
std::string to_public_text(const boost::json::value& value);

/// The member as text; empty when it is absent or of another kind.
std::string text_at(const boost::json::object& object, std::string_view name);
std::int64_t integer_at(const boost::json::object& object, std::string_view name);
bool flag_at(const boost::json::object& object, std::string_view name);
const boost::json::object* object_at(const boost::json::object& object, std::string_view name);
const boost::json::array* array_at(const boost::json::object& object, std::string_view name);
hsm::Secret secret_at(const boost::json::object& object, std::string_view name);

/// Adds a secret text as a member.
void put_secret(boost::json::object& object, std::string_view name, const hsm::Secret& value);

}  // namespace kms::client
