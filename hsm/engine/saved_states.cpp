#include "hsm/engine/application.h"

// C_GetOperationState, C_SetOperationState. OpenSSL's contexts cannot be written out, so what the application gets is a random name
// of a copy that stays here; the copy serves until the application ends or has saved kMostSaved newer ones.

namespace hsm::engine {
namespace {

constexpr std::size_t kNameSize = 32;
constexpr std::size_t kMostSaved = 256;

}  // namespace

Result<request::Produced> Application::call(const request::GetOperationState& request) {
  auto session = TRY(sessions_.lock(request.session));
  const auto& slot = session->operation(Use::digest);
  if (!slot.running()) {
    for (const auto use : {Use::encrypt, Use::decrypt, Use::sign, Use::verify})
      if (session->operation(use).running()) return fail(Rv::state_unsaveable, "only a digest's state can be saved");
    return fail(Rv::operation_not_initialized, "no operation runs in the session");
  }
  if (request.room.data() == nullptr || request.room.size() < kNameSize) return request::Produced{kNameSize, false};
  auto operation = TRY(slot.operation()->fork());
  SavedState saved{crypto::random_bytes(kNameSize), slot.begun().mechanism, slot.multipart(), std::move(operation)};
  std::ranges::copy(saved.name, request.room.begin());
  const std::scoped_lock lock(mutex_);
  saved_.push_back(std::move(saved));
  if (saved_.size() > kMostSaved) saved_.pop_front();
  return request::Produced{kNameSize, true};
}

Result<request::Nothing> Application::call(const request::SetOperationState& request) {
  auto session = TRY(sessions_.lock(request.session));
  if (request.encryption_key != kNoHandle || request.authentication_key != kNoHandle)
    return fail(Rv::key_not_needed, "a digest has no key");
  const std::scoped_lock lock(mutex_);
  for (const auto& saved : saved_) {
    if (!equal_in_constant_time(saved.name, request.state)) continue;
    auto& slot = session->operation(Use::digest);
    slot.forget();
    slot.start(TRY(saved.operation->fork()), Begun{saved.mechanism, kNoHandle, 0, 0}, nullptr, saved.multipart);
    slot.parts_follow();
    return request::Nothing{};
  }
  return fail(Rv::saved_state_invalid, "not a state that this application saved");
}

}  // namespace hsm::engine
