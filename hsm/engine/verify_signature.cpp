#include "hsm/engine/application.h"

// C_VerifySignatureInit and what follows it (PKCS#11 3.2, 5.15): the family of C_VerifyInit, with the signature known first.

namespace hsm::engine {

using request::Nothing;

Result<Nothing> Application::call(const request::BeginVerifySignature& request) {
  auto session = TRY(sessions_.lock(request.session));
  TRY(begin(*session, {request.session, Use::verify, request.mechanism, request.key}));
  session->operation(Use::verify).expect(request.signature);
  return Nothing{};
}

Result<Nothing> Application::call(const request::VerifySignature& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& slot = session->operation(Use::verify);
  auto lease = TRY(slot.lease_with_signature());
  if (request.part == Part::whole) {
    TRY(slot.check_single_part());
    TRY(lease->verify_once(request.data, slot.expected_signature()));
    return Nothing{};
  }
  TRY(slot.check_multipart());
  if (request.part == Part::some) {
    TRY(lease->update(request.data, {}));
    slot.parts_follow();
    lease.keep_running();
    return Nothing{};
  }
  TRY(lease->verify_finish(slot.expected_signature()));
  return Nothing{};
}

}  // namespace hsm::engine
