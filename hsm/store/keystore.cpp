#include "hsm/store/keystore.h"

#include <algorithm>

#include "hsm/base/codec.h"
#include "hsm/store/header.h"
#include "hsm/store/keystore_state.h"

namespace hsm::store {
namespace {

/// Makes an empty store ready for a master key. Another process may do so at the same moment: the first one wins.
Result<Bytes> create_keystore(Store& store, const Secret& master_key, Profile profile, const std::string& actor) {
  auto change = TRY(store.begin());
  if (auto already = TRY(change->meta("header"))) return *already;
  if (!TRY(change->tokens()).empty() || TRY(change->meta("head")))
    return fail(Rv::device_error, "the keystore header is missing; restore the store from a backup").about(store.name());

  const auto row = make_header(master_key, profile, crypto::random_secret(32));
  const auto encoded = encode(row);
  AuditRecord first;
  first.sequence = 1;
  first.time = now_in_microseconds();
  first.act = Act::keystore_created;
  first.actor = actor;
  first.previous = Bytes(32);
  const auto record = encode(first);
  Head head;
  head.audit_sequence = 1;
  head.audit_hash = bytes_of(ByteView(hash_of_encoded(record)));
  TRY(change->put_meta("header", encoded));
  TRY(change->put_meta("head", Sealer(master_key, row.id).seal_head(head)));
  TRY(change->add_audit({1, {record.begin(), record.end()}}));
  TRY(change->commit());
  return Bytes(encoded.begin(), encoded.end());
}

}  // namespace

Keystore::Keystore(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keystore::~Keystore() {
  if (state_) static_cast<void>(flush_uses());
}

Result<std::unique_ptr<Keystore>> Keystore::open(std::unique_ptr<Store> store, const Secret& master_key, Profile profile,
                                                 KeystoreOptions options) {
  if (master_key.size() != 32) return fail(Rv::key_size_range, "a master key has 32 octets");
  auto encoded = TRY(store->meta("header"));
  if (!encoded) encoded = TRY(create_keystore(*store, master_key, profile, options.actor));
  const auto row = TRY(decode_header(*encoded, store->name()));
  auto pepper = TRY(open_pepper(row, master_key, store->name()));
  if (row.profile != profile)
    return fail(Rv::token_not_recognized, row.profile == Profile::production
                                              ? Literal("the store is isolated (production profile): only keymantle-hsmd opens it")
                                              : Literal("the store has the development profile: it is mounted locally"))
        .about(store->name());
  auto state = std::make_unique<State>(std::move(store), describe_header(row), std::move(options), Sealer(master_key, row.id),
                                       std::move(pepper));
  return std::unique_ptr<Keystore>(new Keystore(std::move(state)));
}

const KeystoreHeader& Keystore::header() const { return state_->header; }
std::string Keystore::name() const { return state_->store->name(); }
std::uint64_t Keystore::change() { return state_->store->change(); }

// ---- the inside

Result<Head> Keystore::State::open_head(ByteView sealed) const {
  auto head = sealer.open_head(sealed);
  if (!head) return fail(Rv::device_error, "the head of the store was removed or edited; restore it from a backup").about(store->name());
  return head;
}

Result<Writing> Keystore::State::write() {
  auto change = TRY(store->begin());
  const auto sealed = TRY(change->meta("head")).value_or(Bytes());
  return Writing(*this, std::move(change), TRY(open_head(sealed)));
}

Result<KnownTokenPtr> Keystore::State::learn(const TokenRow& row) {
  KnownTokenPtr before;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = tokens.find(row.slot); found != tokens.end()) before = found->second;
  }
  if (before && before->row.id == row.id && before->row.sealed == row.sealed) return before;
  auto body = sealer.open_token(row);
  if (!body)
    return fail(Rv::device_error, "the record of a token was edited; restore the store from a backup")
        .about((before ? before->title() : title_of(row.slot, "?")) + " of " + store->name());
  auto known = std::make_shared<KnownToken>();
  known->row = row;
  known->body = std::move(*body);
  if (before && before->row.id == row.id) {
    known->keys = before->keys;
  } else {
    known->keys = std::make_shared<TokenKeys>(TRY(sealer.open_public_key(known->body.public_key, row.id)));
  }
  return KnownTokenPtr(known);
}

Status Keystore::State::absorb(const Snapshot& snapshot) {
  const auto head = TRY(open_head(snapshot.head));
  const auto missing = [&](SlotId slot) {
    return fail(Rv::device_error, "a token was removed, added or put back behind the keystore; restore the store from a backup")
        .about(title_of(slot, "?") + " of " + store->name());
  };
  std::map<SlotId, KnownTokenPtr> now;
  for (const auto& row : snapshot.tokens) {
    auto known = TRY(learn(row));
    const auto expected = std::ranges::find(head.tokens, row.slot, &Head::Token::slot);
    if (expected == head.tokens.end() || !std::ranges::equal(expected->tag, tag_of(row.sealed))) return missing(row.slot);
    now.emplace(row.slot, std::move(known));
  }
  for (const auto& token : head.tokens)
    if (!now.contains(token.slot)) return missing(token.slot);
  const std::lock_guard lock(mutex);
  if (looked && snapshot.change < tokens_change) return Done{};  // another thread saw more
  tokens = std::move(now);
  tokens_change = snapshot.change;
  looked = true;
  return Done{};
}

void Keystore::State::absorb(std::uint64_t change, KnownTokenPtr token) {
  const std::lock_guard lock(mutex);
  if (!looked || tokens_change + 1 != change) return;
  tokens[token->row.slot] = std::move(token);
  tokens_change = change;
}

Status Keystore::State::look_at_tokens() {
  const auto change = store->change();
  {
    const std::lock_guard lock(mutex);
    if (looked && tokens_change == change) return Done{};
  }
  return absorb(TRY(store->tokens()));
}

Result<KnownTokenPtr> Keystore::State::token(SlotId slot) {
  TRY(look_at_tokens());
  const std::lock_guard lock(mutex);
  const auto found = tokens.find(slot);
  if (found == tokens.end()) return fail(Rv::token_not_present, "the slot has no token");
  return found->second;
}

// ---- writing

Result<KnownTokenPtr> Writing::token(SlotId slot) {
  const auto row = TRY(change_->token(slot));
  const auto expected = std::ranges::find(head_.tokens, slot, &Head::Token::slot);
  if (row ? expected == head_.tokens.end() || !std::ranges::equal(expected->tag, tag_of(row->sealed)) : expected != head_.tokens.end())
    return fail(Rv::device_error, "a token was removed, added or put back behind the keystore; restore the store from a backup")
        .about(title_of(slot, "?") + " of " + keystore_.store->name());
  if (!row) return fail(Rv::token_not_present, "the slot has no token");
  return keystore_.learn(*row);
}

Result<TokenRow> Writing::put_token(SlotId slot, const TokenId& id, const TokenBody& body) {
  TokenRow row{slot, id, keystore_.sealer.seal_token(body, slot, id)};
  const auto tag = bytes_of(ByteView(tag_of(row.sealed)));
  if (const auto entry = std::ranges::find(head_.tokens, slot, &Head::Token::slot); entry != head_.tokens.end()) {
    entry->tag = tag;
  } else {
    head_.tokens.push_back({slot, tag});
  }
  TRY(change_->put_token(row));
  return row;
}

Status Writing::remove_token(SlotId slot) {
  std::erase_if(head_.tokens, [&](const Head::Token& token) { return token.slot == slot; });
  return change_->remove_token(slot);
}

Status Writing::record(AuditEvent event, const std::optional<TokenId>& token) {
  AuditRecord record;
  record.sequence = head_.audit_sequence + 1;
  record.time = now_in_microseconds();
  record.act = event.act;
  record.actor = event.actor.empty() ? keystore_.options.actor : std::move(event.actor);
  if (token) record.token = bytes_of(ByteView(token->bytes));
  if (event.object) record.object = bytes_of(ByteView(event.object->bytes));
  record.outcome = static_cast<std::uint64_t>(event.outcome);
  record.count = event.count;
  record.previous = head_.audit_hash;
  const auto encoded = encode(record);
  head_.audit_sequence = record.sequence;
  head_.audit_hash = bytes_of(ByteView(hash_of_encoded(encoded)));
  return change_->add_audit({record.sequence, {encoded.begin(), encoded.end()}});
}

Status Writing::commit() {
  TRY(change_->put_meta("head", keystore_.sealer.seal_head(head_)));
  TRY(change_->commit());
  change_.reset();  // others may write again
  return Done{};
}

}  // namespace hsm::store
