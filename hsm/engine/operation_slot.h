#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/engine/object.h"

namespace hsm::engine {

/// What a running operation was begun with, and what must still be true for the next one to take over its key schedule.
struct Begun {
  std::uint64_t mechanism = 0;
  ObjectHandle key = kNoHandle;
  std::uint64_t token_epoch = 0;
  std::uint64_t seat_epoch = 0;
  friend bool operator==(const Begun&, const Begun&) = default;
};

/// Counts uses of one key by one session, and hands them on in groups: no cache line is shared at each use.
class UseTally {
 public:
  UseTally() = default;
  ~UseTally() { hand_on(); }
  UseTally(const UseTally&) = delete;
  UseTally& operator=(const UseTally&) = delete;
  void count_for(store::Keystore::UseCounter counter);
  bool counts() const { return counter_ != nullptr; }
  void add() {
    if (++pending_ >= kGroup) hand_on();
  }
  void hand_on();

 private:
  static constexpr std::uint64_t kGroup = 256;
  store::Keystore::UseCounter counter_;
  std::uint64_t pending_ = 0;
};

/// A session's place for one family of operations: empty, or one whole operation. Belongs to its session.
class OperationSlot {
 public:
  enum class Stage : std::uint8_t { idle, begun, in_parts };

  /// Ends the operation at the end of the scope, unless it is kept in the two cases of the standard (PKCS#11 3.1, 5.2) or
  /// because more parts may follow.
  class Lease {
   public:
    explicit Lease(OperationSlot& slot) : slot_(&slot) {}
    Lease(Lease&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    ~Lease() {
      if (slot_ != nullptr) slot_->end();
    }
    crypto::Operation* operator->() const { return slot_->operation_.get(); }
    crypto::Operation& operator*() const { return *slot_->operation_; }
    OperationSlot& slot() const { return *slot_; }
    void keep_running() { slot_ = nullptr; }

   private:
    OperationSlot* slot_;
  };

  bool running() const { return stage_ != Stage::idle; }
  bool in_parts() const { return stage_ == Stage::in_parts; }
  bool multipart() const { return multipart_; }
  /// operation_not_initialized for a call over a whole message while parts of one were given, or over a part where the mechanism
  /// takes whole messages only.
  Status check_single_part() const;
  Status check_multipart() const;
  const Begun& begun() const { return begun_; }
  bool waits_for_pin() const { return running() && asks_pin_ && !pin_given_; }
  bool asks_pin() const { return running() && asks_pin_; }
  void pin_given() { pin_given_ = true; }
  bool uses_private_object() const { return uses_private_object_; }

  /// operation_not_initialized when there is none; user_not_logged_in (and the end of it) while it waits for a PIN.
  Result<Lease> lease();
  /// The same for a verification that has its signature; lease() does not see those, nor this one the others.
  Result<Lease> lease_with_signature();
  /// A verification is given its signature before its data.
  void expect(ByteView signature) { signature_ = bytes_of(signature); }
  const Bytes& expected_signature() const { return *signature_; }
  const std::optional<Bytes>& signature() const { return signature_; }

  /// The operation that ended here if it was begun with the same, so that it can be restarted; nullptr otherwise.
  crypto::Operation* reusable(const Begun& begun) const {
    return operation_ != nullptr && !running() && !looks_again_ && begun == begun_ ? operation_.get() : nullptr;
  }
  void start_again();
  void start(std::unique_ptr<crypto::Operation> operation, const Begun& begun, const Object* key, bool multipart);
  /// The next operation begins anew, even with the same key and mechanism.
  void never_reuse() { looks_again_ = true; }
  void parts_follow() { stage_ = Stage::in_parts; }
  /// Leaves nothing of the operation behind.
  void forget();

  UseTally& tally() { return tally_; }
  /// A result that did not fit, and which call it is of: kept until the caller makes that call again with more room.
  enum class Call : std::uint8_t { once, finish };
  bool has_waiting() const { return waiting_for_.has_value(); }
  void wait(Call call, WipedBytes result) {
    waiting_for_ = call;
    waiting_ = std::move(result);
  }
  const WipedBytes& waiting() const { return waiting_; }
  std::optional<Call> waiting_for() const { return waiting_for_; }
  const crypto::Operation* operation() const { return operation_.get(); }

 private:
  Result<Lease> lease_running(bool runs);
  void end();

  std::unique_ptr<crypto::Operation> operation_;
  Begun begun_;
  Stage stage_ = Stage::idle;
  bool multipart_ = false;
  bool asks_pin_ = false;
  bool looks_again_ = false;  ///< the key asks for the PIN each time, has dates or a limit: each use begins anew
  bool pin_given_ = false;
  bool uses_private_object_ = false;
  WipedBytes waiting_;
  std::optional<Call> waiting_for_;
  std::optional<Bytes> signature_;
  UseTally tally_;
};

}  // namespace hsm::engine
