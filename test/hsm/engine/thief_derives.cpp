#include <algorithm>
#include <array>

#include "test/hsm/engine/thief.h"

namespace hsm::engine::test {
namespace {

using Number = std::uint64_t;
using Opens = Knowledge::Opens;

/// Somebody of the thief's, outside: the public point of a key that he has.
const Bytes& own_point() {
  static const auto kPoint = *find_bytes(
      crypto::generate_pair(mechanism(Mech::ec_key_pair_gen), attributes(attribute(Attr::ec_params, p256()))).value().public_part, Attr::ec_point);
  return kPoint;
}

Mechanism of(Mech mech, Mechanism::Params params) { return {static_cast<Number>(mech), std::move(params)}; }
Bytes data_of(std::uint32_t how, std::size_t size) { return Bytes(size, static_cast<std::uint8_t>(how % 3)); }
const std::initializer_list<KeyType> kAes = {KeyType::aes}, kGeneric = {KeyType::generic_secret},
                                     kSecrets = {KeyType::aes, KeyType::generic_secret};
constexpr auto kLengths = std::to_array<Number>({16, 32, 20, 1, 2, 14});
Number length_of(const Act& act) { return kLengths[act.how / 64 % kLengths.size()]; }

}  // namespace

// ---- uses of a key that tell octets which depend on it

bool Thief::mac(const Act& act) {
  struct Way {
    Mech mech;
    std::optional<Number> length;
  };
  constexpr auto kWays = std::to_array<Way>({{Mech::sha256_hmac, {}}, {Mech::sha_1_hmac, {}}, {Mech::sha256_hmac_general, 4},
                                             {Mech::sha256_hmac_general, 12}, {Mech::aes_cmac, {}}, {Mech::aes_cmac_general, 2},
                                             {Mech::aes_mac, {}}, {Mech::aes_mac_general, 16}});
  const auto& way = kWays[act.how % kWays.size()];
  const auto handle = key(act.one, act.how % kWays.size() < 4 ? kGeneric : kAes, Attr::sign);
  const auto octets = run(Use::sign, of(way.mech, way.length ? Mechanism::Params(MacGeneralParams{*way.length}) : Mechanism::Params()), handle,
                          Bytes(16, 7));
  if (!octets) return false;
  const auto id = id_of(handle);
  knowledge_.told(id, octets->size());
  if (octets->size() >= 12) knowledge_.signs(id);
  // Of one block it is the block cipher.
  if (way.mech == Mech::aes_mac_general) knowledge_.encrypts(id);
  knowledge_.see(*octets);
  return true;
}

bool Thief::mac_of_message(const Act& act) {
  const auto handle = key(act.one, kGeneric, Attr::sign);
  if (!one->call(request::BeginMessages{session, MessageUse::sign, mechanism(Mech::sha256_hmac), handle})) return false;
  const Bytes data(20, 1);
  Bytes room(32);
  request::ProcessMessage request;
  request.session = session;
  request.use = MessageUse::sign;
  request.data = data;
  request.room = Room(room);
  const auto done = one->call(request);
  BOOST_REQUIRE(one->call(request::EndMessages{session, MessageUse::sign}));
  if (!done) return false;
  knowledge_.told(id_of(handle), 32);
  knowledge_.signs(id_of(handle));
  knowledge_.see(std::move(room));
  return true;
}

/// Begun with one key, and taken up with that or another one.
bool Thief::mac_taken_up_again(const Act& act) {
  const auto handle = key(act.one, kGeneric, Attr::sign);
  const auto next = act.how % 2 == 0 ? handle : key(act.other);
  if (!begin(Use::sign, mechanism(Mech::sha256_hmac), handle)) return false;
  const Bytes data(20, 2);
  Bytes state(256), room(32);
  bool done = false;
  if (one->call(request::Update{session, Use::sign, data, {}})) {
    const auto saved = one->call(request::GetOperationState{session, Room(state)});
    if (saved && saved->written) {
      state.resize(saved->size);
      done = one->call(request::SetOperationState{session, state, kNoHandle, next}).ok() &&
             one->call(request::Finish{session, Use::sign, Room(room)}).ok();
    }
  }
  (void)one->call(request::CancelOperations{session, ~Number{0}});
  if (!done) return false;
  knowledge_.told(id_of(handle), 32);
  knowledge_.signs(id_of(handle));
  knowledge_.see(std::move(room));
  return true;
}

bool Thief::digest_key(const Act& act) {
  const auto handle = key(act.one);
  if (!begin(Use::digest, mechanism(Mech::sha256))) return false;
  Bytes room(32);
  const bool done = one->call(request::DigestKey{session, handle}).ok() && one->call(request::Finish{session, Use::digest, Room(room)}).ok();
  (void)one->call(request::CancelOperations{session, ~Number{0}});
  if (!done) return false;
  knowledge_.told(id_of(handle), room.size());
  knowledge_.see(std::move(room));
  return true;
}

// ---- keys that come out of keys

Result<request::Derived> Thief::derive(Mechanism with, ObjectHandle base, Template wanted) {
  request::DeriveKey request;
  request.session = session;
  request.mechanism = std::move(with);
  request.base_key = base;
  request.attributes = std::move(wanted);
  return one->call(request);
}

/// A key of one of the usual lengths: AES where it can be one.
Template Thief::wanted(const Act& act, std::uint64_t length) const {
  const bool is_aes = (length == 16 || length == 32) && act.how / 32 % 2 == 0;
  auto attributes = given(act, true, is_aes ? KeyType::aes : KeyType::generic_secret);
  attributes.push_back(attribute(Attr::value_len, length));
  return attributes;
}

void Thief::alike(const std::string& derivation, Id made, bool at_the_end) {
  auto& others = derivations_[derivation];
  for (const auto before : others) {
    const auto size = std::min(knowledge_.size(before), knowledge_.size(made));
    knowledge_.same(before, at_the_end ? knowledge_.size(before) - size : 0, made, at_the_end ? knowledge_.size(made) - size : 0, size);
  }
  others.push_back(made);
}

bool Thief::derived(const Act& act, Mechanism with, ObjectHandle base, Template attributes, const std::string& name) {
  const auto made = derive(std::move(with), base, std::move(attributes));
  if (!made) return false;
  keys_[act.serial] = made->object;
  const auto id = id_of(made->object), base_id = id_of(base);
  alike(name + " " + std::to_string(base_id), id, false);
  knowledge_.function({base_id}, id);
  return true;
}

bool Thief::agree(const Act& act) {
  const bool with_own = act.how % 4 == 0;
  const auto peer = pair(act.other);
  if (!with_own && peer.rsa) return false;
  const auto kdf = act.how / 4 % 3 == 0 ? Kdf::null : act.how / 4 % 3 == 1 ? Kdf::sha256 : Kdf::sha1;
  const auto base = key(act.one, {KeyType::ec}, Attr::derive);
  const auto made = derive(of(Mech::ecdh1_derive, Ecdh1Params{static_cast<Number>(kdf), {}, with_own ? own_point() : peer.point}), base,
                           wanted(act, length_of(act)));
  if (!made) return false;
  keys_[act.serial] = made->object;
  const auto id = id_of(made->object), base_id = id_of(base);
  if (with_own) {
    knowledge_.own(id);
  } else {
    knowledge_.function({base_id}, id);
    knowledge_.function({peer.id}, id);
    alike("agree " + std::to_string(static_cast<Number>(kdf)) + " " + std::to_string(base_id) + " " + std::to_string(peer.id), id, kdf == Kdf::null);
  }
  // Of any point, then: of one at the head of an envelope, too.
  if (kdf == Kdf::null && is_readable(made->object)) knowledge_.decrypts(base_id);
  return true;
}

bool Thief::derive_by_hkdf(const Act& act) {
  const auto base = key(act.one, kSecrets, Attr::derive);
  const auto salt = act.how % 3 == 1 ? key(act.other, kSecrets, Attr::derive) : kNoHandle;
  const bool expand_only = act.how % 3 == 2;
  HkdfParams params{!expand_only, true, static_cast<Number>(Mech::sha256), salt == kNoHandle ? Number{1} : Number{4}, {}, salt, Bytes(4, 1)};
  const auto made = derive(of(Mech::hkdf_derive, std::move(params)), base, wanted(act, length_of(act)));
  if (!made) return false;
  keys_[act.serial] = made->object;
  const auto id = id_of(made->object), base_id = id_of(base);
  auto inputs = salt == kNoHandle ? std::vector<Id>{base_id} : std::vector<Id>{base_id, id_of(salt)};
  std::string derivation = expand_only ? "expand" : "HKDF";
  for (const auto input : inputs) derivation += " " + std::to_string(input);
  alike(derivation, id, false);
  knowledge_.function(std::move(inputs), id);
  // Expansion is HMAC by the base key. So is extraction by the salt, of what he knows.
  if (expand_only) knowledge_.closed(base_id, Opens::mac, id);
  if (salt != kNoHandle && knowledge_.is_own(base_id)) knowledge_.closed(id_of(salt), Opens::mac, id);
  return true;
}

bool Thief::derive_by_kbkdf(const Act& act) {
  const auto prf = act.how % 2 == 0 ? Mech::sha256_hmac : Mech::aes_cmac;
  const auto base = key(act.one, prf == Mech::aes_cmac ? kAes : kGeneric, Attr::derive);
  KbkdfParams params{static_cast<Number>(prf), {{PrfField::Type::iteration, 32, false, false, {}}, {PrfField::Type::octets, 0, false, false, Bytes(4, 1)}}, {}};
  if (!derived(act, of(Mech::sp800_108_counter_kdf, std::move(params)), base, wanted(act, length_of(act)),
               prf == Mech::aes_cmac ? "KBKDF by CMAC" : "KBKDF"))
    return false;
  knowledge_.closed(id_of(base), Opens::mac, id_of(keys_[act.serial]));
  return true;
}

bool Thief::derive_by_ike(const Act& act) {
  const auto base = key(act.one, kGeneric, Attr::derive);
  if (!derived(act, of(Mech::ike_prf_derive, IkePrfParams{static_cast<Number>(Mech::sha256_hmac), false, Bytes(16, 1), Bytes(16, 2), {}}), base,
               wanted(act, length_of(act)), "IKE"))
    return false;
  knowledge_.closed(id_of(base), Opens::mac, id_of(keys_[act.serial]));
  return true;
}

bool Thief::derive_by_hash(const Act& act) {
  const auto base = key(act.one, kSecrets, Attr::derive);
  return derived(act, mechanism(Mech::sha256_key_derivation), base, wanted(act, length_of(act)), "hash");
}

bool Thief::derive_by_joining(const Act& act) {
  const auto base = key(act.one, kSecrets, Attr::derive), behind = key(act.other, kSecrets, Attr::derive);
  const auto data = data_of(act.how, 16);
  const auto joined = [&](Mech mech, Mechanism::Params params, Number length) -> std::optional<Id> {
    const auto made = derive(of(mech, std::move(params)), base, wanted(act, length));
    if (!made) return std::nullopt;
    keys_[act.serial] = made->object;
    return id_of(made->object);
  };
  constexpr std::size_t kAll = 1024;
  switch (act.how % 4) {
    case 0: {
      const auto id = joined(Mech::concatenate_base_and_key, KeyParams{behind}, 32);
      if (!id) return false;
      const auto first = id_of(base), second = id_of(behind);
      knowledge_.same(first, 0, *id, 0, kAll);
      knowledge_.same(second, 0, *id, knowledge_.size(first), kAll);
      return true;
    }
    case 1: {
      const auto id = joined(Mech::concatenate_base_and_data, DataParams{{}, data}, length_of(act));
      if (id) knowledge_.same(id_of(base), 0, *id, 0, kAll);
      return id.has_value();
    }
    case 2: {
      const auto id = joined(Mech::concatenate_data_and_base, DataParams{{}, data}, 32);
      if (id) knowledge_.same(id_of(base), 0, *id, data.size(), kAll);
      return id.has_value();
    }
    default: {
      const auto id = joined(Mech::xor_base_and_data, DataParams{{}, data}, length_of(act));
      if (id) knowledge_.same(id_of(base), 0, *id, 0, kAll);
      return id.has_value();
    }
  }
}

bool Thief::derive_by_extracting(const Act& act) {
  const auto base = key(act.one, kSecrets, Attr::derive);
  const auto at = act.how % 16;
  const auto made = derive(of(Mech::extract_key_from_key, ExtractParams{8 * at}), base, wanted(act, length_of(act)));
  if (!made) return false;
  keys_[act.serial] = made->object;
  knowledge_.same(id_of(base), at, id_of(made->object), 0, 1024);
  return true;
}

bool Thief::derive_by_encrypting(const Act& act) {
  const auto base = key(act.one, kAes, Attr::derive);
  const auto* blob = told(act.other, By::cipher);
  auto data = blob == nullptr || act.how % 2 == 0 ? Bytes(32, 7) : blob->octets;
  data.resize(data.size() / 16 * 16);
  if (!derived(act, of(Mech::aes_ecb_encrypt_data, DataParams{{}, data}), base, wanted(act, 16),
               "encrypt " + to_hex(data)))
    return false;
  if (is_readable(keys_[act.serial])) knowledge_.encrypts(id_of(base));
  knowledge_.closed(id_of(base), Opens::block, id_of(keys_[act.serial]));
  return true;
}

/// A known attack in one act (Clulow): one octet after the other, each tried out by a MAC.
bool Thief::take_apart(const Act& act) {
  const auto base = key(act.one, kSecrets, Attr::derive);
  std::size_t taken = 0;
  for (std::uint32_t at = 0; at < 32; ++at) {
    const bool by_prefix = act.how % 2 == 0;
    const auto attributes_of = [&](Number length) {
      return attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::generic_secret),
                        attribute(Attr::sign, true), attribute(Attr::value_len, length));
    };
    const auto made = by_prefix ? derive(of(Mech::concatenate_base_and_data, DataParams{{}, Bytes(1)}), base, attributes_of(at + 1))
                                : derive(of(Mech::extract_key_from_key, ExtractParams{8 * at}), base, attributes_of(1));
    if (!made) break;
    const auto id = id_of(made->object);
    knowledge_.same(id_of(base), by_prefix ? 0 : at, id, 0, by_prefix ? at + 1 : 1);
    const auto octets = run(Use::sign, mechanism(Mech::sha256_hmac), made->object, Bytes(4, 1));
    if (!octets) break;
    knowledge_.told(id, octets->size());
    ++taken;
  }
  return taken > 0;
}

bool Thief::make_public_half(const Act& act) {
  const auto made = derive(mechanism(Mech::pub_key_from_priv_key), key(act.one), attributes(attribute(Attr::token, false)));
  if (!made) return false;
  for (const auto type : {Attr::ec_point, Attr::modulus, Attr::public_key_info}) {
    const auto reply = one->call(request::GetAttributes{session, made->object, {static_cast<Number>(type)}});
    if (!reply || reply->answers[0].readable != request::Readable::yes) continue;
    if (const auto* octets = std::get_if<Bytes>(&reply->answers[0].attribute.value)) knowledge_.see(*octets);
  }
  return true;
}

}  // namespace hsm::engine::test
