#pragma once

#include "hsm/base/socket.h"
#include "hsm/daemon/applications.h"
#include "hsm/wire/channel.h"
#include "hsm/wire/hello.h"

namespace hsm::daemon {

/// Speaks with one connection of an application until it closes: greeting, Hello, then requests one after the other. Returns, and
/// logs why, when the other end breaks the protocol.
void serve_device(wire::Channel& channel, const Peer& peer, Applications& applications, wire::ChangePage& changes);

}  // namespace hsm::daemon
