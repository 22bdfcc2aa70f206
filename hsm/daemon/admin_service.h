#pragma once

#include "hsm/base/socket.h"
#include "hsm/daemon/unit.h"
#include "hsm/wire/channel.h"

namespace hsm::daemon {

/// Speaks with one connection of the admin socket until it closes.
void serve_admin(wire::Channel& channel, const Peer& peer, Unit& unit);

}  // namespace hsm::daemon
