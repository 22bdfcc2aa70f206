#pragma once

#include <string>

#include "cli/verb.h"

namespace cli {

/// Waits until no rewrap job of the key is pending or running, with a bar on a terminal; refuses when some WDEK failed.
Outcome watch_rewrap(Session& session, kms::client::Client& kms, const std::string& key);

}  // namespace cli
