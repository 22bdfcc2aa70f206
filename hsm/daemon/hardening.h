#pragma once

#include "hsm/base/result.h"

namespace hsm::daemon {

/// What a process that holds keys gives up before it reads one: core dumps, being traced by its own user, new privileges. Raises its
/// soft limit of locked memory to the hard one. Refused when secrets cannot be locked into memory.
Status harden_process();

/// Tells the service manager, where there is one (NOTIFY_SOCKET), such as "READY=1".
void notify_service_manager(std::string_view state);

}  // namespace hsm::daemon
