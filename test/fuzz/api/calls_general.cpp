#include "test/fuzz/api/calls.h"

namespace fuzz {
namespace {

using Trouble = World::Trouble;

CK_RV succeed(CK_VOID_PTR) { return CKR_OK; }
CK_RV create(CK_VOID_PTR_PTR mutex) { return *mutex = nullptr, CKR_OK; }

/// Places that none of these names would be made at: the fuzzer writes to its own store only.
constexpr std::string_view kBadSettings[] = {"", ";", "store", "store=", "hsm=", "hsm=unix:", "hsm=unix:/nonexistent/socket", "hsm=tcp:1", "config=/nonexistent", "config=/dev/null;store=/dev/null/x", "=;=", "other=1", "store=/dev/null"};

template <auto function, class... Front>
void get_list(World& w, Front... front) {
  static constexpr std::size_t kLarge = 4096;  // more than there are of anything
  const std::size_t real = w.choices().once_in(2) ? w.choices().octet() : kLarge;
  const CK_ULONG items = w.choices().once_in(16) && real == kLarge ? ~CK_ULONG{0} : real;
  auto* count = w.choices().once_in(16) ? nullptr : w.memory().number(items);
  auto* into = w.choices().once_in(4) ? nullptr : static_cast<CK_ULONG_PTR>(static_cast<void*>(w.memory().room(real * sizeof(CK_ULONG))));
  const auto rv = w.judge(function(front..., into, count));
  if (rv == CKR_OK && into != nullptr && *count > real) broken("more items than there is room for");
  if (rv == CKR_BUFFER_TOO_SMALL && (into == nullptr || *count <= items)) broken("CKR_BUFFER_TOO_SMALL for a list that is large enough");
}

}  // namespace

void initialize(World& w) {
  CK_C_INITIALIZE_ARGS arguments{};
  const auto choice = w.choices().octet();
  if ((choice & 1) != 0) arguments.CreateMutex = create;
  if ((choice & 2) != 0) arguments.DestroyMutex = succeed;
  if ((choice & 4) != 0) arguments.LockMutex = succeed;
  if ((choice & 8) != 0) arguments.UnlockMutex = succeed;
  arguments.flags = (choice & 0x10) != 0 ? w.choices().number() : CKF_OS_LOCKING_OK;
  std::string reserved = w.reserved();
  if ((choice & 0x20) != 0) reserved = w.choices().one_of(kBadSettings);
  if ((choice & 0x40) != 0) arguments.pReserved = w.memory().input(Octets(reserved.c_str(), reserved.c_str() + reserved.size() + 1)).data;
  auto* given = (choice & 0x80) != 0 ? nullptr : w.memory().place_for(arguments);
  const auto rv = w.judge(C_Initialize(given), Trouble::may_be);
  if (w.is_running() != (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)) broken("a module that does not know whether it is initialised");
  if (rv == CKR_OK) w.initialized();
}

void finalize(World& w) {
  if (!w.choices().once_in(4)) return;  // else few inputs would do much else
  auto* reserved = w.choices().once_in(8) ? w.memory().place(1) : nullptr;
  const bool was_running = w.is_running();
  const auto rv = w.judge(C_Finalize(reserved), Trouble::may_be);
  if ((rv == CKR_OK) != (was_running && reserved == nullptr)) broken("a module that does not know whether it is initialised");
  if (rv == CKR_OK) w.finalized();
}

void get_list_of_slots(World& w) {
  get_list<C_GetSlotList>(w, static_cast<CK_BBOOL>(w.choices().once_in(4) ? w.choices().octet() : w.choices().below(2)));
}

void get_list_of_mechanisms(World& w) { get_list<C_GetMechanismList>(w, w.slot()); }

void get_mechanism(World& w) {
  const auto slot = w.slot();
  const auto type = w.choices().once_in(4) ? w.choices().number() : static_cast<CK_MECHANISM_TYPE>(w.choices().one_of(hsm::all_mechanisms()).id);
  w.judge(C_GetMechanismInfo(slot, type, place<CK_MECHANISM_INFO>(w)));
}

void init_token(World& w) {
  static constexpr std::size_t kLabel = 32;
  if (!w.choices().once_in(4)) return;
  const auto slot = w.slot();
  const auto pin = w.pin();
  const auto label = w.choices().once_in(8) ? In{} : w.memory().input(Octets(kLabel, w.choices().octet()));
  w.changed();
  w.judge(C_InitToken(slot, pin.data, pin.size, label.data));
}

void wait_for_slot_event(World& w) {
  // Never blocking: nobody would wake it.
  const auto flags = CKF_DONT_BLOCK | (w.choices().once_in(8) ? w.choices().number() : 0);
  auto* slot = place<CK_SLOT_ID>(w);
  w.judge(C_WaitForSlotEvent(flags, slot, w.choices().once_in(8) ? w.memory().place(1) : nullptr));
}

void get_function_list(World& w) { w.judge(C_GetFunctionList(place<CK_FUNCTION_LIST_PTR>(w)), Trouble::may_be); }

void get_interfaces(World& w) {
  const auto items = w.choices().below(8);
  auto* list = w.choices().once_in(4) ? nullptr : static_cast<CK_INTERFACE_PTR>(static_cast<void*>(w.memory().room(items * sizeof(CK_INTERFACE))));
  auto* count = w.choices().once_in(16) ? nullptr : w.memory().number(items);
  const auto rv = w.judge(C_GetInterfaceList(list, count), Trouble::may_be);
  if (rv == CKR_OK && list != nullptr && *count > items) broken("more interfaces than there is room for");
}

void get_interface(World& w) {
  static constexpr std::string_view kNames[] = {"PKCS 11", "Vendor Keymantle", "", "PKCS 1", "PKCS 11 "};
  const auto& name = w.choices().one_of(kNames);
  Octets ended(name.begin(), name.end());
  ended.push_back(0);
  auto* text = w.choices().once_in(4) ? nullptr : w.memory().input(ended).data;
  const CK_VERSION version{w.choices().octet(), w.choices().octet()};
  auto* wanted = w.choices().once_in(2) ? nullptr : w.memory().place_for(version);
  auto* found = place<CK_INTERFACE_PTR>(w);
  const auto rv = w.judge(C_GetInterface(text, wanted, found, w.choices().once_in(4) ? w.choices().number() : 0), Trouble::may_be);
  if (rv == CKR_OK && *found == nullptr) broken("no interface, with CKR_OK");
}

}  // namespace fuzz
