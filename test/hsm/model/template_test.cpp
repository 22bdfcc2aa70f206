#include "hsm/model/template.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "hsm/base/codec.h"
#include "hsm/crypto/crypto.h"

using namespace hsm;

namespace {

KeyUse use() { return crypto::SecretAccess::use(); }

Template one(Attribute item) {
  Template made;
  made.push_back(std::move(item));
  return made;
}

Template sample() {
  Template made;
  put(made, attribute(Attr::label, bytes_of("key")));
  put(made, attribute(Attr::object_class, ObjectClass::secret_key));
  put(made, attribute(Attr::sensitive, true));
  put(made, attribute(Attr::key_type, KeyType::aes));
  put(made, Attribute{static_cast<std::uint64_t>(Attr::wrap_template), one(attribute(Attr::encrypt, true))});
  put(made, Attribute{static_cast<std::uint64_t>(Attr::allowed_mechanisms), MechanismSet{1, 2}});
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attribute_blob)

BOOST_AUTO_TEST_CASE(gives_back_what_was_encoded) {
  const auto encoded = AttributeBlob::encode(sample());
  const AttributeBlob blob(encoded);
  BOOST_CHECK_NO_THROW(blob.check());
  BOOST_TEST(blob.is(Attr::sensitive));
  BOOST_TEST(text_of(blob.octets(Attr::label)) == "key");
  BOOST_CHECK(blob.kind() == kind(ObjectClass::secret_key, KeyType::aes));
  BOOST_TEST(!blob.contains(Attr::id));
  BOOST_TEST(blob.decode().size() == 6u);
  BOOST_TEST(std::get<MechanismSet>(*blob.value(static_cast<std::uint64_t>(Attr::allowed_mechanisms))).size() == 2u);
}

BOOST_AUTO_TEST_CASE(leaves_secrets_out) {
  auto attributes = sample();
  put(attributes, attribute(Attr::value, Secret::copy_of(view("secret"))));
  BOOST_CHECK(AttributeBlob::encode(attributes) == AttributeBlob::encode(sample()));
}

BOOST_AUTO_TEST_CASE(refuses_every_cut_and_octets_behind_the_end) {
  auto encoded = AttributeBlob::encode(sample());
  for (std::size_t size = 1; size < encoded.size(); ++size)
    BOOST_CHECK_THROW(AttributeBlob(ByteView(encoded).first(size)).check(), Malformed);
  encoded.push_back(0);
  BOOST_CHECK_THROW(AttributeBlob(encoded).check(), Malformed);
}

BOOST_AUTO_TEST_CASE(refuses_attributes_out_of_order) {
  Template wrong;
  wrong.push_back(attribute(Attr::label, bytes_of("key")));
  wrong.push_back(attribute(Attr::object_class, ObjectClass::data));
  const auto encoded = AttributeBlob::encode(wrong);
  BOOST_CHECK_THROW(AttributeBlob(encoded).check(), Malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(wanted_attributes)

BOOST_AUTO_TEST_CASE(match_an_object_that_has_them_all) {
  const auto encoded = AttributeBlob::encode(sample());
  const AttributeBlob blob(encoded);
  auto given = one(attribute(Attr::sensitive, true));
  given.push_back(attribute(Attr::label, bytes_of("key")));
  const auto matches = [&](const Template& wanted) { return Wanted(wanted, use()).matches(blob); };
  BOOST_TEST(matches({}));
  BOOST_TEST(matches(given));
  BOOST_TEST(!matches(one(attribute(Attr::label, bytes_of("ke")))));
  BOOST_TEST(!matches(one(attribute(Attr::id, Bytes{}))));
  BOOST_TEST(!matches(one(attribute(Attr::sensitive, false))));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(values)

template <class T>
Rv code(const Result<T>& result) {
  return result ? Rv::ok : result.error().rv;
}

Template certificate(Attribute more) {
  Template given;
  given.push_back(attribute(Attr::object_class, ObjectClass::certificate));
  given.push_back(attribute(Attr::certificate_type, std::uint64_t{0}));
  given.push_back(attribute(Attr::subject, Bytes{1}));
  given.push_back(attribute(Attr::value, Secret::copy_of(view("certificate"))));
  given.push_back(std::move(more));
  return given;
}

BOOST_AUTO_TEST_CASE(octets_are_kept_as_the_rule_of_the_class_says) {
  const ObjectKind kind{ObjectClass::certificate, 0};
  const auto made = new_object(on_create, kind, certificate(attribute(Attr::label, bytes_of("x"))), UserType::user, use());
  BOOST_REQUIRE(made);
  BOOST_TEST((find_bytes(*made, Attr::value) != nullptr && find_secret(*made, Attr::value) == nullptr));
}

BOOST_AUTO_TEST_CASE(defaults_are_filled_in_ascending_order) {
  const ObjectKind kind{ObjectClass::data, 0};
  const auto made = new_object(on_create, kind, one(attribute(Attr::object_class, ObjectClass::data)), UserType::user, use());
  BOOST_REQUIRE(made);
  BOOST_TEST(std::ranges::is_sorted(*made, {}, &Attribute::type));
  BOOST_TEST(find_bool(*made, Attr::private_).value());
  BOOST_TEST(!find_bool(*made, Attr::token).value());
  BOOST_TEST(find_secret(*made, Attr::value)->empty());
}

BOOST_AUTO_TEST_CASE(a_value_of_another_kind_is_refused) {
  const ObjectKind kind{ObjectClass::certificate, 0};
  for (auto* wrong : {+[] { return attribute(Attr::token, std::uint64_t{1}); }, +[] { return attribute(Attr::label, true); },
                      +[] { return attribute(Attr::start_date, bytes_of("2026-1-1")); },
                      +[] { return attribute(Attr::start_date, bytes_of("20260230")); }}) {
    const auto made = new_object(on_create, kind, certificate(wrong()), UserType::user, use());
    BOOST_CHECK(code(made) == Rv::attribute_value_invalid);
  }
}

BOOST_AUTO_TEST_CASE(a_template_attribute_holds_no_secret_and_templates_to_a_depth_of_three) {
  const auto aes = kind(ObjectClass::secret_key, KeyType::aes);
  const auto with = [&](Attribute inner) {
    auto given = one(attribute(Attr::value_len, std::uint64_t{16}));
    given.push_back(Attribute{static_cast<std::uint64_t>(Attr::wrap_template), one(std::move(inner))});
    return code(new_object(on_generate, aes, given, UserType::user, use()));
  };
  BOOST_CHECK(with(attribute(Attr::label, bytes_of("x"))) == Rv::ok);
  BOOST_CHECK(with(attribute(Attr::value, Secret::copy_of(view("x")))) == Rv::attribute_value_invalid);
  const auto nested = [](Template inner) { return Attribute{static_cast<std::uint64_t>(Attr::unwrap_template), std::move(inner)}; };
  BOOST_CHECK(with(nested(one(attribute(Attr::encrypt, false)))) == Rv::ok);
  BOOST_CHECK(with(nested(one(nested({})))) == Rv::ok);
  BOOST_CHECK(with(nested(one(nested(one(nested({})))))) == Rv::attribute_value_invalid);
  BOOST_CHECK(with(Attribute{0x80001234, true}) == Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_CASE(what_a_key_demands_is_added_or_agreed_to) {
  auto demanded = one(attribute(Attr::encrypt, false));
  BOOST_TEST(find_bool(with_demanded({}, demanded, use()).value(), Attr::encrypt).value() == false);
  BOOST_CHECK(code(with_demanded(one(attribute(Attr::encrypt, false)), demanded, use())) == Rv::ok);
  BOOST_CHECK(code(with_demanded(one(attribute(Attr::encrypt, true)), demanded, use())) == Rv::template_inconsistent);
}

BOOST_AUTO_TEST_CASE(leading_zeros_of_a_big_integer_do_not_count) {
  Template given;
  given.push_back(attribute(Attr::object_class, ObjectClass::public_key));
  given.push_back(attribute(Attr::key_type, KeyType::rsa));
  given.push_back(attribute(Attr::modulus, Bytes{0, 0, 5}));
  given.push_back(attribute(Attr::public_exponent, Bytes{0, 1, 0, 1}));
  const auto made = new_object(on_create, kind(ObjectClass::public_key, KeyType::rsa), given, UserType::user, use());
  BOOST_REQUIRE(made);
  BOOST_CHECK(*find_bytes(*made, Attr::modulus) == Bytes{5});
  const auto encoded = AttributeBlob::encode(*made);
  BOOST_TEST(Wanted(one(attribute(Attr::modulus, Bytes{0, 5})), use()).matches(AttributeBlob(encoded)));
}

BOOST_AUTO_TEST_SUITE_END()
