#include "test/fuzz/api/calls.h"

namespace fuzz {
namespace {

using What = TemplateMaker::What;

/// True for a key whose secret parts nobody may see.
bool is_secret(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  CK_OBJECT_CLASS object_class = 0;
  CK_ATTRIBUTE kind{CKA_CLASS, &object_class, sizeof object_class};
  if (C_GetAttributeValue(session, object, &kind, 1) != CKR_OK) broken("an object whose class cannot be read");
  if (object_class != CKO_SECRET_KEY && object_class != CKO_PRIVATE_KEY) return false;
  CK_BBOOL sensitive = CK_TRUE, extractable = CK_FALSE;
  CK_ATTRIBUTE flags[] = {{CKA_SENSITIVE, &sensitive, 1}, {CKA_EXTRACTABLE, &extractable, 1}};
  if (C_GetAttributeValue(session, object, flags, std::size(flags)) != CKR_OK) broken("a key that does not tell how it is protected");
  return sensitive != CK_FALSE || extractable == CK_FALSE;
}

void check_answers(CK_RV rv, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const std::vector<CK_ATTRIBUTE>& asked, CK_ATTRIBUTE_PTR answers) {
  bool tells_a_secret = false;
  for (const auto& before : asked) {
    const auto& after = *answers++;
    if (after.type != before.type || after.pValue != before.pValue) broken("a question is changed");
    if (after.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
      if (rv == CKR_OK) broken("an attribute is not told, with CKR_OK");
      continue;
    }
    if (before.pValue != nullptr && after.ulValueLen > before.ulValueLen) broken("a longer value than there is room for");
    const auto* shape = hsm::shape_of(before.type);
    tells_a_secret |= shape != nullptr && shape->may_be_secret;
  }
  if (tells_a_secret && is_secret(session, object)) broken("a secret part of a sensitive key");
}

}  // namespace

void create_object(World& w) {
  const auto session = w.session();
  const auto given = w.templates().make(What::object);
  auto* object = place<CK_OBJECT_HANDLE>(w);
  w.made(w.judge(C_CreateObject(session, given.data, given.count, object)), object);
}

void copy_object(World& w) {
  const auto session = w.session();
  const auto from = w.object();
  const auto given = w.templates().make(What::changes);
  auto* object = place<CK_OBJECT_HANDLE>(w);
  const auto rv = w.judge(C_CopyObject(session, from, given.data, given.count, object));
  w.made(rv, object);
  if (rv == CKR_OK) w.changed();
}

void destroy_object(World& w) {
  if (!w.choices().once_in(4)) return;
  const auto session = w.session();
  if (w.judge(C_DestroyObject(session, w.object())) == CKR_OK) w.changed();
}

void set_attributes(World& w) {
  const auto session = w.session();
  const auto object = w.object();
  const auto given = w.templates().make(What::changes);
  const auto rv = w.judge(C_SetAttributeValue(session, object, given.data, given.count));
  if (rv == CKR_OK && given.count != 0) w.changed();
}

void get_attributes(World& w) {
  static constexpr CK_ULONG kMostRead = 64;
  const auto session = w.session();
  const auto object = w.object();
  const auto questions = w.templates().questions();
  std::vector<CK_ATTRIBUTE> asked;
  if (questions.data != nullptr && questions.count <= kMostRead) asked.assign(questions.data, questions.data + questions.count);
  const auto rv = w.judge(C_GetAttributeValue(session, object, questions.data, questions.count));
  if (rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL)
    check_answers(rv, session, object, asked, questions.data);
}

void find_init(World& w) {
  const auto session = w.session();
  const auto wanted = w.templates().make(What::search);
  w.judge(C_FindObjectsInit(session, wanted.data, wanted.count));
}

void find_objects(World& w) {
  const auto session = w.session();
  const auto room = w.choices().octet();
  const bool real = !w.choices().once_in(16);
  auto* found = real ? static_cast<CK_OBJECT_HANDLE_PTR>(static_cast<void*>(w.memory().room(room * sizeof(CK_OBJECT_HANDLE)))) : nullptr;
  auto* count = place<CK_ULONG>(w);
  const auto rv = w.judge(C_FindObjects(session, found, room, count));
  if (rv == CKR_OK && *count > room) broken("more objects than there is room for");
}

void generate_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_generate);
  const auto given = w.templates().make(What::new_secret);
  auto* key = place<CK_OBJECT_HANDLE>(w);
  w.made(w.judge(C_GenerateKey(session, mechanism, given.data, given.count, key)), key);
}

void generate_key_pair(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_generate_pair);
  const auto of_public = w.templates().make(What::new_public);
  const bool for_token = w.templates().asked_for_token();
  const auto of_private = w.templates().make(What::new_private);
  auto* public_key = place<CK_OBJECT_HANDLE>(w);
  auto* private_key = place<CK_OBJECT_HANDLE>(w);
  const auto rv = w.judge(C_GenerateKeyPair(session, mechanism, of_public.data, of_public.count, of_private.data, of_private.count, public_key, private_key));
  w.made(rv, public_key);
  w.made(rv, private_key);
  if (for_token) w.changed();
}

void wrap_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_wrap);
  const auto with = w.key(hsm::uses_wrap);
  const auto key = w.object();
  const auto out = w.memory().output();
  w.keep(out, w.judge(C_WrapKey(session, mechanism, with, key, out.data, out.size)));
}

void unwrap_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_unwrap);
  const auto with = w.key(hsm::uses_unwrap);
  const auto in = w.memory().input(Limit::memory);
  const auto given = w.templates().make(What::new_secret);
  auto* key = place<CK_OBJECT_HANDLE>(w);
  w.made(w.judge(C_UnwrapKey(session, mechanism, with, in.data, in.size, given.data, given.count, key)), key);
}

void derive_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_derive);
  const auto base = w.key(hsm::uses_derive);
  const auto given = w.templates().make(What::new_secret);
  auto* key = place<CK_OBJECT_HANDLE>(w);
  w.made(w.judge(C_DeriveKey(session, mechanism, base, given.data, given.count, key)), key);
}

void encapsulate_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_encapsulate);
  const auto with = w.key(hsm::uses_encapsulate);
  const auto given = w.templates().make(What::new_secret);
  const auto out = w.memory().output();
  auto* key = place<CK_OBJECT_HANDLE>(w);
  const auto rv = w.judge(C_EncapsulateKey(session, mechanism, with, given.data, given.count, out.data, out.size, key));
  w.keep(out, rv);
  if (out.data != nullptr) w.made(rv, key);
}

void decapsulate_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_decapsulate);
  const auto with = w.key(hsm::uses_decapsulate);
  const auto given = w.templates().make(What::new_secret);
  const auto in = w.memory().input(Limit::memory);
  auto* key = place<CK_OBJECT_HANDLE>(w);
  w.made(w.judge(C_DecapsulateKey(session, mechanism, with, given.data, given.count, in.data, in.size, key)), key);
}

namespace {

/// A mechanism whose parameter is that of a message.
CK_MECHANISM_PTR of_messages(World& w) {
  auto* mechanism = w.mechanisms().make(hsm::uses_wrap);
  // CK_GCM_PARAMS has the size of CK_GCM_MESSAGE_PARAMS, and a length where that has a pointer.
  if (mechanism == nullptr || (mechanism->mechanism != CKM_AES_GCM && w.choices().once_in(8))) return mechanism;
  const auto parameter = w.mechanisms().message_parameter();
  return w.memory().place_for(CK_MECHANISM{CKM_AES_GCM, parameter.data, parameter.size});
}

}  // namespace

void wrap_key_authenticated(World& w) {
  const auto session = w.session();
  auto* mechanism = of_messages(w);
  const auto with = w.key(hsm::uses_wrap);
  const auto key = w.object();
  const auto associated = w.memory().input(Limit::memory);
  const auto out = w.memory().output();
  w.keep(out, w.judge(C_WrapKeyAuthenticated(session, mechanism, with, key, associated.data, associated.size, out.data, out.size)));
}

void unwrap_key_authenticated(World& w) {
  const auto session = w.session();
  auto* mechanism = of_messages(w);
  const auto with = w.key(hsm::uses_unwrap);
  const auto in = w.memory().input(Limit::memory);
  const auto given = w.templates().make(What::new_secret);
  const auto associated = w.memory().input(Limit::memory);
  auto* key = place<CK_OBJECT_HANDLE>(w);
  w.made(w.judge(C_UnwrapKeyAuthenticated(session, mechanism, with, in.data, in.size, given.data, given.count, associated.data, associated.size, key)), key);
}

void generate_random(World& w) {
  const auto session = w.session();
  const auto out = w.memory().output();
  // Only lengths that are true, or known to be wrong.
  const auto size = out.data == nullptr ? w.choices().number() : out.claimed;
  w.judge(C_GenerateRandom(session, out.data, size));
}

void verify_signature_init(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(hsm::uses_verify);
  const auto key = w.key(hsm::uses_verify);
  const auto signature = w.memory().input(Limit::memory);
  w.judge(C_VerifySignatureInit(session, mechanism, key, signature.data, signature.size));
}

}  // namespace fuzz
