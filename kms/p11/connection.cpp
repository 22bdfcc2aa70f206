#include "kms/p11/connection.h"

#include <dlfcn.h>

#include "hsm/base/log.h"
#include "kms/p11/secret_access.h"
#include "kms/p11/template.h"

namespace kms::p11 {
namespace {

std::string trimmed(const CK_UTF8CHAR* text, std::size_t size) {
  std::string result(hsm::text_of(ByteView(text, size)));
  result.erase(result.find_last_not_of(' ') + 1);
  return result;
}

}  // namespace

Session::~Session() {
  if (connection_ != nullptr) connection_->give_back(handle_, generation_);
}

Result<std::vector<CK_OBJECT_HANDLE>> Session::find_all(ByteView id) const {
  Template wanted;
  wanted.flag(CKA_TOKEN, true).bytes(CKA_ID, id);
  TRY(verdict(call().C_FindObjectsInit(handle_, wanted.data(), wanted.size()), "search for a key"));
  std::vector<CK_OBJECT_HANDLE> found(16);
  CK_ULONG count = 0;
  const auto rv = call().C_FindObjects(handle_, found.data(), found.size(), &count);
  call().C_FindObjectsFinal(handle_);
  TRY(verdict(rv, "search for a key"));
  found.resize(count);
  return found;
}

Result<CK_OBJECT_HANDLE> Session::find(const KeyRef& key) const {
  if (key.generation_.load(std::memory_order_acquire) == generation_) {
    return key.handle_.load(std::memory_order_relaxed);
  }
  Template wanted;
  const bool secret = key.kind_ == KeyRef::Class::secret;
  wanted.number(CKA_CLASS, secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY).flag(CKA_TOKEN, true).bytes(CKA_ID, key.id_);
  TRY(verdict(call().C_FindObjectsInit(handle_, wanted.data(), wanted.size()), "search for a key"));
  CK_OBJECT_HANDLE handle = 0;
  CK_ULONG count = 0;
  const auto rv = call().C_FindObjects(handle_, &handle, 1, &count);
  call().C_FindObjectsFinal(handle_);
  TRY(verdict(rv, "search for a key"));
  if (count == 0) return hsm::fail(hsm::Rv::key_handle_invalid, "the token does not have this key");
  key.handle_.store(handle, std::memory_order_relaxed);
  key.generation_.store(generation_, std::memory_order_release);
  return handle;
}

Result<std::unique_ptr<Connection>> Connection::open(Settings settings, Secret pin) {
  std::unique_ptr<Connection> connection(new Connection(std::move(settings), std::move(pin)));
  TRY(connection->load());
  TRY(connection->choose_slot());
  TRY(connection->log_in());
  connection->probe();
  return connection;
}

Connection::~Connection() {
  if (functions_ == nullptr) return;
  for (const auto session : free_) functions_->C_CloseSession(session);
  if (keeper_ != 0) functions_->C_CloseSession(keeper_);
  // The library stays loaded: modules register exit handlers of their own, which must not dangle.
  if (initialised_here_) functions_->C_Finalize(nullptr);
}

Status Connection::load() {
  void* library = dlopen(settings_.module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return hsm::fail(hsm::Rv::library_load_failed, "the PKCS#11 module cannot be loaded")
        .about(reason != nullptr ? reason : settings_.module.string());
  }
  void* symbol = dlsym(library, "C_GetFunctionList");
  CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR) = nullptr;
  std::memcpy(&get_list, &symbol, sizeof symbol);  // a cast from object to function pointer, as POSIX allows it
  if (get_list == nullptr) {
    return hsm::fail(hsm::Rv::library_load_failed, "not a PKCS#11 module").about(settings_.module.string());
  }
  TRY(verdict(get_list(&functions_), "the module gives no function list"));
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const auto rv = functions_->C_Initialize(&arguments);
  if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) return hsm::Done{};
  TRY(verdict(rv, "the module does not initialise"));
  initialised_here_ = true;
  return hsm::Done{};
}

Status Connection::choose_slot() {
  CK_ULONG count = 0;
  TRY(verdict(functions_->C_GetSlotList(CK_TRUE, nullptr, &count), "list the slots"));
  std::vector<CK_SLOT_ID> slots(count);
  TRY(verdict(functions_->C_GetSlotList(CK_TRUE, slots.data(), &count), "list the slots"));
  slots.resize(count);
  for (const auto slot : slots) {
    CK_TOKEN_INFO info{};
    if (functions_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    const auto label = trimmed(info.label, sizeof info.label);
    const bool usable = (info.flags & CKF_USER_PIN_INITIALIZED) != 0;
    if (settings_.token_label ? label != *settings_.token_label : !usable) continue;
    slot_ = slot;
    offers_.token_label = label;
    offers_.manufacturer = trimmed(info.manufacturerID, sizeof info.manufacturerID);
    return hsm::Done{};
  }
  return hsm::fail(hsm::Rv::token_not_present, "no such token with a user PIN in this module")
      .about(settings_.token_label.value_or(settings_.module.string()));
}

Result<CK_SESSION_HANDLE> Connection::open_session() {
  CK_SESSION_HANDLE session = 0;
  TRY(verdict(functions_->C_OpenSession(slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session),
              "open a session"));
  return session;
}

Status Connection::log_in() {
  keeper_ = TRY(open_session());
  const auto pin = SecretAccess::bytes(pin_);
  const auto rv = functions_->C_Login(keeper_, CKU_USER, const_cast<CK_UTF8CHAR*>(pin.data()), pin.size());
  if (rv == CKR_USER_ALREADY_LOGGED_IN) return hsm::Done{};
  const auto about_token = [&](hsm::Literal why) { return hsm::fail(static_cast<hsm::Rv>(rv), why).about(offers_.token_label); };
  if (rv == CKR_PIN_INCORRECT) return about_token("wrong user PIN for the token; too many wrong ones lock it");
  if (rv == CKR_PIN_LOCKED) return about_token("the user PIN is locked; its security officer sets a new one with `keymantle token set-user-pin`");
  if (rv == CKR_USER_PIN_NOT_INITIALIZED) return about_token("the token has no user PIN; its security officer sets one with `keymantle token set-user-pin`");
  if (rv != CKR_OK) return about_token("the token refuses the login");
  return hsm::Done{};
}

void Connection::probe() {
  const auto has = [&](CK_MECHANISM_TYPE type, CK_FLAGS flags) {
    CK_MECHANISM_INFO info{};
    return functions_->C_GetMechanismInfo(slot_, type, &info) == CKR_OK && (info.flags & flags) == flags;
  };
  offers_.gcm_wrap = has(CKM_AES_GCM, CKF_WRAP | CKF_UNWRAP);
  offers_.key_wrap_pad = has(CKM_AES_KEY_WRAP_PAD, CKF_WRAP | CKF_UNWRAP);
}

bool Connection::is_loss(hsm::Rv rv) {
  switch (rv) {
    case hsm::Rv::session_handle_invalid:
    case hsm::Rv::session_closed:
    case hsm::Rv::device_error:
    case hsm::Rv::device_removed:
    case hsm::Rv::token_not_present:
    case hsm::Rv::user_not_logged_in:
    case hsm::Rv::cryptoki_not_initialized:
      return true;
    default:
      return false;
  }
}

Result<Session> Connection::take() {
  {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return !free_.empty() || out_ < settings_.max_sessions; });
    ++out_;
    if (!free_.empty()) {
      const auto handle = free_.back();
      free_.pop_back();
      return Session(*this, handle, generation_.load(std::memory_order_relaxed));
    }
  }
  const auto generation = generation_.load(std::memory_order_acquire);
  auto handle = open_session();
  if (!handle && is_loss(handle.error().rv) && recover(generation)) handle = open_session();
  if (!handle) {
    const std::lock_guard lock(mutex_);
    --out_;
    freed_.notify_one();
    return std::move(handle).error();
  }
  return Session(*this, *handle, generation_.load(std::memory_order_acquire));
}

void Connection::give_back(CK_SESSION_HANDLE handle, std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  --out_;
  if (generation == generation_.load(std::memory_order_relaxed)) free_.push_back(handle);
  freed_.notify_one();
}

Status Connection::recover(std::uint64_t generation) {
  const std::lock_guard one_at_a_time(recovery_);
  if (generation_.load(std::memory_order_acquire) != generation) return hsm::Done{};  // somebody else did it
  hsm::log::warning("the PKCS#11 module lost its sessions; logging in again");
  {
    const std::lock_guard lock(mutex_);
    free_.clear();
  }
  functions_->C_CloseAllSessions(slot_);
  CK_INFO info{};
  if (functions_->C_GetInfo(&info) == CKR_CRYPTOKI_NOT_INITIALIZED) {
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    TRY(verdict(functions_->C_Initialize(&arguments), "the module does not initialise"));
  }
  TRY(choose_slot());
  TRY(log_in());
  {
    // Sessions given back meanwhile belong to the old login: dropped with the counter, in one step.
    const std::lock_guard lock(mutex_);
    free_.clear();
    generation_.store(generation + 1, std::memory_order_release);
  }
  return hsm::Done{};
}

}  // namespace kms::p11
