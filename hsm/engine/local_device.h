#pragma once

#include <memory>

#include "hsm/base/config.h"
#include "hsm/base/result.h"
#include "hsm/model/device.h"

namespace hsm::engine {

/// The local mounting: the engine in this process, on the store that `config` names (made on first use, development profile). The
/// device is one application. Refused for a store of the production profile, one of others, one that cannot be written.
Result<std::shared_ptr<Device>> mount_locally(const Config& config);

}  // namespace hsm::engine
