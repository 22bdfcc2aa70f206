#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

const Bytes kMessage = bytes_of("what is to be signed");

Mechanism pss(Mech id, Mech hash, Mgf mgf, std::uint64_t salt) {
  return mechanism(id, PssParams{static_cast<std::uint64_t>(hash), static_cast<std::uint64_t>(mgf), salt});
}
Mechanism oaep(Mech hash, Mgf mgf, Bytes label = {}) {
  return mechanism(Mech::rsa_pkcs_oaep,
                   OaepParams{static_cast<std::uint64_t>(hash), static_cast<std::uint64_t>(mgf), 1, std::move(label)});
}

/// The template without some attributes.
Template without(const Template& from, std::initializer_list<Attr> left_out) {
  Template made = clone(from, use());
  std::erase_if(made, [&](const Attribute& a) {
    return std::ranges::any_of(left_out, [&](Attr type) { return a.type == static_cast<std::uint64_t>(type); });
  });
  return made;
}
template <class Value>
Template with(const Template& from, Attr type, Value value) {
  Template made = without(from, {type});
  made.push_back(attribute(type, std::move(value)));
  return made;
}

void signs_and_verifies(const Mechanism& mechanism, const Pair& pair, ByteView data) {
  BOOST_TEST_CONTEXT("mechanism " << mechanism.type) {
    auto signature = run(Use::sign, mechanism, pair.private_key, data).value();
    BOOST_TEST(verify(mechanism, pair.public_key, data, signature).ok());
    auto operation = crypto::begin(Use::verify, mechanism, pair.public_key).value();
    BOOST_TEST(operation->update(data.first(3), {}).ok());
    BOOST_TEST(operation->update(data.subspan(3), {}).ok());
    BOOST_TEST(operation->verify_finish(signature).ok());
    auto signer = crypto::begin(Use::sign, mechanism, pair.private_key).value();
    for (int i = 0; i < 2; ++i) {
      Bytes again(signer->once_size(data.size()));
      BOOST_TEST(signer->once(data, again).value() == signature.size());
      BOOST_TEST(verify(mechanism, pair.public_key, data, again).ok());
      BOOST_TEST(signer->restart(mechanism).value());
    }
    BOOST_TEST(rv_of(signer->once(data, Room(signature).first(1))) == Rv::buffer_too_small);
    signature[signature.size() / 2] ^= 1;
    BOOST_TEST(rv_of(verify(mechanism, pair.public_key, data, signature)) == Rv::signature_invalid);
    BOOST_TEST(rv_of(verify(mechanism, pair.public_key, data, ByteView(signature).first(9))) == Rv::signature_len_range);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rsa)

BOOST_AUTO_TEST_CASE(every_signature_mechanism_verifies_its_own_and_nothing_else) {
  const auto& pair = shared_rsa_pair();
  const auto digest = crypto::sha256(kMessage);
  for (const auto id : {Mech::sha1_rsa_pkcs, Mech::sha224_rsa_pkcs, Mech::sha256_rsa_pkcs, Mech::sha384_rsa_pkcs,
                        Mech::sha512_rsa_pkcs, Mech::rsa_pkcs, Mech::rsa_x_509})
    signs_and_verifies(mechanism(id), pair, kMessage);
  signs_and_verifies(pss(Mech::sha1_rsa_pkcs_pss, Mech::sha_1, Mgf::sha1, 20), pair, kMessage);
  signs_and_verifies(pss(Mech::sha224_rsa_pkcs_pss, Mech::sha224, Mgf::sha224, 28), pair, kMessage);
  signs_and_verifies(pss(Mech::sha256_rsa_pkcs_pss, Mech::sha256, Mgf::sha1, 32), pair, kMessage);
  signs_and_verifies(pss(Mech::sha384_rsa_pkcs_pss, Mech::sha384, Mgf::sha384, 0), pair, kMessage);
  signs_and_verifies(pss(Mech::sha512_rsa_pkcs_pss, Mech::sha512, Mgf::sha512, 64), pair, kMessage);
  signs_and_verifies(pss(Mech::rsa_pkcs_pss, Mech::sha256, Mgf::sha256, 32), pair, digest);
}

BOOST_AUTO_TEST_CASE(pss_parameters_that_contradict_the_mechanism_are_refused) {
  const auto& key = shared_rsa_pair().private_key;
  for (const auto& wrong : {pss(Mech::sha256_rsa_pkcs_pss, Mech::sha384, Mgf::sha256, 32),
                            pss(Mech::sha256_rsa_pkcs_pss, Mech::sha256, Mgf::none, 32),
                            pss(Mech::sha256_rsa_pkcs_pss, Mech::sha256, Mgf::sha256, 223),
                            pss(Mech::rsa_pkcs_pss, Mech::aes_gcm, Mgf::sha256, 32), mechanism(Mech::rsa_pkcs_pss)})
    BOOST_TEST(rv_of(crypto::begin(Use::sign, wrong, key)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(run(Use::sign, pss(Mech::rsa_pkcs_pss, Mech::sha256, Mgf::sha256, 32), key, Bytes(31))) ==
             Rv::data_len_range);
}

BOOST_AUTO_TEST_CASE(data_that_is_too_long_is_refused) {
  const auto& pair = shared_rsa_pair();
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::rsa_pkcs), pair.private_key, Bytes(246))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::rsa_pkcs), pair.public_key, Bytes(246))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::encrypt, oaep(Mech::sha256, Mgf::sha256), pair.public_key, Bytes(191))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::rsa_x_509), pair.private_key, Bytes(256, 0xFF))) == Rv::data_invalid);
}

BOOST_AUTO_TEST_CASE(encryption_comes_back_with_every_padding) {
  const auto& pair = shared_rsa_pair();
  for (const auto& m : {mechanism(Mech::rsa_pkcs), oaep(Mech::sha_1, Mgf::sha1), oaep(Mech::sha256, Mgf::sha1),
                        oaep(Mech::sha512, Mgf::sha384, bytes_of("label")), oaep(Mech::sha512_256, Mgf::sha224)}) {
    for (const std::size_t size : {0, 1, 32, 100}) {
      const Bytes plain(size, 0x5A);
      const auto cipher = run(Use::encrypt, m, pair.public_key, plain).value();
      BOOST_TEST(run(Use::decrypt, m, pair.private_key, cipher).value() == plain);
      BOOST_TEST(run_in_pieces(Use::decrypt, m, pair.private_key, cipher, 100).value() == plain);
    }
  }
  const auto cipher = run(Use::encrypt, oaep(Mech::sha256, Mgf::sha256, bytes_of("a")), pair.public_key, kMessage).value();
  BOOST_TEST(rv_of(run(Use::decrypt, oaep(Mech::sha256, Mgf::sha256, bytes_of("b")), pair.private_key, cipher)) ==
             Rv::encrypted_data_invalid);
}

BOOST_AUTO_TEST_CASE(bad_padding_gets_an_answer_that_is_always_the_same) {
  const auto& pair = shared_rsa_pair();
  const auto raw = mechanism(Mech::rsa_x_509), pkcs = mechanism(Mech::rsa_pkcs);
  Bytes encoded(256, 0x11);
  encoded[0] = 0;
  for (const std::uint8_t type : std::array<std::uint8_t, 3>{1, 2, 3}) {  // 02, but without a zero: no message
    encoded[1] = type;
    const auto cipher = run(Use::encrypt, raw, pair.public_key, encoded).value();
    const auto first = run(Use::decrypt, pkcs, pair.private_key, cipher).value();
    BOOST_TEST(run(Use::decrypt, pkcs, pair.private_key, cipher).value() == first);
    BOOST_TEST(first.size() <= 245u);
  }
  encoded[1] = 2;
  encoded[9] = 0;  // only seven octets of padding
  const auto cipher = run(Use::encrypt, raw, pair.public_key, encoded).value();
  BOOST_TEST(run(Use::decrypt, pkcs, pair.private_key, cipher).value() != Bytes(246, 0x11));
  encoded[9] = 0x11;
  encoded[10] = 0;  // eight
  const auto right = run(Use::encrypt, raw, pair.public_key, encoded).value();
  BOOST_TEST(run(Use::decrypt, pkcs, pair.private_key, right).value() == Bytes(245, 0x11));
}

BOOST_AUTO_TEST_CASE(signatures_give_their_data_back) {
  const auto& pair = shared_rsa_pair();
  const auto m = mechanism(Mech::rsa_pkcs);
  auto signature = run(Use::sign_recover, m, pair.private_key, kMessage).value();
  BOOST_TEST(run(Use::verify_recover, m, pair.public_key, signature).value() == kMessage);
  signature[7] ^= 1;
  BOOST_TEST(rv_of(run(Use::verify_recover, m, pair.public_key, signature)) == Rv::signature_invalid);
}

BOOST_AUTO_TEST_CASE(a_private_key_works_without_its_primes_and_without_its_public_exponent) {
  const auto& pair = shared_rsa_pair();
  const auto bare = without(pair.private_attributes, {Attr::prime_1, Attr::prime_2, Attr::exponent_1, Attr::exponent_2,
                                                      Attr::coefficient, Attr::public_exponent});
  const auto key = crypto::load_key(bare).value();
  const auto m = mechanism(Mech::sha256_rsa_pkcs);
  BOOST_TEST(run(Use::sign, m, key, kMessage).value() == run(Use::sign, m, pair.private_key, kMessage).value());
}

BOOST_AUTO_TEST_CASE(numbers_that_do_not_fit_each_other_are_refused) {
  const auto& whole = shared_rsa_pair().private_attributes;
  for (const auto part : {Attr::private_exponent, Attr::prime_1, Attr::prime_2, Attr::exponent_1, Attr::exponent_2,
                          Attr::coefficient}) {
    auto octets = reveal(*find_secret(whole, part));
    octets.back() ^= 2;
    const auto changed = with(whole, part, secret(octets));
    BOOST_TEST(rv_of(crypto::load_key(changed)) == Rv::attribute_value_invalid);
    if (part == Attr::private_exponent)
      BOOST_TEST(rv_of(crypto::load_key(without(changed, {Attr::prime_1}))) == Rv::attribute_value_invalid);
  }
  auto modulus = *find_bytes(whole, Attr::modulus);
  modulus.back() ^= 2;
  BOOST_TEST(rv_of(crypto::load_key(with(whole, Attr::modulus, modulus))) == Rv::attribute_value_invalid);
  BOOST_TEST(rv_of(crypto::load_key(without(whole, {Attr::modulus}))) == Rv::template_incomplete);
  BOOST_TEST(rv_of(crypto::load_key(with(shared_rsa_pair().public_attributes, Attr::modulus, Bytes(64, 0xFF)))) ==
             Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_CASE(sizes_and_exponents_that_are_too_weak_are_not_generated) {
  const auto generate = [](std::uint64_t bits, Bytes exponent) {
    return rv_of(crypto::generate_pair(
        mechanism(Mech::rsa_pkcs_key_pair_gen),
        attributes(attribute(Attr::modulus_bits, bits), attribute(Attr::public_exponent, std::move(exponent)))));
  };
  BOOST_TEST(generate(1024, {}) == Rv::key_size_range);
  BOOST_TEST(generate(16384, {}) == Rv::key_size_range);
  BOOST_TEST(generate(2048, hex("03")) == Rv::attribute_value_invalid);
  BOOST_TEST(generate(2048, hex("010000")) == Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ec)

BOOST_AUTO_TEST_CASE(every_curve_signs_with_every_hash) {
  for (const auto* params : {"06052b81040021", "06082a8648ce3d030107", "06052b81040022", "06052b81040023"}) {
    const auto pair = ec_pair(hex(params));
    for (const auto id : {Mech::ecdsa, Mech::ecdsa_sha1, Mech::ecdsa_sha224, Mech::ecdsa_sha256, Mech::ecdsa_sha384,
                          Mech::ecdsa_sha512})
      signs_and_verifies(mechanism(id), pair, kMessage);
  }
}

BOOST_AUTO_TEST_CASE(a_curve_may_be_named_by_text) {
  const auto pair = ec_pair(hex("1305502d333834"));  // PrintableString "P-384"
  BOOST_TEST(pair.public_key->bits() == 384u);
  BOOST_TEST(rv_of(crypto::generate_pair(mechanism(Mech::ec_key_pair_gen),
                                         attributes(attribute(Attr::ec_params, hex("06032b6570"))))) ==
             Rv::curve_not_supported);
  BOOST_TEST(rv_of(crypto::generate_pair(mechanism(Mech::ec_key_pair_gen), attributes(attribute(Attr::ec_params, hex("0500"))))) ==
             Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_CASE(points_are_taken_bare_or_as_octet_string_and_only_on_the_curve) {
  const auto pair = ec_pair();
  const auto wrapped = *find_bytes(pair.public_attributes, Attr::ec_point);
  BOOST_TEST(wrapped.size() == 67u);
  const Bytes bare(wrapped.begin() + 2, wrapped.end());
  BOOST_TEST(crypto::load_key(with(pair.public_attributes, Attr::ec_point, bare)).ok());
  auto off = bare;
  off.back() ^= 1;
  BOOST_TEST(rv_of(crypto::load_key(with(pair.public_attributes, Attr::ec_point, off))) == Rv::attribute_value_invalid);
  BOOST_TEST(rv_of(crypto::load_key(with(pair.public_attributes, Attr::ec_point, hex("00")))) == Rv::attribute_value_invalid);
  BOOST_TEST(rv_of(crypto::load_key(with(pair.public_attributes, Attr::ec_point, Bytes(65, 4)))) ==
             Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_CASE(a_private_value_lies_between_one_and_the_order) {
  const auto pair = ec_pair();
  const auto order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  for (const auto& value : {Bytes(32, 0), order, Bytes(33, 0xFF)})
    BOOST_TEST(rv_of(crypto::load_key(with(pair.private_attributes, Attr::value, secret(value)))) ==
               Rv::attribute_value_invalid);
  BOOST_TEST(crypto::load_key(with(pair.private_attributes, Attr::value, secret(hex("01")))).ok());
}

BOOST_AUTO_TEST_CASE(two_parties_agree) {
  const auto a = ec_pair(), b = ec_pair();
  const auto derive = [](const Pair& own, const Pair& other, Kdf kdf, std::uint64_t length, Bytes shared = {}) {
    const auto point = *find_bytes(other.public_attributes, Attr::ec_point);
    return crypto::derive(mechanism(Mech::ecdh1_derive, Ecdh1Params{static_cast<std::uint64_t>(kdf), std::move(shared), point}),
                          *own.private_key, length);
  };
  for (const auto kdf : {Kdf::null, Kdf::sha1, Kdf::sha224, Kdf::sha256, Kdf::sha384, Kdf::sha512})
    BOOST_TEST(reveal(derive(a, b, kdf, 16).value()) == reveal(derive(b, a, kdf, 16).value()));
  const auto z = reveal(derive(a, b, Kdf::null, 0).value());
  BOOST_TEST(z.size() == 32u);
  BOOST_TEST(reveal(derive(a, b, Kdf::null, 16).value()) == Bytes(z.begin() + 16, z.end()));
  auto input = z;
  for (const auto octet : hex("00000001aabb")) input.push_back(octet);
  BOOST_TEST(reveal(derive(a, b, Kdf::sha256, 0, hex("aabb")).value()) == crypto::sha256(input));
  BOOST_TEST(derive(a, b, Kdf::sha256, 100).value().size() == 100u);
  BOOST_TEST(rv_of(derive(a, b, Kdf::null, 33)) == Rv::key_size_range);
  BOOST_TEST(rv_of(derive(a, b, Kdf::null, 0, hex("aa"))) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(derive(a, b, static_cast<Kdf>(99), 0)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(derive(a, ec_pair(hex("06052b81040022")), Kdf::null, 0)) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(private_keys_come_back_from_pkcs8) {
  const auto of_curve = ec_pair();
  for (const auto* pair : {&shared_rsa_pair(), &of_curve}) {
    const auto document = crypto::to_pkcs8(pair->private_attributes).value();
    auto back = crypto::from_pkcs8(document).value();
    back.push_back(attribute(Attr::object_class, ObjectClass::private_key));
    BOOST_TEST(reveal(crypto::to_pkcs8(back).value()) == reveal(document));
    const auto m = mechanism(pair->private_key->type() == KeyType::rsa ? Mech::sha256_rsa_pkcs : Mech::ecdsa_sha256);
    const auto signature = run(Use::sign, m, crypto::load_key(back).value(), kMessage).value();
    BOOST_TEST(verify(m, pair->public_key, kMessage, signature).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_truncated_or_extended_document_is_refused) {
  const auto document = reveal(crypto::to_pkcs8(ec_pair().private_attributes).value());
  for (std::size_t size = 0; size < document.size(); ++size)
    BOOST_TEST(rv_of(crypto::from_pkcs8(secret(ByteView(document).first(size)))) == Rv::wrapped_key_invalid);
  auto longer = document;
  longer.push_back(1);
  BOOST_TEST(rv_of(crypto::from_pkcs8(secret(longer))) == Rv::wrapped_key_invalid);
}

BOOST_AUTO_TEST_CASE(a_private_half_tells_the_same_public_key_as_the_public_one) {
  const auto info = crypto::public_key_info(shared_rsa_pair().public_attributes);
  BOOST_TEST(!info.empty());
  BOOST_TEST(info == crypto::public_key_info(shared_rsa_pair().private_attributes));
  const auto pair = ec_pair();
  BOOST_TEST(crypto::public_key_info(pair.public_attributes) == crypto::public_key_info(pair.private_attributes));
  BOOST_TEST(crypto::public_key_info({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
