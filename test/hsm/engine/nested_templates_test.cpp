#include <array>

#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

// Check 6: templates within the template attributes. One row for each way in which a key comes out of another one.

BOOST_AUTO_TEST_SUITE(a_template_in_a_template)

namespace {

using Number = std::uint64_t;

Attribute nested(Attr type, Template inner) { return {static_cast<Number>(type), std::move(inner)}; }
Template copy_of(const Template& given) { return clone(given, use()); }

struct Fixture : UserFixture {
  explicit Fixture(PolicyProfile profile) {
    auto& keystore = engine->keystore();
    const auto so = keystore.check_pin(slot, UserType::so, pin("so-pin"));
    BOOST_REQUIRE(so);
    BOOST_REQUIRE(keystore.set_profile(slot, *so, profile));
  }

  static Template as_aes(const Template& given) {
    auto wanted = copy_of(given);
    wanted.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
    wanted.push_back(attribute(Attr::key_type, KeyType::aes));
    return wanted;
  }
  static Template as_long_aes(const Template& given) {
    auto wanted = as_aes(given);
    wanted.push_back(attribute(Attr::value_len, Number{32}));
    return wanted;
  }
  ObjectHandle leaving(Attribute more = text(Attr::id, "leaving")) {
    return generate(aes_with(attribute(Attr::sensitive, true), attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false),
                             std::move(more)));
  }
  Result<Bytes> wrap(ObjectHandle with, ObjectHandle key) {
    Bytes room(256);
    request::WrapKey request;
    request.session = session;
    request.mechanism = mechanism(Mech::aes_key_wrap);
    request.wrapping_key = with;
    request.key = key;
    request.room = Room(room);
    room.resize(TRY(one->call(request)).size);
    return room;
  }
  Result<request::OneObject> unwrap(ObjectHandle with, ByteView wrapped, const Template& given) {
    request::UnwrapKey request;
    request.session = session;
    request.mechanism = mechanism(Mech::aes_key_wrap);
    request.unwrapping_key = with;
    request.wrapped = wrapped;
    request.attributes = as_aes(given);
    return one->call(request);
  }
  static Mechanism ecdh(Bytes point) {
    return {static_cast<Number>(Mech::ecdh1_derive), Ecdh1Params{static_cast<Number>(Kdf::null), {}, std::move(point)}};
  }
  Bytes point(ObjectHandle key) { return std::get<Bytes>(get(key, Attr::ec_point).attribute.value); }
  Result<request::Encapsulated> encapsulate(ObjectHandle with, Room room, const Template& given) {
    request::EncapsulateKey request;
    request.session = session;
    request.mechanism = ecdh({});
    request.public_key = with;
    request.attributes = as_long_aes(given);
    request.room = room;
    return one->call(request);
  }
};

/// A key is made, with `given`, out of one whose template attribute `type` is `demand`.
struct Row {
  const char* name;
  Attr type;
  Result<ObjectHandle> (*make)(Fixture&, Attribute demand, const Template& given);
};

const std::array<Row, 4> kRows = {{
    {"unwrap", Attr::unwrap_template,
     [](Fixture& f, Attribute demand, const Template& given) -> Result<ObjectHandle> {
       const auto kek = f.generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true), std::move(demand)));
       return TRY(f.unwrap(kek, TRY(f.wrap(kek, f.leaving())), given)).object;
     }},
    {"derive", Attr::derive_template,
     [](Fixture& f, Attribute demand, const Template& given) -> Result<ObjectHandle> {
       const auto base = f.ec_pair(attributes(attribute(Attr::derive, true), std::move(demand)));
       request::DeriveKey request;
       request.session = f.session;
       request.mechanism = Fixture::ecdh(f.point(base.public_key));
       request.base_key = base.private_key;
       request.attributes = Fixture::as_long_aes(given);
       return TRY(f.one->call(request)).object;
     }},
    {"encapsulate", Attr::encapsulate_template,
     [](Fixture& f, Attribute demand, const Template& given) -> Result<ObjectHandle> {
       Bytes room(65);
       const auto key = f.pair(attributes(attribute(Attr::ec_params, p256()), attribute(Attr::encapsulate, true), std::move(demand)), {});
       return TRY(f.encapsulate(key.public_key, Room(room), given)).object;
     }},
    {"decapsulate", Attr::decapsulate_template,
     [](Fixture& f, Attribute demand, const Template& given) -> Result<ObjectHandle> {
       Bytes room(65);
       const auto key = f.pair(attributes(attribute(Attr::ec_params, p256()), attribute(Attr::encapsulate, true)),
                               attributes(attribute(Attr::decapsulate, true), std::move(demand)));
       BOOST_REQUIRE(f.encapsulate(key.public_key, Room(room), {}));
       request::DecapsulateKey request;
       request.session = f.session;
       request.mechanism = Fixture::ecdh({});
       request.private_key = key.private_key;
       request.ciphertext = room;
       request.attributes = Fixture::as_long_aes(given);
       return TRY(f.one->call(request)).object;
     }},
}};

/// What the new key is to demand of those that it will unwrap, and of those that those will unwrap.
Template inner() {
  return attributes(attribute(Attr::encrypt, false), attribute(Attr::derive, true),
                    nested(Attr::unwrap_template, attributes(attribute(Attr::sign, false))));
}
Attribute demand_of(const Row& row) { return nested(row.type, attributes(nested(Attr::unwrap_template, inner()))); }

template <class Sentence>
void for_each_row_and_profile(Sentence sentence) {
  for (const auto profile : {PolicyProfile::strict, PolicyProfile::compatible}) {
    Fixture fixture(profile);
    for (const auto& row : kRows) BOOST_TEST_CONTEXT(row.name << " " << name_of(profile)) sentence(fixture, row);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(becomes_the_new_keys_own_where_its_maker_says_nothing) {
  for_each_row_and_profile([](Fixture& f, const Row& row) {
    const auto key = row.make(f, demand_of(row), {});
    BOOST_REQUIRE_MESSAGE(key, (key ? "" : key.error().text()));
    const auto kept = std::get<Template>(f.get(*key, Attr::unwrap_template).attribute.value);
    BOOST_TEST(kept.size() == 3u);
    BOOST_CHECK(find_bool(kept, Attr::encrypt) == false);
    BOOST_CHECK(find_bool(kept, Attr::derive) == true);
    const auto* deepest = find(kept, Attr::unwrap_template);
    BOOST_REQUIRE(deepest != nullptr);
    BOOST_CHECK(find_bool(std::get<Template>(deepest->value), Attr::sign) == false);
  });
}

BOOST_AUTO_TEST_CASE(is_no_contradiction_in_another_order) {
  for_each_row_and_profile([](Fixture& f, const Row& row) {
    auto turned = inner();
    std::ranges::reverse(turned);
    BOOST_TEST(code(row.make(f, demand_of(row), attributes(nested(Attr::unwrap_template, std::move(turned))))) == Rv::ok);
  });
}

BOOST_AUTO_TEST_CASE(refuses_what_contradicts_it_at_any_depth) {
  for_each_row_and_profile([](Fixture& f, const Row& row) {
    // PKCS#11 3.2, 5.18.8: a public key's own template is refused like a key that does not match CKA_WRAP_TEMPLATE.
    const auto refused = row.type == Attr::encapsulate_template ? Rv::key_handle_invalid : Rv::template_inconsistent;
    const auto less = attributes(nested(Attr::unwrap_template, attributes(attribute(Attr::encrypt, false), attribute(Attr::derive, true))));
    const auto other = attributes(nested(Attr::unwrap_template, attributes(attribute(Attr::encrypt, false), attribute(Attr::derive, true),
                                                                          nested(Attr::unwrap_template, attributes(attribute(Attr::sign, true))))));
    for (const auto* given : {&less, &other}) BOOST_TEST(code(row.make(f, demand_of(row), *given)) == refused);
    BOOST_TEST(code(row.make(f, demand_of(row), attributes(nested(Attr::unwrap_template, {})))) == refused);
  });
}

BOOST_AUTO_TEST_CASE(is_enforced_by_the_new_key_and_by_the_one_after_it) {
  for (const auto profile : {PolicyProfile::strict, PolicyProfile::compatible}) {
    Fixture f(profile);
    const auto first = f.generate(aes_with(
        attribute(Attr::wrap, true), attribute(Attr::unwrap, true),
        nested(Attr::unwrap_template, attributes(attribute(Attr::unwrap, true), attribute(Attr::encrypt, false), attribute(Attr::decrypt, false),
                                                 nested(Attr::unwrap_template, attributes(attribute(Attr::sign, false)))))));
    // The second key is one that the token also knows by a handle that wraps.
    const auto twin = f.generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::sensitive, true), attribute(Attr::extractable, true),
                                          attribute(Attr::wrap_with_trusted, false)));
    const auto second = f.unwrap(first, f.wrap(first, twin).value(), {});
    BOOST_REQUIRE_MESSAGE(second, (second ? "" : second.error().text()));
    const auto readable = f.generate(aes_with(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)));
    const auto wrapped = f.wrap(twin, readable).value();
    const auto third = f.unwrap(second->object, wrapped, {});
    BOOST_REQUIRE_MESSAGE(third, (third ? "" : third.error().text()));
    BOOST_TEST(!f.is(third->object, Attr::sign));
    BOOST_TEST(code(f.unwrap(second->object, wrapped, attributes(attribute(Attr::sign, true)))) == Rv::template_inconsistent);
  }
}

BOOST_AUTO_TEST_CASE(says_which_keys_are_wrapped) {
  for (const auto profile : {PolicyProfile::strict, PolicyProfile::compatible}) {
    Fixture f(profile);
    const auto kek = f.generate(aes_with(attribute(Attr::wrap, true),
                                         nested(Attr::wrap_template, attributes(nested(Attr::unwrap_template, inner())))));
    BOOST_TEST(code(f.wrap(kek, f.leaving(nested(Attr::unwrap_template, inner())))) == Rv::ok);
    BOOST_TEST(code(f.wrap(kek, f.leaving())) == Rv::key_handle_invalid);
    BOOST_TEST(code(f.wrap(kek, f.leaving(nested(Attr::unwrap_template, attributes(attribute(Attr::encrypt, false)))))) == Rv::key_handle_invalid);
    auto turned = inner();
    std::ranges::reverse(turned);
    BOOST_TEST(code(f.wrap(kek, f.leaving(nested(Attr::unwrap_template, std::move(turned))))) == Rv::ok);
  }
}

BOOST_AUTO_TEST_SUITE_END()
