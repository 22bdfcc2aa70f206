#include <botan/aead.h>
#include <botan/auto_rng.h>
#include <botan/data_src.h>
#include <botan/ecdsa.h>
#include <botan/hash.h>
#include <botan/mac.h>
#include <botan/nist_keywrap.h>
#include <botan/block_cipher.h>
#include <botan/pk_keys.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>
#include <botan/x509_key.h>
#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

// The second opinion: what OpenSSL makes Botan accepts, and the reverse. Keys travel as SubjectPublicKeyInfo and PKCS#8, so
// that our own documents are read by somebody else too.

using namespace hsm;
using namespace test;

namespace {

const Bytes kMessage = bytes_of("the same message for both of them");

Botan::AutoSeeded_RNG& rng() {
  static Botan::AutoSeeded_RNG generator;
  return generator;
}

template <class Octets>
Bytes bytes(const Octets& octets) {
  return Bytes(octets.begin(), octets.end());
}

std::unique_ptr<Botan::Public_Key> public_of(const Pair& pair) {
  const auto info = crypto::public_key_info(pair.public_attributes);
  Botan::DataSource_Memory source(info.data(), info.size());
  return std::unique_ptr<Botan::Public_Key>(Botan::X509::load_key(source));
}
std::unique_ptr<Botan::Private_Key> private_of(const Pair& pair) {
  const auto document = crypto::to_pkcs8(pair.private_attributes).value();
  Botan::DataSource_Memory source(reveal(document).data(), document.size());
  return std::unique_ptr<Botan::Private_Key>(Botan::PKCS8::load_key(source));
}

void both_sign(const Mechanism& m, const Pair& pair, const std::string& padding) {
  BOOST_TEST_CONTEXT("mechanism " << m.type << " as " << padding) {
    const auto theirs_public = public_of(pair);
    const auto theirs_private = private_of(pair);
    const auto ours = run(Use::sign, m, pair.private_key, kMessage).value();
    Botan::PK_Verifier verifier(*theirs_public, padding);
    BOOST_TEST(verifier.verify_message(kMessage.data(), kMessage.size(), ours.data(), ours.size()));
    Botan::PK_Signer signer(*theirs_private, rng(), padding);
    const auto theirs = bytes(signer.sign_message(kMessage.data(), kMessage.size(), rng()));
    BOOST_TEST(verify(m, pair.public_key, kMessage, theirs).ok());
  }
}

Mechanism pss(Mech id, Mech hash, Mgf mgf, std::uint64_t salt) {
  return mechanism(id, PssParams{static_cast<std::uint64_t>(hash), static_cast<std::uint64_t>(mgf), salt});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(second_opinion)

BOOST_AUTO_TEST_CASE(on_the_public_key_that_a_pair_of_each_type_tells) {
  const auto generated = [](Mech id, KeyType type, Template wanted) {
    auto made = crypto::generate_pair(mechanism(id), wanted).value();
    for (auto& item : wanted) made.public_part.push_back(std::move(item));
    return pair_of(std::move(made), type);
  };
  std::vector<Pair> pairs;
  pairs.push_back(rsa_pair());
  pairs.push_back(ec_pair());
  pairs.push_back(generated(Mech::ec_edwards_key_pair_gen, KeyType::ec_edwards, attributes(attribute(Attr::ec_params, hex("06032b6570")))));
  pairs.push_back(generated(Mech::ec_montgomery_key_pair_gen, KeyType::ec_montgomery, attributes(attribute(Attr::ec_params, hex("06032b656e")))));
  for (const auto& pair : pairs) {
    const auto info = crypto::public_key_info(pair.public_attributes);
    BOOST_TEST(crypto::public_key_info(pair.private_attributes) == info);
    BOOST_TEST(bytes(public_of(pair)->subject_public_key()) == info);
  }
}

BOOST_AUTO_TEST_CASE(on_rsa_signatures) {
  const auto& pair = shared_rsa_pair();
  both_sign(mechanism(Mech::sha256_rsa_pkcs), pair, "EMSA3(SHA-256)");
  both_sign(mechanism(Mech::sha512_rsa_pkcs), pair, "EMSA3(SHA-512)");
  both_sign(mechanism(Mech::sha3_256_rsa_pkcs), pair, "EMSA3(SHA-3(256))");
  both_sign(pss(Mech::sha3_512_rsa_pkcs_pss, Mech::sha3_512, Mgf::sha3_512, 64), pair, "EMSA4(SHA-3(512),MGF1,64)");
  both_sign(pss(Mech::sha256_rsa_pkcs_pss, Mech::sha256, Mgf::sha256, 32), pair, "EMSA4(SHA-256,MGF1,32)");
  both_sign(pss(Mech::sha384_rsa_pkcs_pss, Mech::sha384, Mgf::sha384, 48), pair, "EMSA4(SHA-384,MGF1,48)");
  both_sign(pss(Mech::sha512_rsa_pkcs_pss, Mech::sha512, Mgf::sha512, 20), pair, "EMSA4(SHA-512,MGF1,20)");
}

BOOST_AUTO_TEST_CASE(on_ecdsa) {
  for (const auto* params : {"06052b81040021", "06082a8648ce3d030107", "06052b81040022", "06052b81040023", "06052b8104000a",
                             "06092b2403030208010107"}) {
    const auto pair = ec_pair(hex(params));
    both_sign(mechanism(Mech::ecdsa_sha256), pair, "EMSA1(SHA-256)");
    both_sign(mechanism(Mech::ecdsa_sha512), pair, "EMSA1(SHA-512)");
    both_sign(mechanism(Mech::ecdsa_sha3_384), pair, "EMSA1(SHA-3(384))");
  }
}

BOOST_AUTO_TEST_CASE(on_rsa_encryption) {
  const auto& pair = shared_rsa_pair();
  const auto oaep = [](Mech hash, Mgf mgf, Bytes label) {
    return mechanism(Mech::rsa_pkcs_oaep, OaepParams{static_cast<std::uint64_t>(hash), static_cast<std::uint64_t>(mgf), 1, std::move(label)});
  };
  for (const auto& [m, padding] : {std::pair{oaep(Mech::sha_1, Mgf::sha1, {}), "OAEP(SHA-1)"},
                                   {oaep(Mech::sha256, Mgf::sha256, {}), "OAEP(SHA-256)"},
                                   {oaep(Mech::sha256, Mgf::sha1, {}), "OAEP(SHA-256,MGF1(SHA-1))"},
                                   {oaep(Mech::sha512, Mgf::sha512, bytes_of("label")), "OAEP(SHA-512,MGF1(SHA-512),label)"},
                                   {mechanism(Mech::rsa_pkcs), "PKCS1v15"}}) {
    BOOST_TEST_CONTEXT(padding) {
      const auto ours = run(Use::encrypt, m, pair.public_key, kMessage).value();
      const auto theirs_private = private_of(pair);
      Botan::PK_Decryptor_EME decryptor(*theirs_private, rng(), padding);
      BOOST_TEST(bytes(decryptor.decrypt(ours.data(), ours.size())) == kMessage);
      const auto theirs_public = public_of(pair);
      Botan::PK_Encryptor_EME encryptor(*theirs_public, rng(), padding);
      const auto theirs = bytes(encryptor.encrypt(kMessage.data(), kMessage.size(), rng()));
      BOOST_TEST(run(Use::decrypt, m, pair.private_key, theirs).value() == kMessage);
    }
  }
}

BOOST_AUTO_TEST_CASE(on_aes_gcm) {
  for (const std::size_t size : {16, 24, 32}) {
    const auto key = crypto::random_bytes(size), iv = crypto::random_bytes(12), aad = crypto::random_bytes(20);
    auto theirs = Botan::AEAD_Mode::create_or_throw("AES-" + std::to_string(8 * size) + "/GCM", Botan::Cipher_Dir{0});
    theirs->set_key(key.data(), key.size());
    theirs->set_associated_data(aad.data(), aad.size());
    theirs->start(iv.data(), iv.size());
    Botan::secure_vector<std::uint8_t> buffer(kMessage.begin(), kMessage.end());
    theirs->finish(buffer);
    BOOST_TEST(run(Use::encrypt, mechanism(Mech::aes_gcm, GcmParams{iv, aad, 128}), aes_key(key), kMessage).value() ==
               bytes(buffer));
  }
}

BOOST_AUTO_TEST_CASE(on_key_wrap) {
  for (const std::size_t size : {16, 24, 32}) {
    const auto key = crypto::random_bytes(size), value = crypto::random_bytes(40), odd = crypto::random_bytes(21);
    auto cipher = Botan::BlockCipher::create_or_throw("AES-" + std::to_string(8 * size));
    cipher->set_key(key.data(), key.size());
    BOOST_TEST(crypto::wrap(mechanism(Mech::aes_key_wrap), *aes_key(key), secret(value)).value() ==
               bytes(Botan::nist_key_wrap(value.data(), value.size(), *cipher)));
    const auto theirs = bytes(Botan::nist_key_wrap_padded(odd.data(), odd.size(), *cipher));
    BOOST_TEST(crypto::wrap(mechanism(Mech::aes_key_wrap_kwp), *aes_key(key), secret(odd)).value() == theirs);
    BOOST_TEST(reveal(crypto::unwrap(mechanism(Mech::aes_key_wrap_kwp), *aes_key(key), theirs).value()) == odd);
  }
}

BOOST_AUTO_TEST_CASE(on_hashes_and_macs) {
  for (const auto& [digest, mac, name] : {std::tuple{Mech::sha_1, Mech::sha_1_hmac, "SHA-1"},
                                          {Mech::sha224, Mech::sha224_hmac, "SHA-224"},
                                          {Mech::sha256, Mech::sha256_hmac, "SHA-256"},
                                          {Mech::sha384, Mech::sha384_hmac, "SHA-384"},
                                          {Mech::sha512, Mech::sha512_hmac, "SHA-512"},
                                          {Mech::sha512_256, Mech::sha512_256_hmac, "SHA-512-256"},
                                          {Mech::sha3_224, Mech::sha3_224_hmac, "SHA-3(224)"},
                                          {Mech::sha3_256, Mech::sha3_256_hmac, "SHA-3(256)"},
                                          {Mech::sha3_384, Mech::sha3_384_hmac, "SHA-3(384)"},
                                          {Mech::sha3_512, Mech::sha3_512_hmac, "SHA-3(512)"}}) {
    for (const std::size_t size : {0, 55, 64, 111, 112, 128, 1000}) {
      const auto data = crypto::random_bytes(size);
      const auto key = crypto::random_bytes(size % 200 + 1);
      auto hash = Botan::HashFunction::create_or_throw(name);
      BOOST_TEST(run(Use::digest, mechanism(digest), nullptr, data).value() == bytes(hash->process(data.data(), data.size())));
      auto hmac = Botan::MessageAuthenticationCode::create_or_throw(std::string("HMAC(") + name + ")");
      hmac->set_key(key.data(), key.size());
      BOOST_TEST(run(Use::sign, mechanism(mac), secret_key(KeyType::generic_secret, key), data).value() ==
                 bytes(hmac->process(data.data(), data.size())));
    }
  }
}

BOOST_AUTO_TEST_CASE(on_pkcs8_documents_that_botan_writes) {
  const Botan::RSA_PrivateKey rsa(rng(), 2048);
  const Botan::ECDSA_PrivateKey ec(rng(), Botan::EC_Group(std::string("secp384r1")));
  for (const auto& encoded : {Botan::PKCS8::BER_encode(rsa), Botan::PKCS8::BER_encode(ec)}) {
    auto key = crypto::from_pkcs8(secret(ByteView(encoded.data(), encoded.size())));
    BOOST_REQUIRE(key.ok());
    key->push_back(attribute(Attr::object_class, ObjectClass::private_key));
    BOOST_TEST(crypto::load_key(*key).ok());
    BOOST_TEST(crypto::to_pkcs8(*key).ok());
  }
}

BOOST_AUTO_TEST_SUITE_END()
