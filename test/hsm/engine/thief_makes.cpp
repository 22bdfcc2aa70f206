#include <algorithm>

#include "hsm/engine/application.h"
#include "test/hsm/engine/thief.h"

namespace hsm::engine::test {
namespace {

using Number = std::uint64_t;

/// Made once: RSA takes its time. The first is the office's, the second the thief's own.
const crypto::GeneratedPair& rsa_numbers(std::size_t which) {
  static const auto kPairs = [] {
    std::vector<crypto::GeneratedPair> made;
    for (int i = 0; i < 2; ++i)
      made.push_back(crypto::generate_pair(mechanism(Mech::rsa_pkcs_key_pair_gen), attributes(attribute(Attr::modulus_bits, Number{3072}))).value());
    return made;
  }();
  return kPairs[which];
}

Template with(const Template& numbers, ObjectClass object_class, Template more) {
  auto all = clone(numbers, use());
  const auto not_given = [](const Attribute& item) { return item.type == static_cast<Number>(Attr::modulus_bits); };
  std::erase_if(all, not_given);
  all.push_back(attribute(Attr::object_class, object_class));
  all.push_back(attribute(Attr::key_type, KeyType::rsa));
  for (auto& item : more) all.push_back(std::move(item));
  return all;
}

Bytes exponent_in(const Template& private_part) { return bytes_of(find_secret(private_part, Attr::private_exponent)->reveal(use())); }

}  // namespace

Thief::Thief(PolicyProfile profile) { set_up(profile); }

/// The token has what an office needs to hand keys over: two pairs whose public halves its security officer trusts. Their private halves
/// only unwrap, and stay.
void Thief::set_up(PolicyProfile profile) {
  auto& keystore = engine->keystore();
  auto so = keystore.check_pin(slot, UserType::so, pin("so-pin"));
  BOOST_REQUIRE(so);
  BOOST_REQUIRE(keystore.set_profile(slot, *so, profile));
  auto door = keystore.check_pin(slot, UserType::user, pin("user-pin"));
  BOOST_REQUIRE(door);
  door_.emplace(std::move(*door));

  office_rsa_ = make_office_rsa();
  office_ec_ = make_office_ec();
  BOOST_REQUIRE(logout(session));
  BOOST_REQUIRE(login(session, UserType::so, "so-pin"));
  for (const auto& office : {office_rsa_, office_ec_}) BOOST_REQUIRE(set(office.public_key, attributes(attribute(Attr::trusted, true))));
  BOOST_REQUIRE(logout(session));
  BOOST_REQUIRE(login(session));
  for (auto* office : {&office_rsa_, &office_ec_})
    office->private_key = find(attributes(attribute(Attr::object_class, ObjectClass::private_key),
                                          attribute(Attr::key_type, office->rsa ? KeyType::rsa : KeyType::ec)))
                              .at(0);

  const auto& own = rsa_numbers(1);
  own_rsa_.rsa = true;
  own_rsa_.id = knowledge_.key(exponent_in(own.private_part));
  knowledge_.own(own_rsa_.id);
  own_rsa_.public_key = create(with(own.public_part, ObjectClass::public_key,
                                    attributes(attribute(Attr::token, true), attribute(Attr::wrap, true), attribute(Attr::encapsulate, true))));
}

Thief::Pair Thief::make_office_rsa() {
  const auto& numbers = rsa_numbers(0);
  Pair office{.rsa = true};
  office.private_key = create(with(numbers.private_part, ObjectClass::private_key,
                                   attributes(attribute(Attr::token, true), attribute(Attr::unwrap, true), attribute(Attr::sign, false),
                                              attribute(Attr::decrypt, false))));
  office.public_key = create(with(numbers.public_part, ObjectClass::public_key,
                                  attributes(attribute(Attr::token, true), attribute(Attr::private_, false), attribute(Attr::wrap, true))));
  // It came from outside, but nobody has it there.
  office.id = id_of(office.private_key);
  secrets_.insert(office.id);
  return office;
}

Thief::Pair Thief::make_office_ec() {
  const auto made = UserFixture::pair(attributes(attribute(Attr::ec_params, p256()), attribute(Attr::token, true), attribute(Attr::private_, false),
                                                 attribute(Attr::wrap, true)),
                                      attributes(attribute(Attr::token, true), attribute(Attr::unwrap, true), attribute(Attr::sign, false)));
  return {made.public_key, made.private_key, id_of(made.private_key), std::get<Bytes>(get(made.public_key, Attr::ec_point).attribute.value), false};
}

bool Thief::make_aes(const Act& act) {
  // By chance few keys both wrap and unwrap.
  auto wanted = act.how / 4 % 3 == 0 ? given_back(act) : given(act, false);
  if (act.how / 4 % 3 == 0)
    for (const auto use : {Attr::wrap, Attr::unwrap})
      if (hsm::find(wanted, use) == nullptr) wanted.push_back(attribute(use, true));
  wanted.push_back(attribute(Attr::value_len, Number{act.how % 2 == 0 ? 16u : 32u}));
  return keep(act, try_generate(std::move(wanted)));
}

bool Thief::make_generic(const Act& act) {
  auto wanted = given(act, false);
  wanted.push_back(attribute(Attr::value_len, Number{act.how % 2 == 0 ? 20u : 32u}));
  return keep(act, try_generate(std::move(wanted), Mech::generic_secret_key_gen));
}

bool Thief::make_pair(const Act& act) {
  request::GenerateKeyPair request;
  request.session = session;
  request.mechanism = mechanism(Mech::ec_key_pair_gen);
  request.public_attributes = attributes(attribute(Attr::ec_params, p256()), attribute(Attr::token, true), attribute(Attr::wrap, true),
                                         attribute(Attr::encapsulate, true));
  request.private_attributes = given_private(act);
  const auto made = one->call(request);
  if (!made) return false;
  keys_[act.serial] = made->private_key;
  pairs_[act.serial] = {made->public_key, made->private_key, id_of(made->private_key),
                        std::get<Bytes>(get(made->public_key, Attr::ec_point).attribute.value), false};
  return true;
}

bool Thief::create_aes(const Act& act) {
  Bytes value(act.how % 2 == 0 ? 16 : 32);
  for (auto& octet : value) octet = static_cast<std::uint8_t>(octets_());
  auto wanted = given(act, true);
  wanted.push_back(attribute(Attr::value, Secret::copy_of(value)));
  knowledge_.own(knowledge_.key(value));
  return keep(act, try_create(std::move(wanted)));
}

bool Thief::create_generic(const Act& act) {
  Bytes value(24);
  for (auto& octet : value) octet = static_cast<std::uint8_t>(octets_());
  auto wanted = given(act, true, KeyType::generic_secret);
  wanted.push_back(attribute(Attr::value, Secret::copy_of(value)));
  knowledge_.own(knowledge_.key(value));
  return keep(act, try_create(std::move(wanted)));
}

bool Thief::create_rsa(const Act& act) {
  const auto made = try_create(with(rsa_numbers(1).private_part, ObjectClass::private_key, given_private(act)));
  if (!keep(act, made)) return false;
  pairs_[act.serial] = {own_rsa_.public_key, made->object, own_rsa_.id, {}, true};
  return true;
}

bool Thief::copy_key(const Act& act) {
  const auto original = key(act.one);
  // A few flags: most templates contradict what the key is.
  Template changes;
  changes.push_back(attribute(Attr::token, act.how % 2 == 0));
  const auto wanted = given(act, false);
  for (std::size_t i = 1; i < wanted.size() && i < 1 + act.how / 2 % 3; ++i)
    if (std::holds_alternative<bool>(wanted[i].value)) changes.push_back(clone(wanted[i], use()));
  return keep(act, UserFixture::copy(original, std::move(changes)));
}

bool Thief::set_flag(const Act& act) {
  const auto wanted = given(act, false);
  const auto& change = wanted[act.how % wanted.size()];
  if (!std::holds_alternative<bool>(change.value)) return false;
  Template changes;
  changes.push_back(clone(change, use()));
  return UserFixture::set(key(act.one), std::move(changes)).ok();
}

/// Private session objects end with the login, and handles of private objects with it.
bool Thief::log_out_and_in(const Act& act) {
  if (!logout(session)) return false;
  read(key(act.one));
  BOOST_REQUIRE(login(session));
  std::map<std::uint64_t, ObjectHandle> now;
  for (const auto handle : find({})) now[lasting_part(handle)] = handle;
  const auto renew = [&](ObjectHandle& handle) {
    const auto at = now.find(lasting_part(handle));
    if (at != now.end()) handle = at->second;
    return at != now.end();
  };
  for (auto at = keys_.begin(); at != keys_.end();) at = renew(at->second) ? std::next(at) : keys_.erase(at);
  for (auto at = pairs_.begin(); at != pairs_.end();)
    at = renew(at->second.private_key) && renew(at->second.public_key) ? std::next(at) : pairs_.erase(at);
  for (auto* office : {&office_rsa_, &office_ec_}) BOOST_REQUIRE(renew(office->private_key));
  return true;
}

bool Thief::read_value(const Act& act) {
  const auto handle = key(act.one);
  if (!is_readable(handle)) return false;
  knowledge_.know(id_of(handle));
  return true;
}

}  // namespace hsm::engine::test
