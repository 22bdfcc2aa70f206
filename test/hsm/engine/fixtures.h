#pragma once

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "hsm/crypto/crypto.h"
#include "hsm/engine/engine.h"
#include "hsm/model/device.h"

namespace hsm {
inline std::ostream& boost_test_print_type(std::ostream& out, Rv rv) { return out << name_of(rv); }
}  // namespace hsm

namespace hsm::engine::test {

inline Secret pin(std::string_view text) { return Secret::copy_of(view(text)); }
inline KeyUse use() { return crypto::SecretAccess::use(); }

/// The code in which a call ended.
template <class T>
Rv code(const Result<T>& result) {
  return result ? Rv::ok : result.error().rv;
}

/// A template from attributes: `attributes(attribute(...), ...)`.
template <class... A>
Template attributes(A... items) {
  Template made;
  (made.push_back(std::move(items)), ...);
  return made;
}
inline Attribute text(Attr type, std::string_view value) { return attribute(type, bytes_of(value)); }
inline Attribute secret(Attr type, std::string_view value) { return attribute(type, pin(value)); }

inline Template aes(std::string_view label = "aes") {
  return attributes(attribute(Attr::value_len, std::uint64_t{32}), text(Attr::label, label));
}
template <class... A>
Template aes_with(A... more) {
  auto all = aes();
  (all.push_back(std::move(more)), ...);
  return all;
}
/// DER of the object identifier of P-256.
inline Bytes p256() { return {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}; }
inline Mechanism mechanism(Mech type) { return {static_cast<std::uint64_t>(type), std::monostate{}}; }
inline Mechanism gcm() { return {static_cast<std::uint64_t>(Mech::aes_gcm), GcmParams{Bytes(12, 7), {}, 128}}; }

/// PINs that cost nothing to check.
inline store::KeystoreOptions cheap() { return {.pin_cost = {.memory_kib = 64, .passes = 1, .lanes = 1}, .actor = "test"}; }
inline std::unique_ptr<store::Keystore> in_memory() {
  auto keystore = store::Keystore::open(store::make_memory_store(), crypto::random_secret(32), store::Profile::development, cheap());
  BOOST_REQUIRE(keystore);
  return std::move(*keystore);
}

/// Two applications at one token (SO PIN "so-pin", user PIN "user-pin") of an empty store.
struct TokenFixture {
  explicit TokenFixture(std::unique_ptr<store::Keystore> keystore = in_memory()) {
    engine = Engine::over(std::move(keystore), "test");
    one = engine->attach("one");
    other = engine->attach("other");
    slot = *engine->keystore().empty_slot();
    BOOST_REQUIRE(init("so-pin"));
    const auto so = open();
    BOOST_REQUIRE(login(so, UserType::so, "so-pin"));
    request::InitPin init_pin;
    init_pin.session = so;
    init_pin.pin = pin("user-pin");
    BOOST_REQUIRE(one->call(init_pin));
    close(so);
  }

  Result<request::Nothing> init(std::string_view so_pin) {
    request::InitToken request;
    request.slot = slot;
    request.pin = pin(so_pin);
    request.label = "token";
    return one->call(request);
  }
  Result<request::SessionOpened> try_open(bool read_write, Device* who = nullptr) {
    return (who == nullptr ? *one : *who).call(request::OpenSession{slot, read_write});
  }
  SessionHandle open(bool read_write = true, Device* who = nullptr) { return try_open(read_write, who).value().session; }
  void close(SessionHandle session, Device* who = nullptr) {
    BOOST_REQUIRE((who == nullptr ? *one : *who).call(request::CloseSession{session}));
  }
  Result<request::Nothing> login(SessionHandle session, UserType user = UserType::user, std::string_view text = "user-pin",
                                 Device* who = nullptr) {
    request::Login request;
    request.session = session;
    request.user = static_cast<decltype(request.user)>(user);
    request.pin = pin(text);
    return (who == nullptr ? *one : *who).call(request);
  }
  Result<request::Nothing> logout(SessionHandle session) { return one->call(request::Logout{session}); }
  SessionState state(SessionHandle session) { return one->call(request::GetSession{session}).value().state; }

  std::shared_ptr<Engine> engine;
  std::shared_ptr<Device> one, other;
  SlotId slot = 0;
};

/// The same with the user logged in to a read-write session of application `one`.
struct UserFixture : TokenFixture {
  explicit UserFixture(std::unique_ptr<store::Keystore> keystore = in_memory()) : TokenFixture(std::move(keystore)), session(open()) {
    BOOST_REQUIRE(login(session));
  }

  Result<request::OneObject> try_generate(Template given, Mech mech = Mech::aes_key_gen) {
    request::GenerateKey request;
    request.session = session;
    request.mechanism = mechanism(mech);
    request.attributes = std::move(given);
    return request::OneObject{TRY(one->call(request)).object};
  }
  ObjectHandle generate(Template given, Mech mech = Mech::aes_key_gen) { return try_generate(std::move(given), mech).value().object; }
  Result<request::OneObject> try_create(Template given) {
    request::CreateObject request;
    request.session = session;
    request.attributes = std::move(given);
    return one->call(request);
  }
  ObjectHandle create(Template given) { return try_create(std::move(given)).value().object; }
  Result<request::OneObject> copy(ObjectHandle object, Template given = {}) {
    request::CopyObject request;
    request.session = session;
    request.object = object;
    request.attributes = std::move(given);
    return one->call(request);
  }
  Result<request::Nothing> set(ObjectHandle object, Template given) {
    request::SetAttributes request;
    request.session = session;
    request.object = object;
    request.attributes = std::move(given);
    return one->call(request);
  }
  Result<request::Nothing> destroy(ObjectHandle object) { return one->call(request::DestroyObject{session, object}); }
  request::AttributeAnswer get(ObjectHandle object, Attr type) {
    auto reply = one->call(request::GetAttributes{session, object, {static_cast<std::uint64_t>(type)}});
    BOOST_REQUIRE(reply);
    return std::move(reply->answers.front());
  }
  bool is(ObjectHandle object, Attr type) {
    const auto answer = get(object, type);
    return std::get<bool>(answer.attribute.value);
  }
  std::uint64_t number(ObjectHandle object, Attr type) { return std::get<std::uint64_t>(get(object, type).attribute.value); }
  request::KeyPair pair(Template public_half, Template private_half, Mech mech = Mech::ec_key_pair_gen) {
    request::GenerateKeyPair request;
    request.session = session;
    request.mechanism = mechanism(mech);
    request.public_attributes = std::move(public_half);
    request.private_attributes = std::move(private_half);
    auto made = one->call(request);
    BOOST_REQUIRE_MESSAGE(made.ok(), (made ? "" : made.error().text()));
    return *made;
  }
  request::KeyPair ec_pair(Template private_half = {}) {
    return pair(attributes(attribute(Attr::ec_params, p256())), std::move(private_half));
  }

  Result<request::Nothing> begin(Use family, Mechanism with, ObjectHandle key = kNoHandle) {
    return one->call(request::Begin{session, family, std::move(with), key});
  }
  Result<request::Produced> once(Use family, ByteView data, Room room) {
    return one->call(request::Once{session, family, data, room});
  }
  std::vector<ObjectHandle> find(Template wanted, SessionHandle in = kNoHandle, Device* who = nullptr) {
    if (in == kNoHandle) in = session;
    auto& device = who == nullptr ? *one : *who;
    request::FindInit init;
    init.session = in;
    init.attributes = std::move(wanted);
    BOOST_REQUIRE(device.call(init));
    auto found = device.call(request::Find{in, 1000});
    BOOST_REQUIRE(found);
    BOOST_REQUIRE(device.call(request::FindFinal{in}));
    return found->objects;
  }

  SessionHandle session;
};

}  // namespace hsm::engine::test
