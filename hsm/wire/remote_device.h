#pragma once

#include <memory>
#include <string>

#include "hsm/base/result.h"
#include "hsm/model/device.h"

namespace hsm::wire {

/// The HSM behind keymantle-hsmd's socket, for this process. Thread-safe: each call that runs at the same time has a connection
/// of its own. When the daemon goes away every call is refused with device_removed from then on; nothing reconnects by
/// itself, because the sessions and logins are gone with it.
Result<std::shared_ptr<Device>> connect_device(const std::string& path);

/// In a forked child: closes the parent's connections without a word on them. Takes no lock and frees nothing.
void close_connections_in_child();

}  // namespace hsm::wire
