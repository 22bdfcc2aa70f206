#include "hsm/engine/engine.h"

#include "hsm/engine/application.h"
#include "hsm/engine/built_in.h"

namespace hsm::engine {

Engine::Engine(std::unique_ptr<store::Keystore> keystore, std::string description)
    : keystore_(std::move(keystore)), description_(std::move(description)), built_in_(make_built_in_objects([this] { return next_number(); })) {}

std::shared_ptr<Engine> Engine::over(std::unique_ptr<store::Keystore> keystore, std::string description) {
  return std::shared_ptr<Engine>(new Engine(std::move(keystore), std::move(description)));
}

std::shared_ptr<Device> Engine::attach(std::string actor) {
  return std::make_shared<Application>(shared_from_this(), std::move(actor));
}

Result<Token*> Engine::token(SlotId slot) {
  TRY(keystore_->token(slot));
  std::scoped_lock lock(mutex_);
  auto& token = tokens_[slot];
  if (token == nullptr) token = std::make_unique<Token>(*keystore_, slot);
  return token.get();
}

}  // namespace hsm::engine
