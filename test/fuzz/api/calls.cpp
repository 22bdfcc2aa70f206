#include <string_view>

#include "test/fuzz/api/calls.h"

namespace fuzz {
namespace {

// The functions of messages that have a parameter.

template <auto function>
void cipher_message(World& w) {
  const auto session = w.session();
  const auto parameter = w.mechanisms().message_parameter();
  const auto associated = w.choices().once_in(2) ? w.memory().input(Limit::memory) : In{};
  const auto in = w.memory().input(Limit::memory);
  const auto out = w.memory().output();
  w.keep(out, w.judge(function(session, parameter.data, parameter.size, associated.data, associated.size, in.data, in.size, out.data, out.size)));
}

template <auto function>
void cipher_message_begin(World& w) {
  const auto session = w.session();
  const auto parameter = w.mechanisms().message_parameter();
  const auto associated = w.memory().input(Limit::memory);
  w.judge(function(session, parameter.data, parameter.size, associated.data, associated.size));
}

template <auto function>
void cipher_message_next(World& w) {
  const auto session = w.session();
  const auto parameter = w.mechanisms().message_parameter();
  const auto in = w.memory().input(Limit::memory);
  const auto out = w.memory().output();
  const auto flags = w.choices().once_in(16) ? w.choices().number() : w.choices().below(2) * CKF_END_OF_MESSAGE;
  w.keep(out, w.judge(function(session, parameter.data, parameter.size, in.data, in.size, out.data, out.size, flags)));
}

// And of those that have none.

In no_parameter(World& w) { return w.choices().once_in(8) ? w.memory().input(Limit::memory) : In{}; }

template <auto function>
void sign_message(World& w) {
  const auto session = w.session();
  const auto parameter = no_parameter(w);
  const auto in = w.memory().input(Limit::memory);
  const auto out = w.memory().output();
  w.keep(out, w.judge(function(session, parameter.data, parameter.size, in.data, in.size, out.data, out.size)));
}

template <auto function>
void verify_message(World& w) {
  const auto session = w.session();
  const auto parameter = no_parameter(w);
  const auto in = w.memory().input(Limit::memory);
  const auto claimed = w.memory().input(Limit::memory);
  w.judge(function(session, parameter.data, parameter.size, in.data, in.size, claimed.data, claimed.size));
}

template <auto function>
void begin_message(World& w) {
  const auto session = w.session();
  const auto parameter = no_parameter(w);
  w.judge(function(session, parameter.data, parameter.size));
}

void begin_digest(World& w) {
  const auto session = w.session();
  w.judge(C_DigestInit(session, w.mechanisms().make(hsm::uses_digest)));
}

template <auto function, class Info>
void about_slot(World& w) {
  const auto slot = w.slot();
  w.judge(function(slot, place<Info>(w)));
}

template <auto function>
void about_key(World& w) {
  const auto session = w.session();
  w.judge(function(session, w.object()));
}

void get_info(World& w) { w.judge(C_GetInfo(place<CK_INFO>(w))); }
void get_session(World& w) {
  const auto session = w.session();
  w.judge(C_GetSessionInfo(session, place<CK_SESSION_INFO>(w)));
}
void get_object_size(World& w) {
  const auto session = w.session();
  const auto object = w.object();
  w.judge(C_GetObjectSize(session, object, place<CK_ULONG>(w)));
}
void cancel(World& w) {
  const auto session = w.session();
  w.judge(C_SessionCancel(session, w.choices().number()));
}
void get_validation_flags(World& w) {
  const auto session = w.session();
  const auto type = w.choices().once_in(2) ? w.choices().number() : CKS_LAST_VALIDATION_OK;
  w.judge(C_GetSessionValidationFlags(session, type, place<CK_FLAGS>(w)));
}
void init_pin(World& w) {
  const auto session = w.session();
  const auto pin = w.pin();
  w.changed();
  w.judge(C_InitPIN(session, pin.data, pin.size));
}
void set_pin(World& w) {
  const auto session = w.session();
  const auto before = w.pin();
  const auto after = w.pin();
  w.changed();
  w.judge(C_SetPIN(session, before.data, before.size, after.data, after.size));
}

In function_name(World& w) {
  static constexpr std::string_view kName = "C_Sign";
  if (w.choices().once_in(8)) return {};
  return w.memory().input(Octets(kName.data(), kName.data() + kName.size() + 1));
}
void async_complete(World& w) {
  const auto session = w.session();
  const auto name = function_name(w);
  w.judge(C_AsyncComplete(session, name.data, place<CK_ASYNC_DATA>(w)));
}
void async_get_id(World& w) {
  const auto session = w.session();
  const auto name = function_name(w);
  w.judge(C_AsyncGetID(session, name.data, place<CK_ULONG>(w)));
}
void async_join(World& w) {
  const auto session = w.session();
  const auto name = function_name(w);
  const auto in = w.memory().input(Limit::none);
  w.judge(C_AsyncJoin(session, name.data, w.choices().number(), in.data, in.size));
}

// One row for each function of the list: a function without one does not compile.
constexpr Maker call_C_Initialize = initialize;
constexpr Maker call_C_Finalize = finalize;
constexpr Maker call_C_GetInfo = get_info;
constexpr Maker call_C_GetFunctionList = get_function_list;
constexpr Maker call_C_GetSlotList = get_list_of_slots;
constexpr Maker call_C_GetSlotInfo = about_slot<C_GetSlotInfo, CK_SLOT_INFO>;
constexpr Maker call_C_GetTokenInfo = about_slot<C_GetTokenInfo, CK_TOKEN_INFO>;
constexpr Maker call_C_GetMechanismList = get_list_of_mechanisms;
constexpr Maker call_C_GetMechanismInfo = get_mechanism;
constexpr Maker call_C_InitToken = init_token;
constexpr Maker call_C_InitPIN = init_pin;
constexpr Maker call_C_SetPIN = set_pin;
constexpr Maker call_C_OpenSession = open_session;
constexpr Maker call_C_CloseSession = close_session;
constexpr Maker call_C_CloseAllSessions = close_all_sessions;
constexpr Maker call_C_GetSessionInfo = get_session;
constexpr Maker call_C_GetOperationState = finish<C_GetOperationState>;
constexpr Maker call_C_SetOperationState = set_operation_state;
constexpr Maker call_C_Login = login;
constexpr Maker call_C_Logout = logout;
constexpr Maker call_C_CreateObject = create_object;
constexpr Maker call_C_CopyObject = copy_object;
constexpr Maker call_C_DestroyObject = destroy_object;
constexpr Maker call_C_GetObjectSize = get_object_size;
constexpr Maker call_C_GetAttributeValue = get_attributes;
constexpr Maker call_C_SetAttributeValue = set_attributes;
constexpr Maker call_C_FindObjectsInit = find_init;
constexpr Maker call_C_FindObjects = find_objects;
constexpr Maker call_C_FindObjectsFinal = session_only<C_FindObjectsFinal>;
constexpr Maker call_C_EncryptInit = begin_with_key<C_EncryptInit, hsm::uses_encrypt>;
constexpr Maker call_C_Encrypt = transform<C_Encrypt>;
constexpr Maker call_C_EncryptUpdate = transform<C_EncryptUpdate>;
constexpr Maker call_C_EncryptFinal = finish<C_EncryptFinal>;
constexpr Maker call_C_DecryptInit = begin_with_key<C_DecryptInit, hsm::uses_decrypt>;
constexpr Maker call_C_Decrypt = transform<C_Decrypt>;
constexpr Maker call_C_DecryptUpdate = transform<C_DecryptUpdate>;
constexpr Maker call_C_DecryptFinal = finish<C_DecryptFinal>;
constexpr Maker call_C_DigestInit = begin_digest;
constexpr Maker call_C_Digest = transform<C_Digest>;
constexpr Maker call_C_DigestUpdate = absorb<C_DigestUpdate>;
constexpr Maker call_C_DigestKey = about_key<C_DigestKey>;
constexpr Maker call_C_DigestFinal = finish<C_DigestFinal>;
constexpr Maker call_C_SignInit = begin_with_key<C_SignInit, hsm::uses_sign>;
constexpr Maker call_C_Sign = transform<C_Sign>;
constexpr Maker call_C_SignUpdate = absorb<C_SignUpdate>;
constexpr Maker call_C_SignFinal = finish<C_SignFinal>;
constexpr Maker call_C_SignRecoverInit = begin_with_key<C_SignRecoverInit, hsm::uses_sign_recover>;
constexpr Maker call_C_SignRecover = transform<C_SignRecover>;
constexpr Maker call_C_VerifyInit = begin_with_key<C_VerifyInit, hsm::uses_verify>;
constexpr Maker call_C_Verify = compare<C_Verify>;
constexpr Maker call_C_VerifyUpdate = absorb<C_VerifyUpdate>;
constexpr Maker call_C_VerifyFinal = absorb<C_VerifyFinal>;
constexpr Maker call_C_VerifyRecoverInit = begin_with_key<C_VerifyRecoverInit, hsm::uses_verify_recover>;
constexpr Maker call_C_VerifyRecover = transform<C_VerifyRecover>;
constexpr Maker call_C_DigestEncryptUpdate = transform<C_DigestEncryptUpdate>;
constexpr Maker call_C_DecryptDigestUpdate = transform<C_DecryptDigestUpdate>;
constexpr Maker call_C_SignEncryptUpdate = transform<C_SignEncryptUpdate>;
constexpr Maker call_C_DecryptVerifyUpdate = transform<C_DecryptVerifyUpdate>;
constexpr Maker call_C_GenerateKey = generate_key;
constexpr Maker call_C_GenerateKeyPair = generate_key_pair;
constexpr Maker call_C_WrapKey = wrap_key;
constexpr Maker call_C_UnwrapKey = unwrap_key;
constexpr Maker call_C_DeriveKey = derive_key;
constexpr Maker call_C_SeedRandom = absorb<C_SeedRandom>;
constexpr Maker call_C_GenerateRandom = generate_random;
constexpr Maker call_C_GetFunctionStatus = session_only<C_GetFunctionStatus>;
constexpr Maker call_C_CancelFunction = session_only<C_CancelFunction>;
constexpr Maker call_C_WaitForSlotEvent = wait_for_slot_event;
constexpr Maker call_C_GetInterfaceList = get_interfaces;
constexpr Maker call_C_GetInterface = get_interface;
constexpr Maker call_C_LoginUser = login_user;
constexpr Maker call_C_SessionCancel = cancel;
constexpr Maker call_C_MessageEncryptInit = begin_with_key<C_MessageEncryptInit, hsm::uses_encrypt>;
constexpr Maker call_C_EncryptMessage = cipher_message<C_EncryptMessage>;
constexpr Maker call_C_EncryptMessageBegin = cipher_message_begin<C_EncryptMessageBegin>;
constexpr Maker call_C_EncryptMessageNext = cipher_message_next<C_EncryptMessageNext>;
constexpr Maker call_C_MessageEncryptFinal = session_only<C_MessageEncryptFinal>;
constexpr Maker call_C_MessageDecryptInit = begin_with_key<C_MessageDecryptInit, hsm::uses_decrypt>;
constexpr Maker call_C_DecryptMessage = cipher_message<C_DecryptMessage>;
constexpr Maker call_C_DecryptMessageBegin = cipher_message_begin<C_DecryptMessageBegin>;
constexpr Maker call_C_DecryptMessageNext = cipher_message_next<C_DecryptMessageNext>;
constexpr Maker call_C_MessageDecryptFinal = session_only<C_MessageDecryptFinal>;
constexpr Maker call_C_MessageSignInit = begin_with_key<C_MessageSignInit, hsm::uses_sign>;
constexpr Maker call_C_SignMessage = sign_message<C_SignMessage>;
constexpr Maker call_C_SignMessageBegin = begin_message<C_SignMessageBegin>;
constexpr Maker call_C_SignMessageNext = sign_message<C_SignMessageNext>;
constexpr Maker call_C_MessageSignFinal = session_only<C_MessageSignFinal>;
constexpr Maker call_C_MessageVerifyInit = begin_with_key<C_MessageVerifyInit, hsm::uses_verify>;
constexpr Maker call_C_VerifyMessage = verify_message<C_VerifyMessage>;
constexpr Maker call_C_VerifyMessageBegin = begin_message<C_VerifyMessageBegin>;
constexpr Maker call_C_VerifyMessageNext = verify_message<C_VerifyMessageNext>;
constexpr Maker call_C_MessageVerifyFinal = session_only<C_MessageVerifyFinal>;
constexpr Maker call_C_EncapsulateKey = encapsulate_key;
constexpr Maker call_C_DecapsulateKey = decapsulate_key;
constexpr Maker call_C_VerifySignatureInit = verify_signature_init;
constexpr Maker call_C_VerifySignature = absorb<C_VerifySignature>;
constexpr Maker call_C_VerifySignatureUpdate = absorb<C_VerifySignatureUpdate>;
constexpr Maker call_C_VerifySignatureFinal = session_only<C_VerifySignatureFinal>;
constexpr Maker call_C_GetSessionValidationFlags = get_validation_flags;
constexpr Maker call_C_AsyncComplete = async_complete;
constexpr Maker call_C_AsyncGetID = async_get_id;
constexpr Maker call_C_AsyncJoin = async_join;
constexpr Maker call_C_WrapKeyAuthenticated = wrap_key_authenticated;
constexpr Maker call_C_UnwrapKeyAuthenticated = unwrap_key_authenticated;

struct Call {
  std::string_view name;
  Maker make;
};
constexpr auto kCalls = std::to_array<Call>({
#define ROW(name, parameters) {#name, call_##name},
    CK_FUNCTIONS_3_2(ROW)
#undef ROW
});
constexpr std::size_t kOctets = 256;
static_assert(kCalls.size() < kOctets);

/// What makes sense after a call that succeeded: without it few inputs would get beyond a beginning.
struct Sequel {
  std::string_view first;
  std::vector<Maker> then;
};
const std::vector<Sequel> kSequels = {
    {"C_EncryptInit", {call_C_Encrypt, call_C_EncryptUpdate, call_C_EncryptFinal, call_C_EncryptUpdate, call_C_DigestEncryptUpdate, call_C_SignEncryptUpdate}},
    {"C_DecryptInit", {call_C_Decrypt, call_C_DecryptUpdate, call_C_DecryptFinal, call_C_DecryptUpdate, call_C_DecryptDigestUpdate, call_C_DecryptVerifyUpdate}},
    {"C_DigestInit", {call_C_Digest, call_C_DigestUpdate, call_C_DigestFinal, call_C_DigestKey, call_C_GetOperationState, call_C_SetOperationState}},
    {"C_SignInit", {call_C_Sign, call_C_SignUpdate, call_C_SignFinal, call_C_SignEncryptUpdate}},
    {"C_VerifyInit", {call_C_Verify, call_C_VerifyUpdate, call_C_VerifyFinal, call_C_DecryptVerifyUpdate}},
    {"C_SignRecoverInit", {call_C_SignRecover}},
    {"C_VerifyRecoverInit", {call_C_VerifyRecover}},
    {"C_VerifySignatureInit", {call_C_VerifySignature, call_C_VerifySignatureUpdate, call_C_VerifySignatureFinal}},
    {"C_MessageEncryptInit", {call_C_EncryptMessage, call_C_EncryptMessageBegin, call_C_EncryptMessageNext, call_C_EncryptMessageNext, call_C_MessageEncryptFinal}},
    {"C_MessageDecryptInit", {call_C_DecryptMessage, call_C_DecryptMessageBegin, call_C_DecryptMessageNext, call_C_DecryptMessageNext, call_C_MessageDecryptFinal}},
    {"C_MessageSignInit", {call_C_SignMessage, call_C_SignMessageBegin, call_C_SignMessageNext, call_C_SignMessageNext, call_C_MessageSignFinal}},
    {"C_MessageVerifyInit", {call_C_VerifyMessage, call_C_VerifyMessageBegin, call_C_VerifyMessageNext, call_C_VerifyMessageNext, call_C_MessageVerifyFinal}},
    {"C_FindObjectsInit", {call_C_FindObjects, call_C_FindObjects, call_C_FindObjectsFinal}},
    {"C_WrapKey", {call_C_UnwrapKey}},
    {"C_WrapKeyAuthenticated", {call_C_UnwrapKeyAuthenticated}},
    {"C_EncapsulateKey", {call_C_DecapsulateKey}},
    {"C_Sign", {call_C_VerifyInit, call_C_VerifySignatureInit}},
    {"C_CreateObject", {call_C_GetAttributeValue, call_C_SetAttributeValue, call_C_CopyObject, call_C_EncryptInit, call_C_SignInit, call_C_WrapKey, call_C_DeriveKey}},
};

}  // namespace

void make_a_call(World& world) {
  static const std::vector<Maker>* then = nullptr;
  if (world.is_first_call()) then = nullptr;
  const auto chosen = world.choices().octet();
  if (chosen >= kCalls.size() && then != nullptr) {
    calling("a call that goes on with what was begun");  // the stack tells which
    (*then)[chosen % then->size()](world);
    return;
  }
  // What zeros stand for should be worth calling: they are frequent.
  constexpr std::size_t kFirst = 24;
  const auto& call = kCalls[(chosen + kFirst) % kCalls.size()];
  calling(call.name.data());
  call.make(world);
  const auto sequel = std::ranges::find(kSequels, call.name, &Sequel::first);
  if (sequel != kSequels.end() && world.last_answer() == CKR_OK) then = &sequel->then;
}

}  // namespace fuzz
