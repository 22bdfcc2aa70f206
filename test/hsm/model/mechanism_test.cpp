#include "hsm/model/mechanism.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace hsm;

BOOST_AUTO_TEST_SUITE(mechanism_table)

BOOST_AUTO_TEST_CASE(every_row_is_found_by_its_number) {
  for (const auto& row : all_mechanisms()) BOOST_TEST(find_mechanism(static_cast<std::uint64_t>(row.id)).value() == &row);
}

BOOST_AUTO_TEST_CASE(other_numbers_are_not_mechanisms_of_this_token) {
  for (const std::uint64_t id : {std::uint64_t{0x0002}, std::uint64_t{0x2105}, std::uint64_t{0x80000000}, ~std::uint64_t{0}}) {
    const auto found = find_mechanism(id);
    BOOST_REQUIRE(!found);
    BOOST_CHECK(found.error().rv == Rv::mechanism_invalid);
  }
}

BOOST_AUTO_TEST_CASE(numbers_and_points_are_counted_in_bits_and_octet_keys_in_octets) {
  constexpr KeyType kInBits[] = {KeyType::rsa, KeyType::dsa, KeyType::dh, KeyType::ec, KeyType::ec_edwards, KeyType::ec_montgomery, KeyType::gostr3410,
                                 KeyType::ml_kem};
  for (const auto& row : all_mechanisms()) {
    if (!row.keyed) continue;
    const bool in_bits = std::ranges::find(kInBits, row.key) != std::end(kInBits) || row.id == Mech::generic_secret_key_gen ||
                         row.name.starts_with("CKM_SP800_108");
    BOOST_TEST_CONTEXT(row.name) BOOST_CHECK(row.size.unit == (in_bits ? Unit::bits : Unit::bytes));
  }
}

BOOST_AUTO_TEST_CASE(what_the_key_management_service_needs_is_there) {
  const auto can = [](Mech id, std::uint32_t uses) {
    return (find_mechanism(static_cast<std::uint64_t>(id)).value()->uses & uses) == uses;
  };
  BOOST_TEST(can(Mech::aes_gcm, uses_encrypt | uses_decrypt | uses_wrap | uses_unwrap));
  BOOST_TEST(can(Mech::rsa_pkcs_oaep, uses_wrap | uses_unwrap));
  BOOST_TEST(can(Mech::aes_key_gen, uses_generate));
  BOOST_TEST(can(Mech::rsa_pkcs_key_pair_gen, uses_generate_pair));
}

BOOST_AUTO_TEST_SUITE_END()
