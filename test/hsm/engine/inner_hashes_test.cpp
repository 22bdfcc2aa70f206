#include "hsm/engine/policy.h"
#include "test/hsm/engine/fixtures.h"

using namespace hsm;
using namespace hsm::engine::test;

// Check 16: what a mechanism's parameter names counts as well as the mechanism.

BOOST_AUTO_TEST_SUITE(the_hashes_inside_a_parameter)

namespace {

using Number = std::uint64_t;
constexpr Number as_number(Mech mech) { return static_cast<Number>(mech); }

struct Case {
  const char* name;
  Mechanism::Params params;
  std::vector<Mech> hashes;
};

std::vector<Case> cases() {
  const auto prf = as_number(Mech::sha384_hmac);
  return {
      {"none", std::monostate{}, {}},
      {"IV", IvParams{Bytes(16)}, {}},
      {"PSS", PssParams{as_number(Mech::sha256), static_cast<Number>(Mgf::sha1), 32}, {Mech::sha256, Mech::sha_1}},
      {"OAEP", OaepParams{as_number(Mech::sha256), static_cast<Number>(Mgf::sha512), 1, {}}, {Mech::sha256, Mech::sha512}},
      {"RSA and AES", RsaAesParams{256, {as_number(Mech::sha384), static_cast<Number>(Mgf::sha384), 1, {}}}, {Mech::sha384, Mech::sha384}},
      {"ECDH", Ecdh1Params{static_cast<Number>(Kdf::sha3_256), {}, {}}, {Mech::sha3_256}},
      {"ECDH without a KDF", Ecdh1Params{static_cast<Number>(Kdf::null), {}, {}}, {}},
      {"ECDH and AES", EcdhAesParams{256, static_cast<Number>(Kdf::sha224), {}}, {Mech::sha224}},
      {"HKDF", HkdfParams{true, true, as_number(Mech::sha512_256), 1, {}, 0, {}}, {Mech::sha512_256}},
      {"a signature of a hash", SignContextParams{0, {}, as_number(Mech::sha3_512)}, {Mech::sha3_512}},
      {"a signature of a message", SignContextParams{0, {}, 0}, {}},
      {"SP 800-108 by HMAC", KbkdfParams{prf, {}, {}}, {Mech::sha384}},
      {"SP 800-108 by CMAC", KbkdfParams{as_number(Mech::aes_cmac), {}, {}}, {Mech::aes_cmac}},
      {"TLS master", TlsMasterParams{as_number(Mech::sha256), {}, {}, {}, false}, {Mech::sha256}},
      {"TLS key block", TlsKeyBlockParams{as_number(Mech::sha384), {}, {}, 0, 0, 0}, {Mech::sha384}},
      {"TLS exporter", TlsKdfParams{as_number(Mech::sha256), {}, {}, {}, {}}, {Mech::sha256}},
      {"TLS finished", TlsMacParams{as_number(Mech::sha256), 12, 1}, {Mech::sha256}},
      {"IKEv2 prf+", Ike2PrfPlusParams{prf, {}, {}}, {Mech::sha384}},
      {"IKE prf", IkePrfParams{prf, false, {}, {}, {}}, {Mech::sha384}},
      {"IKEv1 prf", Ike1PrfParams{prf, 0, {}, {}, {}, 0}, {Mech::sha384}},
      {"IKEv1 extended", Ike1ExtendedParams{prf, {}, {}}, {Mech::sha384}},
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(are_seen_in_every_structure_that_names_any) {
  for (const auto& one : cases()) {
    BOOST_TEST_CONTEXT(one.name) {
      const auto found = engine::policy::hashes_inside({0, one.params});
      BOOST_CHECK(std::ranges::equal(found, one.hashes, {}, {}, as_number));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(are_refused_where_the_key_names_others, UserFixture) {
  const auto key = generate(attributes(attribute(Attr::value_len, Number{32}), attribute(Attr::derive, true),
                                       Attribute{static_cast<Number>(Attr::allowed_mechanisms),
                                                 MechanismSet{as_number(Mech::sp800_108_counter_kdf), as_number(Mech::ike_prf_derive),
                                                              as_number(Mech::sha256)}}),
                            Mech::generic_secret_key_gen);
  const auto derive = [&](Mech mech, Mechanism::Params params) {
    request::DeriveKey request;
    request.session = session;
    request.mechanism = {as_number(mech), std::move(params)};
    request.base_key = key;
    request.attributes = attributes(attribute(Attr::value_len, Number{20}));
    return code(one->call(request));
  };
  const auto counter = [](Mech prf) {
    return KbkdfParams{as_number(prf), {{PrfField::Type::iteration, 32, false, false, {}}}, {}};
  };
  const auto ike = [](Mech prf) { return IkePrfParams{as_number(prf), false, Bytes(16, 1), Bytes(16, 2), {}}; };
  BOOST_TEST(derive(Mech::sp800_108_counter_kdf, counter(Mech::sha256_hmac)) == Rv::ok);
  BOOST_TEST(derive(Mech::sp800_108_counter_kdf, counter(Mech::sha512_hmac)) == Rv::mechanism_invalid);
  BOOST_TEST(derive(Mech::ike_prf_derive, ike(Mech::sha256_hmac)) == Rv::ok);
  BOOST_TEST(derive(Mech::ike_prf_derive, ike(Mech::sha_1_hmac)) == Rv::mechanism_invalid);
}

BOOST_AUTO_TEST_SUITE_END()
