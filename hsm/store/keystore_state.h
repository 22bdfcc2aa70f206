#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "hsm/store/chain.h"
#include "hsm/store/keystore.h"
#include "hsm/store/sealing.h"

namespace hsm::store {

/// The keys of one token that need no login; parsed once per initialisation of the token.
struct TokenKeys {
  TokenId id;
  Secret objects;  ///< token wrapping key of public objects
  Secret digest;   ///< key of the sum over all records
};

/// What a Keystore owns. Thread-safe where it says so; the store is.
struct KeystoreState {
  std::unique_ptr<Store> store;
  KeystoreHeader header;
  RootKeys keys;
  KeystoreOptions options;

  std::mutex mutex;  ///< guards the two maps
  std::map<SlotId, std::shared_ptr<const TokenKeys>> token_keys;
  std::map<std::tuple<TokenId, ObjectId, Act>, Keystore::UseCounter> uses;

  /// The keys of the token in `row`, whose content is given.
  std::shared_ptr<const TokenKeys> keys_of(const TokenRow& row, const TokenContent& content);
  /// The keys of the token in `slot`, from the cache or the store.
  Result<std::shared_ptr<const TokenKeys>> keys_of(SlotId slot);

  static TokenState describe(const TokenRow& row, const TokenContent& content);
  static const Secret& key_of(const Unlocked& unlocked) { return unlocked.key_; }
};

/// A token's row and what is in it, read within a change.
struct OpenedToken {
  TokenRow row;
  TokenContent content;
};
Result<OpenedToken> open_token(KeystoreState& state, Change& change, SlotId slot);
/// Seals the content again and puts it into the change.
Status keep_token(KeystoreState& state, Change& change, OpenedToken& token);

}  // namespace hsm::store
