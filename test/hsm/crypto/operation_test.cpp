#include <boost/test/unit_test.hpp>

#include "hsm/crypto/unpad.h"
#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

const Bytes kKey = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
const Bytes kIv = hex("000102030405060708090a0b0c0d0e0f");

Bytes text(std::size_t size) {
  Bytes octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(i * 7 + 1);
  return octets;
}
Mechanism gcm(Bytes iv = hex("000102030405060708090a0b"), std::uint64_t bits = 128) {
  return mechanism(Mech::aes_gcm, GcmParams{std::move(iv), hex("abcdef"), bits});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operations)

BOOST_AUTO_TEST_CASE(aes_modes_return_what_they_encrypted_in_any_pieces) {
  const auto key = aes_key(kKey);
  for (const auto& mode : {mechanism(Mech::aes_ecb), mechanism(Mech::aes_cbc, IvParams{kIv}),
                           mechanism(Mech::aes_cbc_pad, IvParams{kIv}), mechanism(Mech::aes_ctr, CtrParams{32, kIv}), gcm(),
                           mechanism(Mech::aes_ofb, IvParams{kIv}), mechanism(Mech::aes_cfb8, IvParams{kIv}),
                           mechanism(Mech::aes_cfb128, IvParams{kIv})}) {
    BOOST_TEST_CONTEXT("mechanism " << mode.type) {
      const auto plain = text(96);
      const auto whole = run(Use::encrypt, mode, key, plain).value();
      for (const std::size_t piece : {1, 5, 16, 17, 96}) {
        BOOST_TEST(run_in_pieces(Use::encrypt, mode, key, plain, piece).value() == whole);
        BOOST_TEST(run_in_pieces(Use::decrypt, mode, key, whole, piece).value() == plain);
      }
      BOOST_TEST(run(Use::decrypt, mode, key, whole).value() == plain);
    }
  }
}

BOOST_AUTO_TEST_CASE(aes_follows_the_example_of_fips_197) {
  const auto cipher = run(Use::encrypt, mechanism(Mech::aes_ecb), aes_key(kKey), hex("00112233445566778899aabbccddeeff"));
  BOOST_TEST(to_hex(cipher.value()) == "8ea2b7ca516745bfeafc49904b496089");
}

BOOST_AUTO_TEST_CASE(key_wrap_follows_the_example_of_rfc_3394) {
  const auto wrapped = run(Use::encrypt, mechanism(Mech::aes_key_wrap), aes_key(kKey),
                           hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"));
  BOOST_TEST(to_hex(wrapped.value()) == "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}

BOOST_AUTO_TEST_CASE(a_room_that_is_too_small_changes_nothing) {
  const auto key = aes_key(kKey);
  for (const auto& mode : {mechanism(Mech::aes_cbc_pad, IvParams{kIv}), gcm(), mechanism(Mech::aes_key_wrap_kwp)}) {
    auto operation = crypto::begin(Use::encrypt, mode, key).value();
    const auto plain = text(20);
    Bytes out(operation->once_size(plain.size()));
    BOOST_TEST(rv_of(operation->once(plain, Room(out).first(out.size() - 1))) == Rv::buffer_too_small);
    BOOST_TEST(operation->once(plain, out).value() == out.size());
    auto reverse = crypto::begin(Use::decrypt, mode, key).value();
    Bytes back(20);
    BOOST_TEST(rv_of(reverse->once(out, Room(back).first(19))) == Rv::buffer_too_small);
    BOOST_TEST(reverse->once(out, back).value() == 20u);
    BOOST_TEST(back == plain);
  }
}

BOOST_AUTO_TEST_CASE(a_last_padded_block_that_does_not_fit_may_be_asked_again) {
  const auto mode = mechanism(Mech::aes_cbc_pad, IvParams{kIv});
  const auto key = aes_key(kKey);
  const auto cipher = run(Use::encrypt, mode, key, text(20)).value();
  auto operation = crypto::begin(Use::decrypt, mode, key).value();
  Bytes out(16), last(4);
  BOOST_TEST(operation->update(cipher, out).value() == 16u);
  BOOST_TEST(rv_of(operation->finish(Room(last).first(3))) == Rv::buffer_too_small);
  BOOST_TEST(operation->finish(last).value() == 4u);
}

BOOST_AUTO_TEST_CASE(every_failure_of_padding_looks_the_same) {
  const auto key = aes_key(kKey);
  const auto mode = mechanism(Mech::aes_cbc_pad, IvParams{kIv});
  for (const auto& last : {hex("00000000000000000000000000000000"), hex("00000000000000000000000000000011"),
                           hex("00000000000000000000000000000202"), hex("000000000000000000000000000001ff")}) {
    const auto cipher = run(Use::encrypt, mechanism(Mech::aes_cbc, IvParams{kIv}), key, last).value();
    if (last.back() == 2) continue;  // that one is right
    BOOST_TEST(rv_of(run(Use::decrypt, mode, key, cipher)) == Rv::encrypted_data_invalid);
  }
}

BOOST_AUTO_TEST_CASE(padding_is_right_where_each_of_its_octets_says_how_many_they_are) {
  const auto slowly = [](ByteView block) -> std::optional<std::size_t> {
    const std::size_t padding = block.back();
    if (padding == 0 || padding > block.size()) return std::nullopt;
    for (const auto octet : block.last(padding))
      if (octet != padding) return std::nullopt;
    return block.size() - padding;
  };
  for (const std::size_t size : {8u, 16u}) {
    for (unsigned last = 0; last < 256; ++last) {
      // Right as far as it goes, and wrong in one place.
      Bytes block(size, static_cast<std::uint8_t>(last));
      BOOST_CHECK(crypto::text_in_last_block(block) == slowly(block));
      for (std::size_t at = 0; at < size; ++at) {
        auto wrong = block;
        for (const unsigned flip : {1u, 0x80u, 0xFFu}) {
          wrong[at] = static_cast<std::uint8_t>(block[at] ^ flip);
          BOOST_CHECK(crypto::text_in_last_block(wrong) == slowly(wrong));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(wrong_padding_gives_nothing_away) {
  const auto key = aes_key(kKey);
  const auto cipher = run(Use::encrypt, mechanism(Mech::aes_cbc, IvParams{kIv}), key, text(48)).value();
  auto operation = crypto::begin(Use::decrypt, mechanism(Mech::aes_cbc_pad, IvParams{kIv}), key).value();
  Bytes out(48, 0);
  BOOST_TEST(rv_of(operation->once(cipher, out)) == Rv::encrypted_data_invalid);
  BOOST_TEST(out == Bytes(48, 0));
}

BOOST_AUTO_TEST_CASE(a_padded_message_is_decrypted_where_it_lies) {
  const auto key = aes_key(kKey);
  const auto mode = mechanism(Mech::aes_cbc_pad, IvParams{kIv});
  for (const std::size_t size : {0u, 5u, 16u, 40u}) {
    auto octets = run(Use::encrypt, mode, key, text(size)).value();
    auto operation = crypto::begin(Use::decrypt, mode, key).value();
    octets.resize(operation->once(octets, octets).value());
    BOOST_TEST(octets == text(size));
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_tag_gives_nothing_away) {
  const auto key = aes_key(kKey);
  auto sealed = run(Use::encrypt, gcm(), key, text(40)).value();
  sealed[3] ^= 1;
  auto operation = crypto::begin(Use::decrypt, gcm(), key).value();
  Bytes out(40, 0x55);
  BOOST_TEST(rv_of(operation->once(sealed, out)) == Rv::encrypted_data_invalid);
  BOOST_TEST(out == Bytes(40, 0));
  BOOST_TEST(rv_of(run_in_pieces(Use::decrypt, gcm(), key, sealed, 7)) == Rv::encrypted_data_invalid);
}

BOOST_AUTO_TEST_CASE(gcm_restarts_with_another_iv_of_another_length) {
  const auto key = aes_key(kKey);
  auto operation = crypto::begin(Use::encrypt, gcm(), key).value();
  for (const auto& iv : {hex("01"), hex("000102030405060708090a0b"), Bytes(60, 7)}) {
    BOOST_TEST(operation->restart(gcm(iv)).value());
    Bytes out(26);
    BOOST_TEST(operation->once(text(10), out).value() == 26u);
    BOOST_TEST(out == run(Use::encrypt, gcm(iv), key, text(10)).value());
  }
  BOOST_TEST(!operation->restart(mechanism(Mech::aes_ecb)).value());
}

BOOST_AUTO_TEST_CASE(gcm_refuses_tags_and_ivs_that_do_not_exist) {
  const auto key = aes_key(kKey);
  for (const auto bits : {0u, 8u, 24u, 40u, 100u, 136u})
    BOOST_TEST(rv_of(crypto::begin(Use::encrypt, gcm(kIv, bits), key)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::begin(Use::encrypt, gcm({}), key)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::begin(Use::encrypt, mechanism(Mech::aes_gcm), key)) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(a_counter_does_not_run_over) {
  const auto key = aes_key(kKey);
  const auto ctr = mechanism(Mech::aes_ctr, CtrParams{8, hex("000000000000000000000000000000fe")});
  BOOST_TEST(run(Use::encrypt, ctr, key, text(32)).ok());
  BOOST_TEST(rv_of(run(Use::encrypt, ctr, key, text(33))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run_in_pieces(Use::encrypt, ctr, key, text(33), 16)) == Rv::data_len_range);
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_whole_block_are_refused) {
  const auto key = aes_key(kKey);
  BOOST_TEST(rv_of(run(Use::encrypt, mechanism(Mech::aes_ecb), key, text(15))) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::decrypt, mechanism(Mech::aes_ecb), key, text(17))) == Rv::encrypted_data_len_range);
  BOOST_TEST(rv_of(run_in_pieces(Use::encrypt, mechanism(Mech::aes_ecb), key, text(17), 4)) == Rv::data_len_range);
  BOOST_TEST(rv_of(run(Use::decrypt, mechanism(Mech::aes_cbc_pad, IvParams{kIv}), key, {})) == Rv::encrypted_data_len_range);
}

BOOST_AUTO_TEST_CASE(stream_modes_take_any_length_and_need_an_iv) {
  const auto key = aes_key(kKey);
  for (const auto id : {Mech::aes_ofb, Mech::aes_cfb8, Mech::aes_cfb128}) {
    const auto cipher = run(Use::encrypt, mechanism(id, IvParams{kIv}), key, text(17)).value();
    BOOST_TEST(cipher.size() == 17u);
    BOOST_TEST(run(Use::decrypt, mechanism(id, IvParams{kIv}), key, cipher).value() == text(17));
    BOOST_TEST(rv_of(crypto::begin(Use::encrypt, mechanism(id), key)) == Rv::mechanism_param_invalid);
    BOOST_TEST(rv_of(crypto::begin(Use::encrypt, mechanism(id, IvParams{Bytes(15)}), key)) == Rv::mechanism_param_invalid);
  }
}

BOOST_AUTO_TEST_CASE(a_cmac_verifies_at_its_own_length_only) {
  const auto key = aes_key(kKey);
  const auto general = [](std::uint64_t length) { return mechanism(Mech::aes_cmac_general, MacGeneralParams{length}); };
  const auto whole = run(Use::sign, mechanism(Mech::aes_cmac), key, text(40)).value();
  const auto half = run(Use::sign, general(8), key, text(40)).value();
  BOOST_TEST(half == Bytes(whole.begin(), whole.begin() + 8));
  BOOST_TEST(verify(general(8), key, text(40), half).ok());
  BOOST_TEST(rv_of(verify(mechanism(Mech::aes_cmac), key, text(40), half)) == Rv::signature_len_range);
  auto bent = whole;
  bent.back() ^= 1;
  BOOST_TEST(rv_of(verify(mechanism(Mech::aes_cmac), key, text(40), bent)) == Rv::signature_invalid);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, general(17), key)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, general(0), key)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, mechanism(Mech::aes_cmac), secret_key(KeyType::generic_secret, kKey))) ==
             Rv::key_type_inconsistent);
}

BOOST_AUTO_TEST_CASE(encryption_in_place_gives_the_same) {
  const auto key = aes_key(kKey);
  const auto mode = mechanism(Mech::aes_cbc, IvParams{kIv});
  const auto expected = run(Use::encrypt, mode, key, text(64)).value();
  auto operation = crypto::begin(Use::encrypt, mode, key).value();
  auto buffer = text(64);
  std::size_t at = operation->update(ByteView(buffer).first(5), Room(buffer).first(0)).value();
  at += operation->update(ByteView(buffer).subspan(5, 59), Room(buffer)).value();
  BOOST_TEST(at == 64u);
  BOOST_TEST(buffer == expected);
}

BOOST_AUTO_TEST_CASE(digests_and_macs_in_pieces_and_forked_are_the_same) {
  const auto key = secret_key(KeyType::generic_secret, kKey);
  for (const auto& [id, k, use] : {std::tuple{Mech::sha256, crypto::KeyPtr(), Use::digest},
                                   std::tuple{Mech::sha512, crypto::KeyPtr(), Use::digest},
                                   std::tuple{Mech::sha3_384, crypto::KeyPtr(), Use::digest},
                                   std::tuple{Mech::sha256_hmac, key, Use::sign}, std::tuple{Mech::sha3_224_hmac, key, Use::sign},
                                   std::tuple{Mech::aes_cmac, aes_key(kKey), Use::sign}}) {
    const auto whole = run(use, mechanism(id), k, text(200)).value();
    BOOST_TEST(run_in_pieces(use, mechanism(id), k, text(200), 13).value() == whole);
    auto operation = crypto::begin(use, mechanism(id), k).value();
    const auto data = text(200);
    BOOST_TEST(operation->update(ByteView(data).first(50), {}).ok());
    auto fork = operation->fork().value();
    BOOST_TEST(operation->update(text(9), {}).ok());
    BOOST_TEST(fork->update(ByteView(data).subspan(50), {}).ok());
    Bytes out(whole.size());
    BOOST_TEST(fork->finish(out).value() == whole.size());
    BOOST_TEST(out == whole);
    BOOST_TEST(operation->restart(mechanism(id)).value());
    BOOST_TEST(operation->once(data, out).value() == whole.size());
    BOOST_TEST(out == whole);
  }
}

BOOST_AUTO_TEST_CASE(a_digest_takes_the_value_of_a_secret_key_and_of_no_other) {
  auto operation = crypto::begin(Use::digest, mechanism(Mech::sha256), nullptr).value();
  BOOST_TEST(operation->update_with(*aes_key(kKey)).ok());
  BOOST_TEST(rv_of(operation->update_with(*shared_rsa_pair().public_key)) == Rv::key_indigestible);
  Bytes out(32);
  BOOST_TEST(operation->finish(out).value() == 32u);
  BOOST_TEST(out == crypto::sha256(kKey));
}

BOOST_AUTO_TEST_CASE(a_mac_of_a_wrong_length_or_value_is_refused) {
  const auto key = secret_key(KeyType::generic_secret, kKey);
  const auto full = mechanism(Mech::sha256_hmac);
  auto mac = run(Use::sign, full, key, text(10)).value();
  BOOST_TEST(verify(full, key, text(10), mac).ok());
  BOOST_TEST(rv_of(verify(full, key, text(10), ByteView(mac).first(31))) == Rv::signature_len_range);
  mac[31] ^= 1;
  BOOST_TEST(rv_of(verify(full, key, text(10), mac)) == Rv::signature_invalid);
  const auto general = mechanism(Mech::sha256_hmac_general, MacGeneralParams{10});
  const auto shorter = run(Use::sign, general, key, text(10)).value();
  BOOST_TEST(shorter.size() == 10u);
  BOOST_TEST(ByteView(shorter)[0] == mac[0]);
  BOOST_TEST(verify(general, key, text(10), shorter).ok());
  BOOST_TEST(rv_of(crypto::begin(Use::sign, mechanism(Mech::sha256_hmac_general, MacGeneralParams{33}), key)) ==
             Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(keys_of_another_type_are_refused) {
  const auto aes = aes_key(kKey);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, mechanism(Mech::sha256_hmac), aes)) == Rv::key_type_inconsistent);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, mechanism(Mech::ecdsa), aes)) == Rv::key_type_inconsistent);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, mechanism(Mech::rsa_pkcs), ec_pair().private_key)) == Rv::key_type_inconsistent);
  BOOST_TEST(rv_of(crypto::begin(Use::encrypt, gcm(), shared_rsa_pair().public_key)) == Rv::key_type_inconsistent);
  BOOST_TEST(rv_of(crypto::begin(Use::sign, mechanism(Mech::ecdsa), ec_pair().public_key)) == Rv::key_type_inconsistent);
}

BOOST_AUTO_TEST_SUITE_END()
