#include "bench/module.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <cstring>

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

CK_OBJECT_HANDLE Module::generate_aes(CK_SESSION_HANDLE session, CK_ULONG size, bool token) const {
  CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
  CK_BBOOL on_token = token ? CK_TRUE : CK_FALSE;
  CK_ATTRIBUTE attributes[] = {attribute(CKA_VALUE_LEN, size), attribute(CKA_TOKEN, on_token), attribute(CKA_ENCRYPT, yes),
                               attribute(CKA_WRAP, yes), attribute(CKA_UNWRAP, yes), attribute(CKA_SENSITIVE, yes)};
  CK_OBJECT_HANDLE key = 0;
  check(functions_->C_GenerateKey(session, &mechanism, attributes, std::size(attributes), &key), "C_GenerateKey(AES)");
  return key;
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
  CK_ATTRIBUTE attributes[] = {attribute(CKA_VALUE_LEN, size), attribute(CKA_TOKEN, no), attribute(CKA_EXTRACTABLE, yes)};
  CK_OBJECT_HANDLE key = 0;
  check(functions_->C_GenerateKey(session, &mechanism, attributes, std::size(attributes), &key), "C_GenerateKey(AES)");
  return key;
}

CK_OBJECT_HANDLE Module::generate_rsa(CK_SESSION_HANDLE session) const {
  CK_MECHANISM mechanism{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
  CK_ULONG bits = 2048;
  CK_BYTE exponent[] = {1, 0, 1};
  CK_ATTRIBUTE public_part[] = {attribute(CKA_MODULUS_BITS, bits), attribute(CKA_PUBLIC_EXPONENT, exponent),
                                attribute(CKA_TOKEN, yes), attribute(CKA_VERIFY, yes)};
  CK_ATTRIBUTE private_part[] = {attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes), attribute(CKA_SIGN, yes)};
  CK_OBJECT_HANDLE public_key = 0;
  CK_OBJECT_HANDLE private_key = 0;
  check(functions_->C_GenerateKeyPair(session, &mechanism, public_part, std::size(public_part), private_part,
                                      std::size(private_part), &public_key, &private_key),
        "C_GenerateKeyPair(RSA)");
  return private_key;
}

CK_OBJECT_HANDLE Module::generate_p256(CK_SESSION_HANDLE session) const {
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_BYTE curve[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
  CK_ATTRIBUTE public_part[] = {attribute(CKA_EC_PARAMS, curve), attribute(CKA_TOKEN, yes), attribute(CKA_VERIFY, yes)};
  CK_ATTRIBUTE private_part[] = {attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes), attribute(CKA_SIGN, yes)};
  CK_OBJECT_HANDLE public_key = 0;
  CK_OBJECT_HANDLE private_key = 0;
  check(functions_->C_GenerateKeyPair(session, &mechanism, public_part, std::size(public_part), private_part,
                                      std::size(private_part), &public_key, &private_key),
        "C_GenerateKeyPair(P-256)");
  return private_key;
}

void Module::create_data(CK_SESSION_HANDLE session, const std::string& label) const {
  CK_OBJECT_CLASS object_class = CKO_DATA;
  const std::string value = "value of " + label;
  CK_ATTRIBUTE attributes[] = {attribute(CKA_CLASS, object_class), attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, no),
                               octets(CKA_LABEL, label), octets(CKA_VALUE, value)};
  CK_OBJECT_HANDLE object = 0;
  check(functions_->C_CreateObject(session, attributes, std::size(attributes), &object), "C_CreateObject");
}

CK_ULONG Module::count_by_label(CK_SESSION_HANDLE session, const std::string& label) const {
  CK_ATTRIBUTE wanted[] = {octets(CKA_LABEL, label)};
  check(functions_->C_FindObjectsInit(session, wanted, 1), "C_FindObjectsInit");
  CK_OBJECT_HANDLE found[8];
  CK_ULONG count = 0;
  check(functions_->C_FindObjects(session, found, std::size(found), &count), "C_FindObjects");
  check(functions_->C_FindObjectsFinal(session), "C_FindObjectsFinal");
  return count;
}

}  // namespace bench
