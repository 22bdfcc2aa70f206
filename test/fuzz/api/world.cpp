#include "test/fuzz/api/world.h"

#include <stdlib.h>

#include <stdexcept>

namespace fuzz {
namespace {

namespace fs = std::filesystem;

const std::string kSoPin = "12345678";
const std::string kUserPin = "7654321x";
constexpr std::string_view kStrict = "strict", kCompatible = "compatible";

// docs/policy.md
constexpr CK_ULONG kPolicyFeature = CKH_VENDOR_DEFINED | 0x4B01;
constexpr CK_ATTRIBUTE_TYPE kPolicyProfile = CKA_VENDOR_DEFINED | 0x4B01;
CK_ULONG compatible_profile = 1;

constexpr auto kReturnValues = std::to_array<CK_RV>({
#define ROW(name, number) name,
    CK_RETURN_VALUES(ROW)
#undef ROW
});

void must(CK_RV rv, const char* what) {
  if (rv != CKR_OK) throw std::runtime_error(std::string("the fuzzer's store cannot be made: ") + what + " answers " + std::to_string(rv));
}

CK_BYTE_PTR octets_of(const std::string& text) { return reinterpret_cast<CK_BYTE_PTR>(const_cast<char*>(text.data())); }

}  // namespace

World::World() {
  auto name = (fs::temp_directory_path() / "keymantle-fuzz-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  folder_ = name;
  for (const auto* variable : {"KEYMANTLE_HSM", "KEYMANTLE_CONF", "KEYMANTLE_LOG"}) ::unsetenv(variable);
  ::setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
  ::setenv("KEYMANTLE_STORE", (folder_ / "store").c_str(), 1);
  ::setenv("KEYMANTLE_PINS", "rehearsal", 1);
  must(C_Initialize(nullptr), "C_Initialize");
  make_token(kStrict, false);
  make_token(kCompatible, true);
  know_mechanisms(slots_.back());  // of the compatible one, which has more
  must(C_Finalize(nullptr), "C_Finalize");
  fs::copy(folder_ / "store", folder_ / "pristine", fs::copy_options::recursive);
  start();
}

World::~World() {
  // Not C_Finalize: at the end of the process the module leaves its device to the system, which looks like a leak.
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void World::start() {
  must(C_Initialize(nullptr), "C_Initialize");
  running_ = true;
  changed_ = false;
  find_slots();
}

void World::know_mechanisms(CK_SLOT_ID slot) {
  CK_ULONG count = 0;
  must(C_GetMechanismList(slot, nullptr, &count), "C_GetMechanismList");
  std::vector<CK_MECHANISM_TYPE> all(count);
  must(C_GetMechanismList(slot, all.data(), &count), "C_GetMechanismList");
  MechanismMaker::prefer(std::move(all));
}

void World::find_slots() {
  CK_ULONG count = 0;
  must(C_GetSlotList(CK_TRUE, nullptr, &count), "C_GetSlotList");
  slots_.resize(count);
  must(C_GetSlotList(CK_TRUE, slots_.data(), &count), "C_GetSlotList");
}

void World::make_token(std::string_view label, bool compatible) {
  find_slots();
  CK_UTF8CHAR padded[32];
  std::ranges::fill(padded, CK_UTF8CHAR{' '});
  std::ranges::copy(label, padded);
  const auto empty = slots_.back();  // the last slot is the one without a token
  must(C_InitToken(empty, octets_of(kSoPin), kSoPin.size(), padded), "C_InitToken");
  CK_SESSION_HANDLE session = 0;
  must(C_OpenSession(empty, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession");
  must(C_Login(session, CKU_SO, octets_of(kSoPin), kSoPin.size()), "C_Login");
  must(C_InitPIN(session, octets_of(kUserPin), kUserPin.size()), "C_InitPIN");
  if (compatible) {
    CK_OBJECT_CLASS feature = CKO_HW_FEATURE;
    CK_ULONG type = kPolicyFeature, found = 0;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &feature, sizeof feature}, {CKA_HW_FEATURE_TYPE, &type, sizeof type}};
    CK_OBJECT_HANDLE policy = 0;
    must(C_FindObjectsInit(session, wanted, std::size(wanted)), "C_FindObjectsInit");
    must(C_FindObjects(session, &policy, 1, &found), "C_FindObjects");
    must(C_FindObjectsFinal(session), "C_FindObjectsFinal");
    CK_ATTRIBUTE profile{kPolicyProfile, &compatible_profile, sizeof compatible_profile};
    must(C_SetAttributeValue(session, policy, &profile, 1), "C_SetAttributeValue");
  }
  must(C_Logout(session), "C_Logout");
  must(C_Login(session, CKU_USER, octets_of(kUserPin), kUserPin.size()), "C_Login");
  make_keys(session, compatible);
  must(C_CloseAllSessions(empty), "C_CloseAllSessions");
}

/// One key or pair for each family, on the token. Where the policy lets a key have several uses, it has all.
void World::make_keys(CK_SESSION_HANDLE session, bool all_uses) {
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ULONG length = 32, xts_length = 64, bits = 2048;
  CK_OBJECT_HANDLE key = 0, pair = 0;
  using Given = std::vector<CK_ATTRIBUTE>;
  const auto with = [](Given given, const Given& more) {
    given.insert(given.end(), more.begin(), more.end());
    return given;
  };
  const auto uses = [&](std::initializer_list<CK_ATTRIBUTE_TYPE> types) {
    Given given{{CKA_TOKEN, &yes, sizeof yes}};
    if (all_uses)
      for (const auto type : types) given.push_back({type, &yes, sizeof yes});
    return given;
  };
  const auto every_use = uses({CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE});
  const Given sensitive{{CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &yes, sizeof yes}};
  const Given readable{{CKA_SENSITIVE, &no, sizeof no}, {CKA_EXTRACTABLE, &yes, sizeof yes}};
  const auto generate = [&](CK_MECHANISM_TYPE type, Given given) {
    CK_MECHANISM mechanism{type, nullptr, 0};
    must(C_GenerateKey(session, &mechanism, given.data(), given.size(), &key), "C_GenerateKey");
  };
  for (const auto type : {CKM_AES_KEY_GEN, CKM_GENERIC_SECRET_KEY_GEN})
    for (const auto& protection : {sensitive, readable}) generate(type, with(with(every_use, protection), {{CKA_VALUE_LEN, &length, sizeof length}}));
  generate(CKM_CHACHA20_KEY_GEN, every_use);
  generate(CKM_AES_XTS_KEY_GEN, with(every_use, {{CKA_VALUE_LEN, &xts_length, sizeof xts_length}}));

  CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  CK_BYTE ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
  CK_BYTE x25519[] = {0x06, 0x03, 0x2b, 0x65, 0x6e};
  const auto generate_pair = [&](CK_MECHANISM_TYPE type, Given open, Given closed) {
    CK_MECHANISM mechanism{type, nullptr, 0};
    must(C_GenerateKeyPair(session, &mechanism, open.data(), open.size(), closed.data(), closed.size(), &pair, &key), "C_GenerateKeyPair");
  };
  const Given derives{{CKA_TOKEN, &yes, sizeof yes}, {CKA_DERIVE, &yes, sizeof yes}};
  const Given token{{CKA_TOKEN, &yes, sizeof yes}};
  generate_pair(CKM_EC_KEY_PAIR_GEN, {{CKA_TOKEN, &yes, sizeof yes}, {CKA_EC_PARAMS, p256, sizeof p256}}, with(derives, {{CKA_SIGN, &yes, sizeof yes}}));
  generate_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, {{CKA_TOKEN, &yes, sizeof yes}, {CKA_EC_PARAMS, ed25519, sizeof ed25519}}, token);
  generate_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {{CKA_TOKEN, &yes, sizeof yes}, {CKA_EC_PARAMS, x25519, sizeof x25519}}, derives);
  generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN,
                with(uses({CKA_ENCRYPT, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP, CKA_ENCAPSULATE}), {{CKA_MODULUS_BITS, &bits, sizeof bits}}),
                uses({CKA_DECRYPT, CKA_SIGN, CKA_SIGN_RECOVER, CKA_UNWRAP, CKA_DECAPSULATE}));
}

const World::Opened* World::find(CK_SESSION_HANDLE session) const {
  const auto at = std::ranges::find(sessions_, session, &Opened::handle);
  return at == sessions_.end() ? nullptr : &*at;
}

CK_SESSION_HANDLE World::session() {
  if (choices().once_in(32)) return choices().number();
  return sessions_.empty() ? CK_INVALID_HANDLE : sessions_[choices().below(sessions_.size())].handle;
}

CK_OBJECT_HANDLE World::object() {
  if (choices().once_in(32)) return choices().number();
  return objects_.empty() ? CK_INVALID_HANDLE : choices().one_of(objects_);
}

CK_OBJECT_HANDLE World::key(std::uint32_t use) {
  const auto* row = mechanisms().row();
  if (row == nullptr || choices().once_in(8)) return object();
  constexpr std::uint32_t kOpen = hsm::uses_encrypt | hsm::uses_verify | hsm::uses_verify_recover | hsm::uses_wrap | hsm::uses_encapsulate;
  Handles fitting;
  for (const auto& [handle, kind] : kinds_) {
    if (kind.object_class == hsm::ObjectClass::private_key && (use & kOpen) != 0) continue;
    if (kind.object_class == hsm::ObjectClass::public_key && (use & kOpen) == 0) continue;
    if (hsm::takes_key(*row, kind.object_class, kind.type)) fitting.push_back(handle);
  }
  return fitting.empty() ? object() : choices().one_of(fitting);
}

/// Remembers what kind of key it is, if it is one and can be seen.
void World::know(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  CK_ULONG object_class = 0, type = 0;
  CK_ATTRIBUTE asked[] = {{CKA_CLASS, &object_class, sizeof object_class}, {CKA_KEY_TYPE, &type, sizeof type}};
  if (C_GetAttributeValue(session, object, asked, std::size(asked)) != CKR_OK) return;
  kinds_[object] = {static_cast<hsm::ObjectClass>(object_class), static_cast<hsm::KeyType>(type)};
}

CK_SLOT_ID World::slot() {
  if (choices().once_in(16)) return choices().number();
  return slots_[choices().below(slots_.size())];
}

In World::pin() {
  if (choices().once_in(8)) return changed(), memory().input(Limit::memory);
  const auto& pin = choices().once_in(2) ? kSoPin : kUserPin;
  if (choices().once_in(16)) return changed(), memory().input(Octets(pin.begin(), pin.end() - 1));
  return memory().input(Octets(pin.begin(), pin.end()));
}

CK_RV World::judge(CK_RV rv, Trouble trouble) {
  if (std::ranges::find(kReturnValues, rv) == kReturnValues.end() || rv == CKR_VENDOR_DEFINED) broken("an answer that the standard does not define");
  if (trouble == Trouble::is_a_bug && (rv == CKR_GENERAL_ERROR || rv == CKR_DEVICE_ERROR || rv == CKR_HOST_MEMORY || rv == CKR_FUNCTION_FAILED))
    broken("CKR_GENERAL_ERROR, CKR_DEVICE_ERROR, CKR_HOST_MEMORY or CKR_FUNCTION_FAILED without a cause");
  if (running_ && rv == CKR_CRYPTOKI_NOT_INITIALIZED) broken("CKR_CRYPTOKI_NOT_INITIALIZED while the module is initialised");
  if (!running_ && trouble == Trouble::is_a_bug && rv != CKR_CRYPTOKI_NOT_INITIALIZED) broken("an answer of a module that is not initialised");
  memory().check(rv);
  return last_ = rv;
}

void World::made(CK_RV rv, const CK_OBJECT_HANDLE* object) {
  static constexpr std::size_t kMostObjects = 256;
  if (templates().asked_for_token()) changed();
  if (rv != CKR_OK || object == nullptr) return;
  if (*object == CK_INVALID_HANDLE) broken("an object with the handle that stands for none");
  if (objects_.size() < kMostObjects) objects_.insert(objects_.begin(), *object);
  if (!sessions_.empty()) know(sessions_.front().handle, *object);
}

void World::opened(CK_SLOT_ID slot, bool read_write, CK_SESSION_HANDLE session) {
  if (session == CK_INVALID_HANDLE || find(session) != nullptr) broken("a session with the handle of another");
  sessions_.push_back({session, slot, read_write});
}

void World::closed(CK_SESSION_HANDLE session) {
  const auto* known = find(session);
  if (known == nullptr) broken("a session was closed that was not open");
  const auto slot = known->slot;
  sessions_.erase(sessions_.begin() + (known - sessions_.data()));
  if (std::ranges::find(sessions_, slot, &Opened::slot) == sessions_.end()) users_.erase(slot);
}

void World::closed_all(CK_SLOT_ID slot) {
  std::erase_if(sessions_, [slot](const Opened& one) { return one.slot == slot; });
  users_.erase(slot);
}

void World::logged_in(CK_SESSION_HANDLE session, CK_USER_TYPE user) {
  const auto* known = find(session);
  if (known == nullptr) broken("a login in a session that is not open");
  if (user == CKU_CONTEXT_SPECIFIC) return;
  if (users_.contains(known->slot)) broken("a second login");
  users_[known->slot] = user;
}

void World::logged_out(CK_SESSION_HANDLE session) {
  const auto* known = find(session);
  if (known == nullptr || users_.erase(known->slot) == 0) broken("a logout of nobody");
}

void World::initialized() {
  if (running_) broken("a second C_Initialize");
  running_ = true;
  find_slots();
}

void World::finalized() {
  if (!running_) broken("a second C_Finalize");
  running_ = false;
  sessions_.clear();
  users_.clear();
}

void World::check_sessions() const {
  for (const auto& one : sessions_) {
    CK_SESSION_INFO info{};
    if (C_GetSessionInfo(one.handle, &info) != CKR_OK) broken("a session is gone that nobody closed");
    const auto user = users_.find(one.slot);
    const auto state = user == users_.end()      ? (one.read_write ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION)
                       : user->second == CKU_SO ? CKS_RW_SO_FUNCTIONS
                                                : (one.read_write ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS);
    if (info.slotID != one.slot || info.state != state) broken("a session in a state that does not follow from the logins");
  }
  for (const auto slot : slots_) {
    CK_TOKEN_INFO info{};
    if (const auto rv = C_GetTokenInfo(slot, &info); rv != CKR_OK) broken("a token is gone");
    const auto count = std::ranges::count(sessions_, slot, &Opened::slot);
    if (info.ulSessionCount != static_cast<CK_ULONG>(count)) broken("a token that counts other sessions than are open");
  }
}

void World::find_objects(CK_SESSION_HANDLE session) {
  objects_.resize(64);
  CK_ULONG found = 0;
  if (C_FindObjectsInit(session, nullptr, 0) != CKR_OK || C_FindObjects(session, objects_.data(), objects_.size(), &found) != CKR_OK ||
      C_FindObjectsFinal(session) != CKR_OK)
    broken("the objects of the token cannot be found");
  objects_.resize(found);
  for (const auto object : objects_) know(session, object);
}

/// Most inputs begin where something can be done: in a session, logged in, with the keys of the token.
void World::begin() {
  calling("the opening");
  objects_.clear();
  kinds_.clear();
  const auto how = choices().octet();
  const auto slot = slots_[(how & 1) % slots_.size()];
  const bool read_write = (how & 2) == 0;
  if ((how & 0x1C) == 0x1C) return;
  CK_SESSION_HANDLE session = 0;
  must(C_OpenSession(slot, CKF_SERIAL_SESSION | (read_write ? CKF_RW_SESSION : 0), nullptr, nullptr, &session), "C_OpenSession");
  opened(slot, read_write, session);
  if ((how & 0x0C) == 0x0C) return;
  const bool officer = read_write && (how & 0x1C) == 0x18;
  const auto& pin = officer ? kSoPin : kUserPin;
  must(C_Login(session, officer ? CKU_SO : CKU_USER, octets_of(pin), pin.size()), "C_Login");
  logged_in(session, officer ? CKU_SO : CKU_USER);
  find_objects(session);
}

void World::run(std::span<const std::uint8_t> octets) {
  Choices choices(octets);
  Memory memory(choices);
  TemplateMaker templates(choices, memory);
  MechanismMaker mechanisms(choices, memory, objects_);
  choices_ = &choices;
  memory_ = &memory;
  templates_ = &templates;
  mechanisms_ = &mechanisms;
  begin();
  for (calls_ = 0; calls_ < kMostCalls && !choices.at_end(); ++calls_) {
    make_a_call(*this);
    memory.release();
  }
  end();
}

void World::end() {
  calling("the end");
  if (running_) {
    check_sessions();
    for (const auto slot : slots_) must(C_CloseAllSessions(slot), "C_CloseAllSessions");
    sessions_.clear();
    users_.clear();
    check_sessions();
  }
  if (!changed_ && running_) return;
  if (running_) must(C_Finalize(nullptr), "C_Finalize");
  running_ = false;
  if (changed_) {
    fs::remove_all(folder_ / "store");
    fs::copy(folder_ / "pristine", folder_ / "store", fs::copy_options::recursive);
  }
  start();
}

}  // namespace fuzz
