// Wycheproof: what a module must accept and, more often, what it must refuse. One row per file and way to use it.
#include <algorithm>

#include "support/keys.h"
#include "support/wycheproof.h"

using namespace conformance;

namespace {

struct Hash {
  std::string_view name;
  CK_MECHANISM_TYPE digest, rsa_pkcs, rsa_pss, ecdsa;
  CK_RSA_PKCS_MGF_TYPE mgf;
};
constexpr std::array<Hash, 5> kHashes{{
    {"SHA-1", CKM_SHA_1, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS, CKM_ECDSA_SHA1, CKG_MGF1_SHA1},
    {"SHA-224", CKM_SHA224, CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS, CKM_ECDSA_SHA224, CKG_MGF1_SHA224},
    {"SHA-256", CKM_SHA256, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS, CKM_ECDSA_SHA256, CKG_MGF1_SHA256},
    {"SHA-384", CKM_SHA384, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS, CKM_ECDSA_SHA384, CKG_MGF1_SHA384},
    {"SHA-512", CKM_SHA512, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS, CKM_ECDSA_SHA512, CKG_MGF1_SHA512},
}};
const Hash& hash_of(const Json& group, std::string_view field = "sha") {
  return *std::ranges::find(kHashes, text_of(group, field), &Hash::name);
}

// ---- secret keys

Template aes_key(const Json& one, std::initializer_list<CK_ATTRIBUTE_TYPE> use) {
  return secret_key(CKK_AES, bytes_of(one, "key")).with(roles(use));
}

// A module may refuse an initial vector of more than 128 bytes, but not use it wrongly.
Judged aes_gcm(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto mechanism = [&] {
    return Mechanism::gcm(bytes_of(one, "iv"), bytes_of(one, "aad"), number_of(group, "tagSize"));
  };
  const auto key = w.key_of(one, [&] { return aes_key(one, {CKA_ENCRYPT, CKA_DECRYPT}); });
  const Verdict verdict = w.both_ways(mechanism, key, bytes_of(one, "msg"), bytes_of(one, "ct") + bytes_of(one, "tag"));
  if (bytes_of(one, "iv").size() > 128 && !(verdict.rv == CKR_OK)) return std::nullopt;
  return verdict;
}

Judged aes_cbc_pad(Wycheproof& w, const Vectors&, const Json&, const Json& one) {
  const auto key = w.key_of(one, [&] { return aes_key(one, {CKA_ENCRYPT, CKA_DECRYPT}); });
  return w.both_ways([&] { return Mechanism(CKM_AES_CBC_PAD, bytes_of(one, "iv")); }, key, bytes_of(one, "msg"),
                     bytes_of(one, "ct"));
}

Judged wrapped_key(Wycheproof& w, const Vectors& row, const Json&, const Json& one) {
  const auto wanted =
      Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}}.with(
          readable_key());
  const auto key = w.key_of(one, [&] { return secret_key(CKK_AES, bytes_of(one, "key")).with(opens_readable_keys()); });
  const auto opened = w.session.unwrap(row.type, key.must(), bytes_of(one, "ct"), wanted);
  if (!(opened.rv == CKR_OK)) return Verdict{opened.rv};
  const bool as_written = w.session.bytes(opened.value, CKA_VALUE) == bytes_of(one, "msg") &&
                          w.session.wrap(row.type, key.value, opened.value).must() == bytes_of(one, "ct");
  w.session.destroy(opened.value).must();
  return Verdict{CKR_OK, as_written};
}

Judged hmac(Wycheproof& w, const Vectors& row, const Json& group, const Json& one) {
  if (number_of(group, "tagSize") != row.tag_bits || !w.announces(row.type, number_of(group, "keySize") / 8))
    return std::nullopt;
  const auto key = w.key_of(one, [&] {
    return secret_key(CKK_GENERIC_SECRET, bytes_of(one, "key")).with(roles({CKA_SIGN, CKA_VERIFY}));
  });
  const bool general = row.name.ends_with("_GENERAL");
  const auto mechanism = [&] {
    return general ? Mechanism::mac_general(row.type, row.tag_bits / 8) : Mechanism(row.type);
  };
  const Rv verified = w.session.verify_once(mechanism(), key.must(), bytes_of(one, "msg"), bytes_of(one, "tag"));
  if (!(verified == CKR_OK)) return Verdict{verified};
  return Verdict{CKR_OK,
                 w.session.sign_once(mechanism(), key.value, bytes_of(one, "msg")).bytes == bytes_of(one, "tag")};
}

// ---- elliptic curves

const Curve& curve_named(std::string_view name) {
  return kCurves[name == "secp256r1" ? 0 : name == "secp384r1" ? 1 : 2];
}

Judged ecdsa(Wycheproof& w, const Vectors& row, const Json& group, const Json& one) {
  const Json& about = group.at("publicKey").as_object();
  const Curve& curve = curve_named(text_of(about, "curve"));
  const auto key = w.key_of(group, [&] {
    return Template{{CKA_CLASS, CKO_PUBLIC_KEY},
                    {CKA_KEY_TYPE, CKK_EC},
                    {CKA_TOKEN, false},
                    {CKA_VERIFY, true},
                    {CKA_EC_PARAMS, from_hex(curve.oid)},
                    {CKA_EC_POINT, wrapped_point(bytes_of(about, "uncompressed"))}};
  });
  const bool is_der = text_of(group, "type") == "EcdsaVerify";
  const auto signature =
      is_der ? r_and_s(bytes_of(one, "sig"), curve.field_bytes) : std::optional(bytes_of(one, "sig"));
  if (!signature) return std::nullopt;
  if (row.type == CKM_ECDSA) {
    w.session.digest_init(hash_of(group).digest).must();
    const Bytes digest = w.session.digest(bytes_of(one, "msg")).must();
    return Verdict{w.session.verify_once(CKM_ECDSA, key.must(), digest, *signature)};
  }
  return Verdict{w.session.verify_once(hash_of(group).ecdsa, key.must(), bytes_of(one, "msg"), *signature)};
}

// The point of a SubjectPublicKeyInfo that names P-256 and holds an uncompressed point, or the point that is written
// bare.
std::optional<Bytes> point_in(const Json& group, const Json& one) {
  constexpr std::string_view kHeader = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
  const std::string_view text = text_of(one, "public");
  if (text_of(group, "encoding") == "ecpoint") return from_hex(text);
  if (!text.starts_with(kHeader)) return std::nullopt;
  return from_hex(text.substr(kHeader.size()));
}

Judged ecdh(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto point = point_in(group, one);
  if (!point) return std::nullopt;
  const Curve& curve = curve_named(text_of(group, "curve"));
  const auto key = w.key_of(one, [&] {
    return Template{{CKA_CLASS, CKO_PRIVATE_KEY},
                    {CKA_KEY_TYPE, CKK_EC},
                    {CKA_TOKEN, false},
                    {CKA_DERIVE, true},
                    {CKA_EC_PARAMS, from_hex(curve.oid)},
                    {CKA_VALUE, natural_of(one, "private")}}
        .with(readable_key());
  });
  const auto wanted = Template{
      {CKA_CLASS, CKO_SECRET_KEY},
      {CKA_KEY_TYPE, CKK_GENERIC_SECRET},
      {CKA_TOKEN, false},
      {CKA_VALUE_LEN,
       curve.field_bytes}}.with(readable_key());
  const auto shared = w.session.derive(Mechanism::ecdh(*point), key.must(), wanted);
  if (!(shared.rv == CKR_OK)) return Verdict{shared.rv};
  const bool as_written = w.session.bytes(shared.value, CKA_VALUE) == bytes_of(one, "shared");
  w.session.destroy(shared.value).must();
  return Verdict{CKR_OK, as_written};
}

// ---- RSA

Template rsa_public(const Json& group) {
  const Json& about = group.at("publicKey").as_object();
  return {{CKA_CLASS, CKO_PUBLIC_KEY},
          {CKA_KEY_TYPE, CKK_RSA},
          {CKA_TOKEN, false},
          {CKA_VERIFY, true},
          {CKA_MODULUS, natural_of(about, "modulus")},
          {CKA_PUBLIC_EXPONENT, natural_of(about, "publicExponent")}};
}

Template rsa_private(const Json& group, CK_ATTRIBUTE_TYPE role) {
  const Json& about = group.at("privateKey").as_object();
  Template key{{CKA_CLASS, CKO_PRIVATE_KEY}, {CKA_KEY_TYPE, CKK_RSA}, {CKA_TOKEN, false}, {role, true}};
  for (const auto& [type, name] : {std::pair{CKA_MODULUS, "modulus"},
                                   {CKA_PUBLIC_EXPONENT, "publicExponent"},
                                   {CKA_PRIVATE_EXPONENT, "privateExponent"},
                                   {CKA_PRIME_1, "prime1"},
                                   {CKA_PRIME_2, "prime2"},
                                   {CKA_EXPONENT_1, "exponent1"},
                                   {CKA_EXPONENT_2, "exponent2"},
                                   {CKA_COEFFICIENT, "coefficient"}})
    if (about.contains(name)) key = key.with(Attribute(type, natural_of(about, name)));
  return key;
}

Judged rsa_verify(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto key = w.key_of(group, [&] { return rsa_public(group); });
  return Verdict{
      w.session.verify_once(hash_of(group).rsa_pkcs, key.must(), bytes_of(one, "msg"), bytes_of(one, "sig"))};
}

Judged rsa_sign(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto key = w.key_of(group, [&] { return rsa_private(group, CKA_SIGN); });
  const Answer made = w.session.sign_once(hash_of(group).rsa_pkcs, key.must(), bytes_of(one, "msg"));
  return Verdict{made.rv, made.bytes == bytes_of(one, "sig")};
}

Judged rsa_pss(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto key = w.key_of(group, [&] { return rsa_public(group); });
  const Hash& hash = hash_of(group);
  return Verdict{w.session.verify_once(
      Mechanism::pss(hash.rsa_pss, hash.digest, hash_of(group, "mgfSha").mgf, number_of(group, "sLen")), key.must(),
      bytes_of(one, "msg"), bytes_of(one, "sig"))};
}

Judged rsa_oaep(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto key = w.key_of(group, [&] { return rsa_private(group, CKA_DECRYPT); });
  const Answer opened = w.session.decrypt_once(
      Mechanism::oaep(hash_of(group).digest, hash_of(group, "mgfSha").mgf, bytes_of(one, "label")), key.must(),
      bytes_of(one, "ct"));
  return Verdict{opened.rv, opened.bytes == bytes_of(one, "msg")};
}

// What is badly padded may be answered with a text that is made up; it must not be the text that a careless reader
// finds.
Judged rsa_decrypt(Wycheproof& w, const Vectors&, const Json& group, const Json& one) {
  const auto key = w.key_of(group, [&] { return rsa_private(group, CKA_DECRYPT); });
  const Answer opened = w.session.decrypt_once(CKM_RSA_PKCS, key.must(), bytes_of(one, "ct"));
  const bool made_up = text_of(one, "result") == "invalid" && opened.bytes.empty();
  return Verdict{opened.rv, opened.bytes == bytes_of(one, "msg") && !made_up};
}

// clang-format off
constexpr auto kFiles = std::to_array<Vectors>({
    {"CKM_AES_GCM", "aes_gcm_test.json", aes_gcm},
    {"CKM_AES_CBC_PAD", "aes_cbc_pkcs5_test.json", aes_cbc_pad},
    {"CKM_AES_KEY_WRAP", "aes_wrap_test.json", wrapped_key, CKM_AES_KEY_WRAP},
    {"CKM_AES_KEY_WRAP_PAD", "aes_kwp_test.json", wrapped_key, CKM_AES_KEY_WRAP_PAD},
    {"CKM_AES_KEY_WRAP_KWP", "aes_kwp_test.json", wrapped_key, CKM_AES_KEY_WRAP_KWP},
    {"CKM_SHA224_HMAC", "hmac_sha224_test.json", hmac, CKM_SHA224_HMAC, 224},
    {"CKM_SHA256_HMAC", "hmac_sha256_test.json", hmac, CKM_SHA256_HMAC, 256},
    {"CKM_SHA512_HMAC", "hmac_sha512_test.json", hmac, CKM_SHA512_HMAC, 512},
    {"CKM_SHA512_224_HMAC", "hmac_sha512_224_test.json", hmac, CKM_SHA512_224_HMAC, 224},
    {"CKM_SHA224_HMAC_GENERAL", "hmac_sha224_test.json", hmac, CKM_SHA224_HMAC_GENERAL, 112},
    {"CKM_SHA256_HMAC_GENERAL", "hmac_sha256_test.json", hmac, CKM_SHA256_HMAC_GENERAL, 128},
    {"CKM_SHA512_HMAC_GENERAL", "hmac_sha512_test.json", hmac, CKM_SHA512_HMAC_GENERAL, 256},
    {"CKM_ECDSA_on_P-256_and_SHA-256", "ecdsa_secp256r1_sha256_p1363_test.json", ecdsa, CKM_ECDSA},
    {"CKM_ECDSA_on_P-256_and_SHA-512", "ecdsa_secp256r1_sha512_p1363_test.json", ecdsa, CKM_ECDSA},
    {"CKM_ECDSA_on_P-384", "ecdsa_secp384r1_sha384_p1363_test.json", ecdsa, CKM_ECDSA},
    {"CKM_ECDSA_on_P-521", "ecdsa_secp521r1_sha512_test.json", ecdsa, CKM_ECDSA},
    {"CKM_ECDSA_SHA256_on_P-256", "ecdsa_secp256r1_sha256_p1363_test.json", ecdsa},
    {"CKM_ECDSA_SHA512_on_P-256", "ecdsa_secp256r1_sha512_p1363_test.json", ecdsa},
    {"CKM_ECDSA_SHA256_on_P-384", "ecdsa_secp384r1_sha256_test.json", ecdsa},
    {"CKM_ECDSA_SHA384_on_P-384", "ecdsa_secp384r1_sha384_p1363_test.json", ecdsa},
    {"CKM_ECDSA_SHA512_on_P-521", "ecdsa_secp521r1_sha512_test.json", ecdsa},
    {"CKM_ECDH1_DERIVE_on_P-256", "ecdh_secp256r1_test.json", ecdh},
    {"CKM_ECDH1_DERIVE_on_P-384", "ecdh_secp384r1_ecpoint_test.json", ecdh, {}, {}, 4},
    {"CKM_ECDH1_DERIVE_on_P-521", "ecdh_secp521r1_ecpoint_test.json", ecdh, {}, {}, 3},
    {"CKM_SHA224_RSA_PKCS_2048", "rsa_signature_2048_sha224_test.json", rsa_verify},
    {"CKM_SHA384_RSA_PKCS_3072", "rsa_signature_3072_sha384_test.json", rsa_verify},
    {"CKM_SHA512_RSA_PKCS_4096", "rsa_signature_4096_sha512_test.json", rsa_verify},
    {"CKM_SHA256_RSA_PKCS_8192", "rsa_signature_8192_sha256_test.json", rsa_verify},
    {"signing_by_RSA_PKCS_3072", "rsa_pkcs1_3072_sig_gen_test.json", rsa_sign},
    {"CKM_SHA256_RSA_PKCS_PSS_without_salt", "rsa_pss_2048_sha256_mgf1_0_test.json", rsa_pss},
    {"CKM_SHA256_RSA_PKCS_PSS_3072", "rsa_pss_3072_sha256_mgf1_32_test.json", rsa_pss},
    {"CKM_SHA384_RSA_PKCS_PSS_2048", "rsa_pss_2048_sha384_mgf1_48_test.json", rsa_pss},
    {"CKM_SHA512_RSA_PKCS_PSS_4096", "rsa_pss_4096_sha512_mgf1_64_test.json", rsa_pss},
    {"CKM_RSA_PKCS_OAEP_SHA-224_and_SHA-1", "rsa_oaep_2048_sha224_mgf1sha1_test.json", rsa_oaep},
    {"CKM_RSA_PKCS_OAEP_SHA-256", "rsa_oaep_2048_sha256_mgf1sha256_test.json", rsa_oaep},
    {"CKM_RSA_PKCS_OAEP_SHA-512_3072", "rsa_oaep_3072_sha512_mgf1sha512_test.json", rsa_oaep},
    {"CKM_RSA_PKCS_2048", "rsa_pkcs1_2048_test.json", rsa_decrypt},
    {"CKM_RSA_PKCS_4096", "rsa_pkcs1_4096_test.json", rsa_decrypt},
});
// clang-format on

}  // namespace

BOOST_AUTO_TEST_SUITE(wycheproof)

CONFORMANCE_FOR_EACH(Wycheproof, a_vector_is_judged_as_its_authors_judge_it, kFiles) {
  const auto document = vectors_in(row.file);
  if (!document) return;
  std::size_t seen = 0, judged = 0;
  for (const auto& group : document->at("testGroups").as_array()) {
    for (const auto& test : group.as_object().at("tests").as_array()) {
      if (seen++ % row.every != 0) continue;
      const Json& one = test.as_object();
      const Judged verdict = row.judge(*this, row, group.as_object(), one);
      if (!verdict) continue;
      ++judged;
      const std::string_view expected = text_of(one, "result");
      if (expected == "acceptable") continue;
      BOOST_TEST(verdict->accepted() == (expected == "valid"),
                 "vector " << number_of(one, "tcId") << " (" << text_of(one, "comment") << ") is " << expected
                           << "; the module: " << verdict->rv << (verdict->as_written ? "" : ", another result"));
    }
  }
  BOOST_TEST(judged > 0U);
  BOOST_TEST_MESSAGE(judged << " of " << seen << " vectors of " << row.file);
}

BOOST_AUTO_TEST_SUITE_END()
