#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"

// The values that the KMS deals in. Nothing here does I/O; kms/db stores these, kms/http prints them.

namespace kms {

using hsm::Bytes;
using hsm::ByteView;
using hsm::Done;
using hsm::Secret;

using Seconds = std::chrono::seconds;
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// "2026-03-01T12:00:00Z"; whole seconds, as every client's strict parser wants it.
std::string rfc3339(Time time);
/// Accepts RFC 3339 with Z or an offset, fractions allowed; nothing for anything else.
std::optional<Time> parse_rfc3339(std::string_view text);

/// A refusal of the KMS, by meaning. kms/http maps each to a status and a reason code in one table.
enum class Fault {
  // the request
  bad_body,
  no_body,
  collection_total_mismatch,
  too_many_resources,          ///< NUM_COLLECTION_RESOURCE_ERR
  invalid_field,               ///< Error::field names it
  invalid_query_parameter,     ///< Error::field names it
  invalid_instance,            ///< no such instance, or not a UUID
  root_key_required,           ///< KEY_ROOT_REQ_ERR
  payload_required,            ///< KEY_PAYLOAD_REQ_ERR
  key_expired,                 ///< KEY_EXPIRED_ERR
  restore_expired,             ///< KEY_RESTORE_EXPIRED
  search_too_broad,            ///< KEY_SEARCH_TOO_BROAD
  incorrect_nonce,             ///< INCORRECT_NONCE_ERR
  incorrect_nonce_iv,          ///< INCORRECT_NONCE_IV_ERR
  // who asks
  unauthenticated,             ///< no, malformed, expired or forged token; unknown API key
  unauthorized,                ///< known, but not allowed: answered like unauthenticated
  service_only,                ///< SERVICE_ONLY_ERR
  resource_owner,              ///< RESOURCE_OWNER_ERR
  // what is asked for
  key_not_found,               ///< KEY_NOT_FOUND_ERR
  key_ring_not_found,          ///< KEY_RING_NOT_FOUND_ERR
  import_token_not_found,
  registration_not_found,
  // its state
  invalid_state,               ///< KEY_ACTION_INVALID_STATE_ERR
  key_deleted,                 ///< KEY_DELETED_ERR
  protected_resource,          ///< PROTECTED_RESOURCE_ERR
  prevent_key_deletion,        ///< PREV_KEY_DEL_ERR
  too_early,                   ///< REQ_TOO_EARLY_ERR
  rotation_not_permitted,      ///< KEY_ROTATION_NOT_PERMITTED
  import_token_expired,        ///< IMPORT_TOKEN_EXPIRED_ERR: time or retrievals
  alias_not_unique,            ///< KEY_ALIAS_NOT_UNIQUE_ERR
  alias_quota,                 ///< KEY_ALIAS_QUOTA_ERR
  identity_exists,
  unprocessable_ciphertext,    ///< UNPROCESSABLE_CIPHERTEXT_ERR: not of this key, edited, or other aad
  rewrap_unprocessable,        ///< INVALID_SIG_EXP_ERR: the same on rewrap
  registration_key_version,    ///< KEY_VERSION_INVALID
  registration_key_state,      ///< KEY_INVALID_STATE_ERR
  registration_key_not_root,   ///< KEY_ROOT_REQ_REG_ERR
  // us
  incomplete_metadata,         ///< INCOMPLETE_METADATA_ERR: a stored key whose object the HSM does not have
  hsm_unavailable,             ///< 503
  storage_unavailable,         ///< 503
  internal,
};
/// The enumerator's name, for logs and tests.
std::string_view name_of(Fault fault);

/// Why the KMS refuses. `why` is a literal; `subject` names the key, version or resource; `field` the request's member.
struct Error {
  Fault fault = Fault::internal;
  std::string_view why;
  hsm::Place place;
  std::string subject;
  std::string field;

  Error&& about(std::string what) && {
    subject = std::move(what);
    return std::move(*this);
  }
  Error&& in_field(std::string name) && {
    field = std::move(name);
    return std::move(*this);
  }
  std::string text() const { return subject.empty() ? std::string(why) : std::string(why) + ": " + subject; }
};

inline Error refuse(Fault fault, hsm::Literal why, hsm::Place place = hsm::Place::here()) {
  return Error{fault, why.text(), place, {}, {}};
}

template <class T>
using Result = hsm::Result<T, Error>;
using Status = Result<Done>;

/// The numbers are those of the API.
enum class KeyState { pre_active = 0, active = 1, suspended = 2, deactivated = 3, destroyed = 5 };

/// Service roles; each includes what the table in kms/core/roles.h gives it, nothing is implied.
enum class Role { reader, reader_plus, writer, manager };
inline std::string_view name_of(Role role) {
  constexpr std::string_view kNames[] = {"Reader", "ReaderPlus", "Writer", "Manager"};
  return kNames[static_cast<int>(role)];
}
inline std::optional<Role> role_named(std::string_view name) {
  for (const auto role : {Role::reader, Role::reader_plus, Role::writer, Role::manager}) {
    if (name_of(role) == name) return role;
  }
  return std::nullopt;
}

struct KeyVersion {
  std::string id;
  Time created;
};

/// A key as the API shows it, without its payload.
struct Key {
  std::string instance;
  std::string id;
  std::string crn;
  std::string name;
  std::string description;
  std::vector<std::string> aliases;
  std::vector<std::string> tags;
  std::string ring = "default";
  KeyState state = KeyState::active;
  bool extractable = false;  ///< false: a root key
  bool imported = false;
  std::optional<int> nonactive_reason;
  Time created;
  std::string created_by;
  std::optional<Time> updated;
  std::optional<Time> rotated;
  std::optional<Time> state_changed;  ///< of the last disable/enable
  std::optional<Time> expires;
  std::optional<Time> deleted;
  std::string deleted_by;
  std::optional<KeyVersion> version;  ///< the current one; root keys only
};

/// `payload` is filled for standard keys only, and only where the caller may read it.
struct KeyWithPayload {
  Key key;
  std::optional<Secret> payload;
};

/// The members of an import by token; all of them or none.
struct SealedImport {
  Bytes nonce;      ///< `encryptedNonce`, decoded
  Bytes iv;         ///< 12 octets: GCM, 16: CBC
  std::string algorithm;  ///< "RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"; empty: by the length of the iv
};

/// Key material that comes with a create or rotate. With `sealed`, `material` is RSA ciphertext.
struct Import {
  Secret material;
  std::optional<SealedImport> sealed;
};

struct CreateKey {
  std::string name;
  std::string description;
  std::vector<std::string> aliases;
  std::vector<std::string> tags;
  bool extractable = true;
  std::optional<Time> expires;
  std::optional<Import> import;
};

struct Comparison {
  enum class Op { eq, gt, gte, lt, lte, none };
  std::string property;  ///< creationDate, lastUpdateDate, lastRotateDate, deletionDate, expirationDate
  Op op = Op::eq;
  Time time;
};

struct Search {
  std::string text;
  bool invert = false;
  bool exact = false;
  bool in_names = true;
  bool in_aliases = true;
};

struct SortKey {
  std::string property;
  bool descending = false;
};

struct KeyQuery {
  std::vector<KeyState> states;  ///< empty: all but destroyed
  std::optional<bool> extractable;
  std::optional<std::string> ring;
  std::optional<Search> search;
  std::vector<Comparison> dates;
  std::vector<SortKey> sort;  ///< empty: by id
  std::uint32_t limit = 200;
  std::uint32_t offset = 0;
};

/// Reads the API's `search`, `sort` and `filter` parameters into a query; refuses with invalid_query_parameter.
Status parse_search(std::string_view parameter, KeyQuery& query);
Status parse_sort(std::string_view parameter, KeyQuery& query);
Status parse_filter(std::string_view parameter, KeyQuery& query);

template <class T>
struct Page {
  std::vector<T> items;
  std::uint64_t total = 0;  ///< of everything that matches, ignoring limit and offset
};

struct PageRequest {
  std::uint32_t limit = 200;
  std::uint32_t offset = 0;
};

/// Additional authenticated data: order and content count.
using Aad = std::vector<std::string>;

struct Wrapped {
  std::string ciphertext;            ///< base64, opaque to callers
  std::string version;
  std::optional<Secret> plaintext;   ///< only when the HSM drew it
};

struct Unwrapped {
  Secret plaintext;
  std::string version;               ///< that wrapped it
  struct Renewed {
    std::string ciphertext;
    std::string version;
  };
  std::optional<Renewed> renewed;    ///< only when `version` is not the current one
};

struct Rewrapped {
  std::string ciphertext;
  std::string old_version;
  std::string version;
};

struct ImportTokenRequest {
  std::uint32_t expiration = 600;
  std::uint32_t retrievals = 1;
};

struct ImportToken {
  std::string id;
  Time created;
  Time expires;
  std::uint32_t max_retrievals = 1;
  std::uint32_t remaining_retrievals = 1;
  std::uint32_t expiration = 600;    ///< seconds
};

struct ImportTokenWithKey {
  ImportToken token;
  std::string public_key_pem;
  Bytes nonce;                       ///< 12 octets
};

/// "Resource X is encrypted under key K"; with `wdek` the KMS keeps the wrapped key too and re-wraps it by itself.
struct Registration {
  std::string instance;
  std::string key;
  std::string key_name;
  std::string resource;              ///< CRN
  std::string description;
  std::string metadata;
  bool prevent_key_deletion = false;
  KeyVersion version;
  std::optional<std::string> wdek;
  Aad aad;                           ///< under which the stored WDEK was made
  Time created;
  std::string created_by;
  std::optional<Time> updated;
  std::string updated_by;
  std::uint64_t revision = 1;        ///< grows with every change
  std::string rewrap_failure;        ///< why the last rewrap job could not renew it; empty: it could
};

/// What a PUT says. Members left out keep their value when the registration exists.
struct PutRegistration {
  std::optional<std::string> description;
  std::optional<std::string> metadata;
  std::optional<bool> prevent_key_deletion;
  std::optional<std::string> version;  ///< by default that of `wdek`, or the current one
  std::optional<std::string> wdek;     ///< checked to be one of this key
  std::optional<Aad> aad;
};

struct RegistrationQuery {
  std::optional<std::string> key;
  std::optional<bool> prevent_key_deletion;
  std::optional<std::string> resource;  ///< decoded; `*` for whole segments, a trailing `*` for a prefix
  std::uint32_t limit = 200;
  std::uint32_t offset = 0;
};

enum class JobState { pending, running, done, superseded, cancelled };
inline std::string_view name_of(JobState state) {
  constexpr std::string_view kNames[] = {"pending", "running", "done", "superseded", "cancelled"};
  return kNames[static_cast<int>(state)];
}

/// The re-wrapping that a rotation starts, as its row says now.
struct RewrapJob {
  std::string id;
  std::string instance;
  std::string key;
  std::string target;                ///< version that every stored WDEK gets
  JobState state = JobState::pending;
  std::uint64_t total = 0;           ///< stored WDEKs of older versions when it began
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::string cursor;                ///< the last resource looked at
  std::string lease_owner;
  std::optional<Time> lease_until;
  std::uint64_t fence = 0;           ///< grows with every lease: a worker that lost its lease writes nothing
  Time created;
  std::optional<Time> finished;
};

/// How many stored WDEKs and registrations a version still has.
struct VersionCensus {
  KeyVersion version;
  std::uint64_t registrations = 0;
  std::uint64_t wdeks = 0;
};

struct Instance {
  std::string id;                    ///< UUID
  std::string name;
  std::string account;
  Time created;
};

struct Grant {
  std::string instance;
  Role role = Role::reader;
};

struct Identity {
  std::string iam_id;                ///< "iam-ServiceId-..." or "IBMid-..."
  std::string name;
  std::string account;
  bool service = true;
  std::vector<Grant> grants;
  Time created;
};

struct NewIdentity {
  Identity identity;
  Secret api_key;                    ///< shown once, never stored
};

struct AccessToken {
  hsm::WipedString jwt;
  Seconds lifetime{3600};
  Time expires;
};

/// Who asks, as a verified access token says.
struct Caller {
  std::string iam_id;
  std::string name;
  std::string account;
  bool service = true;
  Time token_expires;
};

/// One request as the adapter saw it: who, on which instance, and what the audit event needs.
struct Call {
  Caller caller;
  std::string instance;
  std::string correlation_id;
  std::string address;               ///< of the client; may be empty
  std::string uri;
  std::optional<std::string> ring;   ///< X-Kms-Key-Ring
};

struct AuditLine {
  std::uint64_t sequence = 0;
  Bytes previous;
  Bytes hash;
  std::string events;                ///< JSON array of CADF events, exactly as hashed
};

}  // namespace kms
