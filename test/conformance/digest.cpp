// Digests, HMAC and random numbers, with the states of their operations.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

struct Hash {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  std::string_view of_abc;
};

static constexpr std::array<Hash, 5> kHashes{{
    {"CKM_SHA_1", CKM_SHA_1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"CKM_SHA224", CKM_SHA224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"CKM_SHA256", CKM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"CKM_SHA384", CKM_SHA384,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {"CKM_SHA512", CKM_SHA512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
}};

BOOST_AUTO_TEST_SUITE(digest)

CONFORMANCE_FOR_EACH(PublicSession, abc_has_the_digest_of_fips_180, kHashes) {
  session.digest_init(row.type).must();
  BOOST_TEST(session.digest(from_text("abc")).must() == from_hex(row.of_abc));
}

CONFORMANCE_FOR_EACH(PublicSession, parts_have_the_digest_of_the_whole, kHashes) {
  session.digest_init(row.type).must();
  session.digest_update(from_text("a")).must();
  session.digest_update({}).must();
  session.digest_update(from_text("bc")).must();
  BOOST_TEST(session.digest_final().must() == from_hex(row.of_abc));
}

CONFORMANCE_FOR_EACH(PublicSession, asking_the_size_keeps_the_operation, kHashes) {
  session.digest_init(row.type).must();
  BOOST_TEST(session.digest(from_text("abc"), kAskSize).length == from_hex(row.of_abc).size());
  BOOST_TEST(session.digest(from_text("abc")).must() == from_hex(row.of_abc));
}

CONFORMANCE_FOR_EACH(PublicSession, a_too_small_buffer_keeps_the_operation, kHashes) {
  session.digest_init(row.type).must();
  const Answer refused = session.digest(from_text("abc"), 10);
  BOOST_TEST(refused.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(refused.length == from_hex(row.of_abc).size());
  BOOST_TEST(session.digest(from_text("abc")).must() == from_hex(row.of_abc));
}

BOOST_FIXTURE_TEST_CASE(a_too_small_buffer_at_the_end_keeps_the_parts, PublicSession) {
  session.digest_init(CKM_SHA256).must();
  session.digest_update(from_text("abc")).must();
  BOOST_TEST(session.digest_final(10).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(session.digest_final().must() == from_hex(kHashes[2].of_abc));
}

BOOST_FIXTURE_TEST_CASE(a_digest_is_not_begun_twice, PublicSession) {
  session.digest_init(CKM_SHA256).must();
  BOOST_TEST(session.digest_init(CKM_SHA256) == CKR_OPERATION_ACTIVE);
}

BOOST_FIXTURE_TEST_CASE(a_finished_digest_is_over, PublicSession) {
  session.digest_init(CKM_SHA256).must();
  session.digest(from_text("abc")).must();
  BOOST_TEST(session.digest(from_text("abc")).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.digest_update(from_text("abc")) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(session.digest_final().rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_mechanism_that_is_no_digest_is_refused, PublicSession) {
  BOOST_TEST(session.digest_init(CKM_AES_CBC) == CKR_MECHANISM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(two_sessions_digest_apart, PublicSession) {
  Session other(slot);
  session.digest_init(CKM_SHA256).must();
  other.digest_init(CKM_SHA256).must();
  session.digest_update(from_text("a")).must();
  other.digest_update(from_text("abc")).must();
  session.digest_update(from_text("bc")).must();
  BOOST_TEST(session.digest_final().must() == other.digest_final().must());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hmac)

struct Mac {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  std::string_view of_hi_there;  // under 64 bytes of 0x0b; made with an implementation that is not ours
};

static constexpr std::array<Mac, 5> kMacs{{
    {"CKM_SHA_1_HMAC", CKM_SHA_1_HMAC,
     "bfd6d75de604eac8ff790d0ed62b944d42a4f95c"},
    {"CKM_SHA224_HMAC", CKM_SHA224_HMAC,
     "2e24019974b2a7cde994d9219cd9e22c1b3ca51332605539eeebc6f8"},
    {"CKM_SHA256_HMAC", CKM_SHA256_HMAC,
     "21cd586aeca0579d99a1c938127c92525a371f807bc5ba6eb78bc825bd4f2be3"},
    {"CKM_SHA384_HMAC", CKM_SHA384_HMAC,
     "51b2151ae771770f36cc6c5d63de41fcfebab0900a22b41cb81e12209215337e"
     "5d5384201f6dc3ca9f92764c503380e6"},
    {"CKM_SHA512_HMAC", CKM_SHA512_HMAC,
     "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8"
     "ac2878ebd5803f6f0b61dbce5e251ff8789a4722c1be65aea45fd464e89f8f5b"},
}};

struct MacKey : UserSession {
  CK_OBJECT_HANDLE key =
      session.create(secret_key(CKK_GENERIC_SECRET, Bytes(64, 0x0b)).with(roles({CKA_SIGN, CKA_VERIFY}))).must();
};

CONFORMANCE_FOR_EACH(MacKey, parts_have_the_mac_of_the_whole, kMacs) {
  const Bytes whole = session.sign_once(row.type, key, from_text("Hi There")).must();
  BOOST_TEST(whole == from_hex(row.of_hi_there));
  session.sign_init(row.type, key).must();
  session.sign_update(from_text("Hi ")).must();
  session.sign_update(from_text("There")).must();
  BOOST_TEST(session.sign_final().must() == whole);
}

CONFORMANCE_FOR_EACH(MacKey, a_mac_verifies_and_a_changed_one_does_not, kMacs) {
  Bytes mac = session.sign_once(row.type, key, from_text("Hi There")).must();
  BOOST_TEST(session.verify_once(row.type, key, from_text("Hi There"), mac) == CKR_OK);
  mac[3] ^= 1;
  BOOST_TEST(session.verify_once(row.type, key, from_text("Hi There"), mac) == CKR_SIGNATURE_INVALID);
  mac.pop_back();
  BOOST_TEST(session.verify_once(row.type, key, from_text("Hi There"), mac) == CKR_SIGNATURE_LEN_RANGE);
}

BOOST_FIXTURE_TEST_CASE(a_refused_verification_ends_the_operation, MacKey) {
  session.verify_init(CKM_SHA256_HMAC, key).must();
  BOOST_TEST(session.verify(from_text("x"), Bytes(32)) == CKR_SIGNATURE_INVALID);
  BOOST_TEST(session.verify(from_text("x"), Bytes(32)) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_FIXTURE_TEST_CASE(are_not_repeated, PublicSession) {
  BOOST_TEST(session.random(32).must() != session.random(32).must());
}

BOOST_FIXTURE_TEST_CASE(come_in_any_amount, PublicSession) {
  BOOST_TEST(session.random(1).rv == CKR_OK);
  BOOST_TEST(session.random(100000).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(may_be_seeded, PublicSession) {
  BOOST_TEST(among(session.seed(counting(32)), {CKR_OK, CKR_RANDOM_SEED_NOT_SUPPORTED}));
}

BOOST_FIXTURE_TEST_CASE(cannot_be_put_nowhere, PublicSession) {
  BOOST_TEST(Rv(p11().C_GenerateRandom(session.handle(), nullptr, 8)) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE_END()
