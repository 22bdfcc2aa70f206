#include <algorithm>
#include <optional>
#include <utility>

#include "hsm/base/codec.h"
#include "hsm/model/attribute_blob.h"
#include "hsm/store/keystore.h"
#include "hsm/store/keystore_state.h"

// Reading objects and changing them.

namespace hsm::store {
namespace {

Error edited(const ObjectView& object) {
  return fail(Rv::device_error, "a stored object was edited or exchanged; restore the store from a backup").about(title_of(object));
}
Error not_logged_in() { return fail(Rv::user_not_logged_in, "a private object needs its user's login"); }

/// Checks records of one token, one after the other.
class RecordChecker {
 public:
  RecordChecker(const KnownToken& token, const Secret* private_key) : id_(token.row.id), public_(token.keys->objects) {
    if (private_key != nullptr) private_.emplace(*private_key);
  }
  /// A private record passes unchecked when there is no key for it.
  Status check(const ObjectView& object) {
    if (object.private_object && !private_) return Done{};
    describe_object(id_, object, associated_);
    auto& checker = object.private_object ? *private_ : public_;
    if (!checker.check(associated_, object.sealed)) return edited(object);
    return Done{};
  }

 private:
  const TokenId id_;
  crypto::SealChecker public_;
  std::optional<crypto::SealChecker> private_;
  Bytes associated_;
};

}  // namespace

// ---- reading

/// One Keystore::refresh(), while the store shows its rows.
class Refreshing {
 public:
  Refreshing(Keystore::State& keystore, SlotId slot, Cursor before, const Unlocked* unlocked, const SeeNews& see)
      : keystore_(keystore), slot_(slot), next_(std::move(before)), unlocked_(unlocked), see_(see) {}

  /// The token was initialised since the cursor was there: everything is to be read.
  bool is_another_token() const { return another_token_; }

  Status object(const Snapshot& snapshot, const ObjectView& object) {
    TRY(begin(snapshot));
    TRY(checker_->check(object));
    const auto tag = tag_of(object.sealed);
    const auto before = next_.tags_.put(object.id.number(), tag);
    if (before && snapshot.complete)
      return fail(Rv::device_error, "an object stands twice in the store; restore the store from a backup").about(title_of(object));
    if (before) toggled_.push_back(*before);
    toggled_.push_back(tag);
    if (toggled_.size() >= kMostToggled) TRY(toggle());
    see_(object, snapshot.complete);
    return Done{};
  }

  Result<Cursor> end(const Snapshot& snapshot) {
    TRY(begin(snapshot));
    for (const auto& id : snapshot.removed)
      if (const auto before = next_.tags_.remove(id.number())) toggled_.push_back(*before);
    TRY(toggle());
    if (next_.digest_ != token_->body.digest || next_.tags_.size() != token_->body.objects)
      return fail(Rv::device_error, "objects were removed, added or put back behind the keystore; restore the store from a backup")
          .about(token_->title());
    return std::move(next_);
  }

 private:
  static constexpr std::size_t kMostToggled = 4096;

  /// Everything but the objects is looked at before the first of them.
  Status begin(const Snapshot& snapshot) {
    if (token_ != nullptr) return Done{};
    const auto row = std::ranges::find(snapshot.tokens, slot_, &TokenRow::slot);
    const auto gone = [] { return fail(Rv::token_not_present, "the slot has no token"); };
    another_token_ = row != snapshot.tokens.end() && row->id != next_.token_ && !snapshot.complete;
    if (another_token_) return gone();
    TRY(keystore_.absorb(snapshot));
    if (row == snapshot.tokens.end()) return gone();
    const auto known = TRY(keystore_.learn(*row));
    if (unlocked_ != nullptr && unlocked_->token() != row->id)
      return fail(Rv::user_not_logged_in, "the token was initialised again");
    if (snapshot.complete) {
      next_ = Cursor();
      next_.tags_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(known->body.objects, kMostReserved)));
    }
    next_.change_ = snapshot.change;
    next_.token_ = row->id;
    checker_.emplace(*known, unlocked_ != nullptr && unlocked_->user() == UserType::user ? &unlocked_->key_ : nullptr);
    token_ = known;
    return Done{};
  }
  static constexpr std::uint64_t kMostReserved = 1'000'000;

  Status toggle() {
    TRY(ObjectDigest::toggle(token_->keys->digest, toggled_, next_.digest_));
    toggled_.clear();
    return Done{};
  }

  Keystore::State& keystore_;
  const SlotId slot_;
  Cursor next_;
  const Unlocked* unlocked_;
  const SeeNews& see_;
  KnownTokenPtr token_;
  std::optional<RecordChecker> checker_;
  std::vector<Tag> toggled_;
  bool another_token_ = false;
};

Result<Refresh> Keystore::refresh(SlotId slot, Cursor& cursor, const Unlocked* unlocked, const SeeNews& see) {
  // Whatever goes wrong below leaves an empty cursor: the next call reads everything again and finds the same.
  const auto since = cursor.change_;
  Refreshing refreshing(*state_, slot, std::exchange(cursor, Cursor()), unlocked, see);
  auto snapshot = state_->store->read(slot, since, [&](const Snapshot& at, const ObjectView& object) { return refreshing.object(at, object); });
  auto next = snapshot ? refreshing.end(*snapshot) : Result<Cursor>(snapshot.error());
  if (refreshing.is_another_token()) return refresh(slot, cursor, unlocked, see);
  cursor = TRY(std::move(next));
  return Refresh{snapshot->complete, std::move(snapshot->removed)};
}

Result<std::vector<StoredObject>> Keystore::records(SlotId slot, const Cursor& cursor, std::span<const std::uint64_t> numbers,
                                                    const Unlocked* unlocked) {
  const auto known = TRY(state_->token(slot));
  if (known->row.id != cursor.token_) return std::vector<StoredObject>();
  const bool opened = unlocked != nullptr && unlocked->user() == UserType::user && unlocked->token() == known->row.id;
  RecordChecker checker(*known, opened ? &unlocked->key_ : nullptr);
  std::vector<StoredObject> found;
  TRY(state_->store->read_some(slot, numbers, [&](const ObjectView& object) -> Status {
    const auto* tag = cursor.tags_.find(object.id.number());
    if (tag == nullptr || *tag != tag_of(object.sealed)) return Done{};
    if (object.private_object && !opened) return not_logged_in();
    TRY(checker.check(object));
    found.push_back(object.copy());
    return Done{};
  }));
  return found;
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
  KnownTokenPtr token;  ///< as it was before, after the commit as it is
  TokenBody body;
  Bytes digest_before = body.digest;
  std::vector<Tag> toggled;
  std::vector<StoredObject> stored;
  std::vector<ObjectId> removed;
  std::uint64_t change = writing.rows().number();

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
    TRY(writing.rows().put_object(token->row.slot, object));
    stored.push_back(object);
    return Done{};
  }
};

Edit::Edit(std::unique_ptr<State> state) : state_(std::move(state)) {}
Edit::Edit(Edit&&) noexcept = default;
Edit::~Edit() = default;

Result<Edit> Keystore::edit(SlotId slot) {
  auto writing = TRY(state_->write());
  auto token = TRY(writing.token(slot));
  auto body = token->body;
  return Edit(std::unique_ptr<Edit::State>(new Edit::State{.writing = std::move(writing), .token = std::move(token), .body = std::move(body)}));
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
  state_->removed.push_back(object.id);
  --state_->body.objects;
  return Done{};
}

Status Edit::record(AuditEvent event) { return state_->writing.record(std::move(event), state_->token->row.id); }

Status Edit::commit() {
  auto& token = *state_->token;
  TRY(ObjectDigest::toggle(token.keys->digest, state_->toggled, state_->body.digest));
  auto now = std::make_shared<KnownToken>();
  now->row = TRY(state_->writing.put_token(token.row.slot, token.row.id, state_->body));
  now->body = state_->body;
  now->keys = token.keys;
  TRY(state_->writing.commit());
  state_->token = std::move(now);
  state_->writing.keystore().absorb(state_->change, state_->token);
  return Done{};
}

bool Edit::advance(Cursor& cursor) const {
  if (cursor.change_ + 1 != state_->change || cursor.token_ != state_->token->row.id || cursor.digest_ != state_->digest_before) return false;
  for (const auto& object : state_->stored) cursor.tags_.put(object.id.number(), tag_of(object.sealed));
  for (const auto& id : state_->removed) cursor.tags_.remove(id.number());
  cursor.digest_ = state_->body.digest;
  cursor.change_ = state_->change;
  return true;
}
const std::vector<StoredObject>& Edit::stored() const { return state_->stored; }
const std::vector<ObjectId>& Edit::removed() const { return state_->removed; }

}  // namespace hsm::store
