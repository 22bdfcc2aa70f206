#include "hsm/engine/message_operation.h"

namespace hsm::engine {

MessageOperation::MessageOperation(Use use, const MechanismRow& row, Mechanism mechanism, ObjectPtr key,
                                   crypto::KeyPtr parsed)
    : use_(use), row_(row), mechanism_(std::move(mechanism)), key_(std::move(key)), parsed_(std::move(parsed)) {}

Result<crypto::Operation*> MessageOperation::start(const Mechanism& of_message) {
  if (asks_pin() && !pin_given_) return fail(Rv::user_not_logged_in, "the key asks for the PIN at each message");
  if (operation_ == nullptr || !TRY(operation_->restart(of_message)))
    operation_ = TRY(crypto::begin(use_, of_message, parsed_));
  pin_given_ = false;
  taken = given = 0;
  tally_.add();
  return operation_.get();
}

Status MessageOperation::check_between_messages() const {
  if (in_message_) return fail(Rv::operation_active, "parts of a message were given");
  return Done{};
}

Result<crypto::Operation*> MessageOperation::running() const {
  if (!in_message_) return fail(Rv::operation_not_initialized, "no message is begun");
  return operation_.get();
}

void MessageOperation::end_message() {
  in_message_ = false;
  taken = given = 0;
}

}  // namespace hsm::engine
