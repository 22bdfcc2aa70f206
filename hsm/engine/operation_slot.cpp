#include "hsm/engine/operation_slot.h"

namespace hsm::engine {

void UseTally::count_for(store::Keystore::UseCounter counter) {
  hand_on();
  counter_ = std::move(counter);
}

void UseTally::hand_on() {
  if (counter_ != nullptr && pending_ > 0) counter_->fetch_add(pending_, std::memory_order_relaxed);
  pending_ = 0;
}

Result<OperationSlot::Lease> OperationSlot::lease() { return lease_running(running() && !signature_); }

Result<OperationSlot::Lease> OperationSlot::lease_with_signature() { return lease_running(running() && signature_); }

Result<OperationSlot::Lease> OperationSlot::lease_running(bool runs) {
  if (!runs) [[unlikely]]
    return fail(Rv::operation_not_initialized, "no operation of this family runs in the session");
  Lease lease(*this);
  if (waits_for_pin()) [[unlikely]]
    return fail(Rv::user_not_logged_in, "the key asks for the PIN at each use");
  return lease;
}

Status OperationSlot::check_single_part() const {
  if (stage_ == Stage::in_parts) return fail(Rv::operation_not_initialized, "the operation takes its data in parts already");
  return Done{};
}

Status OperationSlot::check_multipart() const {
  if (!multipart_) return fail(Rv::operation_not_initialized, "the mechanism takes its data in one part only");
  return Done{};
}

void OperationSlot::start_again() {
  stage_ = Stage::begun;
  tally_.add();
}

void OperationSlot::start(std::unique_ptr<crypto::Operation> operation, const Begun& begun, const Object* key, bool multipart) {
  operation_ = std::move(operation);
  begun_ = begun;
  stage_ = Stage::begun;
  multipart_ = multipart;
  asks_pin_ = key != nullptr && key->has(asks_pin_each_time);
  looks_again_ = asks_pin_ || (key != nullptr && (key->has(has_dates) || key->has(limits_uses)));
  pin_given_ = false;
  uses_private_object_ = key != nullptr && key->has(is_private);
  tally_.add();
}

void OperationSlot::end() {
  stage_ = Stage::idle;
  pin_given_ = false;
  waiting_.clear();
  waiting_for_.reset();
  signature_.reset();
}

void OperationSlot::forget() {
  end();
  operation_.reset();
  uses_private_object_ = false;
  tally_.count_for(nullptr);
}

}  // namespace hsm::engine
