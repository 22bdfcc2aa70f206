#pragma once

#include <string>

#include "cli/verb.h"
#include "hsm/wire/admin_client.h"

namespace cli {

/// A connection to the unit's admin socket.
Result<hsm::admin::Client> unit_of(const Session& session);
void print_status(Session& session, const hsm::admin::UnitStatus& status);
std::string_view name_of(hsm::admin::State state);
Result<hsm::Bytes> read_share_file(const std::string& file);

}  // namespace cli
