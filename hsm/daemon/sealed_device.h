#pragma once

#include <memory>

#include "hsm/model/device.h"

namespace hsm::daemon {

/// What applications see while the unit has no master key in memory: no slots, no token in any slot, no sessions.
std::shared_ptr<Device> sealed_device();

}  // namespace hsm::daemon
