#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kms/core/types.h"

namespace kms::p11 {
class Token;
}
namespace kms::db {
class Database;
}

namespace kms {

/// Every waiting time and limit of the service; tests make them short.
struct Settings {
  std::string region = "local";
  std::string crn_service = "kms";
  Seconds enable_after_disable{30};
  Seconds rotate_again_after{3600};
  Seconds token_lifetime{3600};
  Seconds import_token_min{300};
  Seconds import_token_max{86400};
  std::chrono::milliseconds expiry_sweep{60000};
  std::chrono::milliseconds audit_flush{50};   ///< data events wait at most this long for their group
  std::size_t audit_queue = 65536;             ///< data events waiting; a full queue makes callers wait, none is lost
  std::uint32_t rewrap_batch = 500;
  Seconds rewrap_lease{10};                    ///< a killed worker's job goes on after this
  Seconds orphan_age{60};                      ///< token objects of acts that never committed are destroyed after this
  std::chrono::milliseconds rewrap_poll{500};  ///< how often a worker looks for jobs of other processes
  bool rewrap_worker = true;
  bool registrations_by_services_only = false;
  std::function<Time()> now;                   ///< empty: the system's clock
};

/// The key-management service: keys, versions, registrations, import tokens, identities, audit. It reaches keys only
/// through a PKCS#11 token and rows only through a Database, both owned by the caller and outliving it. Every function
/// may be called from any thread and blocks only for its own work; none throws. A function checks, in this order:
/// instance, role, key, state; a refusal changes nothing and is in the audit log like a success.
///
/// `key` arguments are a key id or an alias. Callers come from authenticate().
class Service {
 public:
  Service(p11::Token& token, db::Database& database, Settings settings);
  ~Service();
  Service(const Service&) = delete;

  /// Makes the token's own keys (MAC of identities, of access tokens) when they are missing, sweeps what a crash left
  /// half-made, and starts the audit writer and the rewrap worker.
  Status start();
  /// Writes every waiting audit event and ends the threads. The destructor calls it.
  void stop();
  /// Asks the HSM and the database; a refusal names which of them does not answer.
  Status health();

  // --- instances and identities: for the operator (kmsd's own command line), not reachable by API callers
  /// A random UUID when `instance.id` is empty. Idempotent for an existing id.
  Result<Instance> create_instance(Instance instance);
  Result<std::vector<Instance>> instances();
  /// Makes the identity and its first API key. `iam_id` is made when empty.
  Result<NewIdentity> create_identity(Identity identity);
  /// A further API key of an existing identity.
  Result<Secret> create_api_key(const std::string& iam_id);
  Status revoke_api_keys(const std::string& iam_id);
  Status set_grants(const std::string& iam_id, std::vector<Grant> grants);
  Result<std::vector<Identity>> identities();

  // --- access tokens
  /// grant_type=urn:ibm:params:oauth:grant-type:apikey
  Result<AccessToken> exchange_api_key(const Secret& api_key);
  /// Verifies signature, lifetime and that the identity still exists. `jwt` is the text behind "Bearer ". A verified
  /// token is remembered, so that this is normally no call to the HSM.
  Result<Caller> authenticate(std::string_view jwt);

  // --- keys
  Result<KeyWithPayload> create_key(const Call& call, CreateKey request);
  Result<Page<Key>> list_keys(const Call& call, const KeyQuery& query);
  Result<std::uint64_t> count_keys(const Call& call, const KeyQuery& query);
  /// With the payload of a standard key (ReaderPlus or better). Root keys never have one.
  Result<KeyWithPayload> get_key(const Call& call, const std::string& key);
  Result<Key> get_metadata(const Call& call, const std::string& key);
  /// Newest first.
  Result<Page<KeyVersion>> list_versions(const Call& call, const std::string& key, PageRequest page,
                                         bool all_key_states);
  Result<Key> delete_key(const Call& call, const std::string& key, bool force);
  Status disable(const Call& call, const std::string& key);
  Status enable(const Call& call, const std::string& key);
  /// Starts the rewrap job in the same transaction. Imported keys need material, generated ones refuse it.
  Status rotate(const Call& call, const std::string& key, std::optional<Import> import);

  // --- data keys
  /// Without plaintext the HSM draws 32 octets and the answer holds them.
  Result<Wrapped> wrap(const Call& call, const std::string& key, const std::optional<Secret>& plaintext,
                       const Aad& aad);
  Result<Unwrapped> unwrap(const Call& call, const std::string& key, std::string_view ciphertext, const Aad& aad);
  Result<Rewrapped> rewrap(const Call& call, const std::string& key, std::string_view ciphertext, const Aad& aad);

  // --- import tokens
  /// Replaces the instance's token; the private key is made in the HSM and stays there.
  Result<ImportToken> create_import_token(const Call& call, ImportTokenRequest request);
  /// Uses up one retrieval.
  Result<ImportTokenWithKey> get_import_token(const Call& call);

  // --- registrations
  Result<Page<Registration>> list_registrations(const Call& call, const RegistrationQuery& query);
  Result<Registration> get_registration(const Call& call, const std::string& key, const std::string& resource);
  Result<Registration> put_registration(const Call& call, const std::string& key, const std::string& resource,
                                        const PutRegistration& request);
  Status delete_registration(const Call& call, const std::string& key, const std::string& resource);

  // --- rewrap jobs (reader role)
  /// Newest first.
  Result<std::vector<RewrapJob>> rewrap_jobs(const Call& call, const std::string& key);
  /// One entry per version, newest first: zero WDEKs means that the version may be retired.
  Result<std::vector<VersionCensus>> census(const Call& call, const std::string& key);

  // --- audit
  /// Lines with a sequence number above `after`, at most `limit`; waiting data events are written first.
  Result<std::vector<AuditLine>> audit_lines(std::uint64_t after, std::uint32_t limit);
  /// For adapters: an event for a request that reached no function above (no token, no such path, malformed body).
  void audit_refusal(const Call& call, std::string_view action, const Error& error);

  struct Parts;

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace kms
