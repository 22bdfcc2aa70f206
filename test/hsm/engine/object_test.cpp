#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

BOOST_AUTO_TEST_SUITE(a_generated_key)

BOOST_FIXTURE_TEST_CASE(is_private_sensitive_and_not_extractable_by_default, UserFixture) {
  const auto key = generate(aes());
  for (const auto type : {Attr::private_, Attr::sensitive, Attr::always_sensitive, Attr::never_extractable, Attr::local})
    BOOST_TEST(is(key, type));
  BOOST_TEST(!is(key, Attr::extractable));
  BOOST_TEST(!is(key, Attr::token));
  BOOST_TEST(number(key, Attr::key_gen_mechanism) == static_cast<std::uint64_t>(Mech::aes_key_gen));
}

BOOST_FIXTURE_TEST_CASE(encrypts_and_decrypts_but_does_not_wrap_by_default, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST((is(key, Attr::encrypt) && is(key, Attr::decrypt)));
  BOOST_TEST((!is(key, Attr::wrap) && !is(key, Attr::unwrap) && !is(key, Attr::derive) && !is(key, Attr::sign)));
}

BOOST_FIXTURE_TEST_CASE(made_extractable_was_never_unextractable, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::extractable, true), attribute(Attr::sensitive, false)));
  BOOST_TEST((!is(key, Attr::never_extractable) && !is(key, Attr::always_sensitive)));
}

BOOST_FIXTURE_TEST_CASE(does_not_give_its_value_away, UserFixture) {
  for (const bool sensitive : {true, false}) {
    const auto key = generate(aes_with(attribute(Attr::sensitive, sensitive), attribute(Attr::extractable, sensitive)));
    BOOST_CHECK(get(key, Attr::value).readable == request::Readable::sensitive);
  }
  const auto open_key = generate(aes_with(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)));
  BOOST_CHECK(get(open_key, Attr::value).readable == request::Readable::yes);
}

BOOST_FIXTURE_TEST_CASE(has_a_check_value_and_a_name_of_its_own, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST(std::get<Bytes>(get(key, Attr::check_value).attribute.value).size() == 3u);
  BOOST_CHECK(get(key, Attr::unique_id).attribute.value.index() == get(key, Attr::label).attribute.value.index());
  BOOST_CHECK(std::get<Bytes>(get(key, Attr::unique_id).attribute.value) !=
              std::get<Bytes>(get(generate(aes()), Attr::unique_id).attribute.value));
}

BOOST_FIXTURE_TEST_CASE(needs_a_length_that_aes_has, UserFixture) {
  BOOST_TEST(code(try_generate({})) == Rv::template_incomplete);
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{15}, std::uint64_t{33}, std::uint64_t{1} << 40}) {
    const auto made = try_generate(attributes(attribute(Attr::value_len, length)));
    BOOST_CHECK_MESSAGE(code(made) == Rv::attribute_value_invalid || code(made) == Rv::key_size_range, name_of(code(made)));
  }
}

BOOST_FIXTURE_TEST_CASE(does_not_take_a_value_or_history_from_its_template, UserFixture) {
  BOOST_TEST(code(try_generate(aes_with(secret(Attr::value, "0123456789abcdef")))) == Rv::attribute_read_only);
  for (const auto type : {Attr::local, Attr::always_sensitive, Attr::never_extractable})
    BOOST_TEST(code(try_generate(aes_with(attribute(type, true)))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(is_of_the_class_and_type_that_the_mechanism_makes, UserFixture) {
  BOOST_TEST(code(try_generate(aes_with(attribute(Attr::object_class, ObjectClass::data)))) == Rv::template_inconsistent);
  BOOST_TEST(code(try_generate(aes_with(attribute(Attr::key_type, KeyType::rsa)))) == Rv::template_inconsistent);
  BOOST_TEST(code(try_generate(aes_with(attribute(Attr::key_type, KeyType::aes)))) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(is_not_made_by_a_mechanism_that_generates_nothing, UserFixture) {
  BOOST_TEST(code(try_generate(aes(), Mech::aes_gcm)) == Rv::mechanism_invalid);
  BOOST_TEST(code(try_generate(aes(), Mech::ec_key_pair_gen)) == Rv::mechanism_invalid);
}

BOOST_FIXTURE_TEST_CASE(pair_shares_its_public_half, UserFixture) {
  const auto both = ec_pair();
  BOOST_CHECK(std::get<Bytes>(get(both.public_key, Attr::public_key_info).attribute.value) ==
              std::get<Bytes>(get(both.private_key, Attr::public_key_info).attribute.value));
  BOOST_TEST(!std::get<Bytes>(get(both.public_key, Attr::public_key_info).attribute.value).empty());
  BOOST_CHECK(get(both.public_key, Attr::ec_point).readable == request::Readable::yes);
  BOOST_CHECK(get(both.private_key, Attr::value).readable == request::Readable::sensitive);
  BOOST_TEST(!is(both.public_key, Attr::private_));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_created_object)

Template imported_aes() {
  return attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes),
                    secret(Attr::value, "0123456789abcdef"));
}

BOOST_FIXTURE_TEST_CASE(is_not_local_and_has_no_history, UserFixture) {
  const auto key = create(imported_aes());
  for (const auto type : {Attr::local, Attr::always_sensitive, Attr::never_extractable}) BOOST_TEST(!is(key, type));
  BOOST_TEST(number(key, Attr::key_gen_mechanism) == kUnavailable);
  BOOST_TEST(number(key, Attr::value_len) == 16u);
}

BOOST_FIXTURE_TEST_CASE(says_its_class_and_type, UserFixture) {
  BOOST_TEST(code(try_create({})) == Rv::template_incomplete);
  BOOST_TEST(code(try_create(attributes(attribute(Attr::object_class, ObjectClass::secret_key)))) == Rv::template_incomplete);
  BOOST_TEST(code(try_create(attributes(attribute(Attr::object_class, ObjectClass::validation)))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(brings_its_value, UserFixture) {
  BOOST_TEST(code(try_create(attributes(attribute(Attr::object_class, ObjectClass::secret_key),
                                        attribute(Attr::key_type, KeyType::aes)))) == Rv::template_incomplete);
}

BOOST_FIXTURE_TEST_CASE(is_refused_when_its_value_is_no_aes_key, UserFixture) {
  auto given = attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::aes),
                          secret(Attr::value, "short"));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_value_invalid);
}

BOOST_FIXTURE_TEST_CASE(does_not_have_attributes_of_other_classes, UserFixture) {
  auto given = imported_aes();
  given.push_back(attribute(Attr::modulus, Bytes{1, 2, 3}));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_type_invalid);
  given = imported_aes();
  given.push_back(Attribute{0x80001234, true});
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_type_invalid);
}

BOOST_FIXTURE_TEST_CASE(has_each_attribute_once_and_of_its_kind, UserFixture) {
  auto given = imported_aes();
  given.push_back(attribute(Attr::key_type, KeyType::aes));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::template_inconsistent);
  given = imported_aes();
  given.push_back(attribute(Attr::sensitive, std::uint64_t{1}));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_value_invalid);
}

BOOST_FIXTURE_TEST_CASE(has_its_own_check_value_or_none, UserFixture) {
  auto given = imported_aes();
  given.push_back(attribute(Attr::check_value, Bytes{1, 2, 3}));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_value_invalid);
  given = imported_aes();
  given.push_back(attribute(Attr::check_value, Bytes{}));
  const auto key = create(std::move(given));
  BOOST_TEST(std::get<Bytes>(get(key, Attr::check_value).attribute.value).empty());
}

BOOST_FIXTURE_TEST_CASE(has_dates_that_exist_in_their_order, UserFixture) {
  auto given = imported_aes();
  given.push_back(text(Attr::start_date, "20261301"));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_value_invalid);
  given = imported_aes();
  given.push_back(text(Attr::start_date, "20270101"));
  given.push_back(text(Attr::end_date, "20260101"));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::template_inconsistent);
}

BOOST_FIXTURE_TEST_CASE(is_trusted_only_by_the_security_officer, UserFixture) {
  auto given = imported_aes();
  given.push_back(attribute(Attr::trusted, true));
  BOOST_TEST(code(try_create(clone(given, use()))) == Rv::attribute_read_only);
  BOOST_TEST(code(logout(session)) == Rv::ok);
  BOOST_TEST(code(login(session, UserType::so, "so-pin")) == Rv::ok);
  given.push_back(attribute(Attr::private_, false));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::attribute_read_only);  // a strict token: its value is known
  BOOST_TEST(is(generate(aes_with(attribute(Attr::trusted, true), attribute(Attr::private_, false))), Attr::trusted));
}

BOOST_FIXTURE_TEST_CASE(on_the_token_needs_a_read_write_session, UserFixture) {
  session = open(false);
  auto given = imported_aes();
  given.push_back(attribute(Attr::token, true));
  BOOST_TEST(code(try_create(std::move(given))) == Rv::session_read_only);
  BOOST_TEST(code(try_create(imported_aes())) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(of_a_session_ends_with_it, UserFixture) {
  const auto mine = session;
  session = open();
  const auto key = create(imported_aes());
  BOOST_TEST(code(one->call(request::GetObjectSize{mine, key})) == Rv::ok);
  close(session);
  BOOST_TEST(code(one->call(request::GetObjectSize{mine, key})) == Rv::object_handle_invalid);
}

BOOST_FIXTURE_TEST_CASE(that_is_data_gives_its_value_back, UserFixture) {
  const auto data = create(attributes(attribute(Attr::object_class, ObjectClass::data), secret(Attr::value, "a passphrase"),
                                      text(Attr::application, "app"), attribute(Attr::token, true)));
  const auto value = get(data, Attr::value);
  BOOST_REQUIRE(value.readable == request::Readable::yes);
  BOOST_TEST(equal_in_constant_time(std::get<Secret>(value.attribute.value), pin("a passphrase")));
}

BOOST_FIXTURE_TEST_CASE(that_is_a_certificate_needs_subject_and_value, UserFixture) {
  auto given = attributes(attribute(Attr::object_class, ObjectClass::certificate),
                          attribute(Attr::certificate_type, std::uint64_t{0}), attribute(Attr::subject, Bytes{0x30, 0}));
  BOOST_TEST(code(try_create(clone(given, use()))) == Rv::template_incomplete);
  given.push_back(secret(Attr::value, "certificate"));
  const auto certificate = create(std::move(given));
  BOOST_TEST(find(attributes(secret(Attr::value, "certificate"))).size() == 1u);
  BOOST_TEST(!is(certificate, Attr::private_));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(changing_and_copying)

BOOST_FIXTURE_TEST_CASE(protection_only_grows_by_setting, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::sensitive, false), attribute(Attr::extractable, true)));
  BOOST_TEST(code(set(key, attributes(attribute(Attr::sensitive, true)))) == Rv::ok);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::sensitive, false)))) == Rv::attribute_read_only);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::extractable, false)))) == Rv::ok);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::extractable, true)))) == Rv::attribute_read_only);
  BOOST_TEST((!is(key, Attr::always_sensitive) && !is(key, Attr::never_extractable)));
}

BOOST_FIXTURE_TEST_CASE(protection_only_grows_by_copying, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST(code(copy(key, attributes(attribute(Attr::sensitive, false)))) == Rv::attribute_read_only);
  BOOST_TEST(code(copy(key, attributes(attribute(Attr::extractable, true)))) == Rv::attribute_read_only);
  BOOST_TEST(code(copy(key, attributes(attribute(Attr::private_, false)))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(a_copy_carries_the_history_and_has_a_name_of_its_own, UserFixture) {
  const auto key = generate(aes());
  const auto twin = copy(key).value().object;
  BOOST_TEST((is(twin, Attr::always_sensitive) && is(twin, Attr::never_extractable) && is(twin, Attr::local)));
  BOOST_CHECK(std::get<Bytes>(get(key, Attr::unique_id).attribute.value) !=
              std::get<Bytes>(get(twin, Attr::unique_id).attribute.value));
}

BOOST_FIXTURE_TEST_CASE(a_session_object_is_copied_to_the_token_and_encrypts_the_same, UserFixture) {
  const auto key = generate(aes());
  const auto kept = copy(key, attributes(attribute(Attr::token, true))).value().object;
  Bytes a(21), b(21);
  BOOST_TEST(code(begin(Use::encrypt, gcm(), key)) == Rv::ok);
  BOOST_TEST(code(once(Use::encrypt, view("hello"), Room(a))) == Rv::ok);
  BOOST_TEST(code(begin(Use::encrypt, gcm(), kept)) == Rv::ok);
  BOOST_TEST(code(once(Use::encrypt, view("hello"), Room(b))) == Rv::ok);
  BOOST_CHECK(a == b);
}

BOOST_FIXTURE_TEST_CASE(what_is_fixed_is_not_set, UserFixture) {
  const auto key = generate(aes());
  for (const auto type : {Attr::token, Attr::private_, Attr::modifiable, Attr::local})
    BOOST_TEST(code(set(key, attributes(attribute(type, true)))) == Rv::attribute_read_only);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::key_type, KeyType::rsa)))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(an_object_says_when_it_is_not_changed_copied_or_destroyed, UserFixture) {
  const auto fixed = generate(aes_with(attribute(Attr::modifiable, false), attribute(Attr::copyable, false),
                                       attribute(Attr::destroyable, false)));
  BOOST_TEST(code(set(fixed, attributes(text(Attr::label, "x")))) == Rv::action_prohibited);
  BOOST_TEST(code(copy(fixed)) == Rv::action_prohibited);
  BOOST_TEST(code(destroy(fixed)) == Rv::action_prohibited);
}

BOOST_FIXTURE_TEST_CASE(copyable_and_destroyable_are_given_up_for_good, UserFixture) {
  const auto key = generate(aes());
  BOOST_TEST(code(set(key, attributes(attribute(Attr::copyable, false), attribute(Attr::destroyable, false)))) == Rv::ok);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::copyable, true)))) == Rv::attribute_read_only);
  BOOST_TEST(code(set(key, attributes(attribute(Attr::destroyable, true)))) == Rv::attribute_read_only);
}

BOOST_FIXTURE_TEST_CASE(a_refused_change_changes_nothing, UserFixture) {
  const auto key = generate(aes("before"));
  BOOST_TEST(code(set(key, attributes(text(Attr::label, "after"), attribute(Attr::sensitive, false)))) == Rv::attribute_read_only);
  BOOST_CHECK(std::get<Bytes>(get(key, Attr::label).attribute.value) == bytes_of("before"));
}

BOOST_FIXTURE_TEST_CASE(a_token_object_is_not_changed_in_a_read_only_session, UserFixture) {
  const auto key = generate(aes_with(attribute(Attr::token, true)));
  session = open(false);
  BOOST_TEST(code(set(key, attributes(text(Attr::label, "x")))) == Rv::session_read_only);
  BOOST_TEST(code(destroy(key)) == Rv::session_read_only);
}

BOOST_FIXTURE_TEST_CASE(unknown_attributes_do_not_hide_the_known_ones, UserFixture) {
  const auto key = generate(aes());
  const auto reply = one->call(request::GetAttributes{session, key,
                                                      {static_cast<std::uint64_t>(Attr::modulus), static_cast<std::uint64_t>(Attr::value),
                                                       static_cast<std::uint64_t>(Attr::key_type)}}).value();
  BOOST_CHECK(reply.answers[0].readable == request::Readable::unknown);
  BOOST_CHECK(reply.answers[1].readable == request::Readable::sensitive);
  BOOST_CHECK(reply.answers[2].readable == request::Readable::yes);
}

BOOST_AUTO_TEST_SUITE_END()
