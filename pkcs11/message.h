#pragma once

#include "hsm/model/requests.h"
#include "pkcs11/entry.h"

// What the message-based functions have in common.

namespace p11 {

/// C_Message*Init without a mechanism: ends the operation and the message in it.
Status cancel_messages(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use);
/// C_Message*Final.
Status end_messages(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use);

}  // namespace p11
