#include "hsm/softhsm/object_file.h"

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "hsm/crypto/crypto.h"
#include "hsm/softhsm/meaning.h"

using namespace hsm;
using softhsm::parse_object;

namespace {

Bytes number(std::uint64_t value) {
  Bytes octets;
  for (int shift = 56; shift >= 0; shift -= 8) octets.push_back(static_cast<std::uint8_t>(value >> shift));
  return octets;
}
Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
bool refused(const Bytes& file) {
  const auto object = parse_object(file);
  return !object && object.error().rv == Rv::data_invalid;
}

const Bytes kBoolean = joined({number(1), number(1), {0xFF}});
const Bytes kNumber = joined({number(0), number(2), number(3)});
const Bytes kOctets = joined({number(3), number(3), number(2), {'h', 'i'}});
const Bytes kMechanisms = joined({number(0x40000600), number(5), number(2), number(1), number(13)});

}  // namespace

BOOST_AUTO_TEST_SUITE(object_file)

BOOST_AUTO_TEST_CASE(every_kind_of_attribute_is_read) {
  const auto object = parse_object(joined({number(7), kBoolean, kNumber, kOctets, kMechanisms})).value();
  BOOST_TEST(object.size() == 4u);
  BOOST_TEST(softhsm::find(object, 1)->value.size() == 1u);
  BOOST_TEST(softhsm::find(object, 0)->value.size() == 8u);
  BOOST_TEST(softhsm::find(object, 3)->value.size() == 2u);
  BOOST_TEST(softhsm::find(object, 0x40000600)->value.size() == 16u);
  BOOST_TEST(softhsm::find(object, 99) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_file_that_ends_anywhere_but_between_attributes_is_refused) {
  const auto whole = joined({number(7), kBoolean, kOctets});
  const auto between = 8 + kBoolean.size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    BOOST_TEST_CONTEXT("octets " << size)
    BOOST_TEST(refused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))) == (size != between));
  }
}

BOOST_AUTO_TEST_CASE(lengths_and_counts_beyond_the_file_are_refused) {
  BOOST_TEST(refused(joined({number(7), number(3), number(3), number(~0ULL), {'h'}})));
  BOOST_TEST(refused(joined({number(7), number(3), number(5), number(1ULL << 61)})));
}

BOOST_AUTO_TEST_CASE(an_unknown_kind_and_an_attribute_given_twice_are_refused) {
  BOOST_TEST(refused(joined({number(7), number(3), number(6), number(0)})));
  BOOST_TEST(refused(joined({number(7), kNumber, kNumber})));
}

BOOST_AUTO_TEST_CASE(a_template_within_an_object_is_read_attribute_by_attribute) {
  const auto inside = joined({kBoolean, kOctets, kMechanisms});
  const auto object = parse_object(joined({number(7), number(0x40000211), number(4), number(inside.size()), inside, kNumber})).value();
  BOOST_REQUIRE(object.size() == 2u);
  BOOST_TEST(object[0].value.empty());
  BOOST_REQUIRE(object[0].nested.size() == 3u);
  BOOST_TEST(object[0].nested[1].value.size() == 2u);
  BOOST_TEST(object[0].nested[2].value.size() == 16u);
}

BOOST_AUTO_TEST_CASE(a_template_that_is_cut_or_holds_another_one_is_refused) {
  const auto nested = [](const Bytes& inside, std::uint64_t size) { return joined({number(0x40000211), number(4), number(size), inside}); };
  BOOST_TEST(refused(joined({number(7), nested(kOctets, kOctets.size() + 1)})));
  BOOST_TEST(refused(joined({number(7), nested(kOctets, kOctets.size() - 1), kNumber})));
  const auto inner = nested(kBoolean, kBoolean.size());
  BOOST_TEST(refused(joined({number(7), nested(inner, inner.size())})));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(meaning)

namespace {

softhsm::StoredAttribute octets(Attr type, const Bytes& value) {
  return {static_cast<std::uint64_t>(type), softhsm::StoredAttribute::Kind::octets, Secret::copy_of(value), {}};
}
softhsm::StoredAttribute count(Attr type, std::uint64_t value) {
  Bytes native(sizeof value);
  std::memcpy(native.data(), &value, sizeof value);
  return {static_cast<std::uint64_t>(type), softhsm::StoredAttribute::Kind::number, Secret::copy_of(native), {}};
}
std::uint64_t key_type_of(const Bytes& curve) {
  softhsm::StoredObject key;
  key.push_back(count(Attr::object_class, static_cast<std::uint64_t>(ObjectClass::public_key)));
  key.push_back(count(Attr::key_type, static_cast<std::uint64_t>(KeyType::ec_edwards)));
  key.push_back(octets(Attr::ec_params, curve));
  softhsm::correct_key(key);
  std::uint64_t type = 0;
  std::memcpy(&type, key[1].value.reveal(crypto::SecretAccess::use()).data(), sizeof type);
  return type;
}
bool has(const std::vector<softhsm::StoredAttribute>& identity, Attr type) {
  return std::ranges::count(identity, static_cast<std::uint64_t>(type), &softhsm::StoredAttribute::type) == 1;
}

}  // namespace

BOOST_AUTO_TEST_CASE(keys_of_montgomery_curves_get_their_own_type_and_edwards_keep_theirs) {
  BOOST_TEST(key_type_of({0x06, 0x03, 0x2B, 0x65, 0x6E}) == static_cast<std::uint64_t>(KeyType::ec_montgomery));
  BOOST_TEST(key_type_of({0x06, 0x03, 0x2B, 0x65, 0x6F}) == static_cast<std::uint64_t>(KeyType::ec_montgomery));
  BOOST_TEST(key_type_of({0x06, 0x03, 0x2B, 0x65, 0x70}) == static_cast<std::uint64_t>(KeyType::ec_edwards));
  BOOST_TEST(key_type_of({0x13, 0x01}) == static_cast<std::uint64_t>(KeyType::ec_edwards));
}

BOOST_AUTO_TEST_CASE(des_keys_get_odd_parity_and_others_stay_as_they_are) {
  for (const auto type : {KeyType::des3, KeyType::aes}) {
    softhsm::StoredObject key;
    key.push_back(count(Attr::object_class, static_cast<std::uint64_t>(ObjectClass::secret_key)));
    key.push_back(count(Attr::key_type, static_cast<std::uint64_t>(type)));
    key.push_back(octets(Attr::value, {0x00, 0x01, 0xFE, 0xFF, 0x03}));
    softhsm::correct_key(key);
    const Bytes odd{0x01, 0x01, 0xFE, 0xFE, 0x02}, given{0x00, 0x01, 0xFE, 0xFF, 0x03};
    BOOST_TEST(std::ranges::equal(key[2].value.reveal(crypto::SecretAccess::use()), type == KeyType::des3 ? odd : given));
  }
}

BOOST_AUTO_TEST_CASE(an_object_is_known_again_by_what_no_other_one_has_but_not_by_a_secret) {
  softhsm::StoredObject key;
  key.push_back(count(Attr::object_class, static_cast<std::uint64_t>(ObjectClass::secret_key)));
  key.push_back(count(Attr::key_type, static_cast<std::uint64_t>(KeyType::aes)));
  key.push_back(octets(Attr::value, Bytes(16, 7)));
  const auto of_key = softhsm::identity_of(key);
  BOOST_TEST(has(of_key, Attr::check_value));
  BOOST_TEST(!has(of_key, Attr::value));
  softhsm::StoredObject certificate;
  certificate.push_back(count(Attr::object_class, static_cast<std::uint64_t>(ObjectClass::certificate)));
  certificate.push_back(octets(Attr::value, Bytes(16, 7)));
  BOOST_TEST(has(softhsm::identity_of(certificate), Attr::value));
}

BOOST_AUTO_TEST_SUITE_END()
