// Answers of the standards: SP 800-38A, the GCM specification, RFC 5649, RFC 6979 and NIST's vectors for ECDH.
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

BOOST_AUTO_TEST_SUITE(known_answers)

struct Aes : UserSession {
  CK_OBJECT_HANDLE key(std::string_view hex) {
    return session.create(secret_key(CKK_AES, from_hex(hex)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  }
};

static constexpr std::string_view kKey128 = "2b7e151628aed2a6abf7158809cf4f3c";
static constexpr std::string_view kKey192 = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b";
static constexpr std::string_view kKey256 = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
static constexpr std::string_view kFourBlocks =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

static Mechanism cbc() { return {CKM_AES_CBC, counting(16)}; }
static Mechanism ctr() { return Mechanism::ctr(from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")); }

struct Answered {
  std::string_view name;
  Mechanism (*make)();
  std::string_view key;
  std::string_view sealed;
};

static constexpr std::array<Answered, 6> kSp800_38a{{
    {"CKM_AES_CBC_128", cbc, kKey128,
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {"CKM_AES_CBC_192", cbc, kKey192,
     "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
     "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"},
    {"CKM_AES_CBC_256", cbc, kKey256,
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"},
    {"CKM_AES_CTR_128", ctr, kKey128,
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
     "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"},
    {"CKM_AES_CTR_192", ctr, kKey192,
     "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"
     "1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050"},
    {"CKM_AES_CTR_256", ctr, kKey256,
     "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
     "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"},
}};

CONFORMANCE_FOR_EACH(Aes, four_blocks_encrypt_as_sp_800_38a_says, kSp800_38a) {
  const CK_OBJECT_HANDLE with = key(row.key);
  BOOST_TEST(session.encrypt_once(row.make(), with, from_hex(kFourBlocks)).must() == from_hex(row.sealed));
  BOOST_TEST(session.decrypt_once(row.make(), with, from_hex(row.sealed)).must() == from_hex(kFourBlocks));
}

struct Gcm {
  std::string_view name;
  std::string_view key;
  std::string_view sealed;  // and the tag
};

static constexpr std::array<Gcm, 2> kGcm{{
    {"test_case_4", "feffe9928665731c6d6a8f9467308308",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
     "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"},
    {"test_case_16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
}};

struct GcmMessage : Aes {
  Mechanism gcm() {
    return Mechanism::gcm(from_hex("cafebabefacedbaddecaf888"), from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  }
  Bytes text = from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
      "b16aedf5aa0de657ba637b39");
};

CONFORMANCE_FOR_EACH(GcmMessage, a_message_is_sealed_as_the_gcm_specification_says, kGcm) {
  const CK_OBJECT_HANDLE with = key(row.key);
  BOOST_TEST(session.encrypt_once(gcm(), with, text).must() == from_hex(row.sealed));
  BOOST_TEST(session.decrypt_once(gcm(), with, from_hex(row.sealed)).must() == text);
}

CONFORMANCE_FOR_EACH(GcmMessage, a_message_is_sealed_in_parts_as_the_gcm_specification_says, kGcm) {
  session.encrypt_init(gcm(), key(row.key)).must();
  Bytes sealed;
  for (std::size_t from = 0; from < text.size(); from += 11)
    sealed = std::move(sealed) +
             session.encrypt_update(ByteView(text).subspan(from, std::min<std::size_t>(11, text.size() - from))).must();
  BOOST_TEST((std::move(sealed) + session.encrypt_final().must()) == from_hex(row.sealed));
}

CONFORMANCE_FOR_EACH(GcmMessage, a_message_whose_tag_was_changed_is_refused_at_the_end_of_its_parts, kGcm) {
  Bytes sealed = from_hex(row.sealed);
  sealed.back() ^= 1;
  session.decrypt_init(gcm(), key(row.key)).must();
  session.decrypt_update(ByteView(sealed).first(20)).must();
  session.decrypt_update(ByteView(sealed).subspan(20)).must();
  BOOST_TEST(!(session.decrypt_final().rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_shorter_tag_is_the_beginning_of_the_longer_one, GcmMessage) {
  const CK_OBJECT_HANDLE with = key(kKey128);
  const Bytes longest = session.encrypt_once(Mechanism::gcm(counting(12)), with, text).must();
  for (CK_ULONG bits : {96UL, 104UL, 112UL, 120UL})
    BOOST_TEST(session.encrypt_once(Mechanism::gcm(counting(12), {}, bits), with, text).must() ==
               Bytes(ByteView(longest).first(text.size() + bits / 8)));
}

BOOST_FIXTURE_TEST_CASE(a_counter_that_would_run_out_is_not_used_beyond_its_bits, Aes) {
  const Bytes last_block(16, 0xFF);  // the 32 bits that count cannot go on
  const Answer sealed = session.encrypt_once(Mechanism::ctr(last_block, 32), key(kKey128), counting(48));
  BOOST_TEST(among(sealed.rv, {CKR_DATA_LEN_RANGE}));
}

// ---- key wrap with padding

struct Kwp {
  std::string_view name;
  std::string_view value;
  std::string_view wrapped;
};
static constexpr std::array<Kwp, 2> kRfc5649{{
    {"of_20_bytes", "c37b7e6492584340bed12207808941155068f738",
     "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"},
    {"of_7_bytes", "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"},
}};

struct WrappedByRfc5649 : UserSession {
  void wraps_as(CK_MECHANISM_TYPE type, const Kwp& row) {
    const CK_OBJECT_HANDLE kek =
        session
            .create(secret_key(CKK_AES, from_hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"))
                        .with(opens_readable_keys()))
            .must();
    const Template generic = secret_key(CKK_GENERIC_SECRET, from_hex(row.value)).with(readable_key());
    BOOST_TEST(session.wrap(type, kek, session.create(generic).must()).must() == from_hex(row.wrapped));
    const auto back = session.unwrap(type, kek, from_hex(row.wrapped), generic.without(CKA_VALUE)).must();
    BOOST_TEST(session.bytes(back, CKA_VALUE) == from_hex(row.value));
    BOOST_TEST(session.number(back, CKA_VALUE_LEN) == from_hex(row.value).size());
  }
};

CONFORMANCE_FOR_EACH(WrappedByRfc5649, kwp_wraps_a_key, kRfc5649) { wraps_as(CKM_AES_KEY_WRAP_KWP, row); }
CONFORMANCE_FOR_EACH(WrappedByRfc5649, key_wrap_pad_wraps_a_key, kRfc5649) { wraps_as(CKM_AES_KEY_WRAP_PAD, row); }

// ---- elliptic curves

static const std::string_view kRfc6979Signature =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

struct SignerOfRfc6979 : UserSession {
  CK_OBJECT_HANDLE key =
      session
          .create({{CKA_CLASS, CKO_PUBLIC_KEY},
                   {CKA_KEY_TYPE, CKK_EC},
                   {CKA_TOKEN, false},
                   {CKA_VERIFY, true},
                   {CKA_EC_PARAMS, from_hex(kCurves[0].oid)},
                   {CKA_EC_POINT,
                    wrapped_point(from_hex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                           "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"))}})
          .must();
};

BOOST_FIXTURE_TEST_CASE(ecdsa_takes_the_signature_of_rfc_6979_over_a_digest, SignerOfRfc6979) {
  session.digest_init(CKM_SHA256).must();
  const Bytes digest = session.digest(from_text("sample")).must();
  BOOST_TEST(session.verify_once(CKM_ECDSA, key, digest, from_hex(kRfc6979Signature)) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(ecdsa_takes_the_signature_of_rfc_6979_and_hashes_by_itself, SignerOfRfc6979) {
  BOOST_TEST(session.verify_once(CKM_ECDSA_SHA256, key, from_text("sample"), from_hex(kRfc6979Signature)) == CKR_OK);
  BOOST_TEST(session.verify_once(CKM_ECDSA_SHA256, key, from_text("Sample"), from_hex(kRfc6979Signature)) ==
             CKR_SIGNATURE_INVALID);
}

struct Agreement : UserSession {
  CK_OBJECT_HANDLE mine =
      session
          .create(ec_private_key()
                      .with({CKA_DERIVE, true})
                      .with(readable_key())
                      .with({CKA_VALUE, from_hex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534")}))
          .must();
  Bytes theirs = from_hex(
      "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
      "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac");
  Bytes secret = from_hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b");
  Template wanted(CK_KEY_TYPE type, CK_ULONG length) {
    return Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, type}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, length}}
        .with(readable_key());
  }
  Bytes agreed(Mechanism mechanism, CK_KEY_TYPE type, CK_ULONG length) {
    return session.bytes(session.derive(std::move(mechanism), mine, wanted(type, length)).must(), CKA_VALUE);
  }
};

BOOST_FIXTURE_TEST_CASE(ecdh_agrees_on_the_secret_nist_says, Agreement) {
  BOOST_TEST(agreed(Mechanism::ecdh(theirs), CKK_GENERIC_SECRET, 32) == secret);
}

BOOST_FIXTURE_TEST_CASE(a_shorter_key_has_the_end_of_the_agreed_secret, Agreement) {
  BOOST_TEST(agreed(Mechanism::ecdh(theirs), CKK_AES, 16) == Bytes(ByteView(secret).last(16)));
}

BOOST_FIXTURE_TEST_CASE(a_key_longer_than_the_agreed_secret_is_refused, Agreement) {
  BOOST_TEST(!(session.derive(Mechanism::ecdh(theirs), mine, wanted(CKK_GENERIC_SECRET, 33)).rv == CKR_OK));
}

BOOST_FIXTURE_TEST_CASE(a_point_in_an_octet_string_is_the_same_point, Agreement) {
  BOOST_TEST(agreed(Mechanism::ecdh(wrapped_point(theirs)), CKK_GENERIC_SECRET, 32) == secret);
}

BOOST_FIXTURE_TEST_CASE(ecdh_expands_the_secret_by_x9_63_with_the_shared_data, Agreement) {
  BOOST_TEST(agreed(Mechanism::ecdh(theirs, CKD_SHA256_KDF, from_text("shared")), CKK_GENERIC_SECRET, 64) ==
             from_hex("3f346593c4f914f87c012d0144c9072f978c66eab5093ac0c140244324826527"
                      "529aa5d7fdff6d02a935888c584cfaf665106e61cbd4bbdb6f70a695478b85ca"));
}

BOOST_AUTO_TEST_SUITE_END()
