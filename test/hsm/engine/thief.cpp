#include "test/hsm/engine/thief.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "hsm/engine/application.h"
#include "hsm/model/attribute_blob.h"

namespace hsm::engine::test {
namespace {

constexpr bool kInStrict = true, kCompatibleOnly = false;

/// What attacks are made of comes more often.
constexpr auto kKinds = std::to_array<Kind>({
    {"generate AES", 8, kInStrict, &Thief::make_aes},
    {"generate generic", 4, kInStrict, &Thief::make_generic},
    {"generate EC pair", 3, kInStrict, &Thief::make_pair},
    {"create AES", 3, kInStrict, &Thief::create_aes},
    {"create generic", 1, kInStrict, &Thief::create_generic},
    {"create RSA", 1, kInStrict, &Thief::create_rsa},
    {"copy", 4, kInStrict, &Thief::copy_key},
    {"set", 4, kInStrict, &Thief::set_flag},
    {"log out and in", 1, kInStrict, &Thief::log_out_and_in},
    {"read", 8, kInStrict, &Thief::read_value},
    {"wrap", 16, kInStrict, &Thief::wrap},
    {"unwrap", 12, kInStrict, &Thief::unwrap},
    {"wrap authenticated", 6, kInStrict, &Thief::wrap_authenticated},
    {"unwrap authenticated", 10, kInStrict, &Thief::unwrap_authenticated},
    {"wrap to public", 6, kInStrict, &Thief::wrap_to_public},
    {"unwrap by private", 4, kInStrict, &Thief::unwrap_by_private},
    {"encapsulate", 3, kInStrict, &Thief::encapsulate},
    {"decapsulate", 4, kInStrict, &Thief::decapsulate},
    {"encrypt", 4, kInStrict, &Thief::encrypt},
    {"decrypt", 8, kInStrict, &Thief::decrypt},
    {"encrypt message", 2, kInStrict, &Thief::encrypt_message},
    {"decrypt message", 4, kInStrict, &Thief::decrypt_message},
    {"decrypt by RSA", 3, kInStrict, &Thief::decrypt_by_rsa},
    {"sign by RSA", 2, kInStrict, &Thief::sign_by_rsa},
    {"MAC", 6, kInStrict, &Thief::mac},
    {"MAC of message", 2, kInStrict, &Thief::mac_of_message},
    {"MAC taken up again", 2, kInStrict, &Thief::mac_taken_up_again},
    {"digest key", 2, kInStrict, &Thief::digest_key},
    {"agree", 6, kInStrict, &Thief::agree},
    {"derive by HKDF", 5, kInStrict, &Thief::derive_by_hkdf},
    {"derive by SP 800-108", 5, kInStrict, &Thief::derive_by_kbkdf},
    {"derive by IKE", 3, kInStrict, &Thief::derive_by_ike},
    {"derive by hash", 3, kInStrict, &Thief::derive_by_hash},
    {"derive by joining", 4, kCompatibleOnly, &Thief::derive_by_joining},
    {"derive by extracting", 3, kCompatibleOnly, &Thief::derive_by_extracting},
    {"derive by encrypting", 4, kCompatibleOnly, &Thief::derive_by_encrypting},
    {"take apart", 1, kCompatibleOnly, &Thief::take_apart},
    {"make public half", 1, kInStrict, &Thief::make_public_half},
});

/// What the act of this serial made, or the last one before it that made something; nullptr when there is none.
template <class T>
const T* made_by(const std::map<std::uint32_t, T>& made, std::uint32_t serial) {
  const auto after = made.upper_bound(serial);
  return after == made.begin() ? nullptr : &std::prev(after)->second;
}

/// Two bits for each flag: false, true, or not given.
enum Given : std::uint32_t { given_false = 1, given_true = 3 };
constexpr auto kFlags = std::to_array<Attr>({Attr::sensitive, Attr::extractable, Attr::wrap_with_trusted, Attr::encrypt,
                                             Attr::decrypt, Attr::wrap, Attr::unwrap, Attr::derive, Attr::sign, Attr::decapsulate});
constexpr unsigned kTemplateBits = 2 * kFlags.size(), kTokenBit = kTemplateBits + 3;

bool is_of_private(Attr flag) { return flag != Attr::encrypt && flag != Attr::wrap; }

Template readable() { return attributes(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)); }

/// Three more bits: which templates the key has.
void add_templates(Template& wanted, unsigned which) {
  const auto nested = [&](Attr type, Template inner) { wanted.push_back({static_cast<std::uint64_t>(type), std::move(inner)}); };
  if (which == 1 || which == 2) nested(Attr::unwrap_template, readable());
  if (which == 2) nested(Attr::wrap_template, attributes(attribute(Attr::sensitive, false)));
  if (which == 3) nested(Attr::unwrap_template, attributes(attribute(Attr::extractable, true)));
  if (which == 4) nested(Attr::derive_template, readable());
}

constexpr std::uint32_t kOffice = 8;  // every so many serials mean one of the office's private keys

}  // namespace

std::span<const Kind> kinds() { return kKinds; }

Acts random_acts(std::uint64_t seed, std::size_t count) {
  std::vector<std::size_t> often;
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) often.insert(often.end(), kKinds[kind].weight, kind);
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t limit) { return static_cast<std::uint32_t>(random() % std::max<std::size_t>(1, limit)); };
  Acts acts;
  for (std::uint32_t serial = 0; serial < count; ++serial)
    acts.push_back({often[below(often.size())], serial, below(1u << (kTokenBit + 1)), below(serial), below(serial), below(1u << 10)});
  return acts;
}

std::string to_text(const Act& act) {
  return fmt::format("{}: {} flags {:06x} one {} other {} how {}", act.serial, kKinds[act.kind].name, act.flags, act.one, act.other, act.how);
}

void Thief::act(const Acts& acts) {
  succeeded_.resize(kKinds.size());
  for (const auto& one_act : acts) succeeded_[one_act.kind] += (this->*kKinds[one_act.kind].does)(one_act) ? 1u : 0u;
}

std::size_t Thief::stolen() {
  knowledge_.close();
  return static_cast<std::size_t>(std::ranges::count_if(secrets_, [&](Id id) { return knowledge_.knows(id) && !knowledge_.is_own(id); }));
}

Template Thief::given(const Act& act, bool with_class, KeyType type) const {
  Template wanted;
  if (with_class) {
    wanted.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
    wanted.push_back(attribute(Attr::key_type, type));
  }
  wanted.push_back(attribute(Attr::token, (act.flags >> kTokenBit & 1) != 0));
  for (std::size_t i = 0; i < kFlags.size(); ++i)
    if (const auto bits = act.flags >> (2 * i) & 3; (bits == given_false || bits == given_true) && kFlags[i] != Attr::decapsulate)
      wanted.push_back(attribute(kFlags[i], bits == given_true));
  add_templates(wanted, act.flags >> kTemplateBits & 7);
  return wanted;
}

Template Thief::given_back(const Act& act) const {
  if (act.how / 2 % 2 == 0) return given(act, true);
  return given({.kind = act.kind, .flags = act.flags & (1u << kTokenBit)}, true);
}

Template Thief::given_private(const Act& act) const {
  Template wanted;
  wanted.push_back(attribute(Attr::token, (act.flags >> kTokenBit & 1) != 0));
  for (std::size_t i = 0; i < kFlags.size(); ++i)
    if (const auto bits = act.flags >> (2 * i) & 3; (bits == given_false || bits == given_true) && is_of_private(kFlags[i]))
      wanted.push_back(attribute(kFlags[i], bits == given_true));
  const auto which = act.flags >> kTemplateBits & 7;
  if (which == 1) wanted.push_back({static_cast<std::uint64_t>(Attr::unwrap_template), readable()});
  if (which == 4 || which == 6) wanted.push_back({static_cast<std::uint64_t>(Attr::derive_template), readable()});
  if (which == 5 || which == 6) wanted.push_back({static_cast<std::uint64_t>(Attr::decapsulate_template), readable()});
  return wanted;
}

ObjectHandle Thief::key(std::uint32_t serial) const {
  if (serial % kOffice == 1) return office_rsa_.private_key;
  if (serial % kOffice == 2 && serial % (2 * kOffice) == 2) return office_ec_.private_key;
  const auto* found = made_by(keys_, serial);
  return found == nullptr ? kNoHandle : *found;
}

bool Thief::may(ObjectHandle handle, std::initializer_list<KeyType> types, Attr use) {
  const auto reply =
      one->call(request::GetAttributes{session, handle, {static_cast<std::uint64_t>(Attr::key_type), static_cast<std::uint64_t>(use)}});
  if (!reply || reply->answers[1].readable != request::Readable::yes) return false;
  const auto type = std::get<std::uint64_t>(reply->answers[0].attribute.value);
  return std::ranges::find(types, static_cast<KeyType>(type)) != types.end() && std::get<bool>(reply->answers[1].attribute.value);
}

ObjectHandle Thief::key(std::uint32_t serial, std::initializer_list<KeyType> types, Attr use) {
  const auto first = key(serial);
  if (first == kNoHandle || may(first, types, use)) return first;
  for (auto at = keys_.upper_bound(serial); at != keys_.begin();)
    if (may((--at)->second, types, use)) return at->second;
  return first;
}

ObjectHandle Thief::opener(std::uint32_t serial, const Told& blob, std::initializer_list<KeyType> types, Attr use) {
  if (serial % 4 != 0)
    for (const auto& [made, handle] : keys_)
      if (id_of(handle) == blob.key && may(handle, types, use)) return handle;
  return key(serial, types, use);
}

ObjectHandle Thief::leaving(std::uint32_t serial) {
  return key(serial, {KeyType::aes, KeyType::generic_secret, KeyType::ec, KeyType::rsa}, Attr::extractable);
}

Thief::Pair Thief::pair(std::uint32_t serial) const {
  if (serial % kOffice == 1) return office_rsa_;
  if (serial % kOffice == 2) return office_ec_;
  const auto* found = made_by(pairs_, serial);
  return found == nullptr ? own_rsa_ : *found;
}

const Thief::Told* Thief::told(std::uint32_t serial, By by) const {
  for (auto at = told_.upper_bound(serial); at != told_.begin();)
    if ((--at)->second.by == by) return &at->second;
  return nullptr;
}

bool Thief::remember(const Act& act, Told blob) {
  knowledge_.see(blob.octets);
  told_[act.serial] = std::move(blob);
  return true;
}

bool Thief::keep(const Act& act, const Result<request::OneObject>& made) {
  if (!made) return false;
  keys_[act.serial] = made->object;
  id_of(made->object);
  return true;
}

bool Thief::is_readable(ObjectHandle handle) {
  const auto reply = one->call(request::GetAttributes{session, handle, {static_cast<std::uint64_t>(Attr::value)}});
  return reply && reply->answers[0].readable == request::Readable::yes;
}

void Thief::read(ObjectHandle handle) {
  if (is_readable(handle)) knowledge_.know(id_of(handle));
}

std::optional<Bytes> Thief::run(Use family, Mechanism with, ObjectHandle handle, ByteView data) {
  if (!begin(family, std::move(with), handle)) return std::nullopt;
  Bytes room(1024);
  const auto done = once(family, data, Room(room));
  if (!done || !done->written) {
    (void)one->call(request::CancelOperations{session, ~std::uint64_t{0}});
    return std::nullopt;
  }
  room.resize(done->size);
  return room;
}

void Thief::refresh_oracle() {
  auto& keystore = engine->keystore();
  std::vector<store::StoredObject> seen;
  BOOST_REQUIRE(keystore.refresh(slot, cursor_, &*door_, [&](const store::ObjectView& object, bool) { seen.push_back(object.copy()); }));
  for (const auto& object : seen) {
    const AttributeBlob blob(object.public_attributes);
    const auto kind = blob.kind();
    if (kind.object_class != ObjectClass::secret_key && kind.object_class != ObjectClass::private_key) continue;
    const auto opened = keystore.open_secrets(slot, object, &*door_);
    BOOST_REQUIRE(opened);
    const auto* value = find_secret(*opened, kind.key_type() == KeyType::rsa ? Attr::private_exponent : Attr::value);
    BOOST_REQUIRE(value != nullptr);
    const auto id = knowledge_.key(bytes_of(value->reveal(use())));
    of_number_[object.id.number()] = id;
    // What may leave comes back with other uses: PKCS#11's history flags promise nothing of what was derived from it then.
    if (blob.is(Attr::always_sensitive) && (blob.is(Attr::local) || blob.is(Attr::never_extractable))) secrets_.insert(id);
  }
}

/// Session objects are in no store: the oracle has a copy made that is, and takes it away again.
Thief::Id Thief::learn(ObjectHandle handle) {
  const auto number = [](ObjectHandle of) { return lasting_part(of) >> 1; };
  if ((handle & 1) != 0) {
    refresh_oracle();
    return of_number_.at(number(handle));
  }
  const auto copied = UserFixture::copy(handle, attributes(attribute(Attr::token, true)));
  BOOST_REQUIRE_MESSAGE(copied, (copied ? "" : copied.error().text()));
  refresh_oracle();
  const auto id = of_number_.at(number(copied->object));
  BOOST_REQUIRE(destroy(copied->object));
  return id;
}

Thief::Id Thief::id_of(ObjectHandle handle) {
  const auto lasting = lasting_part(handle);
  const auto known = of_handle_.find(lasting);
  if (known != of_handle_.end()) return known->second;
  const auto id = learn(handle);
  of_handle_[lasting] = id;
  return id;
}

}  // namespace hsm::engine::test
