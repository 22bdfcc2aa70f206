#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kms/client/session.h"
#include "kms/client/types.h"

namespace kms::client {

using Aad = std::vector<std::string>;

/// The calls of the KMS, one method each. `key` is a key id or an alias. Belongs to one thread.
class Client {
 public:
  static Result<Client> open(Settings settings);

  Result<Key> create_key(const NewKey& key);
  Result<std::vector<Key>> list_keys(bool with_destroyed);
  Result<Key> key(const std::string& key);
  Status delete_key(const std::string& key, bool force);
  Status rotate(const std::string& key, const NewVersion& material);
  Status disable(const std::string& key);
  Status enable(const std::string& key);
  Result<std::vector<KeyVersion>> versions(const std::string& key);

  /// Lets the KMS draw a data key of 32 bytes.
  Result<Wrapped> wrap(const std::string& key, const Aad& aad = {});
  /// Wraps the caller's own data key, given as base64 text.
  Result<Wrapped> wrap(const std::string& key, const hsm::Secret& plaintext, const Aad& aad = {});
  Result<Unwrapped> unwrap(const std::string& key, const std::string& wdek, const Aad& aad = {});
  /// Brings a WDEK to the current key version without anybody seeing the data key.
  Result<Rewrapped> rewrap(const std::string& key, const std::string& wdek, const Aad& aad = {});

  Result<ImportToken> create_import_token(std::int64_t expiration_seconds, std::int64_t retrievals);
  Result<ImportToken> import_token();

  Result<Registration> put_registration(const std::string& key, const std::string& resource_crn,
                                        const NewRegistration& registration);
  Result<Registration> registration(const std::string& key, const std::string& resource_crn);
  Status delete_registration(const std::string& key, const std::string& resource_crn);
  /// Of one key, or of all keys when `key` is empty.
  Result<std::vector<Registration>> registrations(const std::string& key);

  Result<std::vector<RewrapJob>> rewrap_jobs(const std::string& key);

  /// The audit log, one record a line, oldest first; `take` gets it piece by piece and returns false to stop.
  Status export_audit(const std::function<bool(std::string_view)>& take);

 private:
  explicit Client(Session session) : session_(std::move(session)) {}
  Status act(const std::string& key, std::string_view action);
  Result<Wrapped> wrap_body(const std::string& key, hsm::WipedString body);

  Session session_;
};

}  // namespace kms::client
