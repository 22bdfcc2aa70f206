#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

// GOST R 34.10-2001 and R 34.11-94, where Botan has them.

using namespace hsm;
using namespace test;

namespace {

const Bytes kCurve = hex("06072a850302022301"), kExchangeCurve = hex("06072a850302022400"), kHash = hex("06072a850302021e01");

// RFC 4491, 4.2: a certificate and the key that signed it.
const Bytes kSigned = hex(
    "3082017f02102bf5c61ec211bd17c7dcd46266b42e21300806062a8503020203306d311f301d06035504030c16476f737452333431302d32303031206578616d706c65"
    "31123010060355040a0c0943727970746f50726f310b30090603550406130252553129302706092a864886f70d010901161a476f737452333431302d32303031406578"
    "616d706c652e636f6d301e170d3035303831363134313832305a170d3135303831363134313832305a306d311f301d06035504030c16476f737452333431302d323030"
    "31206578616d706c6531123010060355040a0c0943727970746f50726f310b30090603550406130252553129302706092a864886f70d010901161a476f737452333431"
    "302d32303031406578616d706c652e636f6d3063301c06062a8503020213301206072a85030202240006072a850302021e0103430004408495687560021a407508cd13"
    "8c31892cfde505037a435cf46d2b0fe74f327e578febcc16b9958803d09a7c85ae0fe48deaa6bb7e56c7cbb0df0f66bccaea1a60");
const Bytes kSignature = hex(
    "3c2fc90944b727a9eca7d5e9fb536dd2c3aa647c442edeed3116454fbc543fddc1de176e8d1bec71b593f3dd36935577688989176220f4dab131d5b51c33dee2");
const Bytes kPublic = hex(
    "8495687560021a407508cd138c31892cfde505037a435cf46d2b0fe74f327e578febcc16b9958803d09a7c85ae0fe48deaa6bb7e56c7cbb0df0f66bccaea1a60");
// The number of that section with its last octet first.
const Bytes kPrivate = hex("770f04919816afaf56da6d6d78425bf368ab6b1a6385e7da2b08d050e03b290b");

Template key_of(ObjectClass half, Template value, const Bytes& curve = kExchangeCurve, const Bytes& hash = kHash) {
  value.push_back(attribute(Attr::object_class, half));
  value.push_back(attribute(Attr::key_type, KeyType::gostr3410));
  value.push_back(attribute(Attr::gostr3410_params, curve));
  value.push_back(attribute(Attr::gostr3411_params, hash));
  return value;
}
Template public_key(const Bytes& value = kPublic) { return key_of(ObjectClass::public_key, attributes(attribute(Attr::value, value))); }
Template private_key(const Bytes& value = kPrivate) {
  return key_of(ObjectClass::private_key, attributes(attribute(Attr::value, secret(value))));
}

Mechanism hashing(Mech id, Bytes parameter = {}) { return mechanism(id, RawParams{std::move(parameter)}); }

bool is_there() { return crypto::available(**find_mechanism(static_cast<std::uint64_t>(Mech::gostr3411))); }

}  // namespace

BOOST_AUTO_TEST_SUITE(gost)

BOOST_AUTO_TEST_CASE(the_hash_gives_the_known_answers_in_any_pieces) {
  if (!is_there()) return;
  const auto m = hashing(Mech::gostr3411);
  BOOST_TEST(run(Use::digest, m, {}, {}).value() == hex("981e5f3ca30c841487830f84fb433e13ac1101569b9c13584ac483234cd656c0"));
  BOOST_TEST(run(Use::digest, m, {}, view("abc")).value() == hex("b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c"));
  for (const std::size_t piece : {1, 31, 32, 100})
    BOOST_TEST(run_in_pieces(Use::digest, m, {}, kSigned, piece).value() == run(Use::digest, m, {}, kSigned).value());
}

BOOST_AUTO_TEST_CASE(the_hash_takes_the_name_of_its_own_parameters_and_no_other) {
  if (!is_there()) return;
  BOOST_TEST(run(Use::digest, hashing(Mech::gostr3411, kHash), {}, view("abc")).value() == run(Use::digest, hashing(Mech::gostr3411), {}, view("abc")).value());
  for (const auto id : {Mech::gostr3411, Mech::gostr3411_hmac, Mech::gostr3410_with_gostr3411}) {
    const auto use = id == Mech::gostr3411 ? Use::digest : Use::verify;
    const auto key = id == Mech::gostr3411_hmac ? secret_key(KeyType::generic_secret, Bytes(32)) : crypto::load_key(public_key()).value();
    const auto begun = crypto::begin(use, hashing(id, hex("06072a850302021e00")), id == Mech::gostr3411 ? crypto::KeyPtr() : key);
    BOOST_TEST(rv_of(begun) == Rv::mechanism_param_invalid);
  }
}

BOOST_AUTO_TEST_CASE(a_digest_is_saved_in_the_middle_and_goes_on_twice) {
  if (!is_there()) return;
  auto first = crypto::begin(Use::digest, hashing(Mech::gostr3411), {}).value();
  BOOST_TEST(first->update(view("ab"), {}).ok());
  const auto second = first->fork().value();
  const auto whole = run(Use::digest, hashing(Mech::gostr3411), {}, view("abc")).value();
  for (auto* operation : {first.get(), second.get()}) {
    BOOST_TEST(operation->update(view("c"), {}).ok());
    Bytes out(32);
    BOOST_TEST(operation->finish(out).value() == 32u);
    BOOST_TEST(out == whole);
  }
}

BOOST_AUTO_TEST_CASE(the_hmac_is_that_of_rfc_2104_over_the_hash) {
  if (!is_there()) return;
  const auto digest = [](Bytes all, ByteView rest) {
    all.insert(all.end(), rest.begin(), rest.end());
    return run(Use::digest, hashing(Mech::gostr3411), {}, all).value();
  };
  Bytes value(32);
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::uint8_t>(i);
  Bytes inner = value, outer = value;
  for (auto& octet : inner) octet ^= 0x36;
  for (auto& octet : outer) octet ^= 0x5C;
  const auto mac = run(Use::sign, hashing(Mech::gostr3411_hmac), secret_key(KeyType::generic_secret, value), kSigned).value();
  BOOST_TEST(mac == digest(outer, digest(inner, kSigned)));
}

BOOST_AUTO_TEST_CASE(the_certificate_of_rfc_4491_verifies_and_a_changed_one_does_not) {
  if (!is_there()) return;
  const auto m = hashing(Mech::gostr3410_with_gostr3411);
  const auto key = crypto::load_key(public_key()).value();
  BOOST_TEST(verify(m, key, kSigned, kSignature).ok());
  const auto digest = run(Use::digest, hashing(Mech::gostr3411), {}, kSigned).value();
  BOOST_TEST(verify(mechanism(Mech::gostr3410), key, digest, kSignature).ok());
  auto changed = kSignature;
  changed.front() ^= 1;
  BOOST_TEST(rv_of(verify(m, key, kSigned, changed)) == Rv::signature_invalid);
  BOOST_TEST(rv_of(verify(m, key, kSigned, ByteView(kSignature).first(63))) == Rv::signature_len_range);
  BOOST_TEST(rv_of(verify(m, key, kSigned, Bytes(64))) == Rv::signature_invalid);
}

BOOST_AUTO_TEST_CASE(its_private_key_has_that_public_half_and_signs_for_it) {
  if (!is_there()) return;
  BOOST_TEST(*find_bytes(crypto::public_half(private_key()).value(), Attr::value) == kPublic);
  const auto signer = crypto::load_key(private_key()).value(), verifier = crypto::load_key(public_key()).value();
  const auto m = hashing(Mech::gostr3410_with_gostr3411);
  BOOST_TEST(verify(m, verifier, kSigned, run(Use::sign, m, signer, kSigned).value()).ok());
  BOOST_TEST(verify(m, verifier, kSigned, run_in_pieces(Use::sign, m, signer, kSigned, 50).value()).ok());
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::gostr3410), signer, Bytes(31))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::gostr3410), verifier, Bytes(32))) == Rv::key_type_inconsistent);
}

BOOST_AUTO_TEST_CASE(both_halves_tell_the_public_key_info_of_that_certificate) {
  if (!is_there()) return;
  const auto info = crypto::public_key_info(public_key());
  BOOST_TEST(std::ranges::search(kSigned, info).size() == info.size());
  BOOST_TEST(crypto::public_key_info(private_key()) == info);
}

BOOST_AUTO_TEST_CASE(a_generated_pair_fits_together_and_no_two_are_alike) {
  if (!is_there()) return;
  const auto make = [] {
    const auto domain = attributes(attribute(Attr::gostr3410_params, kCurve), attribute(Attr::gostr3411_params, kHash));
    auto made = crypto::generate_pair(mechanism(Mech::gostr3410_key_pair_gen), domain).value();
    for (const auto& item : {std::pair{Attr::gostr3410_params, kCurve}, std::pair{Attr::gostr3411_params, kHash}})
      made.public_part.push_back(attribute(item.first, item.second));
    return pair_of(std::move(made), KeyType::gostr3410);
  };
  const auto one = make(), other = make();
  const auto m = hashing(Mech::gostr3410_with_gostr3411);
  const auto signature = run(Use::sign, m, one.private_key, kSigned).value();
  BOOST_TEST(verify(m, one.public_key, kSigned, signature).ok());
  BOOST_TEST(rv_of(verify(m, other.public_key, kSigned, signature)) == Rv::signature_invalid);
  BOOST_TEST(crypto::public_key_info(one.private_attributes) == crypto::public_key_info(one.public_attributes));
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_refused) {
  if (!is_there()) return;
  const auto refused = [](const Template& key) { return rv_of(crypto::load_key(key)); };
  auto beside = kPublic;
  beside.back() ^= 1;
  const auto order = hex("93b861b7091b844500d15a997010616cffffffffffffffffffffffffffffffff");
  BOOST_TEST(refused(public_key(beside)) == Rv::attribute_value_invalid);
  BOOST_TEST(refused(public_key(Bytes(64))) == Rv::attribute_value_invalid);
  BOOST_TEST(refused(public_key(Bytes(63))) == Rv::attribute_value_invalid);
  BOOST_TEST(refused(private_key(Bytes(32))) == Rv::attribute_value_invalid);
  BOOST_TEST(refused(private_key(order)) == Rv::attribute_value_invalid);
  BOOST_TEST(refused(private_key(Bytes(33, 1))) == Rv::attribute_value_invalid);
  const auto value = [] { return attributes(attribute(Attr::value, kPublic)); };
  BOOST_TEST(refused(key_of(ObjectClass::public_key, value(), hex("06072a850302022302"))) == Rv::curve_not_supported);
  BOOST_TEST(refused(key_of(ObjectClass::public_key, value(), kCurve, hex("06072a850302021e00"))) == Rv::domain_params_invalid);
}

BOOST_AUTO_TEST_CASE(a_private_key_survives_pkcs8_and_a_broken_document_is_refused) {
  if (!is_there()) return;
  const auto document = crypto::to_pkcs8(private_key()).value();
  const auto back = crypto::from_pkcs8(document).value();
  BOOST_TEST(*find_number(back, Attr::key_type) == static_cast<std::uint64_t>(KeyType::gostr3410));
  BOOST_TEST(*find_bytes(back, Attr::gostr3410_params) == kExchangeCurve);
  BOOST_TEST(*find_bytes(back, Attr::gostr3411_params) == kHash);
  BOOST_TEST(reveal(*find_secret(back, Attr::value)) == kPrivate);
  const auto octets = reveal(document);
  for (std::size_t size = 0; size < octets.size(); ++size)
    BOOST_TEST(rv_of(crypto::from_pkcs8(secret(ByteView(octets).first(size)))) == Rv::wrapped_key_invalid);
}

BOOST_AUTO_TEST_SUITE_END()
