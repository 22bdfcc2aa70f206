// What compatible tokens have for older applications, by the numbers of their standards: MD5 (RFC 1321, RFC 2202), DES with one key and two
// (FIPS 81, FIPS 113), SEED (RFC 4269), passwords as in PKCS#12 (RFC 7292) and the keys of SSH (RFC 4253). And each by the other library.
#include <botan/block_cipher.h>
#include <botan/hash.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

crypto::KeyPtr des_key(KeyType type, ByteView octets) { return secret_key(type, octets); }
Bytes odd_parity(Bytes octets) {
  for (auto& octet : octets) {
    unsigned ones = 0;
    for (unsigned bit = 1; bit < 8; ++bit) ones += octet >> bit & 1u;
    octet = static_cast<std::uint8_t>((octet & 0xFEu) | (~ones & 1u));
  }
  return octets;
}
Rv load(KeyType type, std::string_view octets) {
  return rv_of(crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::secret_key), attribute(Attr::key_type, type),
                                           attribute(Attr::value, secret(hex(octets))))));
}
Bytes counting(std::size_t size) {
  Bytes octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(7 * i + 1);
  return octets;
}
/// A block by Botan.
Bytes block_by_botan(const char* name, ByteView key, ByteView in) {
  const auto cipher = Botan::BlockCipher::create_or_throw(name);
  cipher->set_key(key.data(), key.size());
  Bytes out(in.size());
  cipher->encrypt_n(in.data(), out.data(), in.size() / cipher->block_size());
  return out;
}

PbeParams pbe(std::string_view password, std::string_view salt, std::uint64_t iterations) {
  return {hex(salt), iterations, std::make_shared<const Secret>(secret(hex(password)))};
}

constexpr const char* kDes = "0123456789abcdef";
const Bytes kFipsIv = hex("1234567890abcdef");
const Bytes kFipsText = bytes_of(view("Now is the time for all "));

}  // namespace

BOOST_AUTO_TEST_SUITE(older_algorithms)

BOOST_AUTO_TEST_CASE(md5_is_that_of_rfc_1321) {
  constexpr std::pair<std::string_view, std::string_view> kDigests[] = {
      {"", "d41d8cd98f00b204e9800998ecf8427e"}, {"a", "0cc175b9c0f1b6a831c399e269772661"}, {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"}};
  for (const auto& [text, digest] : kDigests)
    BOOST_TEST(run(Use::digest, mechanism(Mech::md5), nullptr, view(text)).value() == hex(digest));
  for (std::size_t size = 0; size < 200; ++size) {
    const auto data = counting(size);
    const auto theirs = Botan::HashFunction::create_or_throw("MD5")->process(data.data(), data.size());
    BOOST_TEST(run_in_pieces(Use::digest, mechanism(Mech::md5), nullptr, data, 13).value() == Bytes(theirs.begin(), theirs.end()));
  }
}

BOOST_AUTO_TEST_CASE(its_hmac_is_that_of_rfc_2202) {
  const auto sign = [](Mech mech, ByteView key, ByteView data, Mechanism::Params params = {}) {
    return run(Use::sign, mechanism(mech, std::move(params)), secret_key(KeyType::md5_hmac, key), data).value();
  };
  BOOST_TEST(sign(Mech::md5_hmac, Bytes(16, 0x0B), view("Hi There")) == hex("9294727a3638bb1c13f48ef8158bfc9d"));
  BOOST_TEST(sign(Mech::md5_hmac, view("Jefe"), view("what do ya want for nothing?")) == hex("750c783e6ab0b503eaa86e310a5db738"));
  BOOST_TEST(sign(Mech::md5_hmac, Bytes(80, 0xAA), view("Test Using Larger Than Block-Size Key - Hash Key First")) ==
             hex("6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"));
  BOOST_TEST(sign(Mech::md5_hmac_general, view("Jefe"), view("what do ya want for nothing?"), MacGeneralParams{12}) ==
             hex("750c783e6ab0b503eaa86e31"));
}

BOOST_AUTO_TEST_CASE(a_key_is_made_of_a_digest_by_md5) {
  const auto base = secret_key(KeyType::generic_secret, view("abc"));
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::md5_key_derivation), *base, 0).value()) == hex("900150983cd24fb0d6963f7d28e17f72"));
}

BOOST_AUTO_TEST_CASE(rsa_signs_digests_by_md5) {
  const auto& pair = shared_rsa_pair();
  const auto how = mechanism(Mech::md5_rsa_pkcs);
  const auto signature = run(Use::sign, how, pair.private_key, view("abc")).value();
  BOOST_TEST(rv_of(verify(how, pair.public_key, view("abc"), signature)) == Rv::ok);
  BOOST_TEST(rv_of(verify(how, pair.public_key, view("abd"), signature)) == Rv::signature_invalid);
  // RFC 8017, 9.2: what was signed is the DigestInfo.
  const auto info = hex("3020300c06082a864886f70d020505000410900150983cd24fb0d6963f7d28e17f72");
  BOOST_TEST(run(Use::verify_recover, mechanism(Mech::rsa_pkcs), pair.public_key, signature).value() == info);
}

BOOST_AUTO_TEST_CASE(md5_is_no_hash_inside_other_mechanisms) {
  const auto md5 = static_cast<std::uint64_t>(Mech::md5), md5_hmac = static_cast<std::uint64_t>(Mech::md5_hmac);
  const auto& pair = shared_rsa_pair();
  const auto base = secret_key(KeyType::generic_secret, Bytes(32, 1));
  BOOST_TEST(rv_of(run(Use::sign, mechanism(Mech::rsa_pkcs_pss, PssParams{md5, 1, 16}), pair.private_key, Bytes(16))) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::rsa_pkcs_oaep, OaepParams{md5, 1, 1, {}}), pair.public_key, Bytes(16))) ==
             Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::hkdf_derive, HkdfParams{true, true, md5, 1, {}, 0, {}}), *base, 16)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::ike2_prf_plus_derive, Ike2PrfPlusParams{md5_hmac, {}, Bytes(8)}), *base, 16)) ==
             Rv::mechanism_param_invalid);
  PrfField counter;
  counter.type = PrfField::Type::iteration;
  counter.width = 32;
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::sp800_108_counter_kdf, KbkdfParams{md5_hmac, {counter}, {}}), *base, 16)) ==
             Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::tls_kdf, TlsKdfParams{md5, bytes_of(view("EXPORTER-x")), Bytes(32), Bytes(32), {}}), *base, 16)) ==
             Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::keymantle_ssh_kdf, SshKdfParams{md5, 'C', Bytes(16), Bytes(16)}), *base, 16)) ==
             Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(des_is_that_of_fips_81) {
  struct Row {
    Mech mech;
    Mechanism::Params params;
    Bytes text;
    std::string_view sealed;
  };
  const Row rows[] = {{Mech::des_ecb, {}, bytes_of(view("Now is t")), "3fa40e8a984d4815"},
                      {Mech::des_cbc, IvParams{kFipsIv}, kFipsText, "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"},
                      {Mech::des_cfb64, IvParams{kFipsIv}, kFipsText, "f3096249c7f46e51a69e839b1a92f78403467133898ea622"},
                      {Mech::des_ofb64, IvParams{kFipsIv}, kFipsText, "f3096249c7f46e5135f24a242eeb3d3f3d6d5be3255af8c3"},
                      {Mech::des_cfb8, IvParams{kFipsIv}, bytes_of(view("Now is the")), "f31fda07011462ee187f"}};
  const auto key = des_key(KeyType::des, hex(kDes));
  for (const auto& row : rows) {
    const auto how = mechanism(row.mech, row.params);
    BOOST_TEST(run(Use::encrypt, how, key, row.text).value() == hex(row.sealed));
    BOOST_TEST(run_in_pieces(Use::encrypt, how, key, row.text, 5).value() == hex(row.sealed));
    BOOST_TEST(run(Use::decrypt, how, key, hex(row.sealed)).value() == row.text);
  }
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::des_cbc, IvParams{Bytes(16)}), key, kFipsText)) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(its_mac_is_that_of_fips_113) {
  const auto key = des_key(KeyType::des, hex(kDes));
  const auto data = view("7654321 Now is the time for ");
  BOOST_TEST(run(Use::sign, mechanism(Mech::des_mac), key, data).value() == hex("f1d30f68"));
  BOOST_TEST(run(Use::sign, mechanism(Mech::des_mac_general, MacGeneralParams{8}), key, data).value() == hex("f1d30f6849312ca4"));
}

BOOST_AUTO_TEST_CASE(des_with_one_key_and_two_is_that_of_the_other_library) {
  const auto text = counting(64);
  const auto one = odd_parity(counting(8)), two = odd_parity(counting(16));
  BOOST_TEST(run(Use::encrypt, mechanism(Mech::des_ecb), des_key(KeyType::des, one), text).value() == block_by_botan("DES", one, text));
  BOOST_TEST(run(Use::encrypt, mechanism(Mech::des3_ecb), des_key(KeyType::des2, two), text).value() == block_by_botan("TripleDES", two, text));
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::des3_ecb_encrypt_data, DataParams{{}, text}), *des_key(KeyType::des2, two), 0).value()) ==
             block_by_botan("TripleDES", two, text));
  BOOST_TEST(crypto::check_value(KeyType::des, secret(one)) == bytes_of(ByteView(block_by_botan("DES", one, Bytes(8))).first(3)));
  BOOST_TEST(crypto::check_value(KeyType::des2, secret(two)) == bytes_of(ByteView(block_by_botan("TripleDES", two, Bytes(8))).first(3)));
  // CMAC of SP 800-38B, D.5 (two keys).
  const auto nist = des_key(KeyType::des2, hex("4cf15134a2850dd58a3d10ba80570d38"));
  BOOST_TEST(run(Use::sign, mechanism(Mech::des3_cmac), nist, {}).value() == hex("bd2ebf9a3ba00361"));
}

BOOST_AUTO_TEST_CASE(a_mechanism_takes_des_keys_of_its_own_kinds) {
  const auto one = des_key(KeyType::des, hex(kDes)), two = des_key(KeyType::des2, odd_parity(counting(16)));
  const auto three = des_key(KeyType::des3, odd_parity(counting(24)));
  const auto encrypt = [](Mech mech, const crypto::KeyPtr& key) { return rv_of(crypto::begin(Use::encrypt, mechanism(mech), key)); };
  BOOST_TEST(encrypt(Mech::des_ecb, one) == Rv::ok);
  BOOST_TEST(encrypt(Mech::des_ecb, two) == Rv::key_type_inconsistent);
  BOOST_TEST(encrypt(Mech::des_ecb, three) == Rv::key_type_inconsistent);
  BOOST_TEST(encrypt(Mech::des3_ecb, one) == Rv::key_type_inconsistent);
  BOOST_TEST(encrypt(Mech::des3_ecb, two) == Rv::ok);
  BOOST_TEST(encrypt(Mech::des3_ecb, secret_key(KeyType::aes, Bytes(16))) == Rv::key_type_inconsistent);
  for (const auto& key : {one, two, three})
    BOOST_TEST(rv_of(crypto::begin(Use::encrypt, mechanism(Mech::des_ofb64, IvParams{kFipsIv}), key)) == Rv::ok);
}

BOOST_AUTO_TEST_CASE(a_des_key_has_its_parity_and_its_length) {
  BOOST_TEST(load(KeyType::des, kDes) == Rv::ok);
  BOOST_TEST(load(KeyType::des, "0023456789abcdef") == Rv::attribute_value_invalid);
  BOOST_TEST(load(KeyType::des, "0123456789abcdef23") == Rv::attribute_value_invalid);
  BOOST_TEST(load(KeyType::des2, "0123456789abcdef23456789abcdef01") == Rv::ok);
  BOOST_TEST(load(KeyType::des2, "0123456789abcdef0123456789abcdef") == Rv::attribute_value_invalid);
  BOOST_TEST(load(KeyType::des3, kDes) == Rv::attribute_value_invalid);
  for (const auto& [type, length] : {std::pair{KeyType::des, 8u}, {KeyType::des2, 16u}}) {
    const auto value = reveal(crypto::generate_secret(type, length).value());
    BOOST_TEST(value == odd_parity(value));
    BOOST_TEST(rv_of(crypto::generate_secret(type, length + 1)) == Rv::key_size_range);
  }
}

bool has_seed() { return crypto::available(**find_mechanism(static_cast<std::uint64_t>(Mech::seed_ecb))); }

BOOST_AUTO_TEST_CASE(seed_is_that_of_rfc_4269) {
  if (!has_seed()) return;
  constexpr std::string_view kBlocks[][3] = {
      {"00000000000000000000000000000000", "000102030405060708090a0b0c0d0e0f", "5ebac6e0054e166819aff1cc6d346cdb"},
      {"000102030405060708090a0b0c0d0e0f", "00000000000000000000000000000000", "c11f22f20140505084483597e4370f43"},
      {"4706480851e61be85d74bfb3fd956185", "83a2f8a288641fb9a4e9a5cc2f131c7d", "ee54d13ebcae706d226bc3142cd40d4a"},
      {"28dbc3bc49ffd87dcfa509b11d422be7", "b41e6be2eba84a148e2eed84593c5ec7", "9b9b7bfcd1813cb95d0b3618f40f5122"}};
  for (const auto& [octets, plain, sealed] : kBlocks) {
    const auto key = secret_key(KeyType::seed, hex(octets));
    BOOST_TEST(run(Use::encrypt, mechanism(Mech::seed_ecb), key, hex(plain)).value() == hex(sealed));
    BOOST_TEST(run(Use::decrypt, mechanism(Mech::seed_ecb), key, hex(sealed)).value() == hex(plain));
    BOOST_TEST(run(Use::encrypt, mechanism(Mech::seed_cbc, IvParams{Bytes(16)}), key, hex(plain)).value() == hex(sealed));
    BOOST_TEST(run(Use::sign, mechanism(Mech::seed_mac_general, MacGeneralParams{16}), key, hex(plain)).value() == hex(sealed));
    BOOST_TEST(reveal(crypto::derive(mechanism(Mech::seed_ecb_encrypt_data, DataParams{{}, hex(plain)}), *key, 0).value()) == hex(sealed));
  }
  BOOST_TEST(crypto::check_value(KeyType::seed, secret(hex("000102030405060708090a0b0c0d0e0f"))) == hex("c11f22"));
}

BOOST_AUTO_TEST_CASE(data_of_any_length_comes_back_from_seed) {
  if (!has_seed()) return;
  const auto key = secret_key(KeyType::seed, counting(16));
  const auto how = mechanism(Mech::seed_cbc_pad, IvParams{counting(16)});
  for (std::size_t size = 0; size < 50; ++size) {
    const auto data = counting(size);
    const auto sealed = run(Use::encrypt, how, key, data).value();
    BOOST_TEST(sealed.size() == (size / 16 + 1) * 16);
    BOOST_TEST(sealed == run_in_pieces(Use::encrypt, how, key, data, 5).value());
    BOOST_TEST(run(Use::decrypt, how, key, sealed).value() == data);
    BOOST_TEST(run_in_pieces(Use::decrypt, how, key, sealed, 7).value() == data);
    auto wrong = sealed;
    wrong.back() ^= 0xFF;
    if (const auto opened = run(Use::decrypt, how, key, wrong); !opened) BOOST_TEST(opened.error().rv == Rv::encrypted_data_invalid);
  }
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::seed_ecb), key, Bytes(15))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::decrypt, how, key, Bytes(15))) == Rv::encrypted_data_len_range);
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::seed_cbc, IvParams{Bytes(8)}), key, Bytes(16))) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(an_operation_of_seed_begins_anew_and_waits_for_room) {
  if (!has_seed()) return;
  const auto key = secret_key(KeyType::seed, counting(16));
  const auto data = counting(40);
  const auto how = mechanism(Mech::seed_cbc_pad, IvParams{counting(16)}), other = mechanism(Mech::seed_cbc_pad, IvParams{Bytes(16, 9)});
  const auto sealed = run(Use::encrypt, how, key, data).value();
  auto opening = crypto::begin(Use::decrypt, how, key).value();
  Bytes out(48);
  BOOST_TEST(rv_of(opening->once(sealed, Room(out).first(39))) == Rv::buffer_too_small);
  BOOST_TEST(opening->once(sealed, out).value() == 40u);
  BOOST_TEST(opening->restart(how).value());
  std::size_t size = opening->update(sealed, out).value();
  BOOST_TEST(rv_of(opening->finish(Room(out).subspan(size).first(3))) == Rv::buffer_too_small);
  size += opening->finish(Room(out).subspan(size)).value();
  BOOST_TEST(bytes_of(ByteView(out).first(size)) == data);
  auto sealing = crypto::begin(Use::encrypt, how, key).value();
  BOOST_TEST(sealing->update(data, out).value() == 32u);
  BOOST_TEST(sealing->restart(other).value());
  BOOST_TEST(sealing->once(data, out).value() == 48u);
  BOOST_TEST(out == run(Use::encrypt, other, key, data).value());
  BOOST_TEST(!sealing->restart(mechanism(Mech::seed_ecb)).value());
}

BOOST_AUTO_TEST_CASE(seed_is_that_of_the_other_library) {
  // libcrypto has it in a provider that not every machine has.
  const std::unique_ptr<OSSL_LIB_CTX, void (*)(OSSL_LIB_CTX*)> context(OSSL_LIB_CTX_new(), OSSL_LIB_CTX_free);
  const std::unique_ptr<OSSL_PROVIDER, int (*)(OSSL_PROVIDER*)> legacy(OSSL_PROVIDER_load(context.get(), "legacy"), OSSL_PROVIDER_unload);
  const std::unique_ptr<EVP_CIPHER, void (*)(EVP_CIPHER*)> cipher(legacy == nullptr ? nullptr : EVP_CIPHER_fetch(context.get(), "SEED-CBC", nullptr),
                                                                 EVP_CIPHER_free);
  if (!has_seed() || cipher == nullptr) return;
  const auto key = counting(16), iv = Bytes(16, 5), data = counting(100);
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> running(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Bytes theirs(128);
  int body = 0, last = 0;
  BOOST_REQUIRE(EVP_EncryptInit_ex2(running.get(), cipher.get(), key.data(), iv.data(), nullptr) > 0);
  BOOST_REQUIRE(EVP_EncryptUpdate(running.get(), theirs.data(), &body, data.data(), static_cast<int>(data.size())) > 0);
  BOOST_REQUIRE(EVP_EncryptFinal_ex(running.get(), theirs.data() + body, &last) > 0);
  theirs.resize(static_cast<std::size_t>(body + last));
  BOOST_TEST(run(Use::encrypt, mechanism(Mech::seed_cbc_pad, IvParams{iv}), secret_key(KeyType::seed, key), data).value() == theirs);
  const auto whole = ByteView(data).first(96);
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::seed_cbc_encrypt_data, DataParams{iv, bytes_of(whole)}), *secret_key(KeyType::seed, key), 0).value()) ==
             bytes_of(ByteView(theirs).first(96)));
}

// Numbers that implementations of PKCS#12 have tested each other with since version 1.0: "smeg" and "queeg" as BMPStrings.
BOOST_AUTO_TEST_CASE(passwords_give_the_keys_and_ivs_of_pkcs_12) {
  constexpr std::string_view kSmeg = "0073006d006500670000", kQueeg = "007100750065006500670000";
  const auto key = [](std::string_view password, std::string_view salt, std::uint64_t iterations) {
    return reveal(crypto::derive_from_password(mechanism(Mech::pbe_sha1_des3_ede_cbc, pbe(password, salt, iterations)), 24).value());
  };
  const auto iv = [](std::string_view password, std::string_view salt, std::uint64_t iterations) {
    return crypto::iv_from_password(mechanism(Mech::pbe_sha1_des3_ede_cbc, pbe(password, salt, iterations))).value();
  };
  const auto mac = [](std::string_view password, std::string_view salt, std::uint64_t iterations) {
    return reveal(crypto::derive_from_password(mechanism(Mech::pba_sha1_with_sha1_hmac, pbe(password, salt, iterations)), 20).value());
  };
  BOOST_TEST(key(kSmeg, "0a58cf64530d823f", 1) == hex("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"));
  BOOST_TEST(iv(kSmeg, "0a58cf64530d823f", 1) == hex("79993dfe048d3b76"));
  BOOST_TEST(mac(kSmeg, "3d83c0e4546ac140", 1) == hex("8d967d88f6caa9d714800ab3d48051d63f73a312"));
  BOOST_TEST(key(kQueeg, "05dec959acff72f7", 1000) == hex("ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"));
  BOOST_TEST(iv(kQueeg, "05dec959acff72f7", 1000) == hex("11dedad7758d4860"));
  BOOST_TEST(mac(kQueeg, "263216fcc2fab31c", 1000) == hex("5ec4c7a80df652294c3925b6489a7ab857c83476"));
  const auto two = reveal(crypto::derive_from_password(mechanism(Mech::pbe_sha1_des2_ede_cbc, pbe(kSmeg, "0a58cf64530d823f", 1)), 16).value());
  BOOST_TEST(two == hex("8aaae6297b6cb04642ab5b077851284e"));
  BOOST_TEST(crypto::iv_from_password(mechanism(Mech::pba_sha1_with_sha1_hmac, pbe(kSmeg, "00", 1))).value().empty());
}

BOOST_AUTO_TEST_CASE(parameters_that_pkcs_12_does_not_have_are_refused) {
  const auto derive = [](PbeParams params, std::uint64_t length = 24) {
    return rv_of(crypto::derive_from_password(mechanism(Mech::pbe_sha1_des3_ede_cbc, std::move(params)), length));
  };
  BOOST_TEST(derive(pbe("00", "00", 1)) == Rv::ok);
  BOOST_TEST(derive(pbe("", "00", 1)) == Rv::ok);
  BOOST_TEST(derive(pbe("00", "", 1)) == Rv::mechanism_param_invalid);
  BOOST_TEST(derive(pbe("00", "00", 0)) == Rv::mechanism_param_invalid);
  BOOST_TEST(derive(pbe("00", "00", ~std::uint64_t{0})) == Rv::mechanism_param_invalid);
  BOOST_TEST(derive(pbe("00", "00", 1), 16) == Rv::key_size_range);
  BOOST_TEST(derive({}) == Rv::mechanism_param_invalid);
}

// CAVS 14.1, with which libcrypto tests itself, too.
BOOST_AUTO_TEST_CASE(the_keys_of_ssh_are_those_of_rfc_4253) {
  const auto shared = hex(
      "55bae931c07fd824bf10add1902b6fbc7c665347383498a686929ff5a25f8e40cb6645ea814fb1a5e0a11f852f86255641e5ed986e83a78bc8269480eac0b0df"
      "d770cab92e7a28dd87ff452466d6ae867cead63b366b1c286e6c4811a9f14c27aea14c5171d49b78c06e3735d36e6a3be321dd5fc82308f34ee1cb17fba94a59");
  const auto exchange = hex("a4ebd45934f56792b5112dcd75a1075fdc889245");
  constexpr std::pair<char, std::string_view> kKeys[] = {
      {'A', "e2f627c0b43f1ac1"}, {'B', "58471445f342b181"}, {'C', "1ca9d310f86d51f6cb8e7007cb2b220d55c5281ce680b533"},
      {'D', "2c60df8603d34cc1dbb03c11f725a44b44008851c73d6844"}, {'E', "472eb8a26166ae6aa8e06868e45c3b26e6eeed06"},
      {'F', "e3e2fdb9d7bc21165a3dbe47e1eceb7764390bab"}};
  const auto derived = [&](ByteView k, char letter, std::uint64_t length) {
    const SshKdfParams params{static_cast<std::uint64_t>(Mech::sha_1), static_cast<std::uint64_t>(letter), exchange, exchange};
    return crypto::derive(mechanism(Mech::keymantle_ssh_kdf, params), *secret_key(KeyType::generic_secret, k), length);
  };
  for (const auto& [letter, expected] : kKeys) {
    BOOST_TEST(reveal(derived(shared, letter, expected.size() / 2).value()) == hex(expected));
    // Zeros in front do not change the number.
    auto longer = Bytes(3);
    longer.insert(longer.end(), shared.begin(), shared.end());
    BOOST_TEST(reveal(derived(longer, letter, expected.size() / 2).value()) == hex(expected));
  }
  BOOST_TEST(rv_of(derived(shared, 'G', 16)) == Rv::mechanism_param_invalid);
  // A number that begins with a one bit has a zero octet in front: RFC 4251, 5.
  const auto high = Bytes(20, 0x80);
  auto hashed = hex("0000001500");
  const auto letter = bytes_of(view("C"));
  for (const auto* part : {&high, &exchange, &letter, &exchange}) hashed.insert(hashed.end(), part->begin(), part->end());
  BOOST_TEST(reveal(derived(high, 'C', 0).value()) == run(Use::digest, mechanism(Mech::sha_1), nullptr, hashed).value());
}

BOOST_AUTO_TEST_SUITE_END()
