#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

// Check 9: what a sensitive key is wrapped by is worth as much as the key, all of it: the wrapping key, what the mechanism makes of it,
// and the hashes by which it does.

BOOST_AUTO_TEST_SUITE(the_strength_of_a_wrapping)

namespace {

using Number = std::uint64_t;

/// DER of object identifiers: of P-521, and of X448.
Bytes p521() { return {0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23}; }
Bytes x448() { return {0x06, 0x03, 0x2B, 0x65, 0x6F}; }

OaepParams oaep(Mech hash, Mgf mgf) { return {static_cast<Number>(hash), static_cast<Number>(mgf), 1, {}}; }

struct StrengthFixture : UserFixture {
  StrengthFixture() {
    const auto public_half = [](Attribute more) {
      return attributes(attribute(Attr::wrap, true), attribute(Attr::private_, false), std::move(more));
    };
    // Worth 192 bits. Nobody has its other half: making one takes a minute.
    auto numbers = public_half(attribute(Attr::modulus, Bytes(7680 / 8, 0xFD)));
    numbers.push_back(attribute(Attr::object_class, ObjectClass::public_key));
    numbers.push_back(attribute(Attr::key_type, KeyType::rsa));
    numbers.push_back(attribute(Attr::public_exponent, Bytes{1, 0, 1}));
    rsa = create(std::move(numbers));
    ec = pair(public_half(attribute(Attr::ec_params, p521())), {}).public_key;
    montgomery = pair(public_half(attribute(Attr::ec_params, x448())), {}, Mech::ec_montgomery_key_pair_gen).public_key;
    trust_all();
  }

  /// The officer vouches for the public keys, without which none wraps a sensitive key.
  void trust_all() {
    BOOST_REQUIRE(logout(session));
    BOOST_REQUIRE(login(session, UserType::so, "so-pin"));
    for (auto* key : {&rsa, &ec, &montgomery}) BOOST_REQUIRE(set(*key, attributes(attribute(Attr::trusted, true))));
    BOOST_REQUIRE(logout(session));
    BOOST_REQUIRE(login(session));
  }

  ObjectHandle leaving(Number octets, bool sensitive = true) {
    return generate(attributes(attribute(Attr::value_len, octets), attribute(Attr::sensitive, sensitive), attribute(Attr::extractable, true)));
  }
  Rv wrap(ObjectHandle with, Mech mech, Mechanism::Params params, ObjectHandle key) {
    Bytes room(1024);
    request::WrapKey request;
    request.session = session;
    request.mechanism = {static_cast<Number>(mech), std::move(params)};
    request.wrapping_key = with;
    request.key = key;
    request.room = Room(room);
    return code(one->call(request));
  }
  Rv by_rsa(Number aes_bits, OaepParams inner, ObjectHandle key) {
    return wrap(rsa, Mech::rsa_aes_key_wrap, RsaAesParams{aes_bits, std::move(inner)}, key);
  }
  Rv by_ecdh(ObjectHandle with, Mech mech, Number aes_bits, Kdf kdf, ObjectHandle key) {
    return wrap(with, mech, EcdhAesParams{aes_bits, static_cast<Number>(kdf), {}}, key);
  }

  ObjectHandle rsa, ec, montgomery;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(is_not_more_than_that_of_the_aes_key_inside_an_ecdh_envelope, StrengthFixture) {
  const auto key = leaving(32);
  for (const auto mech : {Mech::ecdh_aes_key_wrap, Mech::ecdh_cof_aes_key_wrap}) {
    BOOST_TEST(by_ecdh(ec, mech, 128, Kdf::sha256, key) == Rv::key_size_range);
    BOOST_TEST(by_ecdh(ec, mech, 192, Kdf::sha256, key) == Rv::key_size_range);
    BOOST_TEST(by_ecdh(ec, mech, 256, Kdf::sha256, key) == Rv::ok);
    BOOST_TEST(by_ecdh(ec, mech, 128, Kdf::sha256, leaving(16)) == Rv::ok);
  }
  const auto middle = leaving(24);  // X448 is worth 192 bits
  BOOST_TEST(by_ecdh(montgomery, Mech::ecdh_x_aes_key_wrap, 128, Kdf::sha256, middle) == Rv::key_size_range);
  BOOST_TEST(by_ecdh(montgomery, Mech::ecdh_x_aes_key_wrap, 192, Kdf::sha256, middle) == Rv::ok);
  BOOST_TEST(by_ecdh(montgomery, Mech::ecdh_x_aes_key_wrap, 256, Kdf::sha256, key) == Rv::key_size_range);
}

BOOST_FIXTURE_TEST_CASE(is_not_more_than_that_of_the_aes_key_inside_an_rsa_envelope, StrengthFixture) {
  const auto inner = oaep(Mech::sha256, Mgf::sha256);
  const auto key = leaving(24);
  BOOST_TEST(by_rsa(128, inner, key) == Rv::key_size_range);
  BOOST_TEST(by_rsa(192, inner, key) == Rv::ok);
  BOOST_TEST(by_rsa(256, inner, key) == Rv::ok);
  BOOST_TEST(by_rsa(256, inner, leaving(32)) == Rv::key_size_range);  // RSA-7680 itself is worth 192 bits
  BOOST_TEST(by_rsa(128, inner, leaving(16)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(is_not_more_than_that_of_the_hash_that_makes_the_key, StrengthFixture) {
  const auto key = leaving(32);
  BOOST_TEST(by_ecdh(ec, Mech::ecdh_aes_key_wrap, 256, Kdf::sha1, key) == Rv::key_size_range);
  BOOST_TEST(by_ecdh(ec, Mech::ecdh_aes_key_wrap, 256, Kdf::sha224, key) == Rv::key_size_range);
  BOOST_TEST(by_ecdh(ec, Mech::ecdh_aes_key_wrap, 256, Kdf::sha512, key) == Rv::ok);
  // No collision helps against a mask: SHA-1 is worth 128 bits there.
  BOOST_TEST(wrap(rsa, Mech::rsa_pkcs_oaep, oaep(Mech::sha_1, Mgf::sha1), leaving(16)) == Rv::ok);
  BOOST_TEST(wrap(rsa, Mech::rsa_pkcs_oaep, oaep(Mech::sha_1, Mgf::sha256), leaving(24)) == Rv::key_size_range);
  BOOST_TEST(by_rsa(192, oaep(Mech::sha256, Mgf::sha1), leaving(24)) == Rv::key_size_range);
  BOOST_TEST(wrap(rsa, Mech::rsa_pkcs_oaep, oaep(Mech::sha256, Mgf::sha256), leaving(24)) == Rv::ok);
}

BOOST_FIXTURE_TEST_CASE(does_not_matter_for_a_readable_key, StrengthFixture) {
  BOOST_TEST(by_ecdh(ec, Mech::ecdh_aes_key_wrap, 128, Kdf::sha1, leaving(32, false)) == Rv::ok);
}

BOOST_AUTO_TEST_SUITE_END()
