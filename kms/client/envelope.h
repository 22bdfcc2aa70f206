#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kms/client/json.h"
#include "kms/client/types.h"

// The API's envelope around resources. Included by .cpp files of this folder only.

namespace kms::client {

/// {"metadata":{...},"resources":[resource]} as a request body.
hsm::WipedString enveloped(std::string_view type, boost::json::object resource);

/// The members of `resources` that are objects; refuses an answer without it.
Result<std::vector<boost::json::object>> resources_of(std::string_view body);
/// The one resource that an answer must hold.
Result<boost::json::object> resource_of(std::string_view body);

Key key_from(boost::json::object resource);
KeyVersion version_from(const boost::json::object& object);
Registration registration_from(const boost::json::object& resource);
RewrapJob job_from(const boost::json::object& resource);
ImportToken import_token_from(const boost::json::object& object);

}  // namespace kms::client
