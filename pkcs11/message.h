#pragma once

#include "hsm/model/requests.h"
#include "pkcs11/entry.h"

// What the message-based functions have in common.

namespace p11 {

/// C_Message*Init without a mechanism: ends the operation and the message in it.
Status cancel_messages(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use);
/// Passes a refusal of the arguments of C_*MessageNext on, after ending the message as every refusal does.
hsm::Error end_message(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use, hsm::Error why);
/// C_Message*Final.
Status end_messages(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use);

}  // namespace p11
