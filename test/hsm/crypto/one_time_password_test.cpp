// RFC 4226, appendix D, and the same function out of libcrypto's HMAC.
#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

crypto::KeyPtr hotp_key(ByteView value) {
  return crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::otp_key), attribute(Attr::key_type, KeyType::hotp),
                                     attribute(Attr::value, secret(value))))
      .value();
}

/// RFC 4226, 5.3 and 5.4.
std::string truncated(ByteView value, std::uint64_t counter, std::size_t digits) {
  Bytes message(8);
  for (std::size_t i = 0; i < 8; ++i) message[i] = static_cast<std::uint8_t>(counter >> (56 - 8 * i));
  const auto mac = run(Use::sign, mechanism(Mech::sha_1_hmac), secret_key(KeyType::generic_secret, value), message).value();
  const std::size_t at = mac[19] & 0x0F;
  const auto code = static_cast<std::uint32_t>(mac[at] & 0x7F) << 24 | static_cast<std::uint32_t>(mac[at + 1]) << 16 |
                    static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
  const auto text = std::string(10, '0') + std::to_string(code);
  return text.substr(text.size() - digits);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(one_time_passwords)

BOOST_AUTO_TEST_CASE(are_those_of_rfc_4226) {
  const auto key = hotp_key(view("12345678901234567890"));
  constexpr std::string_view kExpected[] = {"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"};
  std::uint64_t counter = 0;
  for (const auto expected : kExpected) BOOST_TEST(crypto::one_time_password(*key, counter++, 6).value() == bytes_of(view(expected)));
}

BOOST_AUTO_TEST_CASE(are_the_same_by_the_other_library) {
  for (const std::size_t size : {16U, 20U, 33U, 64U})
    for (const std::uint64_t counter : {std::uint64_t{0}, std::uint64_t{1} << 33, ~std::uint64_t{0}})
      for (const std::size_t digits : {6U, 7U, 8U}) {
        const Bytes value(size, static_cast<std::uint8_t>(size));
        const auto expected = truncated(value, counter, digits);
        BOOST_TEST(crypto::one_time_password(*hotp_key(value), counter, digits).value() == bytes_of(view(expected)));
      }
}

BOOST_AUTO_TEST_CASE(come_from_keys_of_their_own_class_only) {
  BOOST_TEST(rv_of(crypto::one_time_password(*secret_key(KeyType::generic_secret, Bytes(20, 1)), 0, 6)) == Rv::key_type_inconsistent);
  BOOST_TEST(rv_of(crypto::value_of(*hotp_key(Bytes(20, 1)))) == Rv::key_type_inconsistent);
}

BOOST_AUTO_TEST_SUITE_END()
