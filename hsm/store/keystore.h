#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/model/attribute.h"
#include "hsm/model/ids.h"
#include "hsm/model/policy_checks.h"
#include "hsm/store/audit.h"
#include "hsm/store/record_tags.h"
#include "hsm/store/store.h"

namespace hsm::store {

inline constexpr std::size_t kLeastPin = 4;
inline constexpr std::size_t kMostPin = 255;
inline constexpr std::uint32_t kPinTries = 10;

/// Fingerprint of a master key, which people compare: the first 28 octets of SHA-256(0x01 || key).
using VerificationPattern = std::array<std::uint8_t, 28>;
VerificationPattern pattern_of(const Secret& master_key);

/// How the master key of a keystore is kept; fixed when it is created.
enum class Profile : std::uint8_t {
  development = 1,  ///< sealed by a file beside the store; may be mounted locally
  production = 2,   ///< only as shares; a local mounting is refused
};

/// The part of the keystore that says which master key it needs; readable while sealed.
struct KeystoreHeader {
  Bytes id;                        ///< 16 random octets
  Profile profile = Profile::development;
  VerificationPattern pattern{};
  std::uint32_t epoch = 1;         ///< raised when the master key is replaced
};
/// Nothing when the store is still empty.
Result<std::optional<KeystoreHeader>> read_header(Store& store);

/// What anybody may know of a token.
struct TokenState {
  SlotId slot = 0;
  TokenId id;
  std::string label;
  std::string serial;              ///< 16 characters, kept over re-initialisation
  bool user_pin_set = false;
  std::uint32_t user_tries = 0;    ///< wrong ones since the last right one
  std::uint32_t so_tries = 0;
  crypto::Argon2Cost cost;         ///< of the user PIN, or of the SO PIN while there is none
  std::uint64_t objects = 0;
  PolicyProfile profile = PolicyProfile::strict;

  /// CKF_{USER,SO}_PIN_{COUNT_LOW,FINAL_TRY,LOCKED}, CKF_USER_PIN_INITIALIZED, CKF_TOKEN_INITIALIZED, CKF_LOGIN_REQUIRED, CKF_RNG.
  std::uint64_t flags() const;
  /// PINs of this token cost less to guess than the default: for tests and rehearsals only.
  bool cheap_pins() const;
};

/// What a right PIN opens: the token's key for private objects. The SO has it only to hand it to a new user PIN; the store
/// refuses to open a record with it. Owned by the login that it belongs to; forget it at logout.
class Unlocked {
 public:
  UserType user() const { return user_; }
  const TokenId& token() const { return token_; }

 private:
  friend class Keystore;
  friend class Edit;
  friend class Refreshing;
  Unlocked(UserType user, TokenId token, Secret key) : user_(user), token_(token), key_(std::move(key)) {}
  UserType user_;
  TokenId token_;
  Secret key_;
};

/// How far a reader has read one token, and what it needs to see that nothing is missing. A value of the reader; starts empty.
class Cursor {
 public:
  /// Equals Keystore::change() while nothing new was committed.
  std::uint64_t change() const { return change_; }

 private:
  friend class Keystore;
  friend class Edit;
  friend class Refreshing;
  std::uint64_t change_ = 0;
  TokenId token_{};
  Bytes digest_ = Bytes(16);
  RecordTags tags_;
};

/// What a reader has to do to its cache, beside taking the objects that it saw.
struct Refresh {
  bool everything = false;             ///< forget all you had before: what was seen is the whole token
  std::vector<ObjectId> removed;
};
/// Sees new and changed objects by id, which is by creation, or all of them (`everything`). What it saw holds only if the reading succeeds.
using SeeNews = std::function<void(const ObjectView& object, bool everything)>;

class Keystore;

/// A change to the objects of one token together with its audit records: both or neither. Rolled back when destroyed uncommitted.
/// Belongs to one thread; commit or end it before you ask the keystore for anything else.
class Edit {
 public:
  Edit(Edit&&) noexcept;
  ~Edit();

  /// Stores an object. Attributes whose value is a Secret are encrypted; all others lie in clear, authenticated. `unlocked` is
  /// needed when CKA_PRIVATE is true (user_not_logged_in otherwise). CKA_TOKEN and CKA_PRIVATE are stored as given.
  Result<StoredObject> create(const Template& attributes, const Unlocked* unlocked);
  /// Replaces the whole attributes. Refused with object_handle_invalid when the object is gone, and with function_failed
  /// when it has another version than `old` (somebody else changed it: refresh and decide again).
  Result<StoredObject> update(const StoredObject& old, const Template& attributes, const Unlocked* unlocked);
  Status remove(const StoredObject& object);
  /// Adds a record to this token's acts; at least one is expected in each edit.
  Status record(AuditEvent event);
  /// The last change made with it.
  Status commit();

  /// After commit(): moves a cursor from the change before to this one, which the reader knows from stored() and removed(). False, and
  /// the cursor stays, when it was not there: refresh() reads what else happened.
  bool advance(Cursor& cursor) const;
  const std::vector<StoredObject>& stored() const;
  const std::vector<ObjectId>& removed() const;

 private:
  friend class Keystore;
  struct State;
  explicit Edit(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What a PIN costs to guess in tests and rehearsals, where hundreds of logins must not take minutes. Never for keys that matter; a
/// token that has such a PIN says so (TokenState::cheap_pins).
inline constexpr crypto::Argon2Cost kRehearsalPins{.memory_kib = 64, .passes = 1, .lanes = 1};

struct KeystoreOptions {
  crypto::Argon2Cost pin_cost;         ///< for PINs set from now on
  std::string actor;                   ///< default actor of the records that the keystore writes itself (logins, PINs)
};

/// The tokens and objects of one store under an unlocked master key. Every record that was edited, swapped, cut, put back or
/// removed behind its back is refused with an error (device_error) that names the object or the token. Thread-safe.
class Keystore {
 public:
  /// Opens the store with its master key; an empty store is made ready for it with `profile`. Refused with a reason of its own when
  /// the store belongs to another master key.
  static Result<std::unique_ptr<Keystore>> open(std::unique_ptr<Store> store, const Secret& master_key, Profile profile,
                                                KeystoreOptions options);
  ~Keystore();

  const KeystoreHeader& header() const;
  std::string name() const;
  /// Changes with each commit of any process; costs no system call. Compare with Cursor::change().
  std::uint64_t change();

  // ---- tokens
  Result<std::vector<TokenState>> tokens();           ///< by slot
  /// token_not_present for a slot without one.
  Result<TokenState> token(SlotId slot);
  /// The number of the slot that is always offered for the next token.
  Result<SlotId> empty_slot();
  /// In the empty slot: a new token. In a slot with a token: `so_pin` must be the token's; its objects and user PIN are wiped.
  Status init_token(SlotId slot, std::string label, const Secret& so_pin, std::string actor = {});
  /// user_not_logged_in unless `unlocked` is the security officer's.
  Status set_profile(SlotId slot, const Unlocked& unlocked, PolicyProfile profile, std::string actor = {});
  /// Without a PIN: an administrator's act.
  Status remove_token(SlotId slot, std::string actor = {});

  // ---- PINs: the counter of wrong tries is raised durably before each check
  Result<Unlocked> check_pin(SlotId slot, UserType user, const Secret& pin, std::string actor = {});
  /// The SO gives the user a PIN (also a new one for a locked one).
  Status set_user_pin(SlotId slot, const Unlocked& so, const Secret& pin, std::string actor = {});
  Status change_pin(SlotId slot, UserType user, const Secret& old_pin, const Secret& new_pin, std::string actor = {});

  // ---- objects
  /// What changed since `cursor`, or everything. Public records are verified, private ones when `unlocked` is given: whoever saw some
  /// without it reads everything again at login. Verifies that no record is missing.
  Result<Refresh> refresh(SlotId slot, Cursor& cursor, const Unlocked* unlocked, const SeeNews& see);
  /// The objects with these numbers, verified, as they were when `cursor` was at its change; those that another one has changed or
  /// removed since are left out. Private ones need `unlocked`.
  Result<std::vector<StoredObject>> records(SlotId slot, const Cursor& cursor, std::span<const std::uint64_t> numbers, const Unlocked* unlocked);
  /// The attributes in clear of a record, as given to create() but for the secret ones.
  static Result<Template> public_attributes(const StoredObject& object);
  /// The secret attributes of a record. user_not_logged_in for a private one without its user's login.
  Result<Template> open_secrets(SlotId slot, const StoredObject& object, const Unlocked* unlocked);
  Result<Edit> edit(SlotId slot);

  // ---- audit
  /// A record of its own transaction, for acts that change no object.
  Status record(std::optional<SlotId> slot, AuditEvent event);
  /// Where uses of a key are counted: add to it (relaxed) at each use; flush_uses() commits what came together. Keep the pointer
  /// beside the parsed key.
  using UseCounter = std::shared_ptr<std::atomic<std::uint64_t>>;
  UseCounter use_counter(SlotId slot, const ObjectId& object, Act act);
  /// Commits the counted uses as one group. Called by the destructor, too.
  Status flush_uses();
  /// Writes the chain as JSON lines from `first` on, the head with its MAC last; each line without newline.
  Status export_audit(std::uint64_t first, const std::function<Status(std::string_view line)>& out);
  /// Reads the whole chain in the store and compares it with the sealed head: names the first bad sequence number.
  Status verify_audit();

  struct State;  ///< the inside (keystore_state.h)

 private:
  friend class Edit;
  explicit Keystore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The local mounting: the store in `directory` (made when missing) under the master key in `directory`/master.seal (made with the
/// store; the development profile). Refused for a store of the production profile.
Result<std::unique_ptr<Keystore>> open_local(const std::filesystem::path& directory, KeystoreOptions options);

}  // namespace hsm::store
