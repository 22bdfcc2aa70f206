#include "pkcs11/message.h"

#include <array>

namespace p11 {
namespace {

/// By MessageUse.
constexpr auto kFlags =
    std::to_array<CK_FLAGS>({CKF_MESSAGE_ENCRYPT, CKF_MESSAGE_DECRYPT, CKF_MESSAGE_SIGN, CKF_MESSAGE_VERIFY});

}  // namespace

Status cancel_messages(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use) {
  TRY(device.call(hsm::request::CancelOperations{session, kFlags[static_cast<std::size_t>(use)]}));
  return Done{};
}

hsm::Error end_message(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use, hsm::Error why) {
  auto ended = device.call(hsm::request::ProcessMessage{session, use, hsm::Part::refused, {}, {}, {}, {}});
  return ended ? std::move(why) : std::move(ended).error();
}

Status end_messages(hsm::Device& device, CK_SESSION_HANDLE session, hsm::MessageUse use) {
  TRY(device.call(hsm::request::EndMessages{session, use}));
  return Done{};
}

}  // namespace p11
