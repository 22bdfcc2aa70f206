#include "hsm/softhsm/object_file.h"

#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_SUITE_END()
