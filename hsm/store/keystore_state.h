#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <tuple>

#include "hsm/store/keystore.h"
#include "hsm/store/record.h"

// The inside of Keystore, shared by the files that implement it.

namespace hsm::store {

/// A token row, opened. Immutable, so that it can be used without a lock.
struct KnownToken {
  TokenRow row;
  TokenBody body;
  std::shared_ptr<const TokenKeys> keys;

  std::string title() const { return title_of(row.slot, body.label); }
};
using KnownTokenPtr = std::shared_ptr<const KnownToken>;

/// A change of the store with the sealed head in hand: writes token rows and audit records so that the head stays true.
class Writing {
 public:
  Result<KnownTokenPtr> token(SlotId slot);  ///< token_not_present
  Result<TokenRow> put_token(SlotId slot, const TokenId& id, const TokenBody& body);
  Status remove_token(SlotId slot);
  Status record(AuditEvent event, const std::optional<TokenId>& token);
  /// The last thing that is done with it.
  Status commit();
  Change& rows() { return *change_; }
  Keystore::State& keystore() { return keystore_; }
  const Head& head() const { return head_; }

 private:
  friend struct Keystore::State;
  Writing(Keystore::State& keystore, std::unique_ptr<Change> change, Head head)
      : keystore_(keystore), change_(std::move(change)), head_(std::move(head)) {}

  Keystore::State& keystore_;
  std::unique_ptr<Change> change_;
  Head head_;
};

struct Keystore::State {
  State(std::unique_ptr<Store> s, KeystoreHeader h, KeystoreOptions o, Sealer keys, Secret secret)
      : store(std::move(s)), header(std::move(h)), options(std::move(o)), sealer(std::move(keys)), pepper(std::move(secret)) {}

  Result<Head> open_head(ByteView sealed) const;
  Result<Writing> write();
  /// Opens a row, or finds that it is known already.
  Result<KnownTokenPtr> learn(const TokenRow& row);
  /// Compares all token rows with the head of the same moment and remembers them.
  Status absorb(const Snapshot& snapshot);
  /// A token as a change of our own left it; forgotten unless nothing else happened since the last look.
  void absorb(std::uint64_t change, KnownTokenPtr token);
  Result<KnownTokenPtr> token(SlotId slot);
  Status look_at_tokens();
  Secret pin_key(const Secret& pin, const PinRecord& record);
  PinRecord new_pin(const Secret& pin, const Secret& private_key, const TokenId& id, PinRole role);

  std::unique_ptr<Store> store;
  const KeystoreHeader header;
  const KeystoreOptions options;
  const Sealer sealer;
  const Secret pepper;

  std::mutex mutex;  ///< guards what follows; never held while the store works
  std::map<SlotId, KnownTokenPtr> tokens;
  std::uint64_t tokens_change = 0;
  bool looked = false;

  std::mutex uses_mutex;
  std::map<std::tuple<SlotId, ObjectId, Act>, UseCounter> uses;

  std::counting_semaphore<2> argon2{2};  ///< each takes 64 MiB
};

}  // namespace hsm::store
