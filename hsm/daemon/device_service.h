#pragma once

#include "hsm/base/socket.h"
#include "hsm/daemon/unit.h"
#include "hsm/wire/channel.h"

namespace hsm::daemon {

/// Speaks with one connection of an application until it closes: greeting, Hello, then requests one after the other. Returns, and
/// logs why, when the other end breaks the protocol.
void serve_device(wire::Channel& channel, const Peer& peer, Unit& unit);

}  // namespace hsm::daemon
