#pragma once

#include <memory>

#include "hsm/crypto/crypto.h"
#include "hsm/engine/object.h"
#include "hsm/engine/operation_slot.h"

namespace hsm::engine {

/// A message-based operation of a session (PKCS#11 3.0, 5.9, 5.11, 5.14, 5.16): one key and mechanism for any number of messages, one
/// after the other. Belongs to its session.
class MessageOperation {
 public:
  MessageOperation(Use use, const MechanismRow& row, Mechanism mechanism, ObjectPtr key, crypto::KeyPtr parsed);

  const MechanismRow& row() const { return row_; }
  const Mechanism& mechanism() const { return mechanism_; }
  const Object& key() const { return *key_; }
  UseTally& tally() { return tally_; }

  bool in_message() const { return in_message_; }
  bool asks_pin() const { return key_->has(asks_pin_each_time); }
  void pin_given() { pin_given_ = true; }

  /// Begins a message: the key schedule of the one before is kept where the algorithm can. user_not_logged_in when the key asks for
  /// the PIN at each message and it was not given.
  Result<crypto::Operation*> start(const Mechanism& of_message);
  /// operation_active while parts of a message were given, operation_not_initialized while none is begun.
  Status check_between_messages() const;
  Result<crypto::Operation*> running() const;
  void parts_follow() { in_message_ = true; }
  void end_message();

  /// What went in and came out of the message so far, in octets.
  std::uint64_t taken = 0, given = 0;
  /// Octets of the tag of the message.
  std::uint64_t tag_size = 0;

 private:
  const Use use_;
  const MechanismRow& row_;
  const Mechanism mechanism_;
  const ObjectPtr key_;
  const crypto::KeyPtr parsed_;
  std::unique_ptr<crypto::Operation> operation_;
  bool in_message_ = false;
  bool pin_given_ = false;
  UseTally tally_;
};

}  // namespace hsm::engine
