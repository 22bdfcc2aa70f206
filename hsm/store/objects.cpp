#include <fmt/format.h>

#include <algorithm>

#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// Objects of a token: reading them with every check, and changing them together with their audit records.

namespace hsm::store {
namespace {

Error damaged(const StoredObject& object) {
  std::string subject = to_hex(object.id.bytes);
  if (const auto attributes = decode_public(object)) {
    if (const auto* label = find_bytes(*attributes, Attr::label)) subject += fmt::format(" \"{}\"", text_of(*label));
  }
  return fail(Rv::device_error, "an object was changed outside Keymantle").about(std::move(subject));
}

Error not_logged_in() { return fail(Rv::user_not_logged_in, "a private object needs its user's login"); }

/// The key that seals the object, when it may be used.
Result<const Secret*> sealing_key(const TokenKeys& keys, bool private_object, const Unlocked* unlocked) {
  if (!private_object) return &keys.objects;
  if (unlocked == nullptr || unlocked->user() != UserType::user || unlocked->token() != keys.id) return not_logged_in();
  return &KeystoreState::key_of(*unlocked);
}

Status check_object(const TokenKeys& keys, const StoredObject& object, const Unlocked* unlocked) {
  const auto key = sealing_key(keys, object.private_object, unlocked);
  if (!key) return Done{};  // verified at login
  if (!crypto::check_sealed(**key, describe_object(keys.id, object), object.sealed)) return damaged(object);
  return Done{};
}

bool is_private(const Template& attributes) { return find_bool(attributes, Attr::private_).value_or(false); }

}  // namespace

Result<Refresh> Keystore::refresh(SlotId slot, Cursor& cursor, const Unlocked* unlocked) {
  auto snapshot = TRY(state_->store->read(slot, cursor.change_));
  const auto row = std::ranges::find(snapshot.tokens, slot, &TokenRow::slot);
  if (row == snapshot.tokens.end()) return fail(Rv::token_not_present, "there is no token in this slot");
  if (row->id != cursor.token_ && !snapshot.complete) {
    cursor = Cursor();
    return refresh(slot, cursor, unlocked);
  }
  const auto content = TRY(state_->keys.open_token(*row));
  const auto keys = state_->keys_of(*row, content);

  Cursor next;
  if (!snapshot.complete) next = cursor;
  next.change_ = snapshot.change;
  next.token_ = row->id;
  const auto forget = [&](const ObjectId& id) {
    const auto known = next.tags_.find(id);
    if (known == next.tags_.end()) return;
    toggle(next.digest_, keys->digest, id, known->second);
    next.tags_.erase(known);
  };
  for (const auto& id : snapshot.removed) forget(id);
  if (snapshot.complete) next.tags_.reserve(snapshot.objects.size());
  for (const auto& object : snapshot.objects) {
    TRY(check_object(*keys, object, unlocked));
    if (!snapshot.complete) forget(object.id);
    const auto tag = tag_of(object);
    toggle(next.digest_, keys->digest, object.id, tag);
    next.tags_.emplace(object.id, tag);
  }
  if (next.tags_.size() != content.objects || !equal_in_constant_time(next.digest_, content.digest))
    return fail(Rv::device_error, "objects of a token were removed or put back outside Keymantle")
        .about(fmt::format("token \"{}\": {} of {} records", content.label, next.tags_.size(), content.objects));

  Refresh refresh{.everything = snapshot.complete, .objects = std::move(snapshot.objects), .removed = std::move(snapshot.removed)};
  cursor = std::move(next);
  return refresh;
}

Status Keystore::verify_private(const Unlocked& unlocked, std::span<const StoredObject* const> objects) {
  if (unlocked.user() != UserType::user) return not_logged_in();
  for (const auto* object : objects)
    if (!crypto::check_sealed(unlocked.key_, describe_object(unlocked.token(), *object), object->sealed)) return damaged(*object);
  return Done{};
}

Result<Template> Keystore::public_attributes(const StoredObject& object) { return decode_public(object); }

Result<Template> Keystore::open_secrets(SlotId slot, const StoredObject& object, const Unlocked* unlocked) {
  const auto keys = TRY(state_->keys_of(slot));
  const auto* key = TRY(sealing_key(*keys, object.private_object, unlocked));
  auto plain = crypto::open(*key, describe_object(keys->id, object), object.sealed);
  if (!plain) return damaged(object);
  return decode_secrets(*plain);
}

struct Edit::State {
  KeystoreState& keystore;
  std::unique_ptr<Change> change;
  OpenedToken token;
  std::shared_ptr<const TokenKeys> keys;
  Digest digest{};

  void toggle_record(const StoredObject& object) { toggle(digest, keys->digest, object.id, tag_of(object)); }

  /// The record as it lies in the store; refused unless it still is what the caller knows.
  Status expect(const StoredObject& known) {
    const auto found = TRY(change->object(token.row.slot, known.id));
    if (!found) return fail(Rv::object_handle_invalid, "the object is gone");
    if (found->version != known.version || found->sealed != known.sealed)
      return fail(Rv::function_failed, "the object was changed by somebody else just now; try again");
    return Done{};
  }
  Result<StoredObject> seal(StoredObject object, const Template& attributes, const Unlocked* unlocked) {
    object.private_object = is_private(attributes);
    auto parts = split(attributes);
    object.public_attributes = std::move(parts.public_attributes);
    const auto* key = TRY(sealing_key(*keys, object.private_object, unlocked));
    object.sealed = crypto::seal(*key, describe_object(keys->id, object), parts.secrets);
    return object;
  }
};

Edit::Edit(std::unique_ptr<State> state) : state_(std::move(state)) {}
Edit::Edit(Edit&&) noexcept = default;
Edit::~Edit() = default;

Result<Edit> Keystore::edit(SlotId slot) {
  auto change = TRY(state_->store->begin());
  auto token = TRY(open_token(*state_, *change, slot));
  auto keys = state_->keys_of(token.row, token.content);
  auto state = std::unique_ptr<Edit::State>(new Edit::State{*state_, std::move(change), std::move(token), std::move(keys)});
  if (state->token.content.digest.size() != state->digest.size())
    return fail(Rv::device_error, "a token's record is damaged").about(state->token.content.label);
  std::ranges::copy(state->token.content.digest, state->digest.begin());
  return Edit(std::move(state));
}

Result<StoredObject> Edit::create(const Template& attributes, const Unlocked* unlocked) {
  StoredObject object;
  const auto number = TRY(state_->change->next_object_number());
  for (std::size_t i = 0; i < 8; ++i) object.id.bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  std::ranges::copy(crypto::random_bytes(8), object.id.bytes.begin() + 8);
  object = TRY(state_->seal(std::move(object), attributes, unlocked));
  TRY(state_->change->put_object(state_->token.row.slot, object));
  state_->toggle_record(object);
  ++state_->token.content.objects;
  return object;
}

Result<StoredObject> Edit::update(const StoredObject& old, const Template& attributes, const Unlocked* unlocked) {
  TRY(state_->expect(old));
  StoredObject object;
  object.id = old.id;
  object.version = old.version + 1;
  object = TRY(state_->seal(std::move(object), attributes, unlocked));
  TRY(state_->change->put_object(state_->token.row.slot, object));
  state_->toggle_record(old);
  state_->toggle_record(object);
  return object;
}

Status Edit::remove(const StoredObject& object) {
  TRY(state_->expect(object));
  TRY(state_->change->remove_object(state_->token.row.slot, object.id));
  state_->toggle_record(object);
  --state_->token.content.objects;
  return Done{};
}

Status Edit::record(AuditEvent event) {
  return append(*state_->change, state_->keystore.keys, state_->token.row.id, event, state_->keystore.options.actor);
}

Status Edit::commit() {
  state_->token.content.digest = bytes_of(ByteView(state_->digest));
  TRY(keep_token(state_->keystore, *state_->change, state_->token));
  return state_->change->commit();
}

}  // namespace hsm::store
