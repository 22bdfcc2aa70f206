#include <boost/test/unit_test.hpp>

#include <tuple>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

Bytes params_of(std::string_view curve) {
  if (curve == "ed25519") return hex("06032b6570");
  if (curve == "ed448") return hex("06032b6571");
  if (curve == "x25519") return hex("06032b656e");
  return hex("06032b656f");
}

Pair raw_pair(const Bytes& params, KeyType type) {
  auto generated = crypto::generate_pair(
      mechanism(type == KeyType::ec_edwards ? Mech::ec_edwards_key_pair_gen : Mech::ec_montgomery_key_pair_gen),
      attributes(attribute(Attr::ec_params, params))).value();
  generated.public_part.push_back(attribute(Attr::ec_params, params));
  return pair_of(std::move(generated), type);
}

// RFC 3526's 2048-bit group, whose prime PKCS#11 applications bring along.
Template modp2048() {
  return attributes(
      attribute(Attr::prime, hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3"
                                 "cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5"
                                 "ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356"
                                 "208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28f"
                                 "b5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff")),
      attribute(Attr::base, hex("02")));
}

Pair dh_pair() {
  auto generated = crypto::generate_pair(mechanism(Mech::dh_pkcs_key_pair_gen), modp2048()).value();
  for (auto& item : modp2048()) generated.public_part.push_back(std::move(item));
  return pair_of(std::move(generated), KeyType::dh);
}

Bytes key_octets(const crypto::KeyPtr& base, const Mechanism& m, std::uint64_t length, std::vector<crypto::KeyPtr> others = {}) {
  return reveal(crypto::derive(m, *base, length, others).value());
}

Bytes xcbc(std::string_view message, Mech id = Mech::aes_xcbc_mac) {
  return run(Use::sign, mechanism(id), aes_key(hex("000102030405060708090a0b0c0d0e0f")), hex(message)).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(more_keys)

BOOST_AUTO_TEST_CASE(an_edwards_key_signs_and_its_public_half_verifies) {
  for (const auto* curve : {"ed25519", "ed448"}) {
    const auto pair = raw_pair(params_of(curve), KeyType::ec_edwards);
    const Bytes message{1, 2, 3};
    const auto signature = run(Use::sign, mechanism(Mech::eddsa), pair.private_key, message).value();
    BOOST_TEST(signature.size() == (std::string_view(curve) == "ed25519" ? 64u : 114u));
    BOOST_TEST(verify(mechanism(Mech::eddsa), pair.public_key, message, signature).ok());
    BOOST_TEST(rv_of(verify(mechanism(Mech::eddsa), pair.public_key, Bytes{1, 2}, signature)) == Rv::signature_invalid);
    BOOST_TEST(run_in_pieces(Use::sign, mechanism(Mech::eddsa), pair.private_key, message, 1).value() == signature);
  }
}

BOOST_AUTO_TEST_CASE(curves_are_named_by_oid_and_by_either_name) {
  for (const auto* params : {"06032b6570", "06092b06010401da470f01", "130c656477617264733235353139", "130745643235353139"})
    BOOST_TEST_CONTEXT(params) BOOST_TEST(raw_pair(hex(params), KeyType::ec_edwards).public_key->bits() == 255u);
  const auto refused = [](const char* params, KeyType type) {
    const auto id = type == KeyType::ec_edwards ? Mech::ec_edwards_key_pair_gen : Mech::ec_montgomery_key_pair_gen;
    return rv_of(crypto::generate_pair(mechanism(id), attributes(attribute(Attr::ec_params, hex(params)))));
  };
  BOOST_TEST(refused("06032b656e", KeyType::ec_edwards) == Rv::curve_not_supported);
  BOOST_TEST(refused("06032b6570", KeyType::ec_montgomery) == Rv::curve_not_supported);
  BOOST_TEST(refused("0400", KeyType::ec_edwards) == Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_CASE(a_public_key_is_taken_bare_and_in_an_octet_or_bit_string) {
  const auto pair = raw_pair(params_of("ed25519"), KeyType::ec_edwards);
  const auto bare = *find_bytes(pair.public_attributes, Attr::ec_point);
  const auto load = [&](Bytes point) {
    return crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::public_key), attribute(Attr::key_type, KeyType::ec_edwards),
                                       attribute(Attr::ec_params, params_of("ed25519")), attribute(Attr::ec_point, std::move(point))));
  };
  auto octet_string = hex("0420"), bit_string = hex("032100");
  octet_string.insert(octet_string.end(), bare.begin(), bare.end());
  bit_string.insert(bit_string.end(), bare.begin(), bare.end());
  for (const auto& point : {bare, octet_string, bit_string}) BOOST_TEST(load(point).ok());
  for (const auto* wrong : {"", "0420", "03020000"}) BOOST_TEST(rv_of(load(hex(wrong))) == Rv::attribute_value_invalid);
}

BOOST_AUTO_TEST_CASE(two_montgomery_keys_agree_and_a_point_of_small_order_is_refused) {
  for (const auto* curve : {"x25519", "x448"}) {
    const auto a = raw_pair(params_of(curve), KeyType::ec_montgomery), b = raw_pair(params_of(curve), KeyType::ec_montgomery);
    const auto with = [](const Pair& peer) {
      return mechanism(Mech::ecdh1_derive, Ecdh1Params{1, {}, *find_bytes(peer.public_attributes, Attr::ec_point)});
    };
    BOOST_TEST(key_octets(a.private_key, with(b), 32) == key_octets(b.private_key, with(a), 32));
    const Bytes zero(find_bytes(a.public_attributes, Attr::ec_point)->size(), 0);
    BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::ecdh1_derive, Ecdh1Params{1, {}, zero}), *a.private_key, 0)) ==
               Rv::mechanism_param_invalid);
  }
}

BOOST_AUTO_TEST_CASE(diffie_hellman_partners_agree_on_as_many_octets_as_the_prime_has) {
  const auto a = dh_pair(), b = dh_pair();
  const auto with = [](const Pair& peer) {
    return mechanism(Mech::dh_pkcs_derive, RawParams{*find_bytes(peer.public_attributes, Attr::value)});
  };
  const auto shared = key_octets(a.private_key, with(b), 0);
  BOOST_TEST(shared.size() == 256u);
  BOOST_TEST(shared == key_octets(b.private_key, with(a), 0));
  BOOST_TEST(key_octets(a.private_key, with(b), 16) == Bytes(shared.end() - 16, shared.end()));
  for (const auto* value : {"00", "01", ""})
    BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::dh_pkcs_derive, RawParams{hex(value)}), *a.private_key, 0)) ==
               Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(diffie_hellman_takes_no_value_of_a_small_subgroup) {
  // The second Oakley group (RFC 2409, 6.2), which libcrypto does not know by name, and so not the order of its generator.
  const auto prime = hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3"
                         "cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5"
                         "ae9f24117c4b1fe649286651ece65381ffffffffffffffff");
  const auto oakley = [&] { return attributes(attribute(Attr::prime, prime), attribute(Attr::base, hex("02"))); };
  auto generated = crypto::generate_pair(mechanism(Mech::dh_pkcs_key_pair_gen), oakley()).value();
  for (auto& item : oakley()) generated.public_part.push_back(std::move(item));
  const auto known = dh_pair();
  const auto own = pair_of(std::move(generated), KeyType::dh);
  for (const auto* pair : {&own, &known}) {
    const auto& p = *find_bytes(pair->public_attributes, Attr::prime);
    // p - 1 has the order 2. p - 2 = -2 is no square, as 2 is one and -1 is not: its order is even.
    for (const int less : {0, 1, 2}) {
      auto value = p;
      value.back() = static_cast<std::uint8_t>(value.back() - less);
      BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::dh_pkcs_derive, RawParams{value}), *pair->private_key, 0)) == Rv::mechanism_param_invalid);
    }
    BOOST_TEST(crypto::derive(mechanism(Mech::dh_pkcs_derive, RawParams{hex("04")}), *pair->private_key, 0).ok());
  }
}

BOOST_AUTO_TEST_CASE(private_keys_of_every_kind_survive_pkcs8) {
  const auto check = [](const Pair& pair) {
    const auto back = crypto::from_pkcs8(crypto::to_pkcs8(pair.private_attributes).value()).value();
    BOOST_TEST(*find_number(back, Attr::key_type) == *find_number(pair.private_attributes, Attr::key_type));
    BOOST_TEST(reveal(*find_secret(back, Attr::value)) == reveal(*find_secret(pair.private_attributes, Attr::value)));
  };
  check(raw_pair(params_of("ed25519"), KeyType::ec_edwards));
  check(raw_pair(params_of("ed448"), KeyType::ec_edwards));
  check(raw_pair(params_of("x25519"), KeyType::ec_montgomery));
  check(dh_pair());
}

BOOST_AUTO_TEST_CASE(the_public_half_of_a_private_key_is_the_one_that_was_generated) {
  const auto same = [](const Pair& pair, Attr what) {
    const auto half = crypto::public_half(pair.private_attributes).value();
    return *find_bytes(half, what) == *find_bytes(pair.public_attributes, what);
  };
  BOOST_TEST(same(ec_pair(), Attr::ec_point));
  BOOST_TEST(same(shared_rsa_pair(), Attr::modulus));
  BOOST_TEST(same(raw_pair(params_of("x448"), KeyType::ec_montgomery), Attr::ec_point));
  BOOST_TEST(same(dh_pair(), Attr::value));
}

BOOST_AUTO_TEST_CASE(xcbc_gives_the_answers_of_rfc_3566) {
  BOOST_TEST(xcbc("") == hex("75f0251d528ac01c4573dfd584d79f29"));
  BOOST_TEST(xcbc("000102") == hex("5b376580ae2f19afe7219ceef172756f"));
  BOOST_TEST(xcbc("000102030405060708090a0b0c0d0e0f") == hex("d2a246fa349b68a79998a4394ff7a263"));
  BOOST_TEST(xcbc("000102030405060708090a0b0c0d0e0f10111213") == hex("47f51b4564966215b8985c63055ed308"));
  BOOST_TEST(xcbc("000102", Mech::aes_xcbc_mac_96) == hex("5b376580ae2f19afe7219cee"));
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::aes_xcbc_mac), aes_key(Bytes(32, 1)), Bytes{1})) == Rv::key_size_range);
}

BOOST_AUTO_TEST_CASE(aes_mac_is_the_first_half_of_the_last_cbc_block) {
  const auto key = aes_key(Bytes(16, 7));
  const Bytes message(40, 9);
  Bytes padded = message;
  padded.resize(48);
  const auto chain = run(Use::encrypt, mechanism(Mech::aes_cbc, IvParams{Bytes(16, 0)}), key, padded).value();
  BOOST_TEST(run(Use::sign, mechanism(Mech::aes_mac), key, message).value() == Bytes(chain.end() - 16, chain.end() - 8));
  BOOST_TEST(run_in_pieces(Use::sign, mechanism(Mech::aes_mac_general, MacGeneralParams{16}), key, message, 7).value() ==
             Bytes(chain.end() - 16, chain.end()));
}

BOOST_AUTO_TEST_CASE(chacha20_gives_the_keystream_of_rfc_8439) {
  const auto key = secret_key(KeyType::chacha20, hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
  const auto m = mechanism(Mech::chacha20, ChaCha20Params{hex("01000000"), hex("000000090000004a00000000")});
  BOOST_TEST(run(Use::encrypt, m, key, Bytes(16, 0)).value() == hex("10f1e7e4d13b5915500fdd1fa32071c4"));
  const auto last = mechanism(Mech::chacha20, ChaCha20Params{hex("ffffffff"), hex("000000090000004a00000000")});
  BOOST_TEST(rv_of(run(Use::encrypt, last, key, Bytes(65, 0))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::chacha20, ChaCha20Params{hex("00"), hex("00")}), key, Bytes{1})) ==
             Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(poly1305_gives_the_tag_of_rfc_8439) {
  const auto key = secret_key(KeyType::poly1305, hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"));
  const std::string_view message = "Cryptographic Forum Research Group";
  const auto tag = hex("a8061dc1305136c6c22b8baf0c0127a9");
  BOOST_TEST(run(Use::sign, mechanism(Mech::poly1305), key, view(message)).value() == tag);
  BOOST_TEST(verify(mechanism(Mech::poly1305), key, view(message), tag).ok());
}

BOOST_AUTO_TEST_CASE(keys_are_joined_and_cut_as_the_standards_examples_say) {
  const auto base = secret_key(KeyType::generic_secret, hex("01234567"));
  const auto data = DataParams{{}, hex("89abcdef")};
  const auto other = secret_key(KeyType::generic_secret, hex("89abcdef"));
  BOOST_TEST(key_octets(base, mechanism(Mech::concatenate_base_and_data, data), 0) == hex("0123456789abcdef"));
  BOOST_TEST(key_octets(base, mechanism(Mech::concatenate_data_and_base, data), 0) == hex("89abcdef01234567"));
  BOOST_TEST(key_octets(base, mechanism(Mech::xor_base_and_data, data), 0) == hex("88888888"));
  BOOST_TEST(key_octets(base, mechanism(Mech::concatenate_base_and_key, KeyParams{1}), 0, {other}) == hex("0123456789abcdef"));
  const auto long_key = secret_key(KeyType::generic_secret, hex("329f84a9"));
  BOOST_TEST(key_octets(long_key, mechanism(Mech::extract_key_from_key, ExtractParams{21}), 2) == hex("9526"));
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::extract_key_from_key, ExtractParams{32}), *long_key, 2)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::concatenate_base_and_data, data), *base, 9)) == Rv::key_size_range);
}

BOOST_AUTO_TEST_CASE(a_key_out_of_a_hash_is_the_digest_of_its_base) {
  const auto base = secret_key(KeyType::aes, Bytes(16, 3));
  BOOST_TEST(key_octets(base, mechanism(Mech::sha256_key_derivation), 0) == run(Use::digest, mechanism(Mech::sha256), nullptr, Bytes(16, 3)).value());
  BOOST_TEST(key_octets(base, mechanism(Mech::shake_128_key_derivation), 300).size() == 300u);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::sha256_key_derivation), *base, 33)) == Rv::key_size_range);
}

BOOST_AUTO_TEST_CASE(a_key_out_of_encrypted_data_is_its_ciphertext) {
  const auto base = aes_key(Bytes(32, 5));
  const Bytes data(32, 1), iv(16, 2);
  BOOST_TEST(key_octets(base, mechanism(Mech::aes_ecb_encrypt_data, DataParams{{}, data}), 0) ==
             run(Use::encrypt, mechanism(Mech::aes_ecb), base, data).value());
  BOOST_TEST(key_octets(base, mechanism(Mech::aes_cbc_encrypt_data, DataParams{iv, data}), 0) ==
             run(Use::encrypt, mechanism(Mech::aes_cbc, IvParams{iv}), base, data).value());
}

BOOST_AUTO_TEST_CASE(an_envelope_opens_with_the_other_half_only) {
  const auto value = crypto::random_secret(40);
  const OaepParams oaep{static_cast<std::uint64_t>(Mech::sha256), 2, 1, {}};
  const auto check = [&](const Mechanism& m, const Pair& pair) {
    auto wrapped = crypto::wrap(m, *pair.public_key, value).value();
    BOOST_TEST(wrapped.size() == crypto::wrapped_size(m, *pair.public_key, value.size()).value());
    BOOST_TEST(reveal(crypto::unwrap(m, *pair.private_key, wrapped).value()) == reveal(value));
    wrapped.back() ^= 1;
    BOOST_TEST(rv_of(crypto::unwrap(m, *pair.private_key, wrapped)) == Rv::wrapped_key_invalid);
    BOOST_TEST(rv_of(crypto::unwrap(m, *pair.private_key, Bytes(8, 1))) == Rv::wrapped_key_len_range);
    BOOST_TEST(rv_of(crypto::wrap(m, *pair.private_key, value)) == Rv::wrapping_key_type_inconsistent);
  };
  check(mechanism(Mech::rsa_aes_key_wrap, RsaAesParams{256, oaep}), shared_rsa_pair());
  check(mechanism(Mech::ecdh_aes_key_wrap, EcdhAesParams{256, 6, {}}), ec_pair());
  check(mechanism(Mech::ecdh_cof_aes_key_wrap, EcdhAesParams{128, 1, {}}), ec_pair());
  check(mechanism(Mech::ecdh_x_aes_key_wrap, EcdhAesParams{192, 6, Bytes{1}}), raw_pair(params_of("x25519"), KeyType::ec_montgomery));
  BOOST_TEST(rv_of(crypto::wrap(mechanism(Mech::rsa_aes_key_wrap, RsaAesParams{100, oaep}), *shared_rsa_pair().public_key, value)) ==
             Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(equal_halves_of_an_xts_key_are_refused) {
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::aes_xts, IvParams{Bytes(16, 0)}), secret_key(KeyType::aes_xts, Bytes(32, 1)),
                       Bytes(16, 0))) == Rv::key_type_inconsistent);
}

BOOST_AUTO_TEST_CASE(post_quantum_pairs_sign_and_survive_pkcs8_where_libcrypto_has_them) {
  for (const auto& [generates, signs, type, set] :
       {std::tuple{Mech::ml_dsa_key_pair_gen, Mech::ml_dsa, KeyType::ml_dsa, 2u}, {Mech::slh_dsa_key_pair_gen, Mech::slh_dsa, KeyType::slh_dsa, 3u}}) {
    if (!crypto::available(*find_mechanism(static_cast<std::uint64_t>(generates)).value())) continue;
    const auto wanted = [&] { return attributes(attribute(Attr::parameter_set, std::uint64_t{set})); };
    auto generated = crypto::generate_pair(mechanism(generates), wanted()).value();
    for (auto& item : wanted()) generated.public_part.push_back(std::move(item));
    const auto pair = pair_of(std::move(generated), type);
    const Bytes message{1, 2, 3};
    const auto signature = run(Use::sign, mechanism(signs), pair.private_key, message).value();
    BOOST_TEST(verify(mechanism(signs), pair.public_key, message, signature).ok());
    BOOST_TEST(!verify(mechanism(signs), pair.public_key, Bytes{1}, signature).ok());
    BOOST_TEST(!verify(mechanism(signs, SignContextParams{0, Bytes{9}, 0}), pair.public_key, message, signature).ok());
    const auto back = crypto::from_pkcs8(crypto::to_pkcs8(pair.private_attributes).value()).value();
    BOOST_TEST(reveal(*find_secret(back, Attr::value)) == reveal(*find_secret(pair.private_attributes, Attr::value)));
    BOOST_TEST(*find_bytes(crypto::public_half(pair.private_attributes).value(), Attr::value) ==
               *find_bytes(pair.public_attributes, Attr::value));
    BOOST_TEST(!crypto::public_key_info(pair.public_attributes).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
