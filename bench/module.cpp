#include "bench/module.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <cstring>
#include <utility>
#include <vector>

namespace bench {
namespace {

CK_BBOOL yes = CK_TRUE;
CK_BBOOL no = CK_FALSE;

template <class T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T& value) {
  return {type, &value, sizeof value};
}
CK_ATTRIBUTE octets(CK_ATTRIBUTE_TYPE type, const std::string& text) {
  return {type, const_cast<char*>(text.data()), static_cast<CK_ULONG>(text.size())};
}

CK_UTF8CHAR* pin() {
  static CK_UTF8CHAR octets_of_pin[sizeof kPin];
  std::memcpy(octets_of_pin, kPin, sizeof kPin);
  return octets_of_pin;
}
constexpr CK_ULONG kPinSize = sizeof kPin - 1;

}  // namespace

void check(CK_RV rv, const char* function) {
  if (rv != CKR_OK) throw Failure(fmt::format("{} answered 0x{:x}", function, static_cast<unsigned long>(rv)));
}

Module::Module(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Failure(fmt::format("cannot load {}: {}", path, dlerror()));
  void* symbol = dlsym(library, "C_GetFunctionList");
  if (symbol == nullptr) throw Failure(fmt::format("{} is no PKCS#11 module", path));
  CK_C_GetFunctionList get = nullptr;
  std::memcpy(&get, &symbol, sizeof get);
  check(get(&functions_), "C_GetFunctionList");
}

void Module::initialize() {
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  check(functions_->C_Initialize(&arguments), "C_Initialize");
}
void Module::finalize() { check(functions_->C_Finalize(nullptr), "C_Finalize"); }

void Module::make_token() {
  CK_SLOT_ID slots[64];
  CK_ULONG count = 64;
  check(functions_->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
  CK_UTF8CHAR label[32];
  std::memset(label, ' ', sizeof label);
  std::memcpy(label, kLabel, sizeof kLabel - 1);
  check(functions_->C_InitToken(slots[count - 1], pin(), kPinSize, label), "C_InitToken");
  const auto session = open();
  check(functions_->C_Login(session, CKU_SO, pin(), kPinSize), "C_Login(SO)");
  check(functions_->C_InitPIN(session, pin(), kPinSize), "C_InitPIN");
  check(functions_->C_Logout(session), "C_Logout");
  check(functions_->C_CloseSession(session), "C_CloseSession");
}

CK_SLOT_ID Module::slot() const {
  CK_SLOT_ID slots[64];
  CK_ULONG count = 64;
  check(functions_->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_TOKEN_INFO info;
    if (functions_->C_GetTokenInfo(slots[i], &info) == CKR_OK && std::memcmp(info.label, kLabel, sizeof kLabel - 1) == 0)
      return slots[i];
  }
  throw Failure("the token of the benchmark is gone");
}

CK_SESSION_HANDLE Module::open() const {
  CK_SESSION_HANDLE session = 0;
  check(functions_->C_OpenSession(slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession");
  return session;
}
void Module::login(CK_SESSION_HANDLE session) const {
  check(functions_->C_Login(session, CKU_USER, pin(), kPinSize), "C_Login");
}

namespace {

CK_OBJECT_HANDLE aes_key(CK_FUNCTION_LIST* functions, CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE one, CK_ATTRIBUTE_TYPE other) {
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_ULONG size = 32;
  std::vector<CK_ATTRIBUTE> attributes = {attribute(CKA_VALUE_LEN, size), attribute(CKA_TOKEN, yes), attribute(CKA_SENSITIVE, yes)};
  for (const auto use : {CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP})
    attributes.push_back(use == one || use == other ? attribute(use, yes) : attribute(use, no));
  CK_OBJECT_HANDLE key = 0;
  check(functions->C_GenerateKey(session, &mechanism, attributes.data(), static_cast<CK_ULONG>(attributes.size()), &key), "C_GenerateKey(AES)");
  return key;
}

}  // namespace

CK_OBJECT_HANDLE Module::generate_cipher_key(CK_SESSION_HANDLE session) const {
  return aes_key(functions_, session, CKA_ENCRYPT, CKA_DECRYPT);
}

CK_OBJECT_HANDLE Module::generate_wrapping_key(CK_SESSION_HANDLE session) const {
  return aes_key(functions_, session, CKA_WRAP, CKA_UNWRAP);
}

CK_OBJECT_HANDLE Module::generate_generic(CK_SESSION_HANDLE session, CK_ULONG size) const {
  CK_MECHANISM mechanism{CKM_GENERIC_SECRET_KEY_GEN, nullptr, 0};
  CK_ATTRIBUTE attributes[] = {attribute(CKA_VALUE_LEN, size), attribute(CKA_TOKEN, yes), attribute(CKA_SIGN, yes)};
  CK_OBJECT_HANDLE key = 0;
  check(functions_->C_GenerateKey(session, &mechanism, attributes, std::size(attributes), &key), "C_GenerateKey(generic)");
  return key;
}

CK_OBJECT_HANDLE Module::generate_wrappable(CK_SESSION_HANDLE session) const {
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_ULONG size = 32;
  CK_ATTRIBUTE attributes[] = {attribute(CKA_VALUE_LEN, size), attribute(CKA_TOKEN, no), attribute(CKA_EXTRACTABLE, yes),
                               attribute(CKA_WRAP_WITH_TRUSTED, no)};
  CK_OBJECT_HANDLE key = 0;
  check(functions_->C_GenerateKey(session, &mechanism, attributes, std::size(attributes), &key), "C_GenerateKey(AES)");
  return key;
}

namespace {

/// The use of each half.
std::pair<CK_ATTRIBUTE_TYPE, CK_ATTRIBUTE_TYPE> uses(Module::Role role) {
  switch (role) {
    case Module::Role::sign: return {CKA_VERIFY, CKA_SIGN};
    case Module::Role::decrypt: return {CKA_ENCRYPT, CKA_DECRYPT};
    case Module::Role::derive: break;
  }
  return {CKA_DERIVE, CKA_DERIVE};
}

Module::Pair pair_of(CK_FUNCTION_LIST* functions, CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, std::vector<CK_ATTRIBUTE> public_part,
                     Module::Role role) {
  CK_MECHANISM mechanism{type, nullptr, 0};
  const auto [of_public, of_private] = uses(role);
  public_part.push_back(attribute(CKA_TOKEN, yes));
  public_part.push_back(attribute(of_public, yes));
  CK_ATTRIBUTE private_part[] = {attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes), attribute(of_private, yes)};
  Module::Pair pair;
  check(functions->C_GenerateKeyPair(session, &mechanism, public_part.data(), static_cast<CK_ULONG>(public_part.size()), private_part,
                                     std::size(private_part), &pair.public_key, &pair.private_key),
        "C_GenerateKeyPair");
  return pair;
}

}  // namespace

Module::Pair Module::generate_rsa(CK_SESSION_HANDLE session, CK_ULONG bits, Role role) const {
  CK_BYTE exponent[] = {1, 0, 1};
  return pair_of(functions_, session, CKM_RSA_PKCS_KEY_PAIR_GEN,
                 {attribute(CKA_MODULUS_BITS, bits), attribute(CKA_PUBLIC_EXPONENT, exponent)}, role);
}

Module::Pair Module::generate_ec(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, std::vector<CK_BYTE> curve, Role role) const {
  return pair_of(functions_, session, type, {{CKA_EC_PARAMS, curve.data(), static_cast<CK_ULONG>(curve.size())}}, role);
}

std::vector<CK_BYTE> Module::point(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key) const {
  std::vector<CK_BYTE> octets(256);
  CK_ATTRIBUTE wanted{CKA_EC_POINT, octets.data(), static_cast<CK_ULONG>(octets.size())};
  check(functions_->C_GetAttributeValue(session, public_key, &wanted, 1), "C_GetAttributeValue");
  octets.resize(wanted.ulValueLen);
  return octets;
}

void Module::create_certificate(CK_SESSION_HANDLE session, const std::string& label) const {
  CK_OBJECT_CLASS object_class = CKO_CERTIFICATE;
  CK_CERTIFICATE_TYPE type = CKC_X_509;
  const std::string value = "value of " + label;
  CK_ATTRIBUTE attributes[] = {attribute(CKA_CLASS, object_class), attribute(CKA_CERTIFICATE_TYPE, type), attribute(CKA_TOKEN, yes),
                               attribute(CKA_PRIVATE, no), octets(CKA_LABEL, label), octets(CKA_ID, label), octets(CKA_SUBJECT, label),
                               octets(CKA_VALUE, value)};
  CK_OBJECT_HANDLE object = 0;
  check(functions_->C_CreateObject(session, attributes, std::size(attributes), &object), "C_CreateObject");
}

CK_ULONG Module::count(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type, const std::string& text) const {
  CK_ATTRIBUTE wanted[] = {octets(type, text)};
  check(functions_->C_FindObjectsInit(session, wanted, 1), "C_FindObjectsInit");
  CK_OBJECT_HANDLE found[8];
  CK_ULONG many = 0;
  check(functions_->C_FindObjects(session, found, std::size(found), &many), "C_FindObjects");
  check(functions_->C_FindObjectsFinal(session), "C_FindObjectsFinal");
  return many;
}

}  // namespace bench
