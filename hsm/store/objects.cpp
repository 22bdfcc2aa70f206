#include <algorithm>

#include "hsm/base/codec.h"
#include "hsm/model/attribute_blob.h"
#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// Reading objects and changing them.

namespace hsm::store {
namespace {

Error edited(const StoredObject& object) {
  return fail(Rv::device_error, "a stored object was edited or exchanged; restore the store from a backup").about(title_of(object));
}
Error not_logged_in() { return fail(Rv::user_not_logged_in, "a private object needs its user's login"); }

Status check_record(const TokenId& token, const StoredObject& object, const Secret& key, Bytes& scratch) {
  describe_object(token, object, scratch);
  if (!crypto::check_sealed(key, scratch, object.sealed)) return edited(object);
  return Done{};
}

}  // namespace

// ---- reading

Result<Refresh> Keystore::refresh(SlotId slot, Cursor& cursor, const Unlocked* unlocked) {
  auto snapshot = TRY(state_->store->read(slot, cursor.change_));
  const auto row = std::ranges::find(snapshot.tokens, slot, &TokenRow::slot);
  if (row != snapshot.tokens.end() && row->id != cursor.token_ && !snapshot.complete) {
    cursor = Cursor();
    return refresh(slot, cursor, unlocked);
  }
  TRY(state_->absorb(snapshot));
  if (row == snapshot.tokens.end()) return fail(Rv::token_not_present, "the slot has no token");
  const auto known = TRY(state_->learn(*row));
  if (unlocked != nullptr && unlocked->token() != row->id)
    return fail(Rv::user_not_logged_in, "the token was initialised again");

  // Whatever goes wrong below leaves an empty cursor: the next call reads everything again and finds the same.
  Cursor next = std::exchange(cursor, Cursor());
  if (snapshot.complete) next = Cursor();
  next.change_ = snapshot.change;
  next.token_ = row->id;

  Bytes scratch;
  std::vector<Tag> toggled;
  toggled.reserve(snapshot.objects.size());
  if (snapshot.complete) next.tags_.reserve(snapshot.objects.size());
  for (const auto& object : snapshot.objects) {
    if (!object.private_object) {
      TRY(check_record(row->id, object, known->keys->objects, scratch));
    } else if (unlocked != nullptr && unlocked->user() == UserType::user) {
      TRY(check_record(row->id, object, unlocked->key_, scratch));
    }
    const auto tag = tag_of(object.sealed);
    const auto [entry, is_new] = next.tags_.try_emplace(object.id, tag);
    if (!is_new) toggled.push_back(std::exchange(entry->second, tag));
    toggled.push_back(tag);
  }
  for (const auto& id : snapshot.removed) {
    const auto entry = next.tags_.find(id);
    if (entry == next.tags_.end()) continue;
    toggled.push_back(entry->second);
    next.tags_.erase(entry);
  }
  TRY(ObjectDigest::toggle(known->keys->digest, toggled, next.digest_));
  if (next.digest_ != known->body.digest || next.tags_.size() != known->body.objects)
    return fail(Rv::device_error, "objects were removed, added or put back behind the keystore; restore the store from a backup")
        .about(known->title());
  cursor = std::move(next);
  return Refresh{snapshot.complete, std::move(snapshot.objects), std::move(snapshot.removed)};
}

Status Keystore::verify_private(const Unlocked& unlocked, std::span<const StoredObject* const> objects) {
  if (unlocked.user() != UserType::user) return not_logged_in();
  Bytes scratch;
  for (const auto* object : objects)
    if (object->private_object) TRY(check_record(unlocked.token(), *object, unlocked.key_, scratch));
  return Done{};
}

Result<Template> Keystore::public_attributes(const StoredObject& object) {
  try {
    return AttributeBlob(object.public_attributes).decode();
  } catch (const Malformed&) {
    return edited(object);
  }
}

Result<Template> Keystore::open_secrets(SlotId slot, const StoredObject& object, const Unlocked* unlocked) {
  const auto known = TRY(state_->token(slot));
  if (object.private_object && (unlocked == nullptr || unlocked->user() != UserType::user || unlocked->token() != known->row.id))
    return not_logged_in();
  Bytes associated;
  describe_object(known->row.id, object, associated);
  const auto opened = crypto::open(object.private_object ? unlocked->key_ : known->keys->objects, associated, object.sealed);
  if (!opened) return edited(object);
  try {
    return decode<Template>(opened->reveal(crypto::SecretAccess::use()));
  } catch (const Malformed&) {
    return edited(object);
  }
}

// ---- changing

struct Edit::State {
  Writing writing;
  KnownTokenPtr token;
  TokenBody body;
  std::vector<Tag> toggled;

  Status check(const StoredObject& old) {
    const auto now = TRY(writing.rows().object(token->row.slot, old.id));
    if (!now) return fail(Rv::object_handle_invalid, "the object is gone");
    if (now->version != old.version || now->sealed != old.sealed)
      return fail(Rv::function_failed, "the object was changed meanwhile; look again").about(title_of(old));
    return Done{};
  }

  Status seal_and_put(StoredObject& object, const Template& attributes, const Unlocked* unlocked) {
    if (object.private_object && (unlocked == nullptr || unlocked->user() != UserType::user || unlocked->token() != token->row.id))
      return not_logged_in();
    auto parts = TRY(split(attributes));
    object.public_attributes = std::move(parts.in_clear);
    Bytes associated;
    describe_object(token->row.id, object, associated);
    object.sealed = crypto::seal(object.private_object ? unlocked->key_ : token->keys->objects, associated, ByteView(parts.secret));
    toggled.push_back(tag_of(object.sealed));
    return writing.rows().put_object(token->row.slot, object);
  }
};

Edit::Edit(std::unique_ptr<State> state) : state_(std::move(state)) {}
Edit::Edit(Edit&&) noexcept = default;
Edit::~Edit() = default;

Result<Edit> Keystore::edit(SlotId slot) {
  auto writing = TRY(state_->write());
  auto token = TRY(writing.token(slot));
  auto body = token->body;
  return Edit(std::unique_ptr<Edit::State>(new Edit::State{std::move(writing), std::move(token), std::move(body), {}}));
}

Result<StoredObject> Edit::create(const Template& attributes, const Unlocked* unlocked) {
  StoredObject object;
  auto number = TRY(state_->writing.rows().next_object_number());
  for (std::size_t i = 8; i-- > 0; number >>= 8) object.id.bytes[i] = static_cast<std::uint8_t>(number);
  TRY(crypto::random(std::span(object.id.bytes).subspan(8)));
  object.private_object = find_bool(attributes, Attr::private_).value_or(false);
  TRY(state_->seal_and_put(object, attributes, unlocked));
  ++state_->body.objects;
  return object;
}

Result<StoredObject> Edit::update(const StoredObject& old, const Template& attributes, const Unlocked* unlocked) {
  TRY(state_->check(old));
  StoredObject object;
  object.id = old.id;
  object.version = old.version + 1;
  object.private_object = find_bool(attributes, Attr::private_).value_or(false);
  TRY(state_->seal_and_put(object, attributes, unlocked));
  state_->toggled.push_back(tag_of(old.sealed));
  return object;
}

Status Edit::remove(const StoredObject& object) {
  TRY(state_->check(object));
  TRY(state_->writing.rows().remove_object(state_->token->row.slot, object.id));
  state_->toggled.push_back(tag_of(object.sealed));
  --state_->body.objects;
  return Done{};
}

Status Edit::record(AuditEvent event) { return state_->writing.record(std::move(event), state_->token->row.id); }

Status Edit::commit() {
  auto& token = *state_->token;
  TRY(ObjectDigest::toggle(token.keys->digest, state_->toggled, state_->body.digest));
  TRY(state_->writing.put_token(token.row.slot, token.row.id, state_->body));
  return state_->writing.commit();
}

}  // namespace hsm::store
