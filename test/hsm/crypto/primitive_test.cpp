#include <boost/test/unit_test.hpp>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <thread>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

BOOST_AUTO_TEST_SUITE(sealing)

BOOST_AUTO_TEST_CASE(a_record_opens_with_its_key_and_description_only) {
  const auto key = crypto::random_secret(32);
  const auto about = bytes_of("token 1, object 2, version 3");
  for (const std::size_t size : {0, 1, 100, 4096, 10000}) {
    const auto value = crypto::random_secret(size);
    auto sealed = crypto::seal(key, about, value);
    BOOST_TEST(sealed.size() == size + 28);
    BOOST_TEST(reveal(crypto::open(key, about, sealed).value()) == reveal(value));
    BOOST_TEST(crypto::SealChecker(key).check(about, sealed).ok());
    BOOST_TEST(rv_of(crypto::open(crypto::random_secret(32), about, sealed)) == Rv::aead_decrypt_failed);
    BOOST_TEST(rv_of(crypto::open(key, bytes_of("token 1, object 2, version 4"), sealed)) == Rv::aead_decrypt_failed);
    for (const auto at : {std::size_t{0}, std::size_t{12}, sealed.size() - 1}) {
      sealed[at] ^= 1;
      BOOST_TEST(rv_of(crypto::open(key, about, sealed)) == Rv::aead_decrypt_failed);
      BOOST_TEST(rv_of(crypto::SealChecker(key).check(about, sealed)) == Rv::aead_decrypt_failed);
      sealed[at] ^= 1;
    }
    BOOST_TEST(rv_of(crypto::open(key, about, ByteView(sealed).first(27))) == Rv::aead_decrypt_failed);
  }
}

BOOST_AUTO_TEST_CASE(the_same_record_never_looks_the_same) {
  const auto key = crypto::random_secret(32);
  BOOST_TEST(crypto::seal(key, {}, Bytes(10)) != crypto::seal(key, {}, Bytes(10)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(derivations)

BOOST_AUTO_TEST_CASE(hkdf_follows_rfc_5869_test_case_1) {
  const auto out = crypto::hkdf_sha256(secret(Bytes(22, 0x0b)), hex("000102030405060708090a0b0c"),
                                       text_of(hex("f0f1f2f3f4f5f6f7f8f9")), 42);
  BOOST_TEST(to_hex(reveal(out)) ==
             "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

BOOST_AUTO_TEST_CASE(hmac_follows_rfc_4231_test_case_2) {
  BOOST_TEST(to_hex(crypto::hmac_sha256(secret(view("Jefe")), view("what do ya want for nothing?"))) ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_CASE(argon2id_depends_on_everything_that_goes_in) {
  const crypto::Argon2Cost cost{64, 2, 1};
  const auto tag = [&](std::string_view pin, std::string_view salt, std::string_view pepper, crypto::Argon2Cost c) {
    return to_hex(reveal(crypto::argon2id(secret(view(pin)), view(salt), secret(view(pepper)), c, 32)));
  };
  const std::set<std::string> tags = {tag("1234", "saltsaltsaltsalt", "pepper", cost), tag("1235", "saltsaltsaltsalt", "pepper", cost),
                                      tag("1234", "saltsaltsaltsalu", "pepper", cost), tag("1234", "saltsaltsaltsalt", "peppes", cost),
                                      tag("1234", "saltsaltsaltsalt", "", cost),       tag("1234", "saltsaltsaltsalt", "pepper", {72, 2, 1}),
                                      tag("1234", "saltsaltsaltsalt", "pepper", {64, 3, 1})};
  BOOST_TEST(tags.size() == 7u);
}

BOOST_AUTO_TEST_CASE(argon2id_without_a_pepper_follows_a_known_answer) {
  // From the reference implementation's test.c: version 0x13, m = 256 KiB, t = 2, p = 1.
  const auto tag = crypto::argon2id(secret(view("password")), view("somesalt"), Secret(), {256, 2, 1}, 32);
  BOOST_TEST(to_hex(reveal(tag)) == "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
}

BOOST_AUTO_TEST_CASE(check_values_follow_the_standard) {
  BOOST_TEST(to_hex(crypto::check_value(KeyType::aes, secret(Bytes(16)))) == "66e94b");       // AES-128 of a zero block
  BOOST_TEST(to_hex(crypto::check_value(KeyType::generic_secret, secret(view("abc")))) == "a9993e");  // SHA-1
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(libraries)

BOOST_AUTO_TEST_CASE(every_mechanism_of_the_table_is_there) {
  const auto needs_3_5 = [](KeyType type) { return type == KeyType::ml_kem || type == KeyType::ml_dsa || type == KeyType::slh_dsa; };
  for (const auto& row : all_mechanisms())
    if (!row.keyed || !needs_3_5(row.key)) BOOST_TEST(crypto::available(row), row.name);
}

BOOST_AUTO_TEST_CASE(post_quantum_mechanisms_are_there_from_libcrypto_3_5_on) {
  const bool there = OPENSSL_version_major() > 3 || (OPENSSL_version_major() == 3 && OPENSSL_version_minor() >= 5);
  for (const auto id : {Mech::ml_dsa, Mech::slh_dsa, Mech::ml_kem_key_pair_gen})
    BOOST_TEST(crypto::available(*find_mechanism(static_cast<std::uint64_t>(id)).value()) == there);
}

BOOST_AUTO_TEST_CASE(the_error_queue_of_the_application_stays_as_it_was) {
  const auto& pair = shared_rsa_pair();
  const auto oaep = mechanism(Mech::rsa_pkcs_oaep, OaepParams{static_cast<std::uint64_t>(Mech::sha256),
                                                              static_cast<std::uint64_t>(Mgf::sha256), 1, {}});
  ERR_clear_error();
  BOOST_TEST(!run(Use::decrypt, oaep, pair.private_key, Bytes(256, 1)).ok());
  BOOST_TEST(!verify(mechanism(Mech::sha256_rsa_pkcs), pair.public_key, view("data"), Bytes(256, 1)).ok());
  BOOST_TEST(!verify(mechanism(Mech::ecdsa), ec_pair().public_key, view("data"), Bytes(64, 1)).ok());
  BOOST_TEST(!crypto::unwrap(mechanism(Mech::aes_key_wrap), *aes_key(Bytes(16)), Bytes(24)).ok());
  BOOST_TEST(!crypto::open(crypto::random_secret(32), {}, Bytes(64)).ok());
  BOOST_TEST(ERR_peek_error() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(randomness)

/// What a forked child draws.
Bytes drawn_in_child(Bytes (*draw)(std::size_t)) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  const auto child = fork();
  if (child == 0) {
    const auto drawn = draw(16);
    _exit(write(ends[1], drawn.data(), drawn.size()) == 16 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  Bytes drawn(16);
  BOOST_TEST(read(ends[0], drawn.data(), drawn.size()) == 16);
  close(ends[0]);
  close(ends[1]);
  return drawn;
}

BOOST_AUTO_TEST_CASE(a_forked_child_draws_other_numbers) {
  crypto::random_bytes(16);
  const auto of_child = drawn_in_child(crypto::random_bytes);
  BOOST_TEST(crypto::random_bytes(16) != of_child);
}

BOOST_AUTO_TEST_CASE(a_forked_child_makes_other_identifiers) {
  crypto::random_identifier(16);  // leaves some that were drawn with it
  const auto of_child = drawn_in_child(crypto::random_identifier);
  BOOST_TEST(crypto::random_identifier(16) != of_child);
}

BOOST_AUTO_TEST_CASE(no_identifier_comes_twice) {
  std::set<Bytes> drawn;
  for (std::size_t i = 0; i < 1000; ++i) drawn.insert(crypto::random_identifier(16));
  BOOST_TEST(drawn.size() == 1000u);
  BOOST_TEST(crypto::random_identifier(1024).size() == 1024u);
}

BOOST_AUTO_TEST_CASE(threads_may_draw_and_seed_at_once) {
  std::vector<std::jthread> threads;
  std::array<Bytes, 4> drawn;
  for (auto& bytes : drawn)
    threads.emplace_back([&bytes] {
      for (int i = 0; i < 100; ++i) bytes = crypto::random_bytes(24);
      if (!crypto::seed_random(view("dice"))) bytes.clear();
    });
  threads.clear();
  for (const auto& bytes : drawn) BOOST_TEST(bytes.size() == 24u);
  BOOST_TEST(drawn[0] != drawn[1]);
}

BOOST_AUTO_TEST_CASE(one_key_signs_in_many_threads) {
  const auto& pair = shared_rsa_pair();
  const auto m = mechanism(Mech::sha256_rsa_pkcs);
  std::array<Bytes, 4> signatures;
  std::vector<std::jthread> threads;
  for (auto& signature : signatures)
    threads.emplace_back([&] { signature = run(Use::sign, m, pair.private_key, view("together")).value(); });
  threads.clear();
  for (const auto& signature : signatures) BOOST_TEST(signature == signatures[0]);
}

// The check value of the CRC catalogue for CRC-64/ECMA-182.
BOOST_AUTO_TEST_CASE(the_checksum_of_a_public_key_is_that_of_ecma_182) {
  const auto key = attributes(attribute(Attr::key_type, KeyType::rsa), attribute(Attr::modulus, bytes_of("123456789")));
  BOOST_TEST(crypto::public_crc64(key) == hex("6c40df5f0b497347"));
  BOOST_TEST(crypto::public_crc64(attributes(attribute(Attr::key_type, KeyType::ec), attribute(Attr::ec_point, Bytes{4}))).empty());
}

BOOST_AUTO_TEST_SUITE_END()
