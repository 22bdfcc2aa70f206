// The client's side of an import is done here by OpenSSL, as an on-premises HSM would.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "test/kms/core/service_fixture.h"

using hsm::Bytes;
using hsm::ByteView;
using kms::Fault;
using test::must;
using test::secret;

namespace {

Bytes oaep(const std::string& pem, ByteView plaintext, const EVP_MD* hash) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  BOOST_REQUIRE(key != nullptr);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
  EVP_PKEY_encrypt_init(context);
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context, hash);
  EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash);
  Bytes out(1024);
  std::size_t size = out.size();
  BOOST_REQUIRE(EVP_PKEY_encrypt(context, out.data(), &size, plaintext.data(), plaintext.size()) == 1);
  out.resize(size);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return out;
}

Bytes encrypt(const EVP_CIPHER* cipher, ByteView key, ByteView iv, ByteView plaintext, bool gcm) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, cipher, nullptr, key.data(), iv.data());
  Bytes out(64);
  int first = 0;
  int last = 0;
  EVP_EncryptUpdate(context, out.data(), &first, plaintext.data(), static_cast<int>(plaintext.size()));
  EVP_EncryptFinal_ex(context, out.data() + first, &last);
  out.resize(static_cast<std::size_t>(first + last));
  if (gcm) {
    Bytes tag(16);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, tag.data());
    out.insert(out.end(), tag.begin(), tag.end());
  }
  EVP_CIPHER_CTX_free(context);
  return out;
}

struct ImportFixture : test::ServiceFixture {
  const Bytes material = Bytes(32, 0x42);
  const Bytes iv16 = Bytes(16, 7);
  const Bytes iv12 = Bytes(12, 7);

  /// As an HPCS client does it: OAEP SHA-1, CBC.
  kms::Import sealed(const kms::ImportTokenWithKey& ticket) {
    return {hsm::Secret::copy_of(oaep(ticket.public_key_pem, material, EVP_sha1())),
            kms::SealedImport{encrypt(EVP_aes_256_cbc(), material, iv16, ticket.nonce, false), iv16, "RSAES_OAEP_SHA_1"}};
  }
  /// As a Key Protect client does it: OAEP SHA-256, GCM.
  kms::Import sealed_with_gcm(const kms::ImportTokenWithKey& ticket) {
    return {hsm::Secret::copy_of(oaep(ticket.public_key_pem, material, EVP_sha256())),
            kms::SealedImport{encrypt(EVP_aes_256_gcm(), material, iv12, ticket.nonce, true), iv12, "RSAES_OAEP_SHA_256"}};
  }
  kms::Result<kms::KeyWithPayload> import(kms::Import import) {
    return service->create_key(manager, {"imported", "", {}, {}, false, {}, std::move(import)});
  }
  kms::ImportTokenWithKey fresh_token(std::uint32_t retrievals = 1) {
    must(service->create_import_token(manager, {600, retrievals}));
    return must(service->get_import_token(manager));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(import, ImportFixture)

BOOST_AUTO_TEST_CASE(a_key_sealed_to_the_import_token_becomes_a_root_key) {
  const auto ticket = fresh_token();
  BOOST_TEST(ticket.nonce.size() == 12U);
  BOOST_TEST(ticket.token.remaining_retrievals == 0U);
  const auto made = must(import(sealed(ticket)));
  BOOST_TEST(made.key.imported);
  BOOST_TEST(!made.payload);
  BOOST_TEST(opened(made.key, wrapped(made.key, "secret")) == "secret");
}

BOOST_AUTO_TEST_CASE(sha_256_and_gcm_work_where_the_module_has_them_and_say_so_where_not) {
  const auto result = import(sealed_with_gcm(fresh_token()));
  if (test::ModuleUnderTest::get().is_soft_hsm()) {
    BOOST_REQUIRE(!result);
    BOOST_TEST(result.error().fault == Fault::invalid_field);
    BOOST_TEST(result.error().field == "encryptionAlgorithm");
    return;
  }
  const auto made = must(kms::Result<kms::Key>(result ? kms::Result<kms::Key>(result.value().key) : kms::Result<kms::Key>(result.error())));
  BOOST_TEST(opened(made, wrapped(made, "secret")) == "secret");
}

BOOST_AUTO_TEST_CASE(a_wrong_nonce_an_undecryptable_nonce_and_a_wrong_payload_are_told_apart) {
  const auto ticket = fresh_token();
  auto other = ticket;
  other.nonce[0] ^= 1;
  KM_REFUSED(import(sealed(other)), Fault::incorrect_nonce);
  auto broken = sealed(ticket);
  broken.sealed->nonce.pop_back();  // no whole block: never by chance a well padded one
  KM_REFUSED(import(std::move(broken)), Fault::incorrect_nonce_iv);
  auto payload = sealed(ticket);
  payload.material = secret(std::string(512, 'x'));
  KM_REFUSED(import(std::move(payload)), Fault::invalid_field);
  auto iv = sealed(ticket);
  iv.sealed->iv.resize(13);
  KM_REFUSED(import(std::move(iv)), Fault::invalid_field);
  BOOST_TEST(must(service->count_keys(reader, {})) == 0U);
  BOOST_TEST(database->pending_objects(kms::Time::max()).empty());
}

BOOST_AUTO_TEST_CASE(no_token_an_expired_token_and_used_up_retrievals_are_told_apart) {
  KM_REFUSED(service->get_import_token(manager), Fault::import_token_not_found);
  const auto ticket = fresh_token();
  KM_REFUSED(service->get_import_token(manager), Fault::import_token_expired);
  must(import(sealed(ticket)));
  pass(kms::Seconds(600));
  KM_REFUSED(service->get_import_token(manager), Fault::import_token_expired);
  KM_REFUSED(import(sealed(ticket)), Fault::import_token_expired);
}

BOOST_AUTO_TEST_CASE(a_replaced_token_takes_its_private_key_with_it) {
  const auto old = fresh_token();
  const auto object = hsm::bytes_of(old.token.id);
  BOOST_TEST(token->exists(kms::p11::KeyRef(object, kms::p11::KeyRef::Class::private_key)).value());
  const auto fresh = fresh_token();
  BOOST_TEST(!token->exists(kms::p11::KeyRef(object, kms::p11::KeyRef::Class::private_key)).value());
  KM_REFUSED(import(sealed(old)), Fault::invalid_field);
  must(import(sealed(fresh)));
}

BOOST_AUTO_TEST_CASE(an_import_token_survives_a_restart) {
  const auto ticket = fresh_token();
  restart();
  must(import(sealed(ticket)));
}

BOOST_AUTO_TEST_CASE(limits_of_an_import_token_are_checked) {
  KM_REFUSED(service->create_import_token(manager, {299, 1}), Fault::invalid_field);
  KM_REFUSED(service->create_import_token(manager, {86401, 1}), Fault::invalid_field);
  KM_REFUSED(service->create_import_token(manager, {600, 0}), Fault::invalid_field);
  KM_REFUSED(service->create_import_token(manager, {600, 501}), Fault::invalid_field);
  KM_REFUSED(service->create_import_token(reader, {600, 1}), Fault::unauthorized);
}

BOOST_AUTO_TEST_CASE(an_imported_key_rotates_to_material_that_comes_along_and_a_generated_one_refuses_it) {
  const auto key = must(import({hsm::Secret::copy_of(material), {}})).key;
  const auto wdek = wrapped(key, "secret");
  KM_REFUSED(service->rotate(manager, key.id, std::nullopt), Fault::payload_required);
  must(service->rotate(manager, key.id, kms::Import{secret(std::string(32, 'n')), {}}));
  const auto back = must(service->unwrap(reader, key.id, wdek, {}));
  BOOST_TEST(test::text(back.plaintext) == "secret");
  BOOST_TEST(back.renewed.has_value());
  const auto generated = root();
  KM_REFUSED(service->rotate(manager, generated.id, kms::Import{secret(std::string(32, 'n')), {}}), Fault::invalid_query_parameter);
}

BOOST_AUTO_TEST_CASE(plain_material_of_16_24_and_32_octets_becomes_a_root_key) {
  for (const std::size_t size : {16, 24, 32}) {
    const auto key = must(import({secret(std::string(size, 'k')), {}})).key;
    BOOST_TEST(opened(key, wrapped(key, "secret")) == "secret");
  }
  KM_REFUSED(import({secret(std::string(20, 'k')), {}}), Fault::invalid_field);
}

BOOST_AUTO_TEST_CASE(a_standard_key_gives_back_what_was_imported) {
  const std::string value(7500, 's');
  const auto made = must(service->create_key(manager, {"standard", "", {}, {}, true, {}, kms::Import{secret(value), {}}}));
  BOOST_TEST(test::text(*must(service->get_key(manager, made.key.id)).payload) == value);
  KM_REFUSED(service->create_key(manager, {"standard", "", {}, {}, true, {}, kms::Import{secret(std::string(7501, 's')), {}}}), Fault::invalid_field);
}

BOOST_AUTO_TEST_SUITE_END()
