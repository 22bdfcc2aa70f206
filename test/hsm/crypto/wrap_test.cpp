#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

const Bytes kKey(32, 0x42);
const Bytes kIv(16, 7);
const Bytes kValue = hex("00112233445566778899aabbccddeeff0011223344556677");

Mechanism gcm(Bytes aad) { return mechanism(Mech::aes_gcm, GcmParams{Bytes(12, 3), std::move(aad), 128}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(wrapping)

BOOST_AUTO_TEST_CASE(what_is_wrapped_has_the_announced_size_and_comes_back) {
  const auto key = aes_key(kKey);
  for (const auto& m : {mechanism(Mech::aes_key_wrap), mechanism(Mech::aes_key_wrap_pad), mechanism(Mech::aes_key_wrap_kwp),
                        mechanism(Mech::aes_cbc_pad, IvParams{kIv}), gcm(bytes_of("context")),
                        mechanism(Mech::aes_key_wrap, IvParams{Bytes(8, 1)}),
                        mechanism(Mech::aes_key_wrap_kwp, IvParams{Bytes(4, 1)})}) {
    BOOST_TEST_CONTEXT("mechanism " << m.type) {
      const auto wrapped = crypto::wrap(m, *key, secret(kValue)).value();
      BOOST_TEST(wrapped.size() == crypto::wrapped_size(m, *key, kValue.size()).value());
      BOOST_TEST(reveal(crypto::unwrap(m, *key, wrapped).value()) == kValue);
      auto changed = wrapped;
      changed[5] ^= 1;
      if (m.type != static_cast<std::uint64_t>(Mech::aes_cbc_pad))
        BOOST_TEST(rv_of(crypto::unwrap(m, *key, changed)) == Rv::wrapped_key_invalid);
      BOOST_TEST(rv_of(crypto::unwrap(m, *key, ByteView(wrapped).first(9))) == Rv::wrapped_key_len_range);
    }
  }
}

BOOST_AUTO_TEST_CASE(gcm_binds_the_associated_data) {
  const auto key = aes_key(kKey);
  const auto wrapped = crypto::wrap(gcm(bytes_of("a")), *key, secret(kValue)).value();
  BOOST_TEST(rv_of(crypto::unwrap(gcm(bytes_of("b")), *key, wrapped)) == Rv::wrapped_key_invalid);
}

BOOST_AUTO_TEST_CASE(cbc_and_ecb_wrap_with_zeros_behind) {
  const auto key = aes_key(kKey);
  for (const auto& m : {mechanism(Mech::aes_ecb), mechanism(Mech::aes_cbc, IvParams{kIv})}) {
    const auto wrapped = crypto::wrap(m, *key, secret(kValue)).value();
    BOOST_TEST(wrapped.size() == 32u);
    auto expected = kValue;
    expected.resize(32);
    BOOST_TEST(reveal(crypto::unwrap(m, *key, wrapped).value()) == expected);
  }
}

BOOST_AUTO_TEST_CASE(values_of_any_length_go_through_kwp_and_only_whole_ones_through_kw) {
  const auto key = aes_key(kKey);
  for (std::size_t size = 1; size < 40; ++size) {
    const Bytes value(size, 0x99);
    const auto wrapped = crypto::wrap(mechanism(Mech::aes_key_wrap_kwp), *key, secret(value)).value();
    BOOST_TEST(reveal(crypto::unwrap(mechanism(Mech::aes_key_wrap_kwp), *key, wrapped).value()) == value);
    const bool whole = size % 8 == 0 && size >= 16;
    BOOST_TEST(rv_of(crypto::wrap(mechanism(Mech::aes_key_wrap), *key, secret(value))) ==
               (whole ? Rv::ok : Rv::key_size_range));
  }
}

BOOST_AUTO_TEST_CASE(rsa_wraps_with_the_public_and_unwraps_with_the_private_half) {
  const auto& pair = shared_rsa_pair();
  const auto oaep = mechanism(Mech::rsa_pkcs_oaep, OaepParams{static_cast<std::uint64_t>(Mech::sha256),
                                                              static_cast<std::uint64_t>(Mgf::sha256), 1, {}});
  for (const auto& m : {oaep, mechanism(Mech::rsa_pkcs)}) {
    const auto wrapped = crypto::wrap(m, *pair.public_key, secret(kValue)).value();
    BOOST_TEST(reveal(crypto::unwrap(m, *pair.private_key, wrapped).value()) == kValue);
  }
  BOOST_TEST(rv_of(crypto::wrap(oaep, *pair.public_key, secret(Bytes(191)))) == Rv::key_size_range);
  BOOST_TEST(rv_of(crypto::unwrap(oaep, *pair.private_key, Bytes(256, 1))) == Rv::wrapped_key_invalid);
  BOOST_TEST(rv_of(crypto::wrap(oaep, *aes_key(kKey), secret(kValue))) == Rv::wrapping_key_type_inconsistent);
  BOOST_TEST(rv_of(crypto::unwrap(oaep, *aes_key(kKey), kValue)) == Rv::unwrapping_key_type_inconsistent);
}

BOOST_AUTO_TEST_SUITE_END()
