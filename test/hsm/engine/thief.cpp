#include "test/hsm/engine/thief.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "hsm/model/attribute_blob.h"

namespace hsm::engine::test {
namespace {

using Number = std::uint64_t;

/// All with the same IV: the thief chooses it.
constexpr auto kHow = std::to_array<Mech>({Mech::aes_key_wrap, Mech::aes_key_wrap_kwp, Mech::aes_ecb, Mech::aes_cbc,
                                           Mech::aes_cbc_pad, Mech::aes_gcm, Mech::aes_ctr});

/// What the act of this serial made, or the last one before it that made something; nullptr when there is none.
template <class T>
const T* made_by(const std::map<std::uint32_t, T>& made, std::uint32_t serial) {
  const auto after = made.upper_bound(serial);
  return after == made.begin() ? nullptr : &std::prev(after)->second;
}

Mechanism mechanism_of(std::uint32_t how) {
  const auto mech = kHow[how % kHow.size()];
  Mechanism made = mechanism(mech);
  if (mech == Mech::aes_cbc || mech == Mech::aes_cbc_pad) made.params = IvParams{Bytes(16, 7)};
  if (mech == Mech::aes_gcm) made.params = GcmParams{Bytes(12, 7), {}, 128};
  if (mech == Mech::aes_ctr) made.params = CtrParams{128, Bytes(16, 7)};
  return made;
}

bool is_stream(std::uint32_t how) {
  const auto mech = kHow[how % kHow.size()];
  return mech == Mech::aes_gcm || mech == Mech::aes_ctr;
}

/// Two bits for each flag: not given, false, true, true.
constexpr auto kFlags = std::to_array<Attr>({Attr::sensitive, Attr::extractable, Attr::wrap_with_trusted, Attr::encrypt,
                                             Attr::decrypt, Attr::wrap, Attr::unwrap, Attr::derive});
/// Two more bits: which template the key has.
Template with_templates(Template wanted, unsigned which) {
  const auto nested = [&](Attr type, Template inner) {
    wanted.push_back({static_cast<Number>(type), std::move(inner)});
  };
  if (which == 1 || which == 2)
    nested(Attr::unwrap_template, attributes(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)));
  if (which == 2) nested(Attr::wrap_template, attributes(attribute(Attr::sensitive, false)));
  if (which == 3) nested(Attr::unwrap_template, attributes(attribute(Attr::extractable, true)));
  return wanted;
}

crypto::KeyPtr as_aes(ByteView value) {
  return crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::secret_key),
                                     attribute(Attr::key_type, KeyType::aes),
                                     attribute(Attr::value, Secret::copy_of(value))))
      .value();
}

bool aes_sized(ByteView octets) { return octets.size() == 16 || octets.size() == 32; }

Bytes exclusive_or(ByteView a, ByteView b, ByteView c) {
  Bytes sum(std::min({a.size(), b.size(), c.size()}));
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = a[i] ^ b[i] ^ c[i];
  return sum;
}

}  // namespace

Acts random_acts(std::uint64_t seed, std::size_t count) {
  // What attacks are made of comes more often.
  constexpr auto kKinds = std::to_array<Act::Kind>(
      {Act::generate, Act::generate, Act::generate, Act::pair,   Act::create, Act::copy,   Act::set,
       Act::wrap,     Act::wrap,     Act::wrap,     Act::wrap,   Act::unwrap, Act::unwrap, Act::unwrap,
       Act::encrypt,  Act::decrypt,  Act::decrypt,  Act::derive, Act::read,   Act::read});
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t limit) {
    return static_cast<std::uint32_t>(random() % std::max<std::size_t>(1, limit));
  };
  Acts acts;
  for (std::uint32_t serial = 0; serial < count; ++serial)
    acts.push_back({kKinds[below(kKinds.size())], serial, below(1u << 20), below(serial), below(serial), below(64)});
  return acts;
}

std::string to_text(const Act& act) {
  constexpr std::array<const char*, Act::kKinds> kNames = {"generate", "pair",    "create",  "copy",   "set", "wrap",
                                                           "unwrap",   "encrypt", "decrypt", "derive", "read"};
  return fmt::format("{}: {} flags {:05x} one {} other {} how {}", act.serial, kNames[act.kind], act.flags, act.one,
                     act.other, act.how % kHow.size());
}

Thief::Thief(PolicyProfile profile) {
  auto& keystore = engine->keystore();
  auto so = keystore.check_pin(slot, UserType::so, pin("so-pin"));
  BOOST_REQUIRE(so);
  BOOST_REQUIRE(keystore.set_profile(slot, *so, profile));
  auto door = keystore.check_pin(slot, UserType::user, pin("user-pin"));
  BOOST_REQUIRE(door);
  door_.emplace(std::move(*door));
}

Template Thief::given(const Act& act, bool with_class) const {
  Template wanted;
  if (with_class) {
    wanted.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
    wanted.push_back(attribute(Attr::key_type, KeyType::aes));
  }
  wanted.push_back(attribute(Attr::token, true));
  for (std::size_t i = 0; i < kFlags.size(); ++i)
    if (const auto bits = act.flags >> (2 * i) & 3; bits > 0) wanted.push_back(attribute(kFlags[i], bits > 1));
  return with_templates(std::move(wanted), act.flags >> (2 * kFlags.size()) & 3);
}

ObjectHandle Thief::key(std::uint32_t serial) const {
  const auto* found = made_by(keys_, serial);
  return found == nullptr ? kNoHandle : *found;
}

void Thief::keep(const Act& act, const Result<request::OneObject>& made) {
  if (!made) return;
  ++accepted_;
  keys_[act.serial] = made->object;
}

void Thief::know(ByteView octets) {
  if (!octets.empty()) known_.insert(bytes_of(octets));
}

void Thief::act(const Acts& acts) {
  for (const auto& one_act : acts) {
    act(one_act);
    remember_secrets();
  }
}

void Thief::act(const Act& act) {
  switch (act.kind) {
    case Act::generate: {
      auto wanted = given(act, false);
      wanted.push_back(attribute(Attr::value_len, Number{act.one % 2 == 0 ? 16u : 32u}));
      return keep(act, try_generate(std::move(wanted)));
    }
    case Act::pair: {
      auto made = ec_pair(attributes(attribute(Attr::token, true), attribute(Attr::derive, true)));
      keys_[act.serial] = made.private_key;
      points_[act.serial] = made.public_key;
      return;
    }
    case Act::create: {
      Bytes value(act.one % 2 == 0 ? 16 : 32);
      for (auto& octet : value) octet = static_cast<std::uint8_t>(octets_());
      auto wanted = given(act, true);
      wanted.push_back(attribute(Attr::value, Secret::copy_of(value)));
      know(value);
      const auto made = try_create(std::move(wanted));
      if (made) chosen_[made->object] = value;
      return keep(act, made);
    }
    case Act::copy:
      return keep(act, UserFixture::copy(key(act.one), given({.kind = act.kind, .flags = act.flags & 0xFFFF}, false)));
    case Act::set: {
      Template change;
      change.push_back(attribute(kFlags[act.other % kFlags.size()], act.flags % 2 == 0));
      if (UserFixture::set(key(act.one), std::move(change))) ++accepted_;
      return;
    }
    case Act::wrap:
      return wrap(act);
    case Act::unwrap:
      return unwrap(act);
    case Act::encrypt:
      return crypt(act, Use::encrypt);
    case Act::decrypt:
      return crypt(act, Use::decrypt);
    case Act::derive:
      return derive(act);
    case Act::read:
      return read(act);
  }
}

void Thief::wrap(const Act& act) {
  Bytes room(512);
  request::WrapKey request;
  request.session = session;
  request.mechanism = mechanism_of(act.how);
  request.wrapping_key = key(act.one);
  request.key = key(act.other);
  request.room = Room(room);
  const auto done = one->call(request);
  if (!done || !done->written) return;
  ++accepted_;
  room.resize(done->size);
  told_[act.serial] = {room, is_stream(act.how), {}, request.key};
}

void Thief::unwrap(const Act& act) {
  const auto* blob = made_by(told_, act.other);
  if (blob == nullptr) return;
  request::UnwrapKey request;
  request.session = session;
  request.mechanism = mechanism_of(act.how);
  request.unwrapping_key = key(act.one);
  request.wrapped = blob->octets;
  request.attributes = given(act, true);
  keep(act, one->call(request));
}

void Thief::crypt(const Act& act, Use use) {
  const Bytes zeros(32, 0);
  const auto* blob = use == Use::decrypt ? made_by(told_, act.other) : nullptr;
  const Bytes data = blob == nullptr ? zeros : blob->octets;
  if (!begin(use, mechanism_of(act.how), key(act.one))) return;
  Bytes room(512);
  const auto done = once(use, data, Room(room));
  if (!done || !done->written) return;
  ++accepted_;
  room.resize(done->size);
  know(room);
  if (use == Use::encrypt) told_[act.serial] = {room, is_stream(act.how), zeros, kNoHandle};
}

void Thief::derive(const Act& act) {
  const auto* peer = made_by(points_, act.other);
  if (peer == nullptr) return;
  const auto point = get(*peer, Attr::ec_point);
  request::DeriveKey request;
  request.session = session;
  request.mechanism = {static_cast<Number>(Mech::ecdh1_derive),
                       Ecdh1Params{static_cast<Number>(Kdf::null), {}, std::get<Bytes>(point.attribute.value)}};
  request.base_key = key(act.one);
  request.attributes = given(act, true);
  request.attributes.push_back(attribute(Attr::value_len, Number{act.how % 2 == 0 ? 16u : 32u}));
  const auto made = one->call(request);
  if (made) keep(act, request::OneObject{made->object});
}

void Thief::read(const Act& act) {
  const auto reply = one->call(request::GetAttributes{session, key(act.one), {static_cast<Number>(Attr::value)}});
  if (!reply || reply->answers[0].readable != request::Readable::yes) return;
  ++accepted_;
  if (const auto* value = std::get_if<Secret>(&reply->answers[0].attribute.value)) know(value->reveal(use()));
}

void Thief::remember_secrets() {
  std::vector<store::StoredObject> seen;
  BOOST_REQUIRE(engine->keystore().refresh(slot, cursor_, &*door_, [&](const store::ObjectView& object, bool) { seen.push_back(object.copy()); }));
  for (const auto& object : seen) {
    const AttributeBlob blob(object.public_attributes);
    if (blob.kind().object_class != ObjectClass::secret_key) continue;
    const auto opened = engine->keystore().open_secrets(slot, object, &*door_);
    BOOST_REQUIRE(opened);
    const auto value = bytes_of(find_secret(*opened, Attr::value)->reveal(use()));
    values_.insert(value);
    if (blob.is(Attr::always_sensitive)) secrets_.insert(value);
  }
}

/// Everything that opens under a known value. Unauthenticated octets count where they are a key's: the oracle says so.
void Thief::open_with(const Bytes& value) {
  const auto key = as_aes(value);
  for (const auto& [serial, blob] : told_) {
    for (std::uint32_t how = 0; how < kHow.size(); ++how) {
      auto opened = crypto::unwrap(mechanism_of(how), *key, blob.octets);
      if (!opened) continue;
      const auto octets = bytes_of(opened->reveal(use()));
      if (values_.contains(octets)) known_.insert(octets);
    }
  }
}

void Thief::use_streams_twice() {
  for (const auto& [serial, a] : told_) {
    const auto chosen = chosen_.find(a.wrapped);
    const auto& plaintext = chosen == chosen_.end() ? a.plaintext : chosen->second;
    if (!a.stream || plaintext.empty()) continue;
    for (const auto& [later, b] : told_) {
      auto octets = exclusive_or(a.octets, plaintext, b.octets);
      for (const std::size_t size : {32u, 16u}) {
        if (octets.size() < size) continue;
        octets.resize(size);
        if (b.stream && values_.contains(octets)) known_.insert(octets);
      }
    }
  }
}

void Thief::close_over_known() {
  // What was given out whole may be two keys, or a key and padding.
  for (const auto& octets : std::set<Bytes>(known_))
    for (const std::size_t size : {16u, 32u})
      for (std::size_t at = 0; at + size <= octets.size(); at += 8)
        if (Bytes part(octets.begin() + static_cast<std::ptrdiff_t>(at),
                       octets.begin() + static_cast<std::ptrdiff_t>(at + size));
            values_.contains(part))
          known_.insert(std::move(part));
  use_streams_twice();
  std::set<Bytes> tried;
  for (bool more = true; more;) {
    more = false;
    for (const auto& value : std::set<Bytes>(known_)) {
      if (!aes_sized(value) || !values_.contains(value) || !tried.insert(value).second) continue;
      more = true;
      open_with(value);
    }
  }
}

std::size_t Thief::stolen() {
  close_over_known();
  std::size_t count = 0;
  for (const auto& secret : secrets_) count += known_.contains(secret) ? 1u : 0u;
  return count;
}

}  // namespace hsm::engine::test
