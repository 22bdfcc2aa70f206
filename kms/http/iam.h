#pragma once

#include "kms/core/service.h"
#include "kms/http/message.h"

namespace kms::http {

/// POST /identity/token and POST /oidc/token: an API key for an access token, in IAM's own formats.
Response token_endpoint(Service& service, const Request& request);

}  // namespace kms::http
