#pragma once

#include <functional>
#include <shared_mutex>
#include <unordered_map>

#include "kms/core/types.h"
#include "kms/db/database.h"
#include "kms/p11/token.h"

// API key  = "km_" id "." secret          id = 16, secret = 43 characters of base64url
// at rest  = id, salt, HMAC(salt || API key) by a token key: a stolen database is no list of hashes to guess at
// token    = JWT, HS256 by another token key

namespace kms {

/// Who there is and what they may do, in memory; API keys and access tokens. Any thread.
class Identities {
 public:
  Identities(p11::Token& token, db::Database& database, std::function<Time()> now, Seconds lifetime);

  Status start();
  Result<NewIdentity> create(Identity identity);
  Result<Secret> create_api_key(const std::string& iam_id);
  Status revoke_api_keys(const std::string& iam_id);
  Status set_grants(const std::string& iam_id, std::vector<Grant> grants);

  Result<AccessToken> exchange(const Secret& api_key);
  Result<Caller> authenticate(std::string_view jwt);
  /// Null for an identity that does not exist (any more).
  std::shared_ptr<const Identity> find(const std::string& iam_id) const;

 private:
  Result<Bytes> api_key_mac(ByteView salt, const Secret& api_key);
  Result<Secret> add_api_key(db::Change& change, const std::string& iam_id);
  void remember(Identity identity);

  p11::Token& token_;
  db::Database& database_;
  std::function<Time()> now_;
  Seconds lifetime_;
  p11::KeyRef api_key_mac_;
  p11::KeyRef jwt_mac_;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Identity>> identities_;

  struct Verified {
    hsm::WipedString jwt;
    std::string iam_id;
    Time expires;
  };
  std::shared_mutex verified_mutex_;
  std::unordered_map<std::size_t, Verified> verified_;  ///< by hash; the whole text is compared
};

}  // namespace kms
