#include "hsm/engine/local_device.h"

#include <fmt/core.h>
#include <unistd.h>

#include "hsm/engine/engine.h"

namespace hsm::engine {

Result<std::shared_ptr<Device>> mount_locally(const Config& config) {
  auto actor = fmt::format("uid {} pid {}", ::getuid(), ::getpid());
  auto keystore = TRY(store::open_local(config.store, {.pin_cost = config.rehearsal_pins ? store::kRehearsalPins : crypto::Argon2Cost{}, .actor = actor}));
  const auto engine = Engine::over(std::move(keystore), config.rehearsal_pins ? "Keymantle, development profile, REHEARSAL PINS"
                                                                               : "Keymantle, development profile (keys in this process)");
  return engine->attach(std::move(actor));
}

}  // namespace hsm::engine
