#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "hsm/engine/object.h"
#include "hsm/engine/seat.h"

namespace hsm::engine {

/// What the calls of a session found out last: who is logged in, and the key that it wrapped or unwrapped with. Holds as long as
/// neither the token nor the seat changed. The pointers count for themselves, so that threads with a session each do not wait for each
/// other at the counter of a login or a key that they share. Belongs to its session.
struct Recent {
  std::uint64_t token_epoch = 0;  ///< epochs begin with 1
  std::uint64_t seat_epoch = 0;
  Login login;
  ObjectHandle handle = kNoHandle;
  ObjectPtr object;
  crypto::KeyPtr key;
};

/// The same object behind a counter of its own.
template <class T>
std::shared_ptr<T> counted_apart(std::shared_ptr<T> shared) {
  auto* const object = shared.get();
  if (object == nullptr) return nullptr;
  return {std::make_shared<std::shared_ptr<T>>(std::move(shared)), object};
}

}  // namespace hsm::engine
