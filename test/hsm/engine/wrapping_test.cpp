#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(wrapping)

struct WrappingFixture : UserFixture {
  WrappingFixture() : kek(generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true)))) {}

  Result<request::Produced> wrap(ObjectHandle with, ObjectHandle key, Room into, Mech mech = Mech::aes_key_wrap_kwp) {
    request::WrapKey request;
    request.session = session;
    request.mechanism = mechanism(mech);
    request.wrapping_key = with;
    request.key = key;
    request.room = into;
    return one->call(request);
  }
  Bytes wrapped(ObjectHandle with, ObjectHandle key, Mech mech = Mech::aes_key_wrap_kwp) {
    Bytes out(4096);
    out.resize(wrap(with, key, Room(out), mech).value().size);
    return out;
  }
  Result<request::OneObject> unwrap(ObjectHandle with, ByteView octets, Template given, Mech mech = Mech::aes_key_wrap_kwp) {
    request::UnwrapKey request;
    request.session = session;
    request.mechanism = mechanism(mech);
    request.unwrapping_key = with;
    request.wrapped = octets;
    request.attributes = std::move(given);
    return one->call(request);
  }
  ObjectHandle extractable() {
    return generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  }
  template <class... A>
  Template as_aes(A... more) {
    return attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes),
                      std::move(more)...);
  }
  Bytes encrypted(ObjectHandle key) {
    Bytes out(21);
    BOOST_REQUIRE(begin(Use::encrypt, gcm(), key));
    BOOST_REQUIRE(once(Use::encrypt, view("hello"), Room(out)));
    return out;
  }
  ObjectHandle kek;
  Bytes room = Bytes(4096);
};

BOOST_FIXTURE_TEST_CASE(a_key_comes_back_as_it_went, WrappingFixture) {
  const auto key = extractable();
  const auto back = unwrap(kek, wrapped(kek, key), as_aes()).value().object;
  BOOST_CHECK(encrypted(key) == encrypted(back));
}

BOOST_FIXTURE_TEST_CASE(a_private_key_comes_back_and_signs, WrappingFixture) {
  const auto pair = ec_pair(attributes(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  const auto back = unwrap(kek, wrapped(kek, pair.private_key),
                           attributes(attribute(Attr::object_class, ObjectClass::private_key),
                                      attribute(Attr::key_type, KeyType::ec))).value().object;
  const Bytes digest(32, 3);
  Bytes signature(64);
  BOOST_TEST(code(begin(Use::sign, mechanism(Mech::ecdsa), back)) == Rv::ok);
  BOOST_TEST(code(once(Use::sign, digest, Room(signature))) == Rv::ok);
  BOOST_TEST(code(begin(Use::verify, mechanism(Mech::ecdsa), pair.public_key)) == Rv::ok);
  BOOST_TEST(code(one->call(request::VerifyOnce{session, digest, signature})) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(each_use_of_a_stored_key_is_in_the_audit_log_when_its_session_is_closed, WrappingFixture) {
  const auto uses_logged = [&](std::string_view act) {
    std::uint64_t count = 0;
    BOOST_REQUIRE(engine->keystore().flush_uses());
    BOOST_REQUIRE(engine->keystore().export_audit(1, [&](std::string_view line) -> Status {
      if (line.find(act) == std::string_view::npos) return Done{};
      const auto at = line.find("\"count\":");
      count += std::stoull(std::string(line.substr(at + 8)));
      return Done{};
    }));
    return count;
  };
  const auto another = open();
  std::vector<ObjectHandle> keks;
  for (int i = 0; i < 2; ++i)
    keks.push_back(generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true), attribute(Attr::token, true))));
  const auto key = extractable();
  Bytes octets;
  for (int i = 0; i < 7; ++i) octets = wrapped(keks[static_cast<std::size_t>(i % 2)], key);
  for (int i = 0; i < 3; ++i) BOOST_TEST(code(unwrap(keks[0], octets, as_aes())) == Rv::ok);
  const auto first = std::exchange(session, another);
  for (int i = 0; i < 300; ++i) wrapped(keks[1], key);
  close(another);
  close(first);
  BOOST_TEST(uses_logged("used_wrap") == 307u);
  BOOST_TEST(uses_logged("used_unwrap") == 3u);
}

BOOST_FIXTURE_TEST_CASE(the_size_is_told_first, WrappingFixture) {
  const auto key = extractable();
  BOOST_TEST(wrap(kek, key, {}).value().size == 40u);
  BOOST_TEST(!wrap(kek, key, Room(room).first(39)).value().written);
  BOOST_TEST(wrap(kek, key, Room(room).first(40)).value().written);
}

BOOST_FIXTURE_TEST_CASE(an_unextractable_key_stays, WrappingFixture) {
  BOOST_TEST(code(wrap(kek, generate(aes()), Room(room))) == Rv::key_unextractable);
}

BOOST_FIXTURE_TEST_CASE(only_a_wrapping_key_wraps, WrappingFixture) {
  BOOST_TEST(code(wrap(generate(aes()), extractable(), Room(room))) == Rv::key_function_not_permitted);
  BOOST_TEST(code(unwrap(generate(aes()), Bytes(40), as_aes())) == Rv::key_function_not_permitted);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_handle_names_its_role, WrappingFixture) {
  BOOST_TEST(code(wrap(4242, extractable(), Room(room))) == Rv::wrapping_key_handle_invalid);
  BOOST_TEST(code(wrap(kek, 4242, Room(room))) == Rv::key_handle_invalid);
  BOOST_TEST(code(unwrap(4242, Bytes(40), as_aes())) == Rv::unwrapping_key_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_type_names_its_role, WrappingFixture) {
  const auto secret_key = generate(attributes(attribute(Attr::value_len, std::uint64_t{32}), attribute(Attr::wrap, true),
                                              attribute(Attr::unwrap, true)), Mech::generic_secret_key_gen);
  BOOST_TEST(code(wrap(secret_key, extractable(), Room(room))) == Rv::wrapping_key_type_inconsistent);
  BOOST_TEST(code(unwrap(secret_key, Bytes(40), as_aes())) == Rv::unwrapping_key_type_inconsistent);
}

BOOST_FIXTURE_TEST_CASE(a_public_key_is_not_wrapped, WrappingFixture) {
  BOOST_TEST(code(wrap(kek, ec_pair().public_key, Room(room))) == Rv::key_not_wrappable);
}

BOOST_FIXTURE_TEST_CASE(a_key_for_trusted_wrapping_is_not_wrapped_by_another, WrappingFixture) {
  const auto key = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, true)));
  BOOST_TEST(code(wrap(kek, key, Room(room))) == Rv::key_not_wrappable);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::wrap_with_trusted, false)))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(changed_octets_are_refused_and_make_nothing, WrappingFixture) {
  auto octets = wrapped(kek, extractable());
  const auto before = find({}).size();
  octets[7] ^= 1;
  BOOST_TEST(code(unwrap(kek, octets, as_aes())) == Rv::wrapped_key_invalid);
  BOOST_TEST(find({}).size() == before);
}

BOOST_FIXTURE_TEST_CASE(an_unwrapped_key_is_guarded_unless_the_unwrapping_key_says_otherwise, WrappingFixture) {
  const auto octets = wrapped(kek, extractable());
  const auto key = unwrap(kek, octets, as_aes()).value().object;
  BOOST_TEST((is(key, Attr::sensitive) && !is(key, Attr::extractable)));
  for (const auto type : {Attr::local, Attr::always_sensitive, Attr::never_extractable}) BOOST_TEST(!is(key, type));
  BOOST_TEST(code(unwrap(kek, octets, as_aes(attribute(Attr::extractable, true)))) == Rv::template_inconsistent);
  auto demanded = attributes(attribute(Attr::extractable, true));
  const auto opening = generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true),
                                         Attribute{static_cast<std::uint64_t>(Attr::unwrap_template), std::move(demanded)}));
  const auto open_key = unwrap(opening, wrapped(opening, extractable()), as_aes()).value().object;
  BOOST_TEST((is(open_key, Attr::extractable) && is(open_key, Attr::sensitive)));
}

BOOST_FIXTURE_TEST_CASE(a_private_key_that_came_wrapped_is_not_told_to_make_readable_keys, WrappingFixture) {
  const auto pair = ec_pair(attributes(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false)));
  const auto octets = wrapped(kek, pair.private_key);
  for (const auto type : {Attr::derive_template, Attr::decapsulate_template}) {
    auto opening = attributes(attribute(Attr::sensitive, false), attribute(Attr::extractable, true));
    BOOST_TEST(code(unwrap(kek, octets,
                           attributes(attribute(Attr::object_class, ObjectClass::private_key), attribute(Attr::key_type, KeyType::ec),
                                      Attribute{static_cast<std::uint64_t>(type), std::move(opening)}))) == Rv::template_inconsistent);
  }
}

BOOST_FIXTURE_TEST_CASE(the_template_must_say_what_comes, WrappingFixture) {
  const auto octets = wrapped(kek, extractable());
  BOOST_TEST(code(unwrap(kek, octets, {})) == Rv::template_incomplete);
  BOOST_TEST(code(unwrap(kek, octets, attributes(attribute(Attr::object_class, ObjectClass::public_key),
                                                 attribute(Attr::key_type, KeyType::rsa)))) == Rv::template_inconsistent);
  BOOST_TEST(code(unwrap(kek, octets, as_aes(secret(Attr::value, "0123456789abcdef")))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(a_secret_is_not_unwrapped_as_a_private_key, WrappingFixture) {
  BOOST_TEST(code(unwrap(kek, wrapped(kek, extractable()),
                         attributes(attribute(Attr::object_class, ObjectClass::private_key),
                                    attribute(Attr::key_type, KeyType::ec)))) == Rv::wrapped_key_invalid);
}

BOOST_FIXTURE_TEST_CASE(the_unwrap_template_is_applied_and_enforced, WrappingFixture) {
  auto demanded = attributes(attribute(Attr::encrypt, false), attribute(Attr::extractable, false));
  const auto strict = generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true),
                                        Attribute{static_cast<std::uint64_t>(Attr::unwrap_template), std::move(demanded)}));
  const auto octets = wrapped(strict, extractable());
  const auto key = unwrap(strict, octets, as_aes()).value().object;
  BOOST_TEST((!is(key, Attr::encrypt) && !is(key, Attr::extractable)));
  BOOST_TEST(code(unwrap(strict, octets, as_aes(attribute(Attr::extractable, true)))) == Rv::template_inconsistent);
  BOOST_TEST(code(unwrap(strict, octets, as_aes(attribute(Attr::encrypt, false)))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(a_template_in_the_unwrap_template_becomes_the_unwrapped_keys_own, WrappingFixture) {
  const auto nested = [](Attr type, Template inner) { return Attribute{static_cast<std::uint64_t>(type), std::move(inner)}; };
  auto demanded = attributes(attribute(Attr::unwrap, true), attribute(Attr::encrypt, false),
                             nested(Attr::unwrap_template, attributes(attribute(Attr::sign, false))));
  const auto outer = generate(aes_with(attribute(Attr::wrap, true), attribute(Attr::unwrap, true),
                                       nested(Attr::unwrap_template, std::move(demanded))));
  const auto inner = unwrap(outer, wrapped(outer, extractable()), as_aes()).value().object;
  const auto kept = get(inner, Attr::unwrap_template);
  BOOST_TEST(find_bool(std::get<Template>(kept.attribute.value), Attr::sign).value() == false);
  BOOST_TEST(code(unwrap(outer, wrapped(outer, extractable()), as_aes(nested(Attr::unwrap_template, {})))) == Rv::template_inconsistent);
}

BOOST_FIXTURE_TEST_CASE(the_wrap_template_says_which_keys_are_wrapped, WrappingFixture) {
  auto demanded = attributes(text(Attr::label, "yes"));
  const auto strict = generate(aes_with(attribute(Attr::wrap, true),
                                        Attribute{static_cast<std::uint64_t>(Attr::wrap_template), std::move(demanded)}));
  auto given = aes("yes");
  given.push_back(attribute(Attr::extractable, true));
  given.push_back(attribute(Attr::wrap_with_trusted, false));
  BOOST_TEST(code(wrap(strict, generate(std::move(given)), Room(room))) == Rv::ok);
  BOOST_TEST(code(wrap(strict, extractable(), Room(room))) == Rv::key_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(a_stored_key_leaves_only_with_a_record, WrappingFixture) {
  const auto records = [&] {
    std::size_t count = 0;
    BOOST_REQUIRE(engine->keystore().export_audit(1, [&](std::string_view line) -> Status {
      if (line.find("key_wrapped") != std::string_view::npos) ++count;
      return Done{};
    }));
    return count;
  };
  const auto stored = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::wrap_with_trusted, false), attribute(Attr::token, true)));
  BOOST_TEST(records() == 0u);
  BOOST_TEST(code(wrap(kek, stored, Room(room))) == Rv::ok);
  BOOST_TEST(records() == 1u);
  BOOST_TEST(code(wrap(kek, extractable(), Room(room))) == Rv::ok);
  BOOST_TEST(records() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(deriving)

struct DerivingFixture : UserFixture {
  Result<request::Derived> derive(ObjectHandle base, Bytes point, Template given) {
    request::DeriveKey request;
    request.session = session;
    request.mechanism = {static_cast<std::uint64_t>(Mech::ecdh1_derive),
                         Ecdh1Params{static_cast<std::uint64_t>(Kdf::null), {}, std::move(point)}};
    request.base_key = base;
    request.attributes = std::move(given);
    return one->call(request);
  }
  request::KeyPair party() { return ec_pair(attributes(attribute(Attr::derive, true))); }
  Bytes point(ObjectHandle key) { return std::get<Bytes>(get(key, Attr::ec_point).attribute.value); }
};

BOOST_FIXTURE_TEST_CASE(two_parties_get_the_same_key, DerivingFixture) {
  const auto a = party();
  const auto b = party();
  const auto wanted = [] {
    return attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes),
                      attribute(Attr::value_len, std::uint64_t{32}));
  };
  const auto left = derive(a.private_key, point(b.public_key), wanted()).value().object;
  const auto right = derive(b.private_key, point(a.public_key), wanted()).value().object;
  BOOST_CHECK(std::get<Bytes>(get(left, Attr::check_value).attribute.value) ==
              std::get<Bytes>(get(right, Attr::check_value).attribute.value));
  BOOST_TEST((is(left, Attr::sensitive) && is(left, Attr::always_sensitive) && !is(left, Attr::local)));
}

BOOST_FIXTURE_TEST_CASE(a_derived_key_is_a_generic_secret_unless_the_template_says, DerivingFixture) {
  const auto key = derive(party().private_key, point(party().public_key), {});
  BOOST_REQUIRE(key);
  BOOST_TEST(number(key->object, Attr::key_type) == static_cast<std::uint64_t>(KeyType::generic_secret));
  BOOST_TEST(number(key->object, Attr::value_len) == 32u);
}

BOOST_FIXTURE_TEST_CASE(only_a_key_for_deriving_derives, DerivingFixture) {
  BOOST_TEST(code(derive(ec_pair().private_key, point(party().public_key), {})) == Rv::key_function_not_permitted);
  BOOST_TEST(code(derive(4242, Bytes(65), {})) == Rv::key_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(only_secret_keys_are_derived, DerivingFixture) {
  BOOST_TEST(code(derive(party().private_key, point(party().public_key),
                         attributes(attribute(Attr::object_class, ObjectClass::private_key),
                                    attribute(Attr::key_type, KeyType::ec)))) == Rv::template_inconsistent);
}

BOOST_FIXTURE_TEST_CASE(a_point_off_the_curve_is_refused, DerivingFixture) {
  auto wrong = point(party().public_key);
  wrong.back() ^= 1;
  BOOST_TEST(code(derive(party().private_key, wrong, {})) != Rv::ok);
}

BOOST_AUTO_TEST_SUITE_END()
