#include <algorithm>
#include <array>

#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

// Rows of docs/policy.md, at every function by which a key is made or changed.

BOOST_AUTO_TEST_SUITE(a_strict_token)

namespace {

using Number = std::uint64_t;

struct Roles {
  Attr one, other;
};
constexpr std::array<Roles, 2> kConflicts = {{{Attr::wrap, Attr::decrypt}, {Attr::unwrap, Attr::encrypt}}};

struct StrictFixture : UserFixture {
  static Template as_aes(const Roles& roles) {
    return attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes),
                      attribute(roles.one, true), attribute(roles.other, true));
  }
  void become(UserType user, std::string_view with) {
    BOOST_REQUIRE(logout(session));
    BOOST_REQUIRE(login(session, user, with));
  }
  Result<request::Derived> derive(Mechanism with, ObjectHandle base, Template given) {
    request::DeriveKey request;
    request.session = session;
    request.mechanism = std::move(with);
    request.base_key = base;
    request.attributes = std::move(given);
    return one->call(request);
  }
  static Mechanism kbkdf() {
    return {static_cast<Number>(Mech::sp800_108_counter_kdf),
            KbkdfParams{static_cast<Number>(Mech::sha256_hmac), {{PrfField::Type::iteration, 32, false, false, {}}}, {}}};
  }
  static Template secret(std::initializer_list<Attr> uses) {
    auto wanted = attributes(attribute(Attr::value_len, Number{32}));
    for (const auto use : uses) wanted.push_back(attribute(use, true));
    return wanted;
  }
  static Template readable() { return attributes(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)); }
  static Attribute demand(Attr type, Template inner) { return {static_cast<Number>(type), std::move(inner)}; }
};

/// The uses, on a key of a type that has each.
struct UseRow {
  Attr use;
  enum { secret, private_key, public_key } of;
};
constexpr std::array<UseRow, 11> kUses = {{
    {Attr::encrypt, UseRow::secret}, {Attr::decrypt, UseRow::secret}, {Attr::sign, UseRow::secret}, {Attr::verify, UseRow::secret},
    {Attr::wrap, UseRow::secret}, {Attr::unwrap, UseRow::secret}, {Attr::derive, UseRow::secret},
    {Attr::sign_recover, UseRow::private_key}, {Attr::decapsulate, UseRow::private_key},
    {Attr::verify_recover, UseRow::public_key}, {Attr::encapsulate, UseRow::public_key},
}};

struct IdleFixture : StrictFixture {
  /// A key without the use, which the security officer sees too. A secret key has none at all: one use may rule out another.
  ObjectHandle idle(const UseRow& row) {
    auto none = attributes(attribute(Attr::private_, false));
    if (row.of == UseRow::secret) {
      for (const auto& [use, of] : kUses)
        if (of == UseRow::secret) none.push_back(attribute(use, false));
      none.push_back(attribute(Attr::value_len, Number{32}));
      return generate(std::move(none));
    }
    none.push_back(attribute(row.use, false));
    auto other_half = attributes(attribute(Attr::private_, false));
    const bool is_public = row.of == UseRow::public_key;
    (is_public ? none : other_half).push_back(attribute(Attr::ec_params, p256()));
    const auto made = is_public ? pair(std::move(none), std::move(other_half)) : pair(std::move(other_half), std::move(none));
    return is_public ? made.public_key : made.private_key;
  }
};

}  // namespace

// ---- check 1

BOOST_FIXTURE_TEST_CASE(gives_no_unwrapped_key_two_roles, StrictFixture) {
  const auto kek = generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true)));
  const auto key = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  Bytes room(64);
  request::WrapKey wrap;
  wrap.session = session;
  wrap.mechanism = mechanism(Mech::aes_key_wrap);
  wrap.wrapping_key = kek;
  wrap.key = key;
  wrap.room = Room(room);
  room.resize(one->call(wrap).value().size);
  for (const auto& roles : kConflicts) {
    request::UnwrapKey unwrap;
    unwrap.session = session;
    unwrap.mechanism = wrap.mechanism;
    unwrap.unwrapping_key = kek;
    unwrap.wrapped = room;
    unwrap.attributes = as_aes(roles);
    BOOST_TEST(code(one->call(unwrap)) == Rv::template_inconsistent);
    unwrap.attributes.pop_back();
    BOOST_TEST(code(one->call(unwrap)) == Rv::ok);
  }
}

BOOST_FIXTURE_TEST_CASE(gives_no_derived_key_two_roles, StrictFixture) {
  const auto base = generate(secret({Attr::derive}), Mech::generic_secret_key_gen);
  for (const auto& roles : kConflicts) {
    auto wanted = as_aes(roles);
    wanted.push_back(attribute(Attr::value_len, Number{32}));
    BOOST_TEST(code(derive(kbkdf(), base, clone(wanted, use()))) == Rv::template_inconsistent);
    std::erase_if(wanted, [&](const Attribute& item) { return item.type == static_cast<Number>(roles.other); });
    BOOST_TEST(code(derive(kbkdf(), base, std::move(wanted))) == Rv::ok);
  }
}

BOOST_FIXTURE_TEST_CASE(gives_no_key_a_second_role_later_not_even_by_its_officer, StrictFixture) {
  for (const auto& roles : kConflicts) {
    const auto key = generate(aes_with(attribute(roles.one, true), attribute(Attr::private_, false)));
    const auto second = [&] { return attributes(attribute(roles.other, true)); };
    BOOST_TEST(code(copy(key, second())) == Rv::attribute_read_only);
    BOOST_TEST(code(set(key, second())) == Rv::attribute_read_only);
    become(UserType::so, "so-pin");
    BOOST_TEST(code(copy(key, second())) == Rv::template_inconsistent);
    BOOST_TEST(code(set(key, second())) == Rv::template_inconsistent);
    become(UserType::user, "user-pin");
  }
}

// ---- check 2

BOOST_FIXTURE_TEST_CASE(adds_no_use_to_a_key_but_for_its_officer, IdleFixture) {
  for (const auto& row : kUses) {
    BOOST_TEST_CONTEXT("attribute " << static_cast<Number>(row.use)) {
      const auto key = idle(row);
      const auto more = [&] { return attributes(attribute(row.use, true)); };
      BOOST_TEST(!is(key, row.use));
      BOOST_TEST(code(set(key, more())) == Rv::attribute_read_only);
      BOOST_TEST(code(copy(key, more())) == Rv::attribute_read_only);
      become(UserType::so, "so-pin");
      BOOST_TEST(code(set(key, more())) == Rv::ok);
      BOOST_TEST(is(key, row.use));
      become(UserType::user, "user-pin");
      BOOST_TEST(code(set(key, attributes(attribute(row.use, false)))) == Rv::ok);
    }
  }
}

// ---- check 7

BOOST_FIXTURE_TEST_CASE(guards_what_comes_back_authenticated, StrictFixture) {
  const auto kek = generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true)));
  const auto key = generate(aes_with(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)));
  Bytes room(32);
  request::WrapKeyAuthenticated wrap;
  wrap.session = session;
  wrap.mechanism = static_cast<Number>(Mech::aes_gcm);
  wrap.params.form = MessageForm::gcm;
  wrap.params.iv = Bytes(12);
  wrap.params.generator = static_cast<Number>(Generator::random);
  wrap.params.tag_bits = 128;
  wrap.wrapping_key = kek;
  wrap.key = key;
  wrap.room = Room(room);
  const auto wrapped = one->call(wrap).value();
  const auto unwrap = [&](std::initializer_list<std::pair<Attr, bool>> said) {
    request::UnwrapKeyAuthenticated request;
    request.session = session;
    request.mechanism = wrap.mechanism;
    request.params = wrap.params;
    request.params.iv = wrapped.iv;
    request.params.tag = wrapped.tag;
    request.unwrapping_key = kek;
    request.wrapped = room;
    request.attributes = attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes));
    for (const auto& [type, value] : said) request.attributes.push_back(attribute(type, value));
    return one->call(request);
  };
  BOOST_TEST(code(unwrap({{Attr::sensitive, false}})) == Rv::template_inconsistent);
  BOOST_TEST(code(unwrap({{Attr::extractable, true}})) == Rv::template_inconsistent);
  BOOST_TEST(code(unwrap({{Attr::wrap_with_trusted, false}})) == Rv::template_inconsistent);
  const auto back = unwrap({}).value().object;
  BOOST_TEST((is(back, Attr::sensitive) && !is(back, Attr::extractable) && is(back, Attr::wrap_with_trusted)));
}

// ---- check 14

BOOST_FIXTURE_TEST_CASE(offers_no_mechanism_that_reveals_its_base_key_and_all_others, StrictFixture) {
  constexpr std::array<Mech, 14> kRevealing = {
      Mech::tls12_extended_master_key_derive, Mech::concatenate_base_and_key, Mech::concatenate_base_and_data, Mech::concatenate_data_and_base,
      Mech::xor_base_and_data, Mech::extract_key_from_key, Mech::tls12_master_key_derive, Mech::tls12_key_and_mac_derive,
      Mech::camellia_ecb_encrypt_data, Mech::camellia_cbc_encrypt_data, Mech::aria_ecb_encrypt_data, Mech::aria_cbc_encrypt_data,
      Mech::aes_ecb_encrypt_data, Mech::aes_cbc_encrypt_data};
  constexpr std::array<Mech, 11> kMore = {Mech::des3_ecb_encrypt_data, Mech::des3_cbc_encrypt_data, Mech::ike1_extended_derive,
                                         Mech::seed_ecb_encrypt_data, Mech::seed_cbc_encrypt_data,  Mech::des_ecb_encrypt_data,
                                         Mech::des_cbc_encrypt_data,
                                         // And what is made of MD5.
                                         Mech::md5_key_derivation, Mech::tls_master_key_derive, Mech::tls_master_key_derive_dh,
                                         Mech::tls_key_and_mac_derive};
  const auto base = generate(secret({Attr::derive}), Mech::generic_secret_key_gen);
  for (const auto& row : all_mechanisms()) {
    if ((row.uses & uses_derive) == 0) continue;
    const bool revealing = std::ranges::find(kRevealing, row.id) != kRevealing.end() || std::ranges::find(kMore, row.id) != kMore.end();
    const auto told = one->call(request::GetMechanism{slot, static_cast<Number>(row.id)});
    const bool offered = told && (told->flags & (Number{uses_derive} << 8)) != 0;
    BOOST_TEST(offered == !revealing, row.name);
    if (revealing) BOOST_TEST(code(derive({static_cast<Number>(row.id), {}}, base, {})) == Rv::mechanism_invalid, row.name);
  }
}

BOOST_FIXTURE_TEST_CASE(derives_nothing_by_a_mac_from_a_key_that_signs, StrictFixture) {
  const auto both = generate(secret({Attr::derive, Attr::sign}), Mech::generic_secret_key_gen);
  const auto length = [] { return attributes(attribute(Attr::value_len, Number{20})); };
  BOOST_TEST(code(derive(kbkdf(), both, length())) == Rv::key_function_not_permitted);
  BOOST_TEST(code(derive(mechanism(Mech::sha256_key_derivation), both, length())) == Rv::ok);
  // Nor from one that signed before, or whose copy goes on signing.
  const auto no_more = [] { return attributes(attribute(Attr::sign, false)); };
  BOOST_TEST(code(set(both, no_more())) == Rv::attribute_read_only);
  BOOST_TEST(code(copy(both, no_more())) == Rv::attribute_read_only);
  BOOST_TEST(code(copy(both, attributes(attribute(Attr::derive, false)))) == Rv::ok);
  BOOST_TEST(code(set(both, attributes(attribute(Attr::sign, false), attribute(Attr::derive, false)))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(has_a_key_that_is_asked_to_derive_sign_only_when_it_is_asked_to, StrictFixture) {
  const auto key = generate(secret({Attr::derive}), Mech::generic_secret_key_gen);
  BOOST_TEST(!is(key, Attr::sign));
  BOOST_TEST(code(derive(kbkdf(), key, attributes(attribute(Attr::value_len, Number{20})))) == Rv::ok);
  BOOST_TEST(is(generate(secret({}), Mech::generic_secret_key_gen), Attr::sign));
}

BOOST_FIXTURE_TEST_CASE(makes_no_readable_data_by_a_salt_that_is_a_sensitive_key, StrictFixture) {
  const auto readable_base = generate(
      attributes(attribute(Attr::value_len, Number{32}), attribute(Attr::derive, true), attribute(Attr::sensitive, false)), Mech::generic_secret_key_gen);
  const auto salt = generate(secret({Attr::derive}), Mech::generic_secret_key_gen);
  const auto data = [&](ObjectHandle by) {
    return code(derive({static_cast<Number>(Mech::hkdf_data), HkdfParams{true, true, static_cast<Number>(Mech::sha256), 4, {}, by, {}}}, readable_base,
                       attributes(attribute(Attr::value_len, Number{32}))));
  };
  BOOST_TEST(data(salt) == Rv::key_function_not_permitted);
  BOOST_TEST(data(readable_base) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(opens_by_no_use_of_a_private_key_what_another_guards, StrictFixture) {
  const auto make = [&](std::initializer_list<Attr> uses, std::initializer_list<Attr> demands) {
    Template private_half;
    for (const auto use : uses) private_half.push_back(attribute(use, true));
    for (const auto type : demands) private_half.push_back(demand(type, readable()));
    request::GenerateKeyPair request;
    request.session = session;
    request.mechanism = mechanism(Mech::ec_key_pair_gen);
    request.public_attributes = attributes(attribute(Attr::ec_params, p256()));
    request.private_attributes = std::move(private_half);
    return code(one->call(request));
  };
  BOOST_TEST(make({Attr::derive, Attr::decapsulate}, {Attr::decapsulate_template}) == Rv::template_inconsistent);
  BOOST_TEST(make({Attr::derive, Attr::unwrap}, {Attr::derive_template}) == Rv::template_inconsistent);
  BOOST_TEST(make({Attr::derive, Attr::decapsulate}, {Attr::derive_template, Attr::decapsulate_template}) == Rv::ok);
  BOOST_TEST(make({Attr::decapsulate}, {Attr::decapsulate_template}) == Rv::ok);
  BOOST_TEST(make({Attr::derive, Attr::decapsulate, Attr::unwrap}, {}) == Rv::ok);
}

BOOST_AUTO_TEST_SUITE_END()
