#include <dlfcn.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "hsm/base/rv.h"
#include "pkcs11/cryptoki.h"
#include "test/hostile/disk_trouble.h"

// One process that uses a store through the module: store_user MODULE SETTINGS, the settings as pReserved has them. Each line of stdin is a command with its words; each answer is a
// line: the name of a CK_RV, and what was asked for. Ends at the end of stdin without C_Finalize, as programs do.

namespace {

using Words = std::vector<std::string>;

constexpr CK_SESSION_HANDLE kNone = 0;
constexpr CK_ULONG kPolicyFeature = CKH_VENDOR_DEFINED | 0x4B01;  // docs/policy.md
constexpr CK_ATTRIBUTE_TYPE kPolicyProfile = CKA_VENDOR_DEFINED | 0x4B01;

CK_FUNCTION_LIST* p11 = nullptr;
std::string settings;
CK_SESSION_HANDLE session = kNone;
CK_OBJECT_HANDLE held = 0;

/// A call that was refused, to be answered by its name.
struct Refusal {
  CK_RV rv;
};
void must(CK_RV rv) {
  if (rv != CKR_OK) throw Refusal{rv};
}

CK_UTF8CHAR* octets(std::string& text) { return reinterpret_cast<CK_UTF8CHAR*>(text.data()); }

struct Template {
  Template& text(CK_ATTRIBUTE_TYPE type, std::string value) {
    values.push_back(std::move(value));
    types.push_back(type);
    return *this;
  }
  Template& flag(CK_ATTRIBUTE_TYPE type, bool value) { return text(type, std::string(1, value ? '\1' : '\0')); }
  Template& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    return text(type, std::string(reinterpret_cast<const char*>(&value), sizeof value));
  }
  std::vector<CK_ATTRIBUTE> raw() {
    std::vector<CK_ATTRIBUTE> all;
    for (std::size_t i = 0; i < types.size(); ++i) all.push_back({types[i], values[i].data(), values[i].size()});
    return all;
  }
  std::vector<std::string> values;
  std::vector<CK_ATTRIBUTE_TYPE> types;
};

std::vector<CK_OBJECT_HANDLE> search(Template wanted) {
  auto raw = wanted.raw();
  must(p11->C_FindObjectsInit(session, raw.data(), raw.size()));
  std::vector<CK_OBJECT_HANDLE> found(256);
  CK_ULONG count = 0;
  const auto rv = p11->C_FindObjects(session, found.data(), found.size(), &count);
  p11->C_FindObjectsFinal(session);
  must(rv);
  found.resize(count);
  return found;
}

CK_OBJECT_HANDLE find(const std::string& label, CK_OBJECT_CLASS of = ~CK_ULONG{0}) {
  Template wanted;
  wanted.text(CKA_LABEL, label);
  if (of != ~CK_ULONG{0}) wanted.number(CKA_CLASS, of);
  const auto found = search(std::move(wanted));
  if (found.empty()) throw Refusal{CKR_OBJECT_HANDLE_INVALID};
  return found.front();
}

std::string attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  std::string room(8192, '\0');
  CK_ATTRIBUTE wanted{type, room.data(), room.size()};
  must(p11->C_GetAttributeValue(session, object, &wanted, 1));
  room.resize(wanted.ulValueLen);
  return room;
}
CK_OBJECT_CLASS class_of(CK_OBJECT_HANDLE object) {
  CK_OBJECT_CLASS number = 0;
  std::memcpy(&number, attribute(object, CKA_CLASS).data(), sizeof number);
  return number;
}

std::string hex(const std::string& octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : octets) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// What the key makes of sixteen fixed octets: another key makes something else.
std::string encrypted_by(CK_OBJECT_HANDLE key) {
  CK_MECHANISM ecb{CKM_AES_ECB, nullptr, 0};
  must(p11->C_EncryptInit(session, &ecb, key));
  std::string text(16, 't'), out(16, '\0');
  CK_ULONG size = out.size();
  must(p11->C_Encrypt(session, octets(text), text.size(), octets(out), &size));
  return hex(out);
}

bool pair_fits(CK_OBJECT_HANDLE secret, CK_OBJECT_HANDLE open) {
  CK_MECHANISM ecdsa{CKM_ECDSA, nullptr, 0};
  std::string digest(32, 'd'), signature(64, '\0');
  CK_ULONG size = signature.size();
  must(p11->C_SignInit(session, &ecdsa, secret));
  must(p11->C_Sign(session, octets(digest), digest.size(), octets(signature), &size));
  must(p11->C_VerifyInit(session, &ecdsa, open));
  return p11->C_Verify(session, octets(digest), digest.size(), octets(signature), size) == CKR_OK;
}

/// Everything about an object that a half-made one would lack.
std::string description(CK_OBJECT_HANDLE object) {
  const auto label = attribute(object, CKA_LABEL);
  switch (class_of(object)) {
    case CKO_DATA:
      return label + "=" + attribute(object, CKA_VALUE);
    case CKO_SECRET_KEY:
      return label + ":" + attribute(object, CKA_ID) + ":" + encrypted_by(object);
    case CKO_PRIVATE_KEY:
      return label + (pair_fits(object, find(label, CKO_PUBLIC_KEY)) ? ":private" : ":does not fit");
    case CKO_PUBLIC_KEY:
      return label + ":public";
    default:
      return label + "?";
  }
}

Template data(const std::string& label, const std::string& value) {
  Template made;
  made.number(CKA_CLASS, CKO_DATA).flag(CKA_TOKEN, true).flag(CKA_PRIVATE, false).text(CKA_LABEL, label).text(CKA_VALUE, value);
  return made;
}

std::string initialize(const Words&) {
  auto reserved = settings;
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  arguments.pReserved = reserved.data();
  must(p11->C_Initialize(&arguments));
  return {};
}
std::string finalize(const Words&) {
  session = kNone;
  must(p11->C_Finalize(nullptr));
  return {};
}
std::string slots(const Words&) {
  CK_SLOT_ID found[16];
  CK_ULONG count = 16;
  must(p11->C_GetSlotList(CK_FALSE, found, &count));
  return std::to_string(count);
}
std::string token(const Words& words) {
  CK_TOKEN_INFO info{};
  must(p11->C_GetTokenInfo(std::stoul(words.at(1)), &info));
  std::string label(reinterpret_cast<const char*>(info.label), sizeof info.label);
  label.erase(label.find_last_not_of(' ') + 1);
  const auto tries = [&](CK_FLAGS low, CK_FLAGS final_try, CK_FLAGS locked) {
    return (info.flags & locked) != 0 ? "3" : (info.flags & final_try) != 0 ? "2" : (info.flags & low) != 0 ? "1" : "0";
  };
  return ((info.flags & CKF_TOKEN_INITIALIZED) == 0 ? "free" : label) + ((info.flags & CKF_USER_PIN_INITIALIZED) == 0 ? " no-user" : " user") +
         " " + tries(CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED) + " " +
         tries(CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED);
}
std::string init_token(const Words& words) {
  auto label = words.at(2), pin = words.at(3);
  label.resize(32, ' ');
  session = kNone;
  must(p11->C_CloseAllSessions(std::stoul(words.at(1))));
  must(p11->C_InitToken(std::stoul(words.at(1)), octets(pin), pin.size(), octets(label)));
  return {};
}
std::string open_session(const Words& words) {
  must(p11->C_OpenSession(std::stoul(words.at(1)), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session));
  return {};
}
std::string login(const Words& words) {
  auto pin = words.at(2);
  must(p11->C_Login(session, words.at(1) == "so" ? CKU_SO : CKU_USER, octets(pin), pin.size()));
  return {};
}
std::string logout(const Words&) {
  must(p11->C_Logout(session));
  return {};
}
std::string init_pin(const Words& words) {
  auto pin = words.at(1);
  must(p11->C_InitPIN(session, octets(pin), pin.size()));
  return {};
}
std::string set_pin(const Words& words) {
  auto before = words.at(1), after = words.at(2);
  must(p11->C_SetPIN(session, octets(before), before.size(), octets(after), after.size()));
  return {};
}
std::string create(const Words& words) {
  auto raw_from = data(words.at(1), words.at(2));
  auto raw = raw_from.raw();
  CK_OBJECT_HANDLE made = 0;
  must(p11->C_CreateObject(session, raw.data(), raw.size(), &made));
  return {};
}
/// An AES key of one octet again and again, private, sensitive.
std::string create_key(const Words& words) {
  Template made;
  made.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true);
  made.text(CKA_LABEL, words.at(1)).text(CKA_ID, "id").text(CKA_VALUE, std::string(32, words.at(2).at(0))).flag(CKA_ENCRYPT, true);
  auto raw = made.raw();
  CK_OBJECT_HANDLE key = 0;
  must(p11->C_CreateObject(session, raw.data(), raw.size(), &key));
  return {};
}
std::string generate_pair(const Words& words) {
  static const std::string kP256("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
  Template open, secret;
  open.text(CKA_LABEL, words.at(1)).flag(CKA_TOKEN, true).flag(CKA_PRIVATE, false).text(CKA_EC_PARAMS, kP256).flag(CKA_VERIFY, true);
  secret.text(CKA_LABEL, words.at(1)).flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true).flag(CKA_SIGN, true);
  auto open_raw = open.raw(), secret_raw = secret.raw();
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE open_key = 0, secret_key = 0;
  must(p11->C_GenerateKeyPair(session, &mechanism, open_raw.data(), open_raw.size(), secret_raw.data(), secret_raw.size(), &open_key, &secret_key));
  return {};
}
std::string set(CK_ATTRIBUTE_TYPE type, const Words& words) {
  auto value = words.at(2);
  CK_ATTRIBUTE changed{type, value.data(), value.size()};
  must(p11->C_SetAttributeValue(session, find(words.at(1)), &changed, 1));
  return {};
}
std::string copy(const Words& words) {
  Template changed;
  changed.text(CKA_LABEL, words.at(2));
  auto raw = changed.raw();
  CK_OBJECT_HANDLE made = 0;
  must(p11->C_CopyObject(session, find(words.at(1)), raw.data(), raw.size(), &made));
  return {};
}
std::string destroy(const Words& words) {
  must(p11->C_DestroyObject(session, find(words.at(1))));
  return {};
}
std::string read(const Words& words) { return description(find(words.at(1))); }
std::string encrypt(const Words& words) { return encrypted_by(find(words.at(1))); }
/// Keeps the handle, as applications do.
std::string hold(const Words& words) {
  held = find(words.at(1));
  return {};
}
std::string read_held(const Words&) { return description(held); }
/// A key that both wraps and decrypts, which a strict policy does not take.
std::string create_both(const Words& words) {
  Template made;
  made.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true);
  made.text(CKA_LABEL, words.at(1)).text(CKA_VALUE, std::string(32, 'b')).flag(CKA_WRAP, true).flag(CKA_DECRYPT, true);
  auto raw = made.raw();
  CK_OBJECT_HANDLE key = 0;
  must(p11->C_CreateObject(session, raw.data(), raw.size(), &key));
  return {};
}
std::string state(const Words&) {
  CK_SESSION_INFO info{};
  must(p11->C_GetSessionInfo(session, &info));
  static const std::map<CK_STATE, std::string> kNames{{CKS_RW_PUBLIC_SESSION, "public"}, {CKS_RW_USER_FUNCTIONS, "user"}, {CKS_RW_SO_FUNCTIONS, "so"}};
  return kNames.at(info.state);
}
std::string list(const Words&) {
  std::vector<std::string> all;
  for (const auto object : search({}))
    if (class_of(object) != CKO_HW_FEATURE) all.push_back(description(object));
  std::ranges::sort(all);
  std::string text;
  for (const auto& one : all) text += (text.empty() ? "" : " ") + one;
  return text;
}
CK_OBJECT_HANDLE policy_object() {
  Template wanted;
  const auto found = search(std::move(wanted.number(CKA_CLASS, CKO_HW_FEATURE).number(CKA_HW_FEATURE_TYPE, kPolicyFeature)));
  if (found.empty()) throw Refusal{CKR_OBJECT_HANDLE_INVALID};
  return found.front();
}
std::string policy(const Words& words) {
  if (words.size() == 1) {
    CK_ULONG number = 0;
    std::memcpy(&number, attribute(policy_object(), kPolicyProfile).data(), sizeof number);
    return std::to_string(number);
  }
  CK_ULONG number = std::stoul(words.at(1));
  CK_ATTRIBUTE changed{kPolicyProfile, &number, sizeof number};
  must(p11->C_SetAttributeValue(session, policy_object(), &changed, 1));
  return {};
}
std::string writes(const Words&) { return std::to_string(writes_begun()); }
std::string disk(const Words& words) {
  static const std::map<std::string, int> kStates{{"good", 0}, {"full", ENOSPC}, {"read-only", EROFS}, {"broken", EIO}};
  let_writes_fail(kStates.at(words.at(1)));
  return {};
}
std::string stop_next(const Words&) {
  stop_at_next_write();
  return {};
}

const std::map<std::string, std::function<std::string(const Words&)>> kCommands{
    {"initialize", initialize}, {"finalize", finalize}, {"slots", slots}, {"token", token}, {"init-token", init_token},
    {"open", open_session}, {"login", login}, {"logout", logout}, {"init-pin", init_pin}, {"set-pin", set_pin}, {"create", create},
    {"create-key", create_key}, {"generate-pair", generate_pair}, {"copy", copy}, {"destroy", destroy}, {"read", read},
    {"encrypt", encrypt}, {"list", list}, {"policy", policy}, {"hold", hold}, {"read-held", read_held},
    {"create-both", create_both}, {"state", state}, {"writes", writes}, {"disk", disk},
    {"stop-at-next-write", stop_next},
    {"set-label", [](const Words& words) { return set(CKA_LABEL, words); }},
    {"set-id", [](const Words& words) { return set(CKA_ID, words); }},
};

std::string answer(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  try {
    const auto told = kCommands.at(words.at(0))(words);
    return told.empty() ? "CKR_OK" : "CKR_OK " + told;
  } catch (const Refusal& refusal) {
    return std::string(hsm::name_of(static_cast<hsm::Rv>(refusal.rv)));
  }
}

/// Gives up what lets root pass over the modes of files; the user stays the same.
bool obey_modes() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 || !obey_modes()) return 2;
  settings = arguments[2];
  void* module = ::dlopen(arguments[1], RTLD_NOW);
  if (module == nullptr) return std::cerr << ::dlerror() << '\n', 2;
  CK_C_GetFunctionList get = nullptr;
  *reinterpret_cast<void**>(&get) = ::dlsym(module, "C_GetFunctionList");
  if (get(&p11) != CKR_OK) return 2;
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line) << std::endl;
  return 0;
}
