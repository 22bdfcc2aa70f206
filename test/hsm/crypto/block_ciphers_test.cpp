// Block ciphers beside AES by the numbers of their standards: SP 800-67 and 800-38B (Triple DES), RFC 3713 and 5528 (Camellia), RFC 5794
// (ARIA); and what else came with them: CFB1 (SP 800-38A), BLAKE2b (RFC 7693), AES key wrap with PKCS#7 filling.
#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

struct OneBlock {
  const char* name;
  Mech ecb, cbc, cbc_pad;
  KeyType type;
  const char* key;
  const char* plain;
  const char* sealed;
};
constexpr OneBlock kBlocks[] = {
    {"Triple DES", Mech::des3_ecb, Mech::des3_cbc, Mech::des3_cbc_pad, KeyType::des3, "0123456789abcdef23456789abcdef01456789abcdef0123",
     "5468652071756663", "a826fd8ce53b855f"},
    {"Camellia-128", Mech::camellia_ecb, Mech::camellia_cbc, Mech::camellia_cbc_pad, KeyType::camellia, "0123456789abcdeffedcba9876543210",
     "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43"},
    {"Camellia-192", Mech::camellia_ecb, Mech::camellia_cbc, Mech::camellia_cbc_pad, KeyType::camellia,
     "0123456789abcdeffedcba98765432100011223344556677", "0123456789abcdeffedcba9876543210", "b4993401b3e996f84ee5cee7d79b09b9"},
    {"Camellia-256", Mech::camellia_ecb, Mech::camellia_cbc, Mech::camellia_cbc_pad, KeyType::camellia,
     "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", "0123456789abcdeffedcba9876543210", "9acc237dff16d76c20ef7c919e3a7509"},
    {"ARIA-128", Mech::aria_ecb, Mech::aria_cbc, Mech::aria_cbc_pad, KeyType::aria, "000102030405060708090a0b0c0d0e0f",
     "00112233445566778899aabbccddeeff", "d718fbd6ab644c739da95f3be6451778"},
    {"ARIA-192", Mech::aria_ecb, Mech::aria_cbc, Mech::aria_cbc_pad, KeyType::aria, "000102030405060708090a0b0c0d0e0f1011121314151617",
     "00112233445566778899aabbccddeeff", "26449c1805dbe7aa25a468ce263a9e79"},
    {"ARIA-256", Mech::aria_ecb, Mech::aria_cbc, Mech::aria_cbc_pad, KeyType::aria, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff", "f92bd7c79fb72e2f2b8f80c1972d24fc"},
};

crypto::KeyPtr des3_key(std::string_view octets = "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5") { return secret_key(KeyType::des3, hex(octets)); }
Rv load_des3(std::string_view octets) {
  return rv_of(crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, KeyType::des3),
                                           attribute(Attr::value, secret(hex(octets))))));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_ciphers)

BOOST_AUTO_TEST_CASE(a_block_is_that_of_the_standard) {
  for (const auto& row : kBlocks) {
    const auto key = secret_key(row.type, hex(row.key));
    BOOST_TEST(run(Use::encrypt, mechanism(row.ecb), key, hex(row.plain)).value() == hex(row.sealed), row.name);
    BOOST_TEST(run(Use::decrypt, mechanism(row.ecb), key, hex(row.sealed)).value() == hex(row.plain), row.name);
    // The first block of CBC with an IV of zeros is that of ECB.
    const Bytes zeros(hex(row.plain).size(), 0);
    BOOST_TEST(run(Use::encrypt, mechanism(row.cbc, IvParams{zeros}), key, hex(row.plain)).value() == hex(row.sealed), row.name);
    BOOST_TEST(rv_of(run(Use::encrypt, mechanism(row.cbc, IvParams{Bytes(zeros.size() - 1)}), key, hex(row.plain))) == Rv::mechanism_param_invalid);
    BOOST_TEST(rv_of(run(Use::encrypt, mechanism(row.ecb), key, Bytes(zeros.size() - 1))) == Rv::data_len_range);
  }
}

BOOST_AUTO_TEST_CASE(padded_data_of_any_length_comes_back) {
  for (const auto& row : kBlocks) {
    const auto key = secret_key(row.type, hex(row.key));
    const auto block = hex(row.plain).size();
    for (std::size_t size = 0; size < 2 * block + 2; ++size) {
      Bytes data(size, 0x5A);
      const auto how = mechanism(row.cbc_pad, IvParams{Bytes(block, 3)});
      const auto sealed = run(Use::encrypt, how, key, data).value();
      BOOST_TEST(sealed.size() == (size / block + 1) * block);
      BOOST_TEST(sealed == run_in_pieces(Use::encrypt, how, key, data, 5).value());
      BOOST_TEST(run(Use::decrypt, how, key, sealed).value() == data);
      BOOST_TEST(run_in_pieces(Use::decrypt, how, key, sealed, 7).value() == data);
    }
  }
}

BOOST_AUTO_TEST_CASE(camellia_counts_as_rfc_5528_says) {
  const auto key = secret_key(KeyType::camellia, hex("ae6852f8121067cc4bf7a5765577f39e"));
  const auto how = mechanism(Mech::camellia_ctr, CtrParams{32, hex("00000030000000000000000000000001")});
  BOOST_TEST(run(Use::encrypt, how, key, view("Single block msg")).value() == hex("d09dc29a8214619a20877c76db1f0b3f"));
}

BOOST_AUTO_TEST_CASE(cmac_of_triple_des_is_that_of_sp_800_38b) {
  const auto message = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  constexpr std::pair<std::size_t, const char*> kMacs[] = {{0, "b7a688e122ffaf95"}, {8, "8e8f293136283797"}, {20, "743ddbe0ce2dc2ed"}, {32, "33e6b1092400eae5"}};
  for (const auto& [size, mac] : kMacs) {
    BOOST_TEST(run(Use::sign, mechanism(Mech::des3_cmac), des3_key(), ByteView(message).first(size)).value() == hex(mac));
    BOOST_TEST(run(Use::sign, mechanism(Mech::des3_cmac_general, MacGeneralParams{4}), des3_key(), ByteView(message).first(size)).value() ==
               bytes_of(ByteView(hex(mac)).first(4)));
  }
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::des3_cmac_general, MacGeneralParams{9}), des3_key(), message)) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(a_mac_is_the_beginning_of_the_last_block_of_cbc) {
  struct Mac {
    Mech mac, general, cbc;
    crypto::KeyPtr key;
    std::size_t block;
  };
  const Mac macs[] = {{Mech::des3_mac, Mech::des3_mac_general, Mech::des3_cbc, des3_key(), 8},
                      {Mech::camellia_mac, Mech::camellia_mac_general, Mech::camellia_cbc, secret_key(KeyType::camellia, Bytes(24, 1)), 16},
                      {Mech::aria_mac, Mech::aria_mac_general, Mech::aria_cbc, secret_key(KeyType::aria, Bytes(32, 2)), 16}};
  for (const auto& row : macs) {
    Bytes data(3 * row.block, 0x77);
    std::fill(data.end() - 3, data.end(), std::uint8_t{0});
    const auto sealed = run(Use::encrypt, mechanism(row.cbc, IvParams{Bytes(row.block, 0)}), row.key, data).value();
    const auto last = ByteView(sealed).last(row.block);
    const auto short_of = ByteView(data).first(data.size() - 3);  // filled up with zeros
    BOOST_TEST(run(Use::sign, mechanism(row.general, MacGeneralParams{row.block}), row.key, short_of).value() == bytes_of(last));
    BOOST_TEST(run(Use::sign, mechanism(row.mac), row.key, data).value() == bytes_of(last.first(row.block / 2)));
    BOOST_TEST(rv_of(verify(mechanism(row.mac), row.key, data, last.first(row.block / 2))) == Rv::ok);
    BOOST_TEST(rv_of(run(Use::sign, mechanism(row.general, MacGeneralParams{row.block + 1}), row.key, data)) == Rv::mechanism_param_invalid);
  }
}

BOOST_AUTO_TEST_CASE(a_triple_des_key_has_parity_and_different_parts) {
  BOOST_TEST(load_des3("0123456789abcdef23456789abcdef01456789abcdef0123") == Rv::ok);
  BOOST_TEST(load_des3("0123456789abcdef23456789abcdef01456789abcdef0122") == Rv::attribute_value_invalid);
  BOOST_TEST(load_des3("0123456789abcdef0123456789abcdef456789abcdef0123") == Rv::attribute_value_invalid);
  BOOST_TEST(load_des3("456789abcdef01230123456789abcdef0123456789abcdef") == Rv::attribute_value_invalid);
  BOOST_TEST(load_des3("0123456789abcdef23456789abcdef01") == Rv::attribute_value_invalid);
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(load_des3(to_hex(crypto::generate_secret(KeyType::des3, 24).value().reveal(use()))) == Rv::ok);
  BOOST_TEST(rv_of(crypto::generate_secret(KeyType::des3, 16)) == Rv::key_size_range);
}

BOOST_AUTO_TEST_CASE(keys_are_derived_by_encrypting_as_cbc_encrypts) {
  const auto key = secret_key(KeyType::camellia, Bytes(16, 4));
  const Bytes iv(16, 5), data(32, 6);
  const auto sealed = run(Use::encrypt, mechanism(Mech::camellia_cbc, IvParams{iv}), key, data).value();
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::camellia_cbc_encrypt_data, DataParams{iv, data}), *key, 0).value()) == sealed);
  const auto des = run(Use::encrypt, mechanism(Mech::des3_ecb), des3_key(), data).value();
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::des3_ecb_encrypt_data, DataParams{{}, data}), *des3_key(), 32).value()) == des);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::des3_cbc_encrypt_data, DataParams{iv, data}), *des3_key(), 0)) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(check_values_are_the_first_octets_of_an_encrypted_block_of_zeros) {
  const Bytes zeros(16, 0);
  const Bytes key(16, 8);
  const auto aria = run(Use::encrypt, mechanism(Mech::aria_ecb), secret_key(KeyType::aria, key), zeros).value();
  BOOST_TEST(crypto::check_value(KeyType::aria, secret(key)) == bytes_of(ByteView(aria).first(3)));
  const auto octets = hex("0123456789abcdef23456789abcdef01456789abcdef0123");
  const auto des = run(Use::encrypt, mechanism(Mech::des3_ecb), secret_key(KeyType::des3, octets), Bytes(8, 0)).value();
  BOOST_TEST(crypto::check_value(KeyType::des3, secret(octets)) == bytes_of(ByteView(des).first(3)));
}

BOOST_AUTO_TEST_CASE(cfb1_is_that_of_sp_800_38a) {
  const auto key = aes_key(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  const auto how = mechanism(Mech::aes_cfb1, IvParams{hex("000102030405060708090a0b0c0d0e0f")});
  BOOST_TEST(run(Use::encrypt, how, key, hex("6bc1")).value() == hex("68b3"));
  BOOST_TEST(run(Use::decrypt, how, key, hex("68b3")).value() == hex("6bc1"));
}

BOOST_AUTO_TEST_CASE(blake2b_is_that_of_rfc_7693) {
  const auto abc = hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  BOOST_TEST(run(Use::digest, mechanism(Mech::blake2b_512), nullptr, view("abc")).value() == abc);
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::blake2b_512_key_derive), *secret_key(KeyType::generic_secret, view("abc")), 0).value()) == abc);
  const auto key = secret_key(KeyType::blake2b_512_hmac, Bytes(20, 0x0B));
  const auto mac = run(Use::sign, mechanism(Mech::blake2b_512_hmac), key, view("Hi There")).value();
  // Of Python's hmac and hashlib.
  BOOST_TEST(mac == hex("358a6a184924894fc34bee5680eedf57d84a37bb38832f288e3b27dc63a98cc8c91e76da476b508bc6b2d408a248857452906e4a20b48c6b4b55d2df0fe1dd24"));
  BOOST_TEST(run(Use::sign, mechanism(Mech::blake2b_512_hmac_general, MacGeneralParams{20}), key, view("Hi There")).value() ==
             bytes_of(ByteView(mac).first(20)));
}

BOOST_AUTO_TEST_CASE(rsa_does_not_pad_with_blake2b) {
  const auto& pair = shared_rsa_pair();
  const auto blake2b = static_cast<std::uint64_t>(Mech::blake2b_512);
  const auto mgf = static_cast<std::uint64_t>(Mgf::sha256);
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::rsa_pkcs_pss, PssParams{blake2b, mgf, 20}), pair.private_key, Bytes(64, 1))) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::rsa_pkcs_oaep, OaepParams{blake2b, mgf, 1, {}}), pair.public_key, Bytes(16, 1))) ==
             Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(a_value_filled_up_is_wrapped_by_rfc_3394) {
  const auto kek = aes_key(Bytes(32, 0x42));
  for (std::size_t size = 8; size <= 40; ++size) {
    Bytes value(size, 0x33), filled = value;
    filled.resize((size / 8 + 1) * 8, static_cast<std::uint8_t>(8 - size % 8));
    const auto wrapped = run(Use::encrypt, mechanism(Mech::aes_key_wrap_pkcs7), kek, value).value();
    BOOST_TEST(wrapped == run(Use::encrypt, mechanism(Mech::aes_key_wrap), kek, filled).value());
    BOOST_TEST(run(Use::decrypt, mechanism(Mech::aes_key_wrap_pkcs7), kek, wrapped).value() == value);
  }
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::aes_key_wrap_pkcs7), kek, Bytes(7, 1))) == Rv::data_len_range);
  const auto unfilled = run(Use::encrypt, mechanism(Mech::aes_key_wrap), kek, Bytes(24, 9)).value();
  BOOST_TEST(rv_of(run(Use::decrypt, mechanism(Mech::aes_key_wrap_pkcs7), kek, unfilled)) == Rv::encrypted_data_invalid);
  auto changed = unfilled;
  changed[3] ^= 1;
  BOOST_TEST(rv_of(run(Use::decrypt, mechanism(Mech::aes_key_wrap_pkcs7), kek, changed)) == Rv::encrypted_data_invalid);
}

BOOST_AUTO_TEST_SUITE_END()
