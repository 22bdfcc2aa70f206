#include "kms/p11/init_token.h"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <optional>
#include <vector>

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

/// A module that is initialised while this lives. It stays loaded: its exit handlers must not dangle.
class Module {
 public:
  static Result<Module> load(const std::filesystem::path& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = dlerror();
      return hsm::fail(hsm::Rv::library_load_failed, "the PKCS#11 module cannot be loaded").about(reason != nullptr ? reason : path.string());
    }
    void* symbol = dlsym(library, "C_GetFunctionList");
    CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR) = nullptr;
    std::memcpy(&get_list, &symbol, sizeof symbol);
    if (get_list == nullptr) return hsm::fail(hsm::Rv::library_load_failed, "not a PKCS#11 module").about(path.string());
    CK_FUNCTION_LIST* functions = nullptr;
    TRY(verdict(get_list(&functions), "the module gives no function list"));
    TRY(verdict(functions->C_Initialize(nullptr), "the module does not initialise"));
    return Module(functions);
  }
  Module(Module&& other) noexcept : functions_(std::exchange(other.functions_, nullptr)) {}
  Module& operator=(Module&&) = delete;
  ~Module() {
    if (functions_ != nullptr) functions_->C_Finalize(nullptr);
  }
  CK_FUNCTION_LIST* operator->() const { return functions_; }

 private:
  explicit Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_;
};

using Label = std::array<CK_UTF8CHAR, kLabelSize>;

Label padded(const std::string& text) {
  Label label;
  label.fill(' ');
  std::memcpy(label.data(), text.data(), text.size());
  return label;
}

/// The interface takes PINs as pointers to non-const and does not write there.
CK_UTF8CHAR* octets_of(const Secret& pin) { return const_cast<CK_UTF8CHAR*>(SecretAccess::bytes(pin).data()); }

struct Place {
  CK_SLOT_ID slot = 0;
  bool initialised = false, has_user_pin = false;
};

Result<Place> find_place(const Module& module, const Label& label) {
  CK_ULONG count = 0;
  TRY(verdict(module->C_GetSlotList(CK_TRUE, nullptr, &count), "list the slots"));
  std::vector<CK_SLOT_ID> slots(count);
  TRY(verdict(module->C_GetSlotList(CK_TRUE, slots.data(), &count), "list the slots"));
  slots.resize(count);
  std::optional<Place> free;
  for (const auto slot : slots) {
    CK_TOKEN_INFO info{};
    if (module->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    const bool initialised = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
    if (initialised && std::memcmp(info.label, label.data(), label.size()) == 0) {
      return Place{slot, true, (info.flags & CKF_USER_PIN_INITIALIZED) != 0};
    }
    if (!initialised && !free) free = Place{slot, false, false};
  }
  if (!free) return hsm::fail(hsm::Rv::token_not_present, "the module has no token that is not initialised");
  return *free;
}

Status set_user_pin(const Module& module, CK_SLOT_ID slot, const Secret& so_pin, const Secret& user_pin) {
  CK_SESSION_HANDLE session = 0;
  TRY(verdict(module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "open a session"));
  auto outcome = verdict(module->C_Login(session, CKU_SO, octets_of(so_pin), so_pin.size()), "log in as security officer");
  if (outcome) outcome = verdict(module->C_InitPIN(session, octets_of(user_pin), user_pin.size()), "set the user PIN");
  module->C_CloseSession(session);
  return outcome;
}

}  // namespace

Status init_token(const NewToken& wanted, const Secret& so_pin, const Secret& user_pin) {
  if (wanted.label.empty() || wanted.label.size() > kLabelSize) {
    return hsm::fail(hsm::Rv::arguments_bad, "a token label has 1 to 32 octets").about(wanted.label);
  }
  const auto module = TRY(Module::load(wanted.module));
  auto label = padded(wanted.label);
  const auto place = TRY(find_place(module, label));
  if (place.has_user_pin) return hsm::Done{};
  if (!place.initialised) {
    TRY(verdict(module->C_InitToken(place.slot, octets_of(so_pin), so_pin.size(), label.data()), "initialise the token"));
  }
  // SoftHSM gives a token another slot once it is initialised.
  return set_user_pin(module, TRY(find_place(module, label)).slot, so_pin, user_pin);
}

}  // namespace kms::p11
