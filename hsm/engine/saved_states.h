#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hsm/engine/operation_slot.h"
#include "hsm/engine/seat.h"

namespace hsm::engine {

/// What ran in one place of a session when its state was saved.
struct SavedOperation {
  Use use = Use::digest;
  std::uint64_t mechanism = 0;
  bool multipart = false, in_parts = false;
  std::optional<Bytes> signature;  ///< of a verification that has it before its data
  std::unique_ptr<const crypto::Operation> copy;
};

/// The operations of a session at one moment. Immutable. Keys are the lasting parts of their handles; kNoHandle where there is none.
struct SavedState {
  const Seat* seat = nullptr;
  std::uint64_t incarnation = 0;  ///< of the token
  ObjectHandle encryption_key = kNoHandle, authentication_key = kNoHandle;
  bool uses_private_object = false;
  std::vector<SavedOperation> operations;
};

/// The states that one application saved, the newest kMost of them, each under a random name. Thread-safe.
class SavedStates {
 public:
  static constexpr std::size_t kNameSize = 32;
  static constexpr std::size_t kMost = 256;

  Bytes keep(SavedState state);
  /// Empty when there is none of that name.
  std::shared_ptr<const SavedState> find(ByteView name) const;
  /// After a logout: what was copied of private keys goes with it.
  void forget_private(const Seat& seat);

 private:
  struct Named {
    Bytes name;
    std::shared_ptr<const SavedState> state;
  };
  mutable std::mutex mutex_;
  std::deque<Named> states_;
};

}  // namespace hsm::engine
