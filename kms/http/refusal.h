#pragma once

#include <string_view>

#include "kms/http/fault_table.h"
#include "kms/http/message.h"

namespace kms::http {

/// The error envelope of a refusal. `what_failed` is the middle part ("Key could not be created"); it may be empty.
/// Never holds anything of the request but names of fields and keys.
Response refusal(const Error& error, std::string_view what_failed);
Response refusal(BadRequest what);

}  // namespace kms::http
