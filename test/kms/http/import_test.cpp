#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "hsm/base/bytes.h"
#include "test/kms/http/api_fixture.h"

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

struct Sealed {
  std::string payload, nonce, iv;
};

/// What a client does with an import token (reference, section 10), by OpenSSL.
std::string oaep(const std::string& payload, const hsm::Bytes& key, const EVP_MD* md) {
  const auto pem = hsm::from_base64(payload).value();
  const std::unique_ptr<BIO, Freed<BIO_free>> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Pkey rsa(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  BOOST_REQUIRE(rsa);
  BOOST_TEST(EVP_PKEY_get_bits(rsa.get()) == 4096);
  const PkeyContext context(EVP_PKEY_CTX_new(rsa.get(), nullptr));
  EVP_PKEY_encrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), md);
  EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md);
  hsm::Bytes out(512);
  std::size_t size = out.size();
  BOOST_REQUIRE(EVP_PKEY_encrypt(context.get(), out.data(), &size, key.data(), key.size()) == 1);
  return hsm::to_base64(hsm::ByteView(out).first(size));
}

Sealed seal_gcm(const std::string& payload, const hsm::Bytes& key, const hsm::Bytes& nonce, const EVP_MD* md) {
  hsm::Bytes iv(12, 7);
  hsm::Bytes out(nonce.size() + 16);
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int n = 0;
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), iv.data());
  EVP_EncryptUpdate(cipher.get(), out.data(), &n, nonce.data(), static_cast<int>(nonce.size()));
  EVP_EncryptFinal_ex(cipher.get(), out.data() + n, &n);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, out.data() + nonce.size());
  return {oaep(payload, key, md), hsm::to_base64(out), hsm::to_base64(iv)};
}

Sealed seal_cbc(const std::string& payload, const hsm::Bytes& key, const hsm::Bytes& nonce) {
  hsm::Bytes iv(16, 9);
  hsm::Bytes out(32);
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int n = 0;
  int last = 0;
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_cbc(), nullptr, key.data(), iv.data());
  EVP_EncryptUpdate(cipher.get(), out.data(), &n, nonce.data(), static_cast<int>(nonce.size()));
  EVP_EncryptFinal_ex(cipher.get(), out.data() + n, &last);
  return {oaep(payload, key, EVP_sha1()), hsm::to_base64(hsm::ByteView(out).first(static_cast<std::size_t>(n + last))), hsm::to_base64(iv)};
}

std::string members(const Sealed& sealed, const std::string& algorithm) {
  return R"("payload":")" + sealed.payload + R"(","encryptedNonce":")" + sealed.nonce + R"(","iv":")" + sealed.iv +
         R"(","encryptionAlgorithm":")" + algorithm + R"(")";
}

/// SoftHSM2 unwraps by OAEP with SHA-1 alone: there, the Key Protect dialect is refused by name instead.
bool takes_sha256() { return std::getenv("KEYMANTLE_TEST_MODULE") != nullptr; }

struct ImportFixture : ApiFixture {
  hsm::Bytes key = hsm::Bytes(32);
  std::string payload;
  hsm::Bytes nonce;

  ImportFixture() {
    RAND_bytes(key.data(), static_cast<int>(key.size()));
    const auto made = call("POST", "/import_token", R"({"expiration":300,"maxAllowedRetrievals":2})");
    BOOST_TEST(made.status == 200, made.body);
    BOOST_TEST(at(made, "payload").empty());
    BOOST_TEST(at(made, "maxAllowedRetrievals") == "2");
    const auto got = call("GET", "/import_token");
    BOOST_TEST(got.status == 200, got.body);
    BOOST_TEST(at(got, "remainingRetrievals") == "1");
    payload = at(got, "payload");
    nonce = hsm::from_base64(at(got, "nonce")).value();
    BOOST_TEST(nonce.size() == 12U);
  }
  Reply import(const std::string& inner) {
    return call("POST", "/keys", envelope("key", R"({"name":"imported","extractable":false,)" + inner + "}"));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(import, ImportFixture)

BOOST_AUTO_TEST_CASE(a_key_sealed_to_the_token_is_imported_and_rotated_with_either_nonce_cipher) {
  const auto gcm = import(members(seal_gcm(payload, key, nonce, EVP_sha1()), "RSAES_OAEP_SHA_1"));
  BOOST_TEST(gcm.status == 201, gcm.body);
  BOOST_TEST(at(gcm, "resources/0/imported") == "true");
  BOOST_TEST(call("POST", "/keys/" + at(gcm, "resources/0/id") + "/actions/wrap").status == 200);

  const auto cbc = import(members(seal_cbc(payload, key, nonce), "RSAES_OAEP_SHA_1"));
  BOOST_TEST(cbc.status == 201, cbc.body);

  hsm::Bytes next(32, 0x5a);
  const auto rotated = call("POST", "/keys/" + at(gcm, "resources/0/id") + "/actions/rotate",
                            "{" + members(seal_gcm(payload, next, nonce, EVP_sha1()), "RSAES_OAEP_SHA_1") + "}");
  BOOST_TEST(rotated.status == 204, rotated.body);
}

BOOST_AUTO_TEST_CASE(oaep_with_sha_256_is_taken_where_the_module_has_it_and_refused_by_name_where_not) {
  const auto reply = import(members(seal_gcm(payload, key, nonce, EVP_sha256()), "RSAES_OAEP_SHA_256"));
  BOOST_TEST(reply.status == (takes_sha256() ? 201 : 400), reply.body);
  if (!takes_sha256()) BOOST_TEST(at(reply, "resources/0/reasons/0/target/name") == "encryptionAlgorithm");
}

BOOST_AUTO_TEST_CASE(a_wrong_nonce_a_broken_one_and_an_expired_token_are_told_apart) {
  auto other = nonce;
  other[0] ^= 1;
  const auto wrong = import(members(seal_gcm(payload, key, other, EVP_sha1()), "RSAES_OAEP_SHA_1"));
  BOOST_TEST(wrong.status == 400);
  BOOST_TEST(code_of(wrong) == "INCORRECT_NONCE_ERR");

  auto broken = seal_gcm(payload, key, nonce, EVP_sha1());
  broken.iv = hsm::to_base64(hsm::Bytes(12, 8));
  BOOST_TEST(code_of(import(members(broken, "RSAES_OAEP_SHA_1"))) == "INCORRECT_NONCE_IV_ERR");

  pass(std::chrono::seconds(301));
  const auto expired = import(members(seal_gcm(payload, key, nonce, EVP_sha1()), "RSAES_OAEP_SHA_1"));
  BOOST_TEST(expired.status == 409);
  BOOST_TEST(code_of(expired) == "IMPORT_TOKEN_EXPIRED_ERR");
  BOOST_TEST(code_of(call("GET", "/import_token")) == "IMPORT_TOKEN_EXPIRED_ERR");
  BOOST_TEST(at(call("GET", "/keys"), "resources") == "[]");
}

BOOST_AUTO_TEST_CASE(retrievals_are_counted_and_bounds_are_checked) {
  BOOST_TEST(at(call("GET", "/import_token"), "remainingRetrievals") == "0");
  BOOST_TEST(code_of(call("GET", "/import_token")) == "IMPORT_TOKEN_EXPIRED_ERR");
  for (const char* body : {R"({"expiration":299})", R"({"expiration":86401})", R"({"maxAllowedRetrievals":0})",
                           R"({"maxAllowedRetrievals":501})", R"({"expiration":"soon"})"}) {
    const auto reply = call("POST", "/import_token", body);
    BOOST_TEST(reply.status == 400, body);
    BOOST_TEST(code_of(reply) == "INVALID_FIELD_ERR", body);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(without_an_import_token_there_is_none_to_get, ApiFixture) {
  BOOST_TEST(call("GET", "/import_token").status == 404);
}
