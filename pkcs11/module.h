#pragma once

#include <memory>

#include "hsm/base/result.h"
#include "hsm/model/device.h"
#include "pkcs11/exported.h"

namespace p11 {

/// C_Initialize: checks the arguments, reads the configuration, mounts the HSM.
hsm::Status initialize(const CK_C_INITIALIZE_ARGS* arguments);
/// C_Finalize: lets running calls end, then gives up the device with its sessions and logins.
hsm::Status finalize();

/// C_Finalize waits for the running calls, or the process is at its end: a call that waits for something gives up.
bool is_ending();

class AsyncCalls;
/// What goes on in asynchronous sessions; nullptr when the module is not initialised.
AsyncCalls* async_calls();

/// A call that is being made: while it lives, C_Finalize does not take its device away. Costs two uncontended atomic
/// additions; threads do not share a cache line for it.
class RunningCall {
 public:
  RunningCall() noexcept;
  ~RunningCall();
  RunningCall(const RunningCall&) = delete;
  /// Empty when the module is not initialised.
  hsm::Device* device() const { return device_; }

 private:
  unsigned shard_;
  hsm::Device* device_;
};

}  // namespace p11
