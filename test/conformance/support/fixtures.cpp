#include "fixtures.h"

#include <algorithm>

namespace conformance {

std::vector<CK_SLOT_ID> slots(bool with_token_only) {
  CK_ULONG count = 0;
  Rv(p11().C_GetSlotList(with_token_only ? CK_TRUE : CK_FALSE, nullptr, &count)).must();
  std::vector<CK_SLOT_ID> all(count + 1);
  Rv(p11().C_GetSlotList(with_token_only ? CK_TRUE : CK_FALSE, all.data(), &count)).must();
  all.resize(count);
  return all;
}

CK_TOKEN_INFO token_info(CK_SLOT_ID slot) {
  CK_TOKEN_INFO info{};
  Rv(p11().C_GetTokenInfo(slot, &info)).must();
  return info;
}

CK_FLAGS token_flags(CK_SLOT_ID slot) { return token_info(slot).flags; }

std::string label_of(const CK_TOKEN_INFO& info) {
  std::string label(reinterpret_cast<const char*>(info.label), sizeof info.label);
  label.erase(label.find_last_not_of(' ') + 1);
  return label;
}

CK_SLOT_ID empty_slot() {
  for (CK_SLOT_ID slot : slots(true))
    if (!(token_flags(slot) & CKF_TOKEN_INITIALIZED)) return slot;
  BOOST_FAIL("no slot offers a token to initialize");
  return 0;
}

Rv init_token(CK_SLOT_ID slot, std::string_view so_pin, std::string_view label) {
  CK_UTF8CHAR padded[32];
  std::ranges::fill(padded, CK_UTF8CHAR{' '});
  std::ranges::copy(label.substr(0, sizeof padded), padded);
  const Bytes pin = from_text(so_pin);
  return p11().C_InitToken(slot, readable(pin), pin.size(), padded);
}

CK_SLOT_ID slot_labelled(std::string_view label) {
  for (CK_SLOT_ID slot : slots(true))
    if (label_of(token_info(slot)) == label) return slot;
  BOOST_FAIL("no token is labelled " << label);
  return 0;
}

Initialized::Initialized() { Rv(p11().C_Initialize(nullptr)).must(); }

void Initialized::restart() {
  Rv(p11().C_Finalize(nullptr)).must();
  Rv(p11().C_Initialize(nullptr)).must();
}

static std::string fresh_label() {
  static int made = 0;
  return "fresh " + std::to_string(++made);
}

FreshToken::FreshToken() : label(fresh_label()), slot(empty_slot()) {
  init_token(slot, kSoPin, label).must();
  find_again();
}

void FreshToken::find_again() { slot = slot_labelled(label); }

void FreshToken::give_user_pin(std::string_view pin) {
  Session officer(slot);
  officer.login(CKU_SO, kSoPin).must();
  officer.init_pin(pin).must();
  officer.logout().must();
}

// Of the object by which a token of ours tells its policy (docs/policy.md).
static constexpr CK_ULONG kPolicyFeature = CKH_VENDOR_DEFINED | 0x4B01;
static constexpr CK_ATTRIBUTE_TYPE kPolicyProfile = CKA_VENDOR_DEFINED | 0x4B01;
static constexpr CK_ULONG kCompatible = 1;

static void be_compatible(Session& officer) {
  for (CK_OBJECT_HANDLE policy : officer.find({{CKA_CLASS, CKO_HW_FEATURE}, {CKA_HW_FEATURE_TYPE, kPolicyFeature}}))
    officer.set(policy, {{kPolicyProfile, kCompatible}}).must();
}

enum class Policy { as_made, compatible };

static void make_token(std::string_view label, Policy policy) {
  const CK_SLOT_ID slot = empty_slot();
  init_token(slot, kSoPin, label).must();
  Session officer(slot_labelled(label));
  officer.login(CKU_SO, kSoPin).must();
  officer.init_pin(kUserPin).must();
  if (policy == Policy::compatible) be_compatible(officer);
}

static constexpr std::string_view kSharedLabel = "shared";
static constexpr std::string_view kCompatibleLabel = "compatible";

static void make_shared_token() {
  static bool made = false;
  if (!std::exchange(made, true)) make_token(kSharedLabel, Policy::as_made);
}

static void make_compatible_token() {
  static bool made = false;
  if (!std::exchange(made, true)) make_token(kCompatibleLabel, Policy::compatible);
}

Token::Token() : slot((make_shared_token(), slot_labelled(kSharedLabel))) {}

CompatibleToken::CompatibleToken() : slot((make_compatible_token(), slot_labelled(kCompatibleLabel))) {}

static void clean(const Session& used, CK_SLOT_ID slot) {
  p11().C_FindObjectsFinal(used.handle());
  Session cleaner(slot);
  cleaner.login(CKU_USER, kUserPin);  // already logged in, unless the test logged out
  for (CK_OBJECT_HANDLE object : cleaner.find({{CKA_TOKEN, true}})) cleaner.destroy(object);
}

UserSession::~UserSession() { clean(session, slot); }
CompatibleSession::~CompatibleSession() { clean(session, slot); }

}  // namespace conformance
