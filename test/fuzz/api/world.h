#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "test/fuzz/api/mechanisms.h"
#include "test/fuzz/api/memory.h"
#include "test/fuzz/api/templates.h"

namespace fuzz {

/// The module on a store of its own, with a strict token, a compatible one and keys on both; and what we know of its state, so that each
/// answer can be checked against it. One per process. Every input finds it in the same state.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;

  /// Runs one input: an opening that logs in or does not, then up to kMostCalls calls.
  static constexpr int kMostCalls = 64;
  void run(std::span<const std::uint8_t> octets);

  // What the calls are made of.
  Choices& choices() { return *choices_; }
  Memory& memory() { return *memory_; }
  TemplateMaker& templates() { return *templates_; }
  MechanismMaker& mechanisms() { return *mechanisms_; }
  CK_SESSION_HANDLE session();
  CK_OBJECT_HANDLE object();
  /// A key that the mechanism made last can take for this use (hsm::Uses), most of the time.
  CK_OBJECT_HANDLE key(std::uint32_t use);
  CK_SLOT_ID slot();
  In pin();

  // What happened.
  /// may_be: a function that works without an initialised module, or answers CKR_GENERAL_ERROR or CKR_FUNCTION_FAILED for a cause.
  enum class Trouble { is_a_bug, may_be };
  /// Checks the answer by itself and the memory that was lent.
  CK_RV judge(CK_RV rv, Trouble trouble = Trouble::is_a_bug);
  void keep(const Out& out, CK_RV rv) { memory().remember(out.written(rv)); }
  void made(CK_RV rv, const CK_OBJECT_HANDLE* object);
  void opened(CK_SLOT_ID slot, bool read_write, CK_SESSION_HANDLE session);
  void closed(CK_SESSION_HANDLE session);
  void closed_all(CK_SLOT_ID slot);
  void logged_in(CK_SESSION_HANDLE session, CK_USER_TYPE user);
  void logged_out(CK_SESSION_HANDLE session);
  void initialized();
  void finalized();
  /// The store is no longer what it was: it is made anew before the next input.
  void changed() { changed_ = true; }
  CK_RV last_answer() const { return last_; }
  bool is_first_call() const { return calls_ == 0; }
  bool is_running() const { return running_; }
  std::string reserved() const { return "store=" + (folder_ / "store").string(); }

 private:
  struct Opened {
    CK_SESSION_HANDLE handle;
    CK_SLOT_ID slot;
    bool read_write;
  };
  void make_token(std::string_view label, bool compatible);
  void make_keys(CK_SESSION_HANDLE session, bool all_uses);
  void know_mechanisms(CK_SLOT_ID slot);
  void start();
  void find_slots();
  void begin();
  void end();
  void find_objects(CK_SESSION_HANDLE session);
  void know(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
  const Opened* find(CK_SESSION_HANDLE session) const;
  void check_sessions() const;

  std::filesystem::path folder_;
  Choices* choices_ = nullptr;
  Memory* memory_ = nullptr;
  TemplateMaker* templates_ = nullptr;
  MechanismMaker* mechanisms_ = nullptr;

  std::vector<CK_SLOT_ID> slots_;
  std::vector<Opened> sessions_;
  std::map<CK_SLOT_ID, CK_USER_TYPE> users_;
  Handles objects_;
  struct Kind {
    hsm::ObjectClass object_class;
    hsm::KeyType type;
  };
  std::map<CK_OBJECT_HANDLE, Kind> kinds_;
  CK_RV last_ = CKR_OK;
  int calls_ = 0;
  bool running_ = false;
  bool changed_ = false;
};

/// Makes one call of the function list, chosen by the input.
void make_a_call(World& world);

}  // namespace fuzz
