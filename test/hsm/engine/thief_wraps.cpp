#include <algorithm>
#include <array>

#include "test/hsm/engine/thief.h"

namespace hsm::engine::test {
namespace {

using Number = std::uint64_t;
using Opens = Knowledge::Opens;

/// By a secret key. All with the same IV: the thief chooses it. The counter of CTR is the one at which GCM begins.
struct Cipher {
  Mech mech;
  Opens opens;
  bool is_block;  ///< the block cipher itself, backwards or forwards, of what the thief chooses
};
constexpr auto kCiphers = std::to_array<Cipher>({{Mech::aes_key_wrap, Opens::decryption, false},
                                                 {Mech::aes_key_wrap_kwp, Opens::decryption, false},
                                                 {Mech::aes_ecb, Opens::decryption, true},
                                                 {Mech::aes_cbc, Opens::decryption, true},
                                                 {Mech::aes_cbc_pad, Opens::decryption, true},
                                                 {Mech::aes_gcm, Opens::encryption, true},
                                                 {Mech::aes_ctr, Opens::encryption, true},
                                                 {Mech::aes_ofb, Opens::encryption, true}});

const Cipher& cipher(std::uint32_t how) { return kCiphers[how % kCiphers.size()]; }

Mechanism by_cipher(std::uint32_t how) {
  auto made = mechanism(cipher(how).mech);
  Bytes block(16, 7);
  switch (cipher(how).mech) {
    case Mech::aes_cbc:
    case Mech::aes_cbc_pad:
    case Mech::aes_ofb:
      made.params = IvParams{std::move(block)};
      break;
    case Mech::aes_gcm:
      made.params = GcmParams{Bytes(12, 7), {}, 128};
      break;
    case Mech::aes_ctr:
      block[12] = block[13] = block[14] = 0;
      block[15] = 2;
      made.params = CtrParams{32, std::move(block)};
      break;
    default:
      break;
  }
  return made;
}

const std::initializer_list<KeyType> kAes = {KeyType::aes}, kRsa = {KeyType::rsa};

OaepParams oaep(std::uint32_t how) {
  return how % 2 == 0 ? OaepParams{static_cast<Number>(Mech::sha256), static_cast<Number>(Mgf::sha256), 1, {}}
                      : OaepParams{static_cast<Number>(Mech::sha_1), static_cast<Number>(Mgf::sha1), 1, {}};
}

Mechanism by_public(bool rsa, std::uint32_t how) {
  const Number bits = how / 8 % 2 == 0 ? 256 : 128;
  if (!rsa) return {static_cast<Number>(Mech::ecdh_aes_key_wrap), EcdhAesParams{bits, static_cast<Number>(Kdf::sha256), {}}};
  switch (how / 2 % 4) {
    case 0:
      return mechanism(Mech::rsa_pkcs);
    case 1:
      return {static_cast<Number>(Mech::rsa_aes_key_wrap), RsaAesParams{bits, oaep(how)}};
    default:
      return {static_cast<Number>(Mech::rsa_pkcs_oaep), oaep(how)};
  }
}

Mechanism to_encapsulate(bool rsa, std::uint32_t how) {
  if (rsa) return {static_cast<Number>(Mech::rsa_pkcs_oaep), oaep(how)};
  return {static_cast<Number>(Mech::ecdh1_derive), Ecdh1Params{static_cast<Number>(Kdf::null), {}, {}}};
}

MessageParams message(std::uint32_t how) {
  MessageParams params;
  params.form = MessageForm::gcm;
  params.iv = Bytes(12, 7);
  params.generator = static_cast<Number>(how % 3 == 0 ? Generator::random : Generator::none);
  params.tag_bits = 128;
  return params;
}

}  // namespace

bool Thief::wrap(const Act& act) {
  Bytes room(2048);
  request::WrapKey request;
  request.session = session;
  request.mechanism = by_cipher(act.how);
  request.wrapping_key = key(act.one, kAes, Attr::wrap);
  request.key = leaving(act.other);
  request.room = Room(room);
  const auto done = one->call(request);
  if (!done || !done->written) return false;
  room.resize(done->size);
  const auto with = id_of(request.wrapping_key), content = id_of(request.key);
  knowledge_.closed(with, cipher(act.how).opens, content);
  return remember(act, {By::cipher, act.how, std::move(room), {}, with, content});
}

bool Thief::unwrap(const Act& act) {
  const auto* blob = told(act.other, By::cipher);
  if (blob == nullptr) return false;
  request::UnwrapKey request;
  request.session = session;
  request.mechanism = by_cipher(act.how % 4 == 0 ? act.how / 4 : blob->how);  // mostly as it was wrapped
  request.unwrapping_key = opener(act.one, *blob, kAes, Attr::unwrap);
  request.wrapped = blob->octets;
  request.attributes = given_back(act);
  if (!keep(act, one->call(request))) return false;
  // Octets of his choice, decrypted to a key that he reads.
  const auto& used = cipher(act.how % 4 == 0 ? act.how / 4 : blob->how);
  if (used.is_block && is_readable(keys_[act.serial])) {
    if (used.opens == Opens::decryption) knowledge_.decrypts(id_of(request.unwrapping_key));
    if (used.opens == Opens::encryption) knowledge_.encrypts(id_of(request.unwrapping_key));
  }
  return true;
}

bool Thief::wrap_authenticated(const Act& act) {
  Bytes room(2048);
  request::WrapKeyAuthenticated request;
  request.session = session;
  request.mechanism = static_cast<Number>(Mech::aes_gcm);
  request.params = message(act.how);
  request.wrapping_key = key(act.one, kAes, Attr::wrap);
  request.key = leaving(act.other);
  request.room = Room(room);
  auto done = one->call(request);
  if (!done || !done->written) return false;
  room.resize(done->size);
  const auto with = id_of(request.wrapping_key), content = id_of(request.key);
  // With an IV of the token's own the key stream is known for that IV alone.
  knowledge_.closed(with, act.how % 3 == 0 ? Opens::key_only : Opens::encryption, content);
  auto tag = std::move(done->iv);
  tag.insert(tag.end(), done->tag.begin(), done->tag.end());
  return remember(act, {By::aead, act.how, std::move(room), std::move(tag), with, content});
}

bool Thief::unwrap_authenticated(const Act& act) {
  const auto* blob = told(act.other, By::aead);
  if (blob == nullptr) return false;
  request::UnwrapKeyAuthenticated request;
  request.session = session;
  request.mechanism = static_cast<Number>(Mech::aes_gcm);
  request.params = message(1);
  request.params.iv.assign(blob->tag.begin(), blob->tag.begin() + 12);
  request.params.tag.assign(blob->tag.begin() + 12, blob->tag.end());
  request.unwrapping_key = opener(act.one, *blob, kAes, Attr::unwrap);
  request.wrapped = blob->octets;
  request.attributes = given_back(act);
  return keep(act, one->call(request));
}

bool Thief::wrap_to_public(const Act& act) {
  const auto with = pair(act.one);
  Bytes room(4096);
  request::WrapKey request;
  request.session = session;
  request.mechanism = by_public(with.rsa, act.how);
  request.wrapping_key = with.public_key;
  request.key = leaving(act.other);
  request.room = Room(room);
  const auto done = one->call(request);
  if (!done || !done->written) return false;
  room.resize(done->size);
  const auto content = id_of(request.key);
  knowledge_.closed(with.id, Opens::decryption, content);
  return remember(act, {By::public_key, act.how, std::move(room), {}, with.id, content});
}

bool Thief::unwrap_by_private(const Act& act) {
  const auto* blob = told(act.other, By::public_key);
  if (blob == nullptr) return false;
  const auto with = blob->key == office_rsa_.id ? office_rsa_ : blob->key == office_ec_.id ? office_ec_ : pair(act.one);
  request::UnwrapKey request;
  request.session = session;
  request.mechanism = by_public(with.rsa, blob->how);
  request.unwrapping_key = with.private_key;
  request.wrapped = blob->octets;
  request.attributes = given_back(act);
  return keep(act, one->call(request));
}

bool Thief::encapsulate(const Act& act) {
  const auto with = pair(act.one);
  Bytes room(1024);
  request::EncapsulateKey request;
  request.session = session;
  request.mechanism = to_encapsulate(with.rsa, act.how);
  request.public_key = with.public_key;
  request.attributes = given(act, true);
  request.attributes.push_back(attribute(Attr::value_len, Number{16}));
  request.room = Room(room);
  const auto done = one->call(request);
  if (!done || !done->written) return false;
  room.resize(done->size);
  keys_[act.serial] = done->object;
  const auto content = id_of(done->object);
  knowledge_.closed(with.id, Opens::decryption, content);
  return remember(act, {By::encapsulation, act.how, std::move(room), {}, with.id, content});
}

/// What was encapsulated, or somebody's point in the place of an ephemeral one.
bool Thief::decapsulate(const Act& act) {
  const auto* blob = told(act.other, By::encapsulation);
  const auto with = pair(act.one);
  const auto peer = pair(act.other);
  const bool by_point = act.how % 2 == 0 || blob == nullptr;
  if (by_point && (with.rsa || peer.rsa)) return false;
  request::DecapsulateKey request;
  request.session = session;
  request.mechanism = to_encapsulate(with.rsa, blob == nullptr ? 0 : blob->how);
  request.private_key = with.private_key;
  const auto point = by_point ? ByteView(peer.point).subspan(2) : ByteView();
  request.ciphertext = by_point ? point : ByteView(blob->octets);
  request.attributes = given(act, true);
  request.attributes.push_back(attribute(Attr::value_len, Number{16}));
  if (!keep(act, one->call(request))) return false;
  const auto made = id_of(keys_[act.serial]);
  if (by_point) {
    knowledge_.function({with.id}, made);
    knowledge_.function({peer.id}, made);
  }
  if (is_readable(keys_[act.serial])) knowledge_.decrypts(with.id);
  return true;
}

bool Thief::encrypt(const Act& act) {
  const auto handle = key(act.one, kAes, Attr::encrypt);
  const auto octets = run(Use::encrypt, by_cipher(act.how), handle, Bytes(32, 0));
  if (!octets) return false;
  const auto with = id_of(handle);
  if (cipher(act.how).is_block) knowledge_.encrypts(with);
  knowledge_.told(with, octets->size());
  return remember(act, {By::cipher, act.how, *octets, {}, with, std::nullopt});
}

bool Thief::decrypt(const Act& act) {
  const auto* blob = told(act.other, By::cipher);
  const auto handle = blob == nullptr ? key(act.one, kAes, Attr::decrypt) : opener(act.one, *blob, kAes, Attr::decrypt);
  const auto data = blob == nullptr ? Bytes(32, 0) : blob->octets;
  const auto how = blob == nullptr || act.how % 4 == 0 ? act.how / 4 : blob->how;
  const auto octets = run(Use::decrypt, by_cipher(how), handle, data);
  if (!octets) return false;
  const auto with = id_of(handle);
  if (cipher(how).is_block) cipher(how).opens == Opens::decryption ? knowledge_.decrypts(with) : knowledge_.encrypts(with);
  knowledge_.told(with, octets->size());
  knowledge_.see(*octets);
  return true;
}

bool Thief::encrypt_message(const Act& act) {
  const auto handle = key(act.one, kAes, Attr::encrypt);
  if (!one->call(request::BeginMessages{session, MessageUse::encrypt, mechanism(Mech::aes_gcm), handle})) return false;
  const Bytes zeros(32, 0);
  Bytes room(32);
  request::ProcessMessage request;
  request.session = session;
  request.use = MessageUse::encrypt;
  request.params = message(act.how);
  request.data = zeros;
  request.room = Room(room);
  auto done = one->call(request);
  BOOST_REQUIRE(one->call(request::EndMessages{session, MessageUse::encrypt}));
  if (!done) return false;
  const auto with = id_of(handle);
  if (act.how % 3 != 0) knowledge_.encrypts(with);
  auto tag = std::move(done->iv);
  tag.insert(tag.end(), done->tag.begin(), done->tag.end());
  return remember(act, {By::aead, act.how, std::move(room), std::move(tag), with, std::nullopt});
}

bool Thief::decrypt_message(const Act& act) {
  const auto* blob = told(act.other, By::aead);
  if (blob == nullptr) return false;
  const auto handle = opener(act.one, *blob, kAes, Attr::decrypt);
  if (!one->call(request::BeginMessages{session, MessageUse::decrypt, mechanism(Mech::aes_gcm), handle})) return false;
  Bytes room(blob->octets.size());
  request::ProcessMessage request;
  request.session = session;
  request.use = MessageUse::decrypt;
  request.params = message(1);
  request.params.iv.assign(blob->tag.begin(), blob->tag.begin() + 12);
  request.params.tag.assign(blob->tag.begin() + 12, blob->tag.end());
  request.data = blob->octets;
  request.room = Room(room);
  const auto done = one->call(request);
  BOOST_REQUIRE(one->call(request::EndMessages{session, MessageUse::decrypt}));
  if (!done) return false;
  knowledge_.see(std::move(room));
  return true;
}

/// What was wrapped to a public key, by another use of its private half.
bool Thief::decrypt_by_rsa(const Act& act) {
  const auto* blob = told(act.other, By::public_key);
  if (blob == nullptr || blob->octets.size() < 384) return false;
  const auto handle = key(act.one, kRsa, Attr::decrypt);
  const auto sealed = ByteView(blob->octets).first(384);
  constexpr auto kHow = std::to_array<Mech>({Mech::rsa_pkcs_oaep, Mech::rsa_pkcs, Mech::rsa_x_509});
  const auto mech = kHow[act.how % kHow.size()];
  auto with = mechanism(mech);
  if (mech == Mech::rsa_pkcs_oaep) with.params = oaep(blob->how);
  const auto octets = run(Use::decrypt, std::move(with), handle, sealed);
  if (!octets) return false;
  if (mech != Mech::rsa_pkcs) knowledge_.decrypts(id_of(handle));
  knowledge_.see(*octets);
  return true;
}

bool Thief::sign_by_rsa(const Act& act) {
  const auto handle = key(act.one, kRsa, Attr::sign);
  const auto* blob = told(act.other, By::public_key);
  const auto data = blob == nullptr || blob->octets.size() < 384 ? Bytes(384, 1) : Bytes(blob->octets.begin(), blob->octets.begin() + 384);
  const bool raw = act.how % 2 == 0;
  const auto octets = run(Use::sign, mechanism(raw ? Mech::rsa_x_509 : Mech::sha256_rsa_pkcs), handle, data);
  if (!octets) return false;
  if (raw) knowledge_.decrypts(id_of(handle));
  knowledge_.see(*octets);
  return true;
}

}  // namespace hsm::engine::test
