#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "hsm/engine/engine.h"
#include "hsm/engine/policy.h"
#include "hsm/engine/saved_states.h"
#include "hsm/engine/session_table.h"
#include "hsm/model/device.h"

namespace hsm::engine {

/// One application's view of the engine: implements every request. The requests of one family stand in one file: slots.cpp,
/// slot_events.cpp, sessions.cpp, login.cpp, objects.cpp, find.cpp, operations.cpp, verify_signature.cpp, messages.cpp, keys.cpp,
/// wrapping.cpp, encapsulation.cpp, one_time_password.cpp. Thread-safe: a session's mutex is held
/// while its operation runs; nothing that two sessions share is locked around cryptography.
class Application final : public Device {
 public:
  Application(std::shared_ptr<Engine> engine, std::string actor);
  ~Application() override;

  // slots.cpp
  Result<request::SlotList> call(const request::ListSlots&) override;
  Result<request::SlotState> call(const request::GetSlot&) override;
  Result<request::TokenState> call(const request::GetToken&) override;
  Result<request::MechanismList> call(const request::ListMechanisms&) override;
  Result<request::MechanismState> call(const request::GetMechanism&) override;
  Result<request::Nothing> call(const request::InitToken&) override;
  // slot_events.cpp
  Result<request::SlotEvent> call(const request::PollSlotEvent&) override;
  Result<request::CeremonyStatus> call(const request::GetCeremony&) override;
  // sessions.cpp
  Result<request::SessionOpened> call(const request::OpenSession&) override;
  Result<request::Nothing> call(const request::CloseSession&) override;
  Result<request::Nothing> call(const request::CloseAllSessions&) override;
  Result<request::SessionInfo> call(const request::GetSession&) override;
  Result<request::Nothing> call(const request::CancelOperations&) override;
  Result<request::Produced> call(const request::GenerateRandom&) override;
  Result<request::Nothing> call(const request::SeedRandom&) override;
  // login.cpp
  Result<request::Nothing> call(const request::InitPin&) override;
  Result<request::Nothing> call(const request::SetPin&) override;
  Result<request::Nothing> call(const request::Login&) override;
  Result<request::Nothing> call(const request::Logout&) override;
  // objects.cpp
  Result<request::OneObject> call(const request::CreateObject&) override;
  Result<request::OneObject> call(const request::CopyObject&) override;
  Result<request::Nothing> call(const request::DestroyObject&) override;
  Result<request::ObjectSize> call(const request::GetObjectSize&) override;
  Result<request::AttributeAnswers> call(const request::GetAttributes&) override;
  Result<request::Nothing> call(const request::SetAttributes&) override;
  // find.cpp
  Result<request::Nothing> call(const request::FindInit&) override;
  Result<request::Found> call(const request::Find&) override;
  Result<request::Nothing> call(const request::FindFinal&) override;
  // operations.cpp
  Result<request::Nothing> call(const request::Begin&) override;
  Result<request::Produced> call(const request::Once&) override;
  Result<request::Produced> call(const request::BeginOnce&) override;
  Result<request::Produced> call(const request::Update&) override;
  Result<request::Produced> call(const request::Finish&) override;
  Result<request::Nothing> call(const request::VerifyOnce&) override;
  Result<request::Nothing> call(const request::VerifyFinish&) override;
  Result<request::Nothing> call(const request::DigestKey&) override;
  Result<request::Produced> call(const request::DualUpdate&) override;
  // verify_signature.cpp
  Result<request::Nothing> call(const request::BeginVerifySignature&) override;
  Result<request::Nothing> call(const request::VerifySignature&) override;
  // messages.cpp
  Result<request::Nothing> call(const request::BeginMessages&) override;
  Result<request::Nothing> call(const request::EndMessages&) override;
  Result<request::MessageBegun> call(const request::BeginMessage&) override;
  Result<request::MessageProduced> call(const request::ProcessMessage&) override;
  Result<request::Nothing> call(const request::VerifyMessage&) override;
  // saved_states.cpp
  Result<request::Produced> call(const request::GetOperationState&) override;
  Result<request::Nothing> call(const request::SetOperationState&) override;
  // keys.cpp, wrapping.cpp
  Result<request::Generated> call(const request::GenerateKey&) override;
  Result<request::KeyPair> call(const request::GenerateKeyPair&) override;
  Result<request::Produced> call(const request::WrapKey&) override;
  Result<request::OneObject> call(const request::UnwrapKey&) override;
  Result<request::Derived> call(const request::DeriveKey&) override;
  Result<request::MessageProduced> call(const request::WrapKeyAuthenticated&) override;
  Result<request::OneObject> call(const request::UnwrapKeyAuthenticated&) override;
  // encapsulation.cpp
  Result<request::Encapsulated> call(const request::EncapsulateKey&) override;
  Result<request::OneObject> call(const request::DecapsulateKey&) override;

 private:
  Result<Seat*> seat(SlotId slot);
  Seat* known_seat(SlotId slot);
  Result<Seat*> seat_for_session(SlotId slot);
  /// The session's caller as of now.
  Result<Caller> caller(SessionHandle session);
  Caller caller_of(const Session& session) const;
  store::AuditEvent event(store::Act act) const;

  /// The object of a handle that the caller may see; `otherwise` for an unknown, foreign or hidden one alike.
  Result<ObjectPtr> resolve(const Caller& caller, ObjectHandle handle, Rv otherwise = Rv::object_handle_invalid);
  Result<crypto::KeyPtr> key_of(const Caller& caller, const Object& object);
  /// Keeps the key that a call wraps or unwraps with for the session's next one. To be called without a session locked.
  void remember(const Caller& caller, ObjectHandle handle, const ObjectPtr& object, const crypto::KeyPtr& key);
  /// Counts one use of a stored key that no operation slot counts. To be called without a session locked.
  void count_use(const Caller& caller, const Object& key, store::Act act);
  // use_limits.cpp
  /// To be called before each use of a key. key_exhausted when it has no use left; function_rejected when it had too many in this
  /// minute.
  Status spend_use(const Caller& caller, const Object& key);
  /// Changes a key to what `next` says of what it is now, and looks again when somebody else changed it in between. Nothing is written
  /// where `next` gives nothing.
  using NextState = std::function<Result<std::optional<Attribute>>(const AttributeBlob& now)>;
  Status move_on(const Caller& caller, ObjectHandle key, const NextState& next);
  // one_time_password.cpp
  Result<std::unique_ptr<crypto::Operation>> begin_password(Session& session, const request::Begin& request, const Object& object);
  /// Makes finished objects exist, all token objects and their records in one transaction; their handles.
  Result<std::vector<ObjectHandle>> keep(const Caller& caller, std::vector<Template> objects, store::Act act);
  Result<ObjectHandle> keep_one(const Caller& caller, Template object, store::Act act);
  Status replace(const Caller& caller, const Object& old, Template attributes);
  Result<request::Nothing> set_policy(const Caller& caller, const Template& given);
  Result<Template> changed(const Caller& caller, const Object& object, On on, const Template& given);

  Result<request::Generated> generate_domain(const Caller& caller, const MechanismRow& row, const request::GenerateKey& request);
  Result<request::Derived> derive_public_half(const Caller& caller, const Object& base, const request::DeriveKey& request);
  Result<request::Derived> derive_data(const Caller& caller, const Object& base, const request::DeriveKey& request,
                                       std::span<const crypto::KeyPtr> others);
  Result<request::Derived> derive_several(const Caller& caller, const Object& base, const MechanismRow& row,
                                          const request::DeriveKey& request);
  // tls_keys.cpp
  Result<request::Derived> derive_tls_keys(const Caller& caller, const Object& base, const request::DeriveKey& request);
  Status begin(Session& session, const request::Begin& request);
  static Result<MessageOperation*> messages_in(Session& session, MessageUse use);
  /// Both keys of a wrapping, allowed to meet, and what is wrapped of one of them.
  struct Wrapping {
    ObjectPtr wrapping_key, key;
    crypto::KeyPtr parsed;
    Secret material;
  };
  Result<Wrapping> wrapping(const Caller& caller, const policy::Asked& asked, ObjectHandle wrapping_key, ObjectHandle key);
  /// What is wrapped of a key: a secret key's octets, a private key's PrivateKeyInfo. `key` is the object's, parsed.
  Result<Secret> material_of(const Caller& caller, const Object& object, const crypto::Key& key);
  /// That a stored key leaves is recorded durably before it does.
  Status record_wrapping(const Caller& caller, const Wrapping& wrapping);
  Result<request::OneObject> unwrap(const Caller& caller, const MechanismRow& row, const Mechanism& mechanism, ObjectHandle unwrapping_key,
                                    ByteView wrapped, const Template& given);
  Result<request::Produced> once(Session& session, Use use, ByteView data, Room room);
  Status close(SessionHandle session);
  Status add_session_object(const Caller& caller, const ObjectPtr& object);

  /// The tokens by slot that this application has taken notice of, and the commit that they were read at.
  struct Noticed {
    std::mutex mutex;  ///< guards what follows
    std::map<SlotId, store::TokenId> tokens;
    std::uint64_t change = 0;
  };
  Result<std::map<SlotId, store::TokenId>> tokens_by_slot();
  /// The token in a slot is this application's own doing, and no event for it.
  Status notice(SlotId slot);

  std::shared_ptr<Engine> engine_;
  const std::string actor_;
  Noticed noticed_;
  std::mutex mutex_;  ///< guards seats_
  std::map<SlotId, std::unique_ptr<Seat>> seats_;  ///< none is ever taken away
  std::atomic<Seat*> last_seat_{nullptr};  ///< that was asked for: most applications have one
  SavedStates saved_;
  SessionTable sessions_;
};

/// The attributes of a new object but for what the engine makes: the caller's template, the policy's and the standard's defaults.
Result<Template> new_under_policy(const Caller& caller, On on, const ObjectKind& kind, const Template& given,
                                  const policy::Source& source = {});

/// As what a use of a key is counted.
store::Act act_of(Use use);

/// function_rejected while too much padding was wrong under the key.
Status may_fail(Token& token, const Mechanism& mechanism, ObjectHandle key);

/// A handle tells where the object is and, for private ones, during which login it was seen.
ObjectHandle handle_of(const Object& object, const Login& login);
/// The part of a handle that stays the same from login to login.
std::uint64_t lasting_part(ObjectHandle handle);

}  // namespace hsm::engine
