#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/model/attribute.h"
#include "hsm/model/ids.h"
#include "hsm/model/mechanism.h"

// The requests of the Device interface: plain values, each with one list of fields and the type of its reply. Views point to the
// caller's memory for the time of the call. A Room is where output goes.

namespace hsm::request {

struct Nothing {
  static constexpr std::tuple<> fields{};
};

/// What the octets of an operation's output are.
enum class Form : std::uint8_t {
  plain,
  one_time_password,  ///< its characters, then eight octets of the counter that it was made of
};
/// Room that is asked for beside a one-time password: the boundary gives it inside a structure, and has to know before it is made, which
/// spends its counter, that the structure fits.
inline constexpr std::uint64_t kPasswordStructure = 64;

/// Output of an operation. `written` is false when the room was absent or too small; `size` is then what is needed
/// (the operation keeps running), otherwise what was put into the room.
struct Produced {
  std::uint64_t size = 0;
  bool written = false;
  Form form = Form::plain;
  static constexpr auto fields = std::tuple{&Produced::size, &Produced::written, &Produced::form};
};

// ---- slots and tokens

struct ListSlots {
  using Reply = struct SlotList;
  bool token_present = false;
  static constexpr auto fields = std::tuple{&ListSlots::token_present};
};
struct SlotList {
  std::vector<SlotId> slots;
  static constexpr auto fields = std::tuple{&SlotList::slots};
};
struct GetSlot {
  using Reply = struct SlotState;
  SlotId slot = 0;
  static constexpr auto fields = std::tuple{&GetSlot::slot};
};
struct SlotState {
  std::string description;  ///< names the profile and where the keys are
  static constexpr auto fields = std::tuple{&SlotState::description};
};
struct GetToken {
  using Reply = struct TokenState;
  SlotId slot = 0;
  static constexpr auto fields = std::tuple{&GetToken::slot};
};
struct TokenState {
  std::string label;   ///< unpadded
  std::string serial;  ///< 16 characters
  std::uint64_t flags = 0;  ///< CKF_* of CK_TOKEN_INFO
  std::uint64_t sessions = 0, rw_sessions = 0;
  std::uint64_t least_pin = 0, most_pin = 0;
  static constexpr auto fields =
      std::tuple{&TokenState::label, &TokenState::serial, &TokenState::flags, &TokenState::sessions,
                 &TokenState::rw_sessions, &TokenState::least_pin, &TokenState::most_pin};
};
struct ListMechanisms {
  using Reply = struct MechanismList;
  SlotId slot = 0;
  static constexpr auto fields = std::tuple{&ListMechanisms::slot};
};
struct MechanismList {
  std::vector<std::uint64_t> mechanisms;
  static constexpr auto fields = std::tuple{&MechanismList::mechanisms};
};
struct GetMechanism {
  using Reply = struct MechanismState;
  SlotId slot = 0;
  std::uint64_t mechanism = 0;
  static constexpr auto fields = std::tuple{&GetMechanism::slot, &GetMechanism::mechanism};
};
struct MechanismState {
  std::uint64_t least_size = 0, most_size = 0, flags = 0;  ///< as CK_MECHANISM_INFO
  static constexpr auto fields =
      std::tuple{&MechanismState::least_size, &MechanismState::most_size, &MechanismState::flags};
};
struct InitToken {
  using Reply = Nothing;
  SlotId slot = 0;
  Secret pin;
  std::string label;
  static constexpr auto fields = std::tuple{&InitToken::slot, &InitToken::pin, &InitToken::label};
};
struct InitPin {
  using Reply = Nothing;
  SessionHandle session = 0;
  Secret pin;
  static constexpr auto fields = std::tuple{&InitPin::session, &InitPin::pin};
};
struct SetPin {
  using Reply = Nothing;
  SessionHandle session = 0;
  Secret old_pin, new_pin;
  static constexpr auto fields = std::tuple{&SetPin::session, &SetPin::old_pin, &SetPin::new_pin};
};

// ---- sessions

struct OpenSession {
  using Reply = struct SessionOpened;
  SlotId slot = 0;
  bool read_write = false;
  static constexpr auto fields = std::tuple{&OpenSession::slot, &OpenSession::read_write};
};
struct SessionOpened {
  SessionHandle session = 0;
  static constexpr auto fields = std::tuple{&SessionOpened::session};
};
struct CloseSession {
  using Reply = Nothing;
  SessionHandle session = 0;
  static constexpr auto fields = std::tuple{&CloseSession::session};
};
struct CloseAllSessions {
  using Reply = Nothing;
  SlotId slot = 0;
  static constexpr auto fields = std::tuple{&CloseAllSessions::slot};
};
struct GetSession {
  using Reply = struct SessionInfo;
  SessionHandle session = 0;
  static constexpr auto fields = std::tuple{&GetSession::session};
};
/// C_WaitForSlotEvent without waiting: the next slot whose token came, went or was initialised by another process since this
/// application began or asked last. Acts of the application itself are no events.
struct PollSlotEvent {
  using Reply = struct SlotEvent;
  static constexpr std::tuple<> fields{};
};
struct SlotEvent {
  std::optional<SlotId> slot;
  static constexpr auto fields = std::tuple{&SlotEvent::slot};
};
/// What anybody who may use the HSM may know of its master key. Answered while it is sealed, too.
struct GetCeremony {
  using Reply = struct CeremonyStatus;
  static constexpr std::tuple<> fields{};
};
struct CeremonyStatus {
  CeremonyProfile profile = CeremonyProfile::development;
  CeremonyState state = CeremonyState::empty;
  std::string fingerprint;  ///< of the master key staged, sealed or in use, hexadecimal; empty when there is none
  std::uint64_t threshold = 0, shares = 0;  ///< K of N; 0 when it is not split or not known before the first share is given
  std::uint64_t collected = 0;              ///< sealed: shares given so far
  static constexpr auto fields = std::tuple{&CeremonyStatus::profile,   &CeremonyStatus::state,  &CeremonyStatus::fingerprint,
                                            &CeremonyStatus::threshold, &CeremonyStatus::shares, &CeremonyStatus::collected};
};
struct SessionInfo {
  SlotId slot = 0;
  SessionState state = SessionState::ro_public;
  bool read_write = false;
  static constexpr auto fields = std::tuple{&SessionInfo::slot, &SessionInfo::state, &SessionInfo::read_write};
};
struct CancelOperations {  ///< C_SessionCancel: bits are CKF_ENCRYPT, CKF_SIGN ..., and CKF_FIND_OBJECTS
  using Reply = Nothing;
  SessionHandle session = 0;
  std::uint64_t flags = 0;
  static constexpr auto fields = std::tuple{&CancelOperations::session, &CancelOperations::flags};
};
struct Login {
  using Reply = Nothing;
  SessionHandle session = 0;
  std::uint64_t user = 0;  ///< UserType, or a number that is refused
  Secret pin;
  static constexpr auto fields = std::tuple{&Login::session, &Login::user, &Login::pin};
};
struct Logout {
  using Reply = Nothing;
  SessionHandle session = 0;
  static constexpr auto fields = std::tuple{&Logout::session};
};

// ---- objects

struct OneObject {
  ObjectHandle object = 0;
  static constexpr auto fields = std::tuple{&OneObject::object};
};
struct CreateObject {
  using Reply = OneObject;
  SessionHandle session = 0;
  Template attributes;
  static constexpr auto fields = std::tuple{&CreateObject::session, &CreateObject::attributes};
};
struct CopyObject {
  using Reply = OneObject;
  SessionHandle session = 0;
  ObjectHandle object = 0;
  Template attributes;
  static constexpr auto fields = std::tuple{&CopyObject::session, &CopyObject::object, &CopyObject::attributes};
};
struct DestroyObject {
  using Reply = Nothing;
  SessionHandle session = 0;
  ObjectHandle object = 0;
  static constexpr auto fields = std::tuple{&DestroyObject::session, &DestroyObject::object};
};
struct GetObjectSize {
  using Reply = struct ObjectSize;
  SessionHandle session = 0;
  ObjectHandle object = 0;
  static constexpr auto fields = std::tuple{&GetObjectSize::session, &GetObjectSize::object};
};
struct ObjectSize {
  std::uint64_t octets = 0;
  static constexpr auto fields = std::tuple{&ObjectSize::octets};
};
struct GetAttributes {
  using Reply = struct AttributeAnswers;
  SessionHandle session = 0;
  ObjectHandle object = 0;
  std::vector<std::uint64_t> types;
  static constexpr auto fields = std::tuple{&GetAttributes::session, &GetAttributes::object, &GetAttributes::types};
};
enum class Readable : std::uint8_t { yes, sensitive, unknown };
struct AttributeAnswer {
  Readable readable = Readable::unknown;
  Attribute attribute;  ///< its value only when readable
  static constexpr auto fields = std::tuple{&AttributeAnswer::readable, &AttributeAnswer::attribute};
};
struct AttributeAnswers {  ///< one for each type asked, in order
  std::vector<AttributeAnswer> answers;
  static constexpr auto fields = std::tuple{&AttributeAnswers::answers};
};
struct SetAttributes {
  using Reply = Nothing;
  SessionHandle session = 0;
  ObjectHandle object = 0;
  Template attributes;
  static constexpr auto fields = std::tuple{&SetAttributes::session, &SetAttributes::object, &SetAttributes::attributes};
};
struct FindInit {
  using Reply = Nothing;
  SessionHandle session = 0;
  Template attributes;
  static constexpr auto fields = std::tuple{&FindInit::session, &FindInit::attributes};
};
struct Find {
  using Reply = struct Found;
  SessionHandle session = 0;
  std::uint64_t most = 0;
  static constexpr auto fields = std::tuple{&Find::session, &Find::most};
};
struct Found {
  std::vector<ObjectHandle> objects;
  static constexpr auto fields = std::tuple{&Found::objects};
};
struct FindFinal {
  using Reply = Nothing;
  SessionHandle session = 0;
  static constexpr auto fields = std::tuple{&FindFinal::session};
};

// ---- operations: digest, encrypt, decrypt, sign, verify, sign_recover, verify_recover

struct Begin {
  using Reply = Nothing;
  SessionHandle session = 0;
  Use use = Use::digest;
  Mechanism mechanism;
  ObjectHandle key = kNoHandle;
  static constexpr auto fields = std::tuple{&Begin::session, &Begin::use, &Begin::mechanism, &Begin::key};
};
struct Once {  ///< C_Encrypt, C_Sign ... of a whole message
  using Reply = Produced;
  SessionHandle session = 0;
  Use use = Use::digest;
  ByteView data;
  Room room;
  static constexpr auto fields = std::tuple{&Once::session, &Once::use, &Once::data, &Once::room};
};
/// Begin and Once in one round trip; used by RemoteDevice where an equal Begin is known to be accepted.
struct BeginOnce {
  using Reply = Produced;
  Begin begin;
  ByteView data;
  Room room;
  static constexpr auto fields = std::tuple{&BeginOnce::begin, &BeginOnce::data, &BeginOnce::room};
};
struct Update {  ///< C_EncryptUpdate ...; for digest, sign and verify nothing is produced
  using Reply = Produced;
  SessionHandle session = 0;
  Use use = Use::digest;
  ByteView data;
  Room room;
  static constexpr auto fields = std::tuple{&Update::session, &Update::use, &Update::data, &Update::room};
};
struct Finish {
  using Reply = Produced;
  SessionHandle session = 0;
  Use use = Use::digest;
  Room room;
  static constexpr auto fields = std::tuple{&Finish::session, &Finish::use, &Finish::room};
};
struct VerifyOnce {
  using Reply = Nothing;
  SessionHandle session = 0;
  ByteView data, signature;
  static constexpr auto fields = std::tuple{&VerifyOnce::session, &VerifyOnce::data, &VerifyOnce::signature};
};
struct VerifyFinish {
  using Reply = Nothing;
  SessionHandle session = 0;
  ByteView signature;
  static constexpr auto fields = std::tuple{&VerifyFinish::session, &VerifyFinish::signature};
};
/// Two operations of one session over one part: digest or sign what is encrypted, digest or verify what was decrypted. Both take it
/// or neither does; the produced octets are those of the cipher.
struct DualUpdate {
  using Reply = Produced;
  SessionHandle session = 0;
  Dual pair = Dual::digest_encrypt;
  ByteView data;
  Room room;
  static constexpr auto fields = std::tuple{&DualUpdate::session, &DualUpdate::pair, &DualUpdate::data, &DualUpdate::room};
};
/// C_VerifySignatureInit: a verification that has its signature before its data.
struct BeginVerifySignature {
  using Reply = Nothing;
  SessionHandle session = 0;
  Mechanism mechanism;
  ObjectHandle key = kNoHandle;
  ByteView signature;
  static constexpr auto fields = std::tuple{&BeginVerifySignature::session, &BeginVerifySignature::mechanism,
                                            &BeginVerifySignature::key, &BeginVerifySignature::signature};
};
struct VerifySignature {
  using Reply = Nothing;
  SessionHandle session = 0;
  Part part = Part::whole;
  ByteView data;  ///< none with Part::end
  static constexpr auto fields = std::tuple{&VerifySignature::session, &VerifySignature::part, &VerifySignature::data};
};
struct DigestKey {
  using Reply = Nothing;
  SessionHandle session = 0;
  ObjectHandle key = 0;
  static constexpr auto fields = std::tuple{&DigestKey::session, &DigestKey::key};
};
struct GetOperationState {
  using Reply = Produced;
  SessionHandle session = 0;
  Room room;
  static constexpr auto fields = std::tuple{&GetOperationState::session, &GetOperationState::room};
};
struct SetOperationState {
  using Reply = Nothing;
  SessionHandle session = 0;
  ByteView state;
  ObjectHandle encryption_key = kNoHandle, authentication_key = kNoHandle;
  static constexpr auto fields = std::tuple{&SetOperationState::session, &SetOperationState::state,
                                            &SetOperationState::encryption_key, &SetOperationState::authentication_key};
};

// ---- message-based operations

struct BeginMessages {  ///< C_MessageEncryptInit and its relatives
  using Reply = Nothing;
  SessionHandle session = 0;
  MessageUse use = MessageUse::encrypt;
  Mechanism mechanism;
  ObjectHandle key = kNoHandle;
  static constexpr auto fields =
      std::tuple{&BeginMessages::session, &BeginMessages::use, &BeginMessages::mechanism, &BeginMessages::key};
};
struct EndMessages {
  using Reply = Nothing;
  SessionHandle session = 0;
  MessageUse use = MessageUse::encrypt;
  static constexpr auto fields = std::tuple{&EndMessages::session, &EndMessages::use};
};
struct BeginMessage {  ///< one that is given in parts
  using Reply = struct MessageBegun;
  SessionHandle session = 0;
  MessageUse use = MessageUse::encrypt;
  MessageParams params;  ///< of an AEAD
  ByteView associated;
  static constexpr auto fields =
      std::tuple{&BeginMessage::session, &BeginMessage::use, &BeginMessage::params, &BeginMessage::associated};
};
struct MessageBegun {
  Bytes iv;  ///< of a message that is encrypted
  static constexpr auto fields = std::tuple{&MessageBegun::iv};
};
/// Encrypts, decrypts or signs a message or a part of one. With Part::end, `data` is the last part; only then, or with the whole, does a
/// signature come out. Part::refused ends a message of any family.
struct ProcessMessage {
  using Reply = struct MessageProduced;
  SessionHandle session = 0;
  MessageUse use = MessageUse::encrypt;
  Part part = Part::whole;
  MessageParams params;
  ByteView associated;  ///< of a whole message
  ByteView data;
  Room room;
  static constexpr auto fields =
      std::tuple{&ProcessMessage::session, &ProcessMessage::use,  &ProcessMessage::part, &ProcessMessage::params,
                 &ProcessMessage::associated, &ProcessMessage::data, &ProcessMessage::room};
};
/// As Produced, with the IV of a whole message that was encrypted, and the tag where its end was.
struct MessageProduced {
  std::uint64_t size = 0;
  bool written = false;
  Bytes iv, tag;
  static constexpr auto fields =
      std::tuple{&MessageProduced::size, &MessageProduced::written, &MessageProduced::iv, &MessageProduced::tag};
};
struct VerifyMessage {
  using Reply = Nothing;
  SessionHandle session = 0;
  Part part = Part::whole;
  ByteView data, signature;  ///< no signature with Part::some
  static constexpr auto fields =
      std::tuple{&VerifyMessage::session, &VerifyMessage::part, &VerifyMessage::data, &VerifyMessage::signature};
};

// ---- keys

struct GenerateKey {
  using Reply = struct Generated;
  SessionHandle session = 0;
  Mechanism mechanism;
  Template attributes;
  static constexpr auto fields = std::tuple{&GenerateKey::session, &GenerateKey::mechanism, &GenerateKey::attributes};
};
struct Generated {
  ObjectHandle object = 0;
  Bytes iv;  ///< that a password gave beside the key
  static constexpr auto fields = std::tuple{&Generated::object, &Generated::iv};
};
struct GenerateKeyPair {
  using Reply = struct KeyPair;
  SessionHandle session = 0;
  Mechanism mechanism;
  Template public_attributes, private_attributes;
  static constexpr auto fields = std::tuple{&GenerateKeyPair::session, &GenerateKeyPair::mechanism,
                                            &GenerateKeyPair::public_attributes, &GenerateKeyPair::private_attributes};
};
struct KeyPair {
  ObjectHandle public_key = 0, private_key = 0;
  static constexpr auto fields = std::tuple{&KeyPair::public_key, &KeyPair::private_key};
};
struct WrapKey {
  using Reply = Produced;
  SessionHandle session = 0;
  Mechanism mechanism;
  ObjectHandle wrapping_key = 0, key = 0;
  Room room;
  static constexpr auto fields =
      std::tuple{&WrapKey::session, &WrapKey::mechanism, &WrapKey::wrapping_key, &WrapKey::key, &WrapKey::room};
};
struct UnwrapKey {
  using Reply = OneObject;
  SessionHandle session = 0;
  Mechanism mechanism;
  ObjectHandle unwrapping_key = 0;
  ByteView wrapped;
  Template attributes;
  static constexpr auto fields = std::tuple{&UnwrapKey::session, &UnwrapKey::mechanism, &UnwrapKey::unwrapping_key,
                                            &UnwrapKey::wrapped, &UnwrapKey::attributes};
};
/// Wraps by an AEAD whose IV may be made here; the tag stands apart from the wrapped key.
struct WrapKeyAuthenticated {
  using Reply = MessageProduced;
  SessionHandle session = 0;
  std::uint64_t mechanism = 0;
  MessageParams params;
  ObjectHandle wrapping_key = 0, key = 0;
  ByteView associated;
  Room room;
  static constexpr auto fields = std::tuple{&WrapKeyAuthenticated::session,      &WrapKeyAuthenticated::mechanism,
                                            &WrapKeyAuthenticated::params,       &WrapKeyAuthenticated::wrapping_key,
                                            &WrapKeyAuthenticated::key,          &WrapKeyAuthenticated::associated,
                                            &WrapKeyAuthenticated::room};
};
struct UnwrapKeyAuthenticated {
  using Reply = OneObject;
  SessionHandle session = 0;
  std::uint64_t mechanism = 0;
  MessageParams params;
  ObjectHandle unwrapping_key = 0;
  ByteView wrapped, associated;
  Template attributes;
  static constexpr auto fields = std::tuple{&UnwrapKeyAuthenticated::session,        &UnwrapKeyAuthenticated::mechanism,
                                            &UnwrapKeyAuthenticated::params,         &UnwrapKeyAuthenticated::unwrapping_key,
                                            &UnwrapKeyAuthenticated::wrapped,        &UnwrapKeyAuthenticated::associated,
                                            &UnwrapKeyAuthenticated::attributes};
};
struct EncapsulateKey {
  using Reply = struct Encapsulated;
  SessionHandle session = 0;
  Mechanism mechanism;
  ObjectHandle public_key = 0;
  Template attributes;
  Room room;
  static constexpr auto fields = std::tuple{&EncapsulateKey::session, &EncapsulateKey::mechanism, &EncapsulateKey::public_key,
                                            &EncapsulateKey::attributes, &EncapsulateKey::room};
};
struct Encapsulated {  ///< as Produced; the key exists when its ciphertext was written
  std::uint64_t size = 0;
  bool written = false;
  ObjectHandle object = kNoHandle;
  static constexpr auto fields = std::tuple{&Encapsulated::size, &Encapsulated::written, &Encapsulated::object};
};
struct DecapsulateKey {
  using Reply = OneObject;
  SessionHandle session = 0;
  Mechanism mechanism;
  ObjectHandle private_key = 0;
  ByteView ciphertext;
  Template attributes;
  static constexpr auto fields = std::tuple{&DecapsulateKey::session, &DecapsulateKey::mechanism, &DecapsulateKey::private_key,
                                            &DecapsulateKey::ciphertext, &DecapsulateKey::attributes};
};
struct Derived {  ///< others and told only of mechanisms that make more than one key, or tell something of it
  ObjectHandle object = kNoHandle;
  std::vector<ObjectHandle> others;  ///< CK_SSL3_KEY_MAT_OUT's four handles, in its order
  Bytes told;                        ///< the version of a pre-master secret, or the IVs of the client and the server
  static constexpr auto fields = std::tuple{&Derived::object, &Derived::others, &Derived::told};
};
struct DeriveKey {
  using Reply = Derived;
  SessionHandle session = 0;
  Mechanism mechanism;
  ObjectHandle base_key = 0;
  Template attributes;
  static constexpr std::size_t kMostAdditional = 64;
  std::vector<Template> additional;  ///< of the keys that SP 800-108 makes with the first one
  static constexpr auto fields = std::tuple{&DeriveKey::session, &DeriveKey::mechanism, &DeriveKey::base_key, &DeriveKey::attributes,
                                            &DeriveKey::additional};
};
struct GenerateRandom {
  using Reply = Produced;
  SessionHandle session = 0;
  Room room;
  static constexpr auto fields = std::tuple{&GenerateRandom::session, &GenerateRandom::room};
};
struct SeedRandom {
  using Reply = Nothing;
  SessionHandle session = 0;
  ByteView seed;
  static constexpr auto fields = std::tuple{&SeedRandom::session, &SeedRandom::seed};
};

/// Every request, in the order of its number on the wire. Append only.
using All = std::tuple<ListSlots, GetSlot, GetToken, ListMechanisms, GetMechanism, InitToken, InitPin, SetPin, OpenSession,
                       CloseSession, CloseAllSessions, GetSession, CancelOperations, Login, Logout, CreateObject,
                       CopyObject, DestroyObject, GetObjectSize, GetAttributes, SetAttributes, FindInit, Find, FindFinal,
                       Begin, Once, BeginOnce, Update, Finish, VerifyOnce, VerifyFinish, DigestKey, GetOperationState,
                       SetOperationState, GenerateKey, GenerateKeyPair, WrapKey, UnwrapKey, DeriveKey, GenerateRandom,
                       SeedRandom, DualUpdate, BeginVerifySignature, VerifySignature, PollSlotEvent, GetCeremony,
                       BeginMessages, EndMessages, BeginMessage, ProcessMessage, VerifyMessage, WrapKeyAuthenticated,
                       UnwrapKeyAuthenticated, EncapsulateKey, DecapsulateKey>;

}  // namespace hsm::request
