#include "kms/p11/tokens.h"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <list>

#include "kms/p11/secret_access.h"
#include "pkcs11/cryptoki.h"

namespace kms::p11 {
using hsm::Result;
using hsm::Secret;
using hsm::Status;

namespace {

constexpr std::size_t kLabelSize = 32;

Status verdict(CK_RV rv, hsm::Literal why) {
  if (rv == CKR_OK) return hsm::Done{};
  return hsm::fail(static_cast<hsm::Rv>(rv), why);
}

template <std::size_t N>
std::string trimmed(const CK_UTF8CHAR (&field)[N]) {
  std::string text(field, field + N);
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// The interface takes PINs as pointers to non-const and does not write there.
CK_UTF8CHAR* octets_of(const Secret& pin) { return const_cast<CK_UTF8CHAR*>(SecretAccess::bytes(pin).data()); }

/// Attributes as a module reads them; lives no longer than they do.
class RawTemplate {
 public:
  explicit RawTemplate(const std::vector<NewAttribute>& attributes) {
    for (const auto& item : attributes) {
      if (item.nested.empty()) {
        all_.push_back({item.type, octets_of(item.value), item.value.size()});
        continue;
      }
      auto& nested = nested_.emplace_back(item.nested);
      all_.push_back({item.type, nested.data(), nested.size() * sizeof(CK_ATTRIBUTE)});
    }
  }
  CK_ATTRIBUTE* data() { return all_.data(); }
  CK_ULONG size() const { return all_.size(); }

 private:
  std::vector<CK_ATTRIBUTE> all_;
  std::list<RawTemplate> nested_;
};

struct PinFlags {
  CK_FLAGS count_low, final_try, locked;
};
constexpr PinFlags kUserFlags{CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED};
constexpr PinFlags kSoFlags{CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED};

PinState state_of(CK_FLAGS flags, const PinFlags& pin) {
  if ((flags & pin.locked) != 0) return PinState::locked;
  if ((flags & pin.final_try) != 0) return PinState::last_try;
  return (flags & pin.count_low) != 0 ? PinState::few_tries_left : PinState::set;
}

SlotEntry entry_of(CK_SLOT_ID slot, const CK_TOKEN_INFO& info) {
  SlotEntry entry;
  entry.slot = slot;
  entry.least_pin = info.ulMinPinLen;
  entry.most_pin = info.ulMaxPinLen;
  entry.initialised = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
  if (!entry.initialised) return entry;
  entry.label = trimmed(info.label);
  entry.serial = trimmed(info.serialNumber);
  entry.so_pin = state_of(info.flags, kSoFlags);
  if ((info.flags & CKF_USER_PIN_INITIALIZED) != 0) entry.user_pin = state_of(info.flags, kUserFlags);
  return entry;
}

}  // namespace

/// The library stays loaded behind it: its exit handlers must not dangle.
class Tokens::Module {
 public:
  static Result<std::unique_ptr<Module>> load(const std::filesystem::path& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = dlerror();
      return hsm::fail(hsm::Rv::library_load_failed, "the PKCS#11 module cannot be loaded")
          .about(reason != nullptr ? reason : path.string());
    }
    void* symbol = dlsym(library, "C_GetFunctionList");
    CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR) = nullptr;
    std::memcpy(&get_list, &symbol, sizeof symbol);
    if (get_list == nullptr)
      return hsm::fail(hsm::Rv::library_load_failed, "not a PKCS#11 module").about(path.string());
    CK_FUNCTION_LIST* functions = nullptr;
    TRY(verdict(get_list(&functions), "the module gives no function list"));
    TRY(verdict(functions->C_Initialize(nullptr), "the module does not initialise"));
    return std::unique_ptr<Module>(new Module(functions));
  }
  Module(const Module&) = delete;
  ~Module() { functions_->C_Finalize(nullptr); }
  CK_FUNCTION_LIST* operator->() const { return functions_; }

 private:
  explicit Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_;
};

namespace {

// Of the object by which a token of ours tells its policy (docs/policy.md).
constexpr CK_ULONG kPolicyFeature = CKH_VENDOR_DEFINED | 0x4B01;
constexpr CK_ATTRIBUTE_TYPE kProfile = CKA_VENDOR_DEFINED | 0x4B01;
constexpr CK_ATTRIBUTE_TYPE kChecksOn = CKA_VENDOR_DEFINED | CKF_ARRAY_ATTRIBUTE | 0x4B02;
constexpr CK_ATTRIBUTE_TYPE kChecksInPart = CKA_VENDOR_DEFINED | CKF_ARRAY_ATTRIBUTE | 0x4B03;

/// A session that ends with its scope, and with it a login.
template <class Module>
class Visit {
 public:
  static Result<Visit> open(const Module& module, std::uint64_t slot, CK_FLAGS flags) {
    CK_SESSION_HANDLE session = 0;
    TRY(verdict(module->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, nullptr, nullptr, &session),
                "the token gives no session"));
    return Visit(module, session);
  }
  Visit(Visit&& other) noexcept : module_(other.module_), session_(std::exchange(other.session_, 0)) {}
  ~Visit() {
    if (session_ != 0) (*module_)->C_CloseSession(session_);
  }
  CK_SESSION_HANDLE handle() const { return session_; }

  Status log_in_officer(const Secret& pin) const {
    return verdict((*module_)->C_Login(session_, CKU_SO, octets_of(pin), pin.size()), "the security officer cannot log in");
  }

  Result<CK_OBJECT_HANDLE> policy_object() const {
    CK_ULONG feature = kPolicyFeature;
    CK_OBJECT_CLASS object_class = CKO_HW_FEATURE;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &object_class, sizeof object_class}, {CKA_HW_FEATURE_TYPE, &feature, sizeof feature}};
    TRY(verdict((*module_)->C_FindObjectsInit(session_, wanted, 2), "the token does not search"));
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;
    const auto searched = (*module_)->C_FindObjects(session_, &found, 1, &count);
    (*module_)->C_FindObjectsFinal(session_);
    TRY(verdict(searched, "the token does not search"));
    if (count == 0) return hsm::fail(hsm::Rv::function_not_supported, "the token has no policy to tell");
    return found;
  }

  Result<std::vector<std::uint64_t>> numbers(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    std::array<CK_ULONG, 64> room{};
    CK_ATTRIBUTE wanted{type, room.data(), sizeof room};
    TRY(verdict((*module_)->C_GetAttributeValue(session_, object, &wanted, 1), "the token does not tell its policy"));
    return std::vector<std::uint64_t>(room.begin(), room.begin() + wanted.ulValueLen / sizeof(CK_ULONG));
  }

 private:
  Visit(const Module& module, CK_SESSION_HANDLE session) : module_(&module), session_(session) {}
  const Module* module_;
  CK_SESSION_HANDLE session_;
};

}  // namespace

Tokens::Tokens(std::unique_ptr<Module> module) : module_(std::move(module)) {}
Tokens::Tokens(Tokens&&) noexcept = default;
Tokens::~Tokens() = default;

Result<Tokens> Tokens::open(const std::filesystem::path& module) { return Tokens(TRY(Module::load(module))); }

Result<std::vector<SlotEntry>> Tokens::list() const {
  const auto& module = *module_;
  CK_ULONG count = 0;
  TRY(verdict(module->C_GetSlotList(CK_TRUE, nullptr, &count), "the module does not list its slots"));
  std::vector<CK_SLOT_ID> slots(count);
  TRY(verdict(module->C_GetSlotList(CK_TRUE, slots.data(), &count), "the module does not list its slots"));
  slots.resize(count);
  std::vector<SlotEntry> entries;
  for (const auto slot : slots) {
    CK_TOKEN_INFO info{};
    if (module->C_GetTokenInfo(slot, &info) == CKR_OK) entries.push_back(entry_of(slot, info));
  }
  return entries;
}

Status Tokens::initialise(std::uint64_t slot, const std::string& label, const Secret& so_pin) {
  if (label.empty() || label.size() > kLabelSize) {
    return hsm::fail(hsm::Rv::arguments_bad, "a token's label has 1 to 32 octets").about(label);
  }
  std::array<CK_UTF8CHAR, kLabelSize> padded;
  padded.fill(' ');
  std::memcpy(padded.data(), label.data(), label.size());
  return verdict((*module_)->C_InitToken(slot, octets_of(so_pin), so_pin.size(), padded.data()),
                 "the token cannot be initialised");
}

Status Tokens::set_user_pin(std::uint64_t slot, const Secret& so_pin, const Secret& user_pin) {
  const auto& module = *module_;
  const auto visit = TRY(Visit<Module>::open(module, slot, CKF_RW_SESSION));
  TRY(visit.log_in_officer(so_pin));
  return verdict(module->C_InitPIN(visit.handle(), octets_of(user_pin), user_pin.size()), "the user PIN cannot be set");
}

Result<TokenPolicy> Tokens::policy(std::uint64_t slot) const {
  const auto visit = TRY(Visit<Module>::open(*module_, slot, 0));
  const auto object = TRY(visit.policy_object());
  const auto profile = TRY(visit.numbers(object, kProfile));
  auto on = TRY(visit.numbers(object, kChecksOn));
  auto in_part = TRY(visit.numbers(object, kChecksInPart));
  return TokenPolicy{profile.at(0), std::move(on), std::move(in_part)};
}

Status Tokens::set_policy(std::uint64_t slot, const Secret& so_pin, std::uint64_t profile) {
  const auto& module = *module_;
  const auto visit = TRY(Visit<Module>::open(module, slot, CKF_RW_SESSION));
  const auto object = TRY(visit.policy_object());
  TRY(visit.log_in_officer(so_pin));
  CK_ULONG number = profile;
  CK_ATTRIBUTE change{kProfile, &number, sizeof number};
  return verdict(module->C_SetAttributeValue(visit.handle(), object, &change, 1), "the policy cannot be changed");
}

Result<std::uint64_t> Tokens::log_in(std::uint64_t slot, const Secret& user_pin) {
  CK_SESSION_HANDLE session = 0;
  TRY(verdict((*module_)->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session),
              "the token gives no session"));
  TRY(verdict((*module_)->C_Login(session, CKU_USER, octets_of(user_pin), user_pin.size()), "the user cannot log in"));
  return std::uint64_t{session};
}

Result<bool> Tokens::has(std::uint64_t session, const std::vector<NewAttribute>& attributes) const {
  RawTemplate wanted(attributes);
  TRY(verdict((*module_)->C_FindObjectsInit(session, wanted.data(), wanted.size()), "the token does not search"));
  CK_OBJECT_HANDLE found = 0;
  CK_ULONG count = 0;
  const auto outcome = (*module_)->C_FindObjects(session, &found, 1, &count);
  (*module_)->C_FindObjectsFinal(session);
  TRY(verdict(outcome, "the token does not search"));
  return count != 0;
}

Status Tokens::create(std::uint64_t session, const std::vector<NewAttribute>& attributes) {
  RawTemplate given(attributes);
  CK_OBJECT_HANDLE made = 0;
  return verdict((*module_)->C_CreateObject(session, given.data(), given.size(), &made), "the token does not take the object");
}

}  // namespace kms::p11
