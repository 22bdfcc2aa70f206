#include "hsm/store/keystore.h"

#include <fmt/format.h>

#include <algorithm>

#include "hsm/store/keystore_state.h"

namespace hsm::store {
namespace {

constexpr std::string_view kHeaderName = "header";
constexpr std::size_t kMasterKeySize = 32;

// Bits of CK_TOKEN_INFO::flags.
constexpr std::uint64_t kRng = 0x1, kLoginRequired = 0x4, kUserPinInitialized = 0x8, kTokenInitialized = 0x400,
                        kUserPinCountLow = 0x10000, kUserPinFinalTry = 0x20000, kUserPinLocked = 0x40000,
                        kSoPinCountLow = 0x100000, kSoPinFinalTry = 0x200000, kSoPinLocked = 0x400000;

struct StoredHeader {
  Bytes id;
  Profile profile = Profile::development;
  Bytes pattern;
  std::uint32_t epoch = 1;
  static constexpr auto fields =
      std::tuple{&StoredHeader::id, &StoredHeader::profile, &StoredHeader::pattern, &StoredHeader::epoch};
};

Result<KeystoreHeader> decode_header(const Bytes& encoded, const std::string& name) {
  try {
    auto stored = decode<StoredHeader>(encoded);
    KeystoreHeader header{.id = stored.id, .profile = stored.profile, .pattern = {}, .epoch = stored.epoch};
    const bool known = stored.profile == Profile::development || stored.profile == Profile::production;
    if (stored.pattern.size() != header.pattern.size() || stored.id.size() != 16 || !known) throw Malformed("header");
    std::ranges::copy(stored.pattern, header.pattern.begin());
    return header;
  } catch (const Malformed&) {
    return fail(Rv::device_error, "the keystore's header is damaged; restore it from a backup").about(name);
  }
}

Status create_header(KeystoreState& state, const Secret& master_key, Profile profile) {
  auto change = TRY(state.store->begin());
  if (const auto existing = TRY(change->meta(kHeaderName))) {  // another process was first
    state.header = TRY(decode_header(*existing, state.store->name()));
    return Done{};
  }
  state.header = {.id = crypto::random_bytes(16), .profile = profile, .pattern = pattern_of(master_key), .epoch = 1};
  const auto encoded = encode(StoredHeader{state.header.id, profile, bytes_of(ByteView(state.header.pattern)), 1});
  TRY(change->put_meta(kHeaderName, bytes_view(encoded)));
  state.keys = RootKeys(master_key, state.header.id);
  TRY(append(*change, state.keys, std::nullopt, {.act = Act::keystore_created, .actor = {}, .object = {}}, state.options.actor));
  return change->commit();
}

std::string fresh_serial() { return to_hex(crypto::random_bytes(8)); }

}  // namespace

VerificationPattern pattern_of(const Secret& master_key) {
  Writer writer;
  writer.put(std::uint8_t{1});
  auto input = writer.take();
  const auto key = master_key.reveal(crypto::SecretAccess::use());
  input.insert(input.end(), key.begin(), key.end());
  const auto hash = crypto::sha256({input.data(), input.size()});
  VerificationPattern pattern{};
  std::copy_n(hash.begin(), pattern.size(), pattern.begin());
  return pattern;
}

Result<std::optional<KeystoreHeader>> read_header(Store& store) {
  const auto encoded = TRY(store.meta(kHeaderName));
  if (!encoded) return std::optional<KeystoreHeader>();
  return std::optional(TRY(decode_header(*encoded, store.name())));
}

std::uint64_t TokenState::flags() const {
  std::uint64_t flags = kRng | kLoginRequired | kTokenInitialized;
  if (user_pin_set) flags |= kUserPinInitialized;
  if (user_tries > 0) flags |= kUserPinCountLow;
  if (user_tries + 1 == kPinTries) flags |= kUserPinFinalTry;
  if (user_tries >= kPinTries) flags |= kUserPinLocked;
  if (so_tries > 0) flags |= kSoPinCountLow;
  if (so_tries + 1 == kPinTries) flags |= kSoPinFinalTry;
  if (so_tries >= kPinTries) flags |= kSoPinLocked;
  return flags;
}

bool TokenState::cheap_pins() const { return cost.memory_kib < crypto::Argon2Cost{}.memory_kib; }

std::shared_ptr<const TokenKeys> KeystoreState::keys_of(const TokenRow& row, const TokenContent& content) {
  const std::lock_guard lock(mutex);
  auto& known = token_keys[row.slot];
  if (known && known->id == row.id) return known;
  auto fresh = std::make_shared<TokenKeys>();
  fresh->id = row.id;
  fresh->objects = content.public_key.clone(crypto::SecretAccess::use());
  fresh->digest = crypto::hkdf_sha256(content.public_key, ByteView(row.id.bytes), "keymantle record digest v1", 32);
  known = fresh;
  return known;
}

Result<std::shared_ptr<const TokenKeys>> KeystoreState::keys_of(SlotId slot) {
  {
    const std::lock_guard lock(mutex);
    if (const auto it = token_keys.find(slot); it != token_keys.end()) return it->second;
  }
  for (const auto& row : TRY(store->tokens()))
    if (row.slot == slot) return keys_of(row, TRY(keys.open_token(row)));
  return fail(Rv::token_not_present, "there is no token in this slot");
}

TokenState KeystoreState::describe(const TokenRow& row, const TokenContent& content) {
  TokenState token;
  token.slot = row.slot;
  token.id = row.id;
  token.label = content.label;
  token.serial = content.serial;
  token.user_pin_set = content.user.has_value();
  token.user_tries = content.user ? content.user->tries : 0;
  token.so_tries = content.so.tries;
  token.cost = content.user ? content.user->cost : content.so.cost;
  token.objects = content.objects;
  return token;
}

Result<OpenedToken> open_token(KeystoreState& state, Change& change, SlotId slot) {
  auto row = TRY(change.token(slot));
  if (!row) return fail(Rv::token_not_present, "there is no token in this slot");
  auto content = TRY(state.keys.open_token(*row));
  return OpenedToken{std::move(*row), std::move(content)};
}

Status keep_token(KeystoreState& state, Change& change, OpenedToken& token) {
  token.row.sealed = state.keys.seal_token(token.row, token.content);
  return change.put_token(token.row);
}

Keystore::Keystore(std::unique_ptr<KeystoreState> state) : state_(std::move(state)) {}

Keystore::~Keystore() {
  // A forked child's keystore is never destroyed; here the counts of uses reach the disk or the disk has failed.
  [[maybe_unused]] const auto flushed = flush_uses();
}

Result<std::unique_ptr<Keystore>> Keystore::open(std::unique_ptr<Store> store, const Secret& master_key, Profile profile,
                                                 KeystoreOptions options) {
  if (master_key.size() != kMasterKeySize) return fail(Rv::arguments_bad, "a master key has 32 octets");
  const auto existing = TRY(read_header(*store));
  const auto id = existing ? existing->id : Bytes(16, 0);
  auto state = std::unique_ptr<KeystoreState>(
      new KeystoreState{std::move(store), existing.value_or(KeystoreHeader{}), RootKeys(master_key, id), std::move(options), {}, {}, {}});
  if (!existing) TRY(create_header(*state, master_key, profile));
  if (state->header.pattern != pattern_of(master_key))
    return fail(Rv::device_error, "the keystore belongs to another master key").about(state->store->name());
  if (state->header.profile != profile)
    return fail(Rv::device_error, state->header.profile == Profile::production
                                      ? Literal("the keystore is isolated (production profile): only keymantle-hsmd may open it")
                                      : Literal("the keystore has the development profile"))
        .about(state->store->name());
  if (existing) state->keys = RootKeys(master_key, state->header.id);
  return std::unique_ptr<Keystore>(new Keystore(std::move(state)));
}

const KeystoreHeader& Keystore::header() const { return state_->header; }
std::string Keystore::name() const { return state_->store->name(); }
std::uint64_t Keystore::change() { return state_->store->change(); }

Result<std::vector<TokenState>> Keystore::tokens() {
  std::vector<TokenState> found;
  for (const auto& row : TRY(state_->store->tokens()))
    found.push_back(KeystoreState::describe(row, TRY(state_->keys.open_token(row))));
  return found;
}

Result<TokenState> Keystore::token(SlotId slot) {
  for (const auto& row : TRY(state_->store->tokens()))
    if (row.slot == slot) return KeystoreState::describe(row, TRY(state_->keys.open_token(row)));
  return fail(Rv::token_not_present, "there is no token in this slot");
}

Result<SlotId> Keystore::empty_slot() {
  SlotId slot = 0;
  for (const auto& row : TRY(state_->store->tokens()))  // by slot
    if (row.slot == slot) ++slot;
  return slot;
}

Status Keystore::init_token(SlotId slot, std::string label, const Secret& so_pin) {
  if (so_pin.size() < kLeastPin || so_pin.size() > kMostPin) return fail(Rv::pin_len_range, "a PIN has 4 to 255 octets");
  const auto rows = TRY(state_->store->tokens());
  const bool present = std::ranges::any_of(rows, [&](const TokenRow& row) { return row.slot == slot; });
  if (!present && slot != TRY(empty_slot())) return fail(Rv::slot_id_invalid, "not a slot of this module");
  if (present) TRY(check_pin(slot, UserType::so, so_pin));

  OpenedToken token;
  token.row.slot = slot;
  std::ranges::copy(crypto::random_bytes(token.row.id.bytes.size()), token.row.id.bytes.begin());
  token.content.label = std::move(label);
  token.content.serial = fresh_serial();
  token.content.public_key = crypto::random_secret(32);
  token.content.digest = Bytes(Digest{}.size(), 0);
  token.content.so = state_->keys.lock(so_pin, state_->options.pin_cost, token.row.id, "so", crypto::random_secret(32));

  auto change = TRY(state_->store->begin());
  if (const auto row = TRY(change->token(slot))) {
    if (!present) return fail(Rv::slot_id_invalid, "another process made a token in this slot just now");
    token.content.serial = TRY(state_->keys.open_token(*row)).serial;
    TRY(change->remove_token(slot));
  }
  TRY(keep_token(*state_, *change, token));
  TRY(append(*change, state_->keys, token.row.id, {.act = Act::token_initialised, .actor = {}, .object = {}}, state_->options.actor));
  TRY(change->commit());
  const std::lock_guard lock(state_->mutex);
  state_->token_keys.erase(slot);
  return Done{};
}

Status Keystore::remove_token(SlotId slot) {
  auto change = TRY(state_->store->begin());
  const auto token = TRY(open_token(*state_, *change, slot));
  TRY(change->remove_token(slot));
  TRY(append(*change, state_->keys, token.row.id, {.act = Act::token_removed, .actor = {}, .object = {}}, state_->options.actor));
  TRY(change->commit());
  const std::lock_guard lock(state_->mutex);
  state_->token_keys.erase(slot);
  return Done{};
}

Status Keystore::record(std::optional<SlotId> slot, AuditEvent event) {
  auto change = TRY(state_->store->begin());
  std::optional<TokenId> token;
  if (slot) {
    if (const auto row = TRY(change->token(*slot))) token = row->id;
  }
  TRY(append(*change, state_->keys, token, event, state_->options.actor));
  return change->commit();
}

Keystore::UseCounter Keystore::use_counter(SlotId slot, const ObjectId& object, Act act) {
  TokenId token{};
  if (const auto keys = state_->keys_of(slot)) token = (*keys)->id;
  const std::lock_guard lock(state_->mutex);
  auto& counter = state_->uses[{token, object, act}];
  if (!counter) counter = std::make_shared<std::atomic<std::uint64_t>>(0);
  return counter;
}

Status Keystore::flush_uses() {
  struct Group {
    TokenId token;
    AuditEvent event;
    UseCounter counter;
  };
  std::vector<Group> groups;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [key, counter] : state_->uses) {
      const auto& [token, object, act] = key;
      if (const auto count = counter->exchange(0, std::memory_order_relaxed); count != 0)
        groups.push_back({token, {.act = act, .actor = {}, .object = object, .outcome = Rv::ok, .count = count}, counter});
    }
  }
  if (groups.empty()) return Done{};
  const auto commit = [&]() -> Status {
    auto change = TRY(state_->store->begin());
    for (const auto& group : groups) TRY(append(*change, state_->keys, group.token, group.event, state_->options.actor));
    return change->commit();
  };
  auto done = commit();
  if (!done)  // not lost: counted again next time
    for (const auto& group : groups) group.counter->fetch_add(group.event.count, std::memory_order_relaxed);
  return done;
}

Status Keystore::export_audit(std::uint64_t first, const std::function<Status(std::string_view line)>& out) {
  return export_chain(*state_->store, state_->keys, first, out);
}

Status Keystore::verify_audit() { return verify_chain(*state_->store, state_->keys); }

}  // namespace hsm::store
